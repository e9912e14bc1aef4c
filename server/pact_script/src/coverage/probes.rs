//! From a script to the same script with probes: calls that tell which statements and branches were reached.
//!
//! Probes are put into the text, beside what the parser found there, because the engine's tree cannot be changed from outside and its
//! debugger would slow every run of every script. Lines stay where they are; columns do not, so a case is judged by a run without probes.

use pact_policy::engine::parser_engine;
use rhai::{ASTNode, Expr, Position, Stmt};

use super::scan::{Class, before, classes, end_of_arm};

/// The function that a probe calls; only workers that are asked for coverage have it.
pub(crate) const PROBE: &str = "reached_here";

/// What a probe stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// A statement that begins on this line was reached.
    Line(u32),
    /// A condition on this line was `true`; the point after it is the same condition being `false`.
    True(u32),
    /// A condition on this line was `false`.
    False(u32),
    /// An arm of the `switch` on the first line, on the second line itself.
    Arm(u32, u32),
}

/// A script with probes.
#[derive(Debug)]
pub(super) struct Probed {
    pub(super) text: String,
    /// What each probe stands for, from the number that was given on.
    pub(super) points: Vec<Point>,
}

/// Puts probes into a script; a script that cannot be parsed has none.
pub(super) fn probed(text: &str, first: usize) -> Option<Probed> {
    let mut engine = parser_engine();
    let ast = engine.compile(text).ok()?.clone_functions_only();
    let mut work =
        Work { text, classes: classes(text), lines: starts_of_lines(text), first, points: Vec::new(), insertions: Vec::new() };
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(statement)) = path.last() {
            work.statement(statement);
        }
        true
    });
    let probed = Probed { text: work.written(), points: work.points };
    // A place that was not understood must not break a script that is fine.
    engine.set_max_expr_depths(0, 0);
    engine.compile(&probed.text).is_ok().then_some(probed)
}

struct Work<'a> {
    text: &'a str,
    classes: Vec<Class>,
    lines: Vec<usize>,
    first: usize,
    points: Vec<Point>,
    /// Where, and what is put there.
    insertions: Vec<(usize, String)>,
}

impl Work<'_> {
    fn statement(&mut self, statement: &Stmt) {
        if let Some((at, line)) = start(statement).and_then(|position| self.place(position)) {
            let begins = matches!(before(self.text, &self.classes, at), Some(b'{' | b'}' | b';'));
            if begins && self.is_code(at) && !matches!(statement, Stmt::Noop(_) | Stmt::Share(_) | Stmt::Import(..)) {
                let id = self.point(Point::Line(line));
                self.insertions.push((at, format!("{PROBE}({id}); ")));
            }
        }
        match statement {
            Stmt::If(flow, position) => self.condition("if", *position, flow.body.position()),
            Stmt::While(flow, position) => self.condition("while", *position, flow.body.position()),
            Stmt::Switch(switch, position) => {
                let Some((_, line)) = self.place(*position) else { return };
                let arms: Vec<_> = switch.1.expressions.iter().map(|arm| first_of(&arm.rhs)).collect();
                arms.into_iter().for_each(|arm| self.arm(line, arm));
            }
            _ => {}
        }
    }

    /// `if a {` becomes `if reached_here(7, (a)) {`: the probe gives the value on, and tells which it was.
    fn condition(&mut self, word: &str, from: Position, body: Position) {
        let (Some((at, line)), Some((body, _))) = (self.place(from), self.place(body)) else { return };
        let inner = at + word.len();
        if self.text.get(at..inner) != Some(word) || self.text.as_bytes().get(body) != Some(&b'{') || !self.is_code(at) {
            return;
        }
        let id = self.point(Point::True(line));
        self.point(Point::False(line));
        self.insertions.push((inner, format!(" {PROBE}({id}, (")));
        self.insertions.push((body, ")) ".to_owned()));
    }

    /// `1 => a,` becomes `1 => { reached_here(9); a },`.
    fn arm(&mut self, switch: u32, arm: Position) {
        let Some((at, line)) = self.place(arm) else { return };
        if !self.is_code(at) {
            return;
        }
        if before(self.text, &self.classes, at) == Some(b'{') {
            // The arm is a block already, and this is its first statement.
            let id = self.point(Point::Arm(switch, line));
            self.insertions.push((at, format!("{PROBE}({id}); ")));
        } else if let (Some(b'>'), Some(end)) = (before(self.text, &self.classes, at), end_of_arm(self.text, &self.classes, at)) {
            let id = self.point(Point::Arm(switch, line));
            self.insertions.push((at, format!("{{ {PROBE}({id}); ")));
            self.insertions.push((end, " }".to_owned()));
        }
    }

    fn point(&mut self, point: Point) -> usize {
        self.points.push(point);
        self.first + self.points.len() - 1
    }

    fn is_code(&self, at: usize) -> bool {
        // A text may be an arm too; what is put into a text is left alone.
        self.classes.get(at) == Some(&Class::Code) || (at > 0 && self.classes.get(at - 1) == Some(&Class::Code))
    }

    /// The byte and the line of a position.
    fn place(&self, position: Position) -> Option<(usize, u32)> {
        let (line, column) = (position.line()?, position.position()?);
        let start = *self.lines.get(line - 1)?;
        let ahead: usize = self.text[start..].chars().take(column - 1).map(char::len_utf8).sum();
        Some((start + ahead, u32::try_from(line).ok()?))
    }

    fn written(&mut self) -> String {
        // What is put in at the same place stays in the order in which it was found, from outside to inside.
        self.insertions.sort_by_key(|(at, _)| *at);
        let mut text = String::with_capacity(self.text.len() * 2);
        let mut done = 0;
        for (at, piece) in &self.insertions {
            text.push_str(&self.text[done..*at]);
            text.push_str(piece);
            done = *at;
        }
        text + &self.text[done..]
    }
}

fn starts_of_lines(text: &str) -> Vec<usize> {
    [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// Where a statement begins.
fn start(statement: &Stmt) -> Option<Position> {
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
fn first_of(expression: &Expr) -> Position {
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
