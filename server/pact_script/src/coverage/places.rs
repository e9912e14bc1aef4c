//! Places in a script where something may be put in: where statements begin, and where closures that are one expression begin and end.

use rhai::{Expr, Position, Stmt};

use super::scan::{Class, before, classes, end_of};

/// A script's text, with what each byte of it is.
pub(crate) struct Places<'a> {
    pub(super) text: &'a str,
    pub(super) classes: Vec<Class>,
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, classes: classes(text), lines }
    }

    /// The byte and the line of a position.
    pub(super) fn place(&self, position: Position) -> Option<(usize, u32)> {
        let (line, column) = (position.line()?, position.position()?);
        let start = *self.lines.get(line - 1)?;
        let ahead: usize = self.text[start..].chars().take(column - 1).map(char::len_utf8).sum();
        Some((start + ahead, u32::try_from(line).ok()?))
    }

    pub(super) fn is_code(&self, at: usize) -> bool {
        // A text may be an arm too; what is put into a text is left alone.
        self.classes.get(at) == Some(&Class::Code) || (at > 0 && self.classes.get(at - 1) == Some(&Class::Code))
    }

    /// The byte and the line at which a statement begins, where another one may be put before it.
    pub(crate) fn beginning(&self, statement: &Stmt) -> Option<(usize, u32)> {
        if matches!(statement, Stmt::Noop(_) | Stmt::Share(_) | Stmt::Import(..)) {
            return None;
        }
        let (at, line) = self.place(start(statement)?)?;
        let begins = matches!(before(self.text, &self.classes, at), Some(b'{' | b'}' | b';'));
        (begins && self.is_code(at)).then_some((at, line))
    }

    /// The bytes at which the body of a closure begins and ends, and its line, where that body is this one expression.
    pub(crate) fn whole_body(&self, statement: &Stmt) -> Option<(usize, usize, u32)> {
        let (at, line) = self.place(start(statement)?)?;
        let begins = before(self.text, &self.classes, at) == Some(b'|') && self.is_code(at);
        Some((at, end_of(self.text, &self.classes, at).filter(|_| begins)?, line))
    }

    /// The text with these pieces put in, each at its byte; those of one place stay in their order, from outside to inside.
    pub(crate) fn with(&self, insertions: &mut [(usize, String)]) -> String {
        insertions.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(self.text.len() * 2);
        let mut done = 0;
        for (at, piece) in insertions.iter() {
            text.push_str(&self.text[done..*at]);
            text.push_str(piece);
            done = *at;
        }
        text + &self.text[done..]
    }
}

/// Where a statement begins.
pub(super) fn start(statement: &Stmt) -> Option<Position> {
    match statement {
        Stmt::Expr(expression) => Some(first_of(expression)),
        Stmt::FnCall(call, position) if call.namespace.is_empty() => Some(*position),
        Stmt::FnCall(call, _) => Some(call.namespace.position()),
        Stmt::Assignment(parts) => Some(first_of(&parts.1.lhs)),
        Stmt::Noop(_) | Stmt::Share(_) => None,
        other => Some(other.position()),
    }
}

/// Where an expression begins; operators stand behind what they are applied to first.
pub(super) fn first_of(expression: &Expr) -> Position {
    match expression {
        Expr::Dot(parts, ..) | Expr::Index(parts, ..) => first_of(&parts.lhs),
        Expr::And(parts, _) | Expr::Or(parts, _) | Expr::Coalesce(parts, _) => parts.first().map_or(Position::NONE, first_of),
        Expr::FnCall(call, position) => match (&call.op_token, call.args.as_slice()) {
            (Some(_), [first, _, ..]) => first_of(first),
            _ if call.namespace.is_empty() => *position,
            _ => call.namespace.position(),
        },
        Expr::Stmt(block) => match block.statements() {
            [only, ..] => start(only).unwrap_or(block.position()),
            [] => block.position(),
        },
        other => other.start_position(),
    }
}
