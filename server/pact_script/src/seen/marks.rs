//! Marks in a script: where a look at the scope is taken, before each statement and before each closure that is one expression.
//!
//! They are put into the text, as the probes of [`crate::coverage`] are, and lines stay where they are. A mark inside a closure is a variable that the closure
//! captures, so the engine meets its name twice: where the closure is made, when no such variable is in scope, and where it runs, when one is. That tells the two apart.

use pact_policy::engine::parser_engine;
use rhai::{AST, ASTNode, Module, Stmt};

use crate::coverage::Places;
use crate::run::Scripts;

/// What names of marks begin with.
const NAME: &str = "seen_here_";
/// What the names of closures begin with, as the engine makes them.
pub(crate) const CLOSURE: &str = "anon$";

/// A place at which the scope is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The file, or the module.
    pub(crate) file: String,
    /// Its number among those of the file.
    pub(crate) number: usize,
    /// The function; nothing for a closure.
    pub(crate) function: Option<String>,
    pub(crate) line: u32,
    at: usize,
    /// Where the closure ends, if it is one expression.
    end: Option<usize>,
}

/// A variable as [`logged`] logs it: where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// The mark before which it is logged.
    pub mark: usize,
    /// The variable.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The first column in characters, from 1, and the one behind the last.
    pub columns: (u32, u32),
}

/// The number of the mark with this name.
pub(crate) fn number(name: &str) -> Option<usize> {
    name.strip_prefix(NAME)?.parse().ok()
}

/// A script set with marks, and what each mark stands for, by its number in the set.
pub(crate) fn marked(scripts: &Scripts) -> (Scripts, Vec<Mark>) {
    let mut all = Vec::new();
    let mut each = |(name, text): &(String, String)| {
        let first = all.len();
        let marks = marks_of(name, text);
        let put = |mark: &Mark| format!("{NAME}{}; ", first + mark.number);
        let Some(with) = with_marks(text, &marks, put).filter(|with| is_readable(with)) else {
            return (name.clone(), text.clone());
        };
        all.extend(marks);
        (name.clone(), with)
    };
    let files = scripts.files.iter().map(&mut each).collect();
    let modules = scripts.modules.iter().map(&mut each).collect();
    let hash = hash_of(&scripts.hash);
    (Scripts { hash, plugin: scripts.plugin.clone(), files, modules }, all)
}

/// Under which hash workers keep a set with marks.
pub(crate) fn hash_of(hash: &[u8; 32]) -> [u8; 32] {
    hash.map(|byte| !byte)
}

/// A file as it would be if it logged these variables, each before its mark; and where each of these stands. Nothing for a file that cannot be read.
pub fn logged(file: &str, text: &str, wanted: &[(usize, Vec<String>)]) -> Option<(String, Vec<Logged>)> {
    let one = |name: &String| format!("log(`${{{name}}}`); ");
    let marks: Vec<Mark> =
        marks_of(file, text).into_iter().filter(|mark| wanted.iter().any(|(number, _)| *number == mark.number)).collect();
    let with = with_marks(text, &marks, |mark| names(wanted, mark.number).map(one).collect())?;
    // What stands before a mark moves it by as much as was put in there.
    let mut moved = 0;
    let mut places = Vec::new();
    let mut order: Vec<(usize, Option<&Mark>)> = marks.iter().map(|mark| (mark.at, Some(mark))).collect();
    order.extend(marks.iter().filter_map(|mark| Some((mark.end?, None))));
    order.sort_by_key(|(at, _)| *at);
    for (at, mark) in order {
        let Some(mark) = mark else {
            moved += CLOSE.len();
            continue;
        };
        moved += if mark.end.is_some() { OPEN.len() } else { 0 };
        for name in names(wanted, mark.number) {
            let length = one(name).len();
            let (line, column) = place(&with, at + moved);
            let columns = (column, column + u32::try_from(one(name).chars().count()).unwrap_or(0));
            places.push(Logged { mark: mark.number, name: name.clone(), line, columns });
            moved += length;
        }
    }
    is_readable(&with).then_some((with, places))
}

/// The variables that are wanted at a mark.
fn names(wanted: &[(usize, Vec<String>)], number: usize) -> impl Iterator<Item = &String> {
    wanted.iter().filter(move |(mark, _)| *mark == number).flat_map(|(_, names)| names)
}

const OPEN: &str = "{ ";
const CLOSE: &str = " }";

/// Every place of a file at which the scope can be looked at; none in a file that cannot be read.
fn marks_of(file: &str, text: &str) -> Vec<Mark> {
    let Ok(ast) = parser_engine().compile(text) else { return Vec::new() };
    let places = Places::of(text);
    let mut marks: Vec<Mark> = Vec::new();
    for (.., function) in ast.shared_lib().iter_script_fn_info() {
        let name = function.name.as_str();
        let of = (!name.starts_with(CLOSURE)).then(|| name.to_owned());
        let mut put = |at, end, line| {
            marks.push(Mark { file: file.to_owned(), number: 0, function: of.clone(), line, at, end });
        };
        // The type of a body has no public name: an AST of this function alone is walked instead.
        let mut alone = Module::new();
        alone.set_script_fn(function.clone());
        AST::new(Vec::new(), alone).walk(&mut |path| {
            let Some(ASTNode::Stmt(statement)) = path.last() else { return true };
            if let Some((at, line)) = places.beginning(statement) {
                put(at, None, line);
            } else if let ([_], Stmt::Expr(_) | Stmt::FnCall(..), true) = (path, statement, name.starts_with(CLOSURE))
                && let Some((at, end, line)) = places.whole_body(statement)
            {
                put(at, Some(end), line);
            }
            true
        });
    }
    marks.sort_by_key(|mark| (mark.at, mark.end.is_none()));
    marks.dedup_by_key(|mark| mark.at);
    marks.iter_mut().enumerate().for_each(|(number, mark)| mark.number = number);
    marks
}

/// The text with something before each of these marks.
fn with_marks(text: &str, marks: &[Mark], put: impl Fn(&Mark) -> String) -> Option<String> {
    if marks.is_empty() {
        return None;
    }
    let mut pieces: Vec<(usize, String)> = Vec::new();
    for mark in marks {
        let open = if mark.end.is_some() { OPEN } else { "" };
        pieces.push((mark.at, format!("{open}{}", put(mark))));
        pieces.extend(mark.end.map(|end| (end, CLOSE.to_owned())));
    }
    Some(Places::of(text).with(&mut pieces))
}

/// A place that was not understood must not break a script that is fine.
fn is_readable(text: &str) -> bool {
    let mut engine = parser_engine();
    engine.set_max_expr_depths(0, 0);
    engine.compile(text).is_ok()
}

/// The line and the column of a byte, both from 1, the column in characters.
fn place(text: &str, at: usize) -> (u32, u32) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "fn f(lead) {\n    let u = \"ü\"; let n = 2;\n    let found = leads.filter(|l| l.value > n);\n    if n > 1 { throw \"no\"; }\n    [1].map(|x| { let y = x; y })\n}\n";

    #[test]
    fn statements_and_closures_are_marked() {
        let scripts = Scripts {
            hash: [7; 32],
            plugin: "p".to_owned(),
            files: vec![("a.rhai".to_owned(), SCRIPT.to_owned())],
            modules: Vec::new(),
        };
        let (with, marks) = marked(&scripts);
        let wanted = "fn f(lead) {\n    seen_here_0; let u = \"ü\"; seen_here_1; let n = 2;\n    \
            seen_here_2; let found = leads.filter(|l| { seen_here_3; l.value > n });\n    \
            seen_here_4; if n > 1 { seen_here_5; throw \"no\"; }\n    \
            seen_here_6; [1].map(|x| { seen_here_7; let y = x; seen_here_8; y })\n}\n";
        assert_eq!(with.files[0].1, wanted);
        let told: Vec<_> = marks.iter().map(|mark| (mark.line, mark.function.as_deref())).collect();
        let f = Some("f");
        assert_eq!(told, [(2, f), (2, f), (3, f), (3, None), (4, f), (4, f), (5, f), (5, None), (5, None)]);
        assert_ne!(with.hash, scripts.hash);
    }

    #[test]
    fn what_would_be_logged_stands_where_it_is_said_to_stand() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let wanted = [(1, names(&["u"])), (3, names(&["l", "n"])), (7, names(&["x"]))];
        let (text, logged) = logged("a.rhai", SCRIPT, &wanted).unwrap_or_default();
        for one in &logged {
            let line = text.lines().nth(one.line as usize - 1).unwrap_or_default();
            let (from, until) = (one.columns.0 as usize - 1, one.columns.1 as usize - 1);
            let piece: String = line.chars().skip(from).take(until - from).collect();
            assert_eq!(piece, format!("log(`${{{}}}`); ", one.name));
        }
        assert_eq!(
            logged.iter().map(|one| (one.mark, one.name.as_str())).collect::<Vec<_>>(),
            [(1, "u"), (3, "l"), (3, "n"), (7, "x")]
        );
    }
}
