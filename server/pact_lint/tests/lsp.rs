//! The language server as an editor sees it: messages in, messages out, over a connection in memory.
//!
//! `tests/it/language_server.rs` speaks to the real `pact lsp` over standard input and output.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

const MANIFEST: &str = "id = \"p\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"P\"\nreads = [\"lead\", \"customer\"]\nmay = [\"highlight\"]\n\n[settings]\nshow_after = { type = \"span\", default = \"5 work days\", title = \"Show after\" }\n\n[[script]]\nfile = \"a.rhai\"\n\n[[script]]\nfile = \"b.rhai\"\n";

/// An editor with one folder, which holds a plugin of two scripts.
struct Editor {
    connection: Connection,
    folder: tempfile::TempDir,
    next: i32,
}

impl Editor {
    fn open(a: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in
            [("plugin.toml", MANIFEST), ("a.rhai", a), ("b.rhai", "/// Words for people.\nfn helped(lead) { lead.title }\n")]
        {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let (server, connection) = Connection::memory();
        std::thread::spawn(move || pact_lint::lsp::serve(&server).unwrap());
        let mut editor = Self { connection, folder, next: 0 };
        let root = format!("file://{}", editor.folder.path().display());
        editor.ask("initialize", json!({ "capabilities": {}, "rootUri": root }));
        editor.tell("initialized", json!({}));
        let document = json!({ "uri": editor.uri("a.rhai"), "languageId": "rhai", "version": 1, "text": a });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        editor
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    fn tell(&self, method: &str, params: Value) {
        self.connection.sender.send(Message::Notification(Notification::new(method.to_owned(), params))).unwrap();
    }

    fn message(&self) -> Message {
        self.connection.receiver.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let request = Request::new(self.next.into(), method.to_owned(), params);
        self.connection.sender.send(Message::Request(request)).unwrap();
        loop {
            if let Message::Response(response) = self.message() {
                let answer = serde_json::to_value(response).unwrap();
                assert_eq!(answer["error"], Value::Null);
                return answer["result"].clone();
            }
        }
    }

    fn at(&mut self, method: &str, name: &str, (line, character): (u32, u32)) -> Value {
        let params = json!({ "textDocument": { "uri": self.uri(name) }, "position": { "line": line, "character": character } });
        self.ask(method, params)
    }

    /// What is said of a file next.
    fn diagnostics(&self, name: &str) -> Vec<Value> {
        loop {
            if let Message::Notification(it) = self.message()
                && it.params["uri"] == self.uri(name)
            {
                return it.params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    fn change(&self, range: Value, text: &str) {
        let change = if range.is_null() { json!({ "text": text }) } else { json!({ "range": range, "text": text }) };
        let document = json!({ "uri": self.uri("a.rhai"), "version": 2 });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
    }
}

fn labels(items: &Value) -> Vec<String> {
    items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_refused_is_told_with_its_path_in_utf16() {
    let editor = Editor::open("// 𝄞\nfn on_lead_quiet(lead) {\n    let a = \"𝄞\"; escalate(lead, (), \"x\");\n}\n");
    let told = editor.diagnostics("a.rhai");
    assert_eq!(told[0]["code"], "every-effect-declared");
    // The sign before it is two units of UTF-16.
    assert_eq!(told[0]["range"]["start"], json!({ "line": 2, "character": 18 }));
    editor.change(json!({ "start": { "line": 2, "character": 18 }, "end": { "line": 2, "character": 26 } }), "highlight");
    let range = json!({ "start": { "line": 2, "character": 34 }, "end": { "line": 2, "character": 38 } });
    editor.change(range, "");
    assert_eq!(editor.diagnostics("a.rhai"), Vec::<Value>::new());
}

#[test]
fn a_metric_carries_its_steps_as_places_to_go_to() {
    let body = "fn on_lead_won(lead) {\n    let n = lead.history.filter(|e| e.by == lead.owner).len();\n    log(`${n}`);\n}\n";
    let editor = Editor::open(body);
    let told = editor.diagnostics("a.rhai");
    let metric = told.iter().find(|it| it["code"] == "no-activity-metric").unwrap();
    let steps = metric["relatedInformation"].as_array().unwrap();
    assert!(steps.len() >= 2, "{steps:?}");
    assert!(steps.iter().all(|step| step["location"]["uri"] == editor.uri("a.rhai")), "{steps:?}");
    assert!(metric["message"].as_str().unwrap().contains("Instead:"));
}

#[test]
fn what_does_not_parse_is_told_where_it_breaks_off() {
    let editor = Editor::open("fn on_lead_won(lead) {\n    highlight(lead, ;\n}\n");
    let told = editor.diagnostics("a.rhai");
    assert_eq!((&told[0]["code"], &told[0]["range"]["start"]["line"]), (&json!("cannot-be-judged"), &json!(1)));
}

#[test]
fn the_table_is_shown_over_a_name_and_completes_it() {
    let text =
        "fn on_lead_won(lead) {\n    lead.customer.name;\n    highlight(lead, setting(\"show_after\"));\n    lead.\n}\n\n\n";
    let mut editor = Editor::open(text);
    let hover = editor.at("textDocument/hover", "a.rhai", (1, 20));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Customer.name: text"), "{hover}");
    let hover = editor.at("textDocument/hover", "a.rhai", (2, 6));
    assert!(hover["contents"]["value"].as_str().unwrap().contains("\"highlight\"` in `may`"), "{hover}");
    let items = editor.at("textDocument/completion", "a.rhai", (3, 9));
    let after_dot = labels(&items);
    assert!(after_dot.contains(&"quiet_for".to_owned()) && after_dot.contains(&"field".to_owned()), "{after_dot:?}");
    assert!(!after_dot.contains(&"objective".to_owned()), "members of a lead alone: {after_dot:?}");
    let quiet = items.as_array().unwrap().iter().find(|item| item["label"] == "quiet_for").unwrap();
    assert!(quiet["documentation"]["value"].as_str().unwrap().contains("quiet clock"), "{quiet}");
    assert_eq!(labels(&editor.at("textDocument/completion", "a.rhai", (2, 30))), ["show_after"]);
    let outside = labels(&editor.at("textDocument/completion", "a.rhai", (6, 0)));
    assert!(outside.contains(&"on_push_declined".to_owned()) && !outside.contains(&"on_lead_won".to_owned()), "{outside:?}");
    assert!(labels(&editor.at("textDocument/completion", "a.rhai", (2, 4))).contains(&"highlight".to_owned()));
}

#[test]
fn names_lead_to_where_they_are_defined() {
    let text = "fn on_lead_won(lead) {\n    highlight(lead, helped(lead));\n    log(setting(\"show_after\"));\n}\n";
    let mut editor = Editor::open(text);
    let found = editor.at("textDocument/definition", "a.rhai", (1, 22));
    assert_eq!((&found["uri"], &found["range"]["start"]), (&json!(editor.uri("b.rhai")), &json!({ "line": 1, "character": 3 })));
    let found = editor.at("textDocument/definition", "a.rhai", (2, 20));
    assert_eq!((&found["uri"], &found["range"]["start"]["line"]), (&json!(editor.uri("plugin.toml")), &json!(8)));
    let found = editor.at("textDocument/definition", "a.rhai", (1, 15));
    assert_eq!(found["range"]["start"], json!({ "line": 0, "character": 15 }), "a parameter");
}

#[test]
fn what_the_manifest_misses_is_added_by_an_action() {
    let mut editor = Editor::open("fn on_lead_quiet(lead) {\n    escalate(lead, (), \"x\");\n}\n");
    let told = editor.diagnostics("a.rhai");
    let params = json!({
        "textDocument": { "uri": editor.uri("a.rhai") },
        "range": told[0]["range"],
        "context": { "diagnostics": [told[0]] },
    });
    let actions = editor.ask("textDocument/codeAction", params);
    assert_eq!(actions[0]["title"], "Add \"escalate\" to `may` in the manifest");
    let edit = &actions[0]["edit"]["changes"][editor.uri("plugin.toml")][0];
    assert_eq!((&edit["newText"], &edit["range"]["start"]["line"]), (&json!(", \"escalate\""), &json!(5)));
    let manifest = MANIFEST.replace("\"highlight\"]", "\"highlight\", \"escalate\"]");
    std::fs::write(editor.path("plugin.toml"), manifest).unwrap();
    let changes = json!([{ "uri": editor.uri("plugin.toml"), "type": 2 }]);
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    assert_eq!(editor.diagnostics("a.rhai"), Vec::<Value>::new());
}

/// Whatever stands in a text, no place in it brings the server down.
#[test]
fn every_place_of_odd_texts_is_answered() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus/worked/pass/quiet-three-steps.rhai");
    let good = std::fs::read_to_string(corpus).unwrap();
    for text in ["", "`${", "a.b.c(", "fn f(", "|x|.", "\"", "// 𝄞\n.", "[].", "import \"", "))))..", &good[..good.len() / 2]]
    {
        let mut editor = Editor::open(text);
        for line in 0..u32::try_from(text.lines().count()).unwrap() + 1 {
            for character in [0, 1, 2, 3, 5, 8, 13, 40] {
                for method in ["hover", "completion", "definition"] {
                    editor.at(&format!("textDocument/{method}"), "a.rhai", (line, character));
                }
            }
        }
    }
}
