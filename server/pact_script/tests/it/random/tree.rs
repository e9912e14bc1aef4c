//! A script as a tree of statements, so that statements can be taken out one by one.

use std::fmt::Write;

/// A statement: a line, perhaps with blocks behind it.
#[derive(Clone, Debug)]
pub(super) struct Stmt {
    /// What comes before the first block, or the whole statement.
    pub(super) head: String,
    /// Blocks, each with what comes after it (`else`, `catch`, or the end).
    pub(super) blocks: Vec<(Vec<Stmt>, String)>,
}

/// A function of a script.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) head: String,
    pub(super) body: Vec<Stmt>,
}

/// A script: its manifest and functions, the entry point last.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) manifest: String,
    pub(super) functions: Vec<Function>,
}

impl Stmt {
    pub(super) fn line(text: impl Into<String>) -> Self {
        Self { head: text.into(), blocks: Vec::new() }
    }

    pub(super) fn block(head: impl Into<String>, body: Vec<Self>) -> Self {
        Self { head: head.into(), blocks: vec![(body, String::new())] }
    }

    fn write(&self, depth: usize, text: &mut String) {
        let indent = "    ".repeat(depth);
        let _ = write!(text, "{indent}{}", self.head);
        for (body, after) in &self.blocks {
            text.push_str(" {\n");
            body.iter().for_each(|stmt| stmt.write(depth + 1, text));
            let _ = write!(text, "{indent}}}{after}");
        }
        text.push('\n');
    }
}

impl Script {
    pub(super) fn text(&self) -> String {
        let mut text = self.manifest.clone();
        for function in &self.functions {
            let _ = writeln!(text, "\n{} {{", function.head);
            function.body.iter().for_each(|stmt| stmt.write(1, &mut text));
            text.push_str("}\n");
        }
        text
    }

    /// Every script that is smaller by one statement, one function, or a statement put in place of its blocks' content.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for (at, function) in self.functions.iter().enumerate() {
            if at + 1 < self.functions.len() {
                let mut without = self.clone();
                without.functions.remove(at);
                all.push(without);
            }
            for body in smaller_bodies(&function.body) {
                let mut script = self.clone();
                script.functions[at].body = body;
                all.push(script);
            }
        }
        all
    }
}

fn smaller_bodies(body: &[Stmt]) -> Vec<Vec<Stmt>> {
    let mut all = Vec::new();
    for (at, stmt) in body.iter().enumerate() {
        let with = |new: Vec<Stmt>| -> Vec<Stmt> {
            body[..at].iter().cloned().chain(new).chain(body[at + 1..].iter().cloned()).collect()
        };
        all.push(with(Vec::new()));
        for (block, (inner, _)) in stmt.blocks.iter().enumerate() {
            all.push(with(inner.clone()));
            for smaller in smaller_bodies(inner) {
                let mut stmt = stmt.clone();
                stmt.blocks[block].0 = smaller;
                all.push(with(vec![stmt]));
            }
        }
    }
    all
}
