//! From a script to the same script with probes: calls that tell which statements and branches were reached.
//!
//! Probes are put into the text, beside what the parser found there, because the engine's tree cannot be changed from outside and its
//! debugger would slow every run of every script. Lines stay where they are; columns do not, so a case is judged by a run without probes.

use pact_policy::engine::parser_engine;
use rhai::{ASTNode, Position, Stmt};

use super::places::{Places, first_of};
use super::scan::{before, end_of};

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
    let mut work = Work { places: Places::of(text), first, points: Vec::new(), insertions: Vec::new() };
    ast.walk(&mut |path| {
        if let Some(ASTNode::Stmt(statement)) = path.last() {
            work.statement(statement);
        }
        true
    });
    let probed = Probed { text: work.places.with(&mut work.insertions), points: work.points };
    // A place that was not understood must not break a script that is fine.
    engine.set_max_expr_depths(0, 0);
    engine.compile(&probed.text).is_ok().then_some(probed)
}

struct Work<'a> {
    places: Places<'a>,
    first: usize,
    points: Vec<Point>,
    /// Where, and what is put there.
    insertions: Vec<(usize, String)>,
}

impl Work<'_> {
    fn statement(&mut self, statement: &Stmt) {
        if let Some((at, line)) = self.places.beginning(statement) {
            let id = self.point(Point::Line(line));
            self.insertions.push((at, format!("{PROBE}({id}); ")));
        }
        match statement {
            Stmt::If(flow, position) => self.condition("if", *position, flow.body.position()),
            Stmt::While(flow, position) => self.condition("while", *position, flow.body.position()),
            Stmt::Switch(switch, position) => {
                let Some((_, line)) = self.places.place(*position) else { return };
                let arms: Vec<_> = switch.1.expressions.iter().map(|arm| first_of(&arm.rhs)).collect();
                arms.into_iter().for_each(|arm| self.arm(line, arm));
            }
            _ => {}
        }
    }

    /// `if a {` becomes `if reached_here(7, (a)) {`: the probe gives the value on, and tells which it was.
    fn condition(&mut self, word: &str, from: Position, body: Position) {
        let (Some((at, line)), Some((body, _))) = (self.places.place(from), self.places.place(body)) else { return };
        let inner = at + word.len();
        let text = self.places.text;
        if text.get(at..inner) != Some(word) || text.as_bytes().get(body) != Some(&b'{') || !self.places.is_code(at) {
            return;
        }
        let id = self.point(Point::True(line));
        self.point(Point::False(line));
        self.insertions.push((inner, format!(" {PROBE}({id}, (")));
        self.insertions.push((body, ")) ".to_owned()));
    }

    /// `1 => a,` becomes `1 => { reached_here(9); a },`.
    fn arm(&mut self, switch: u32, arm: Position) {
        let Some((at, line)) = self.places.place(arm) else { return };
        if !self.places.is_code(at) {
            return;
        }
        let Places { text, classes, .. } = &self.places;
        if before(text, classes, at) == Some(b'{') {
            // The arm is a block already, and this is its first statement.
            let id = self.point(Point::Arm(switch, line));
            self.insertions.push((at, format!("{PROBE}({id}); ")));
        } else if let (Some(b'>'), Some(end)) = (before(text, classes, at), end_of(text, classes, at)) {
            let id = self.point(Point::Arm(switch, line));
            self.insertions.push((at, format!("{{ {PROBE}({id}); ")));
            self.insertions.push((end, " }".to_owned()));
        }
    }

    fn point(&mut self, point: Point) -> usize {
        self.points.push(point);
        self.first + self.points.len() - 1
    }
}
