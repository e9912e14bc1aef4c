//! `pact lsp` as an editor starts it: the real process, spoken to over its standard input and output.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// The process, and what it writes.
struct Editor {
    process: Child,
    out: BufReader<ChildStdout>,
}

impl Editor {
    fn start() -> Self {
        let mut process = Command::new(pact_tests::process::pact_binary())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`pact lsp` starts");
        let out = BufReader::new(process.stdout.take().expect("its output"));
        Self { process, out }
    }

    fn send(&mut self, message: &Value) {
        let text = json!(message).to_string();
        let input = self.process.stdin.as_mut().expect("its input");
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it reads");
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.out.read_line(&mut line).expect("a header");
            match line.trim().split_once(": ") {
                Some(("Content-Length", value)) => length = value.parse().expect("a length"),
                Some(_) => {}
                None => break,
            }
        }
        let mut text = vec![0; length];
        self.out.read_exact(&mut text).expect("a message");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// The next message that fits.
    fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.read();
            if fits(&message) {
                return message;
            }
        }
    }
}

#[test]
fn an_editor_is_served_until_it_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.rhai");
    let head = "//! id = \"a\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"A\"\n//! reads = [\"lead\"]\n";
    let text = format!("{head}\nfn on_lead_won(lead) {{\n    highlight(lead, \"won\");\n}}\n");
    std::fs::write(&path, &text).expect("a script");
    let uri = format!("file://{}", path.display());
    let mut editor = Editor::start();
    let params = json!({ "capabilities": {}, "rootUri": format!("file://{}", folder.path().display()) });
    editor.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
    let about = editor.until(|message| message["id"] == 1);
    assert_eq!(about["result"]["capabilities"]["positionEncoding"], "utf-16");
    editor.send(&json!({ "jsonrpc": "2.0", "method": "initialized", "params": {} }));
    let told = editor.until(|message| message["method"] == "textDocument/publishDiagnostics");
    assert_eq!(told["params"]["uri"], json!(uri));
    assert_eq!(told["params"]["diagnostics"][0]["code"], "every-effect-declared");
    let place = json!({ "textDocument": { "uri": uri }, "position": { "line": 7, "character": 6 } });
    editor.send(&json!({ "jsonrpc": "2.0", "id": 2, "method": "textDocument/hover", "params": place }));
    let hover = editor.until(|message| message["id"] == 2);
    assert!(hover["result"]["contents"]["value"].to_string().contains("Shows the lead to its owner and team"), "{hover}");
    editor.send(&json!({ "jsonrpc": "2.0", "id": 3, "method": "shutdown" }));
    editor.until(|message| message["id"] == 3);
    editor.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert!(editor.process.wait().expect("it ends").success());
}
