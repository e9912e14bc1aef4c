//! The linter's own small language: what a script says, without Rhai's details.
//!
//! Only [`crate::lower`] knows Rhai's syntax tree. Whatever it does not know becomes [`Kind::Opaque`], which is refused.

use std::collections::HashMap;
use std::sync::Arc;

/// A name, interned per script.
pub(crate) type Sym = Arc<str>;

/// A place in a script: line and column in characters, both from 1; line 0 where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pos {
    pub(crate) line: u16,
    pub(crate) column: u16,
}

/// A node of the small language: an expression or a statement, with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) pos: Pos,
    pub(crate) kind: Kind,
}

/// A literal value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lit {
    Unit,
    Bool(bool),
    Int(i64),
    Text(Sym),
    Other,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Lit(Lit),
    Var(Sym),
    /// `global::NAME`, a constant of the script.
    Global(Sym),
    This,
    Array(Vec<Node>),
    Map(Vec<(Sym, Node)>),
    Interp(Vec<Node>),
    Call(Box<Call>),
    Member(Box<Node>, Sym),
    /// A value before `?.` or `?[`: what follows is left out where it is `()`.
    Elvis(Box<Node>),
    Index(Box<Node>, Box<Node>),
    /// Operands of `&&`, `||` or `??`: all but the first are evaluated only sometimes.
    Short(ShortOp, Vec<Node>),
    Block(Vec<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Switch(Box<Switch>),
    Closure(Sym, Vec<Sym>),
    While(Box<Node>, Box<Node>),
    /// A `do` loop: body, then condition.
    Do(Box<Node>, Box<Node>),
    For(Box<For>),
    Let(Sym, Box<Node>),
    Assign(Box<Node>, Option<Sym>, Box<Node>),
    Break(Option<Box<Node>>),
    Continue,
    Return(Option<Box<Node>>),
    Throw(Option<Box<Node>>),
    Try(Box<Node>, Option<Sym>, Box<Node>),
    Import(Box<Node>, Sym),
    Opaque(&'static str),
}

/// Which operator evaluates its operands only as far as it must.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShortOp {
    And,
    Or,
    Coalesce,
}

/// A call of a function, method or operator.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: Sym,
    /// The arguments; for a method the receiver comes first.
    pub(crate) args: Vec<Node>,
    pub(crate) method: bool,
    pub(crate) operator: bool,
    /// The alias of the module that it is in.
    pub(crate) module: Option<Sym>,
}

/// A `switch`: every case with its condition, whatever its value.
#[derive(Clone, Debug)]
pub(crate) struct Switch {
    pub(crate) on: Node,
    pub(crate) cases: Vec<(Option<Node>, Node)>,
    pub(crate) has_default: bool,
}

/// A `for` loop.
#[derive(Clone, Debug)]
pub(crate) struct For {
    pub(crate) var: Sym,
    pub(crate) counter: Option<Sym>,
    pub(crate) over: Node,
    pub(crate) body: Node,
}

/// A function of a script, closures among them.
#[derive(Debug)]
pub(crate) struct Func {
    pub(crate) name: Sym,
    pub(crate) params: Vec<Sym>,
    pub(crate) body: Node,
    pub(crate) pos: Pos,
}

/// A lowered script.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) functions: Vec<Func>,
    pub(crate) by_name: HashMap<Sym, Vec<usize>>,
    pub(crate) top: Vec<Node>,
}

impl Program {
    /// The function of this name and arity.
    pub(crate) fn function(&self, name: &str, arity: usize) -> Option<usize> {
        self.by_name.get(name)?.iter().copied().find(|&index| self.functions[index].params.len() == arity)
    }

    /// The modules that are imported by a literal name.
    pub(crate) fn imports(&self) -> Vec<Sym> {
        let mut imports = Vec::new();
        for node in self.top.iter().chain(self.functions.iter().map(|function| &function.body)) {
            node.walk(&mut |node| {
                if let Kind::Import(path, _) = &node.kind
                    && let Kind::Lit(Lit::Text(name)) = &path.kind
                {
                    imports.push(name.clone());
                }
            });
        }
        imports
    }

    /// Whether a call has one of these names.
    pub(crate) fn calls(&self, names: &[&str]) -> bool {
        let mut found = false;
        for node in self.top.iter().chain(self.functions.iter().map(|function| &function.body)) {
            node.walk(&mut |node| {
                found |= matches!(&node.kind, Kind::Call(call) if names.contains(&&*call.name));
            });
        }
        found
    }

    /// Whether a function has this name, whatever its arity.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }
}

impl Node {
    pub(crate) fn new(pos: Pos, kind: Kind) -> Self {
        Self { pos, kind }
    }

    /// Calls `visit` with this node and every node below it, outermost first.
    pub(crate) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        self.children(&mut |child| child.walk(visit));
    }

    fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match &self.kind {
            Kind::Lit(_)
            | Kind::Var(_)
            | Kind::Global(_)
            | Kind::This
            | Kind::Closure(..)
            | Kind::Continue
            | Kind::Break(None)
            | Kind::Return(None)
            | Kind::Throw(None)
            | Kind::Opaque(_) => {}
            Kind::Array(nodes) | Kind::Interp(nodes) | Kind::Short(_, nodes) | Kind::Block(nodes) => {
                nodes.iter().for_each(visit);
            }
            Kind::Map(entries) => entries.iter().for_each(|(_, node)| visit(node)),
            Kind::Call(call) => call.args.iter().for_each(visit),
            Kind::Member(of, _) | Kind::Elvis(of) => visit(of),
            Kind::Index(a, b) | Kind::While(a, b) | Kind::Do(a, b) | Kind::Assign(a, _, b) | Kind::Try(a, _, b) => {
                visit(a);
                visit(b);
            }
            Kind::If(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Kind::Switch(switch) => {
                visit(&switch.on);
                for (condition, body) in &switch.cases {
                    condition.iter().for_each(&mut *visit);
                    visit(body);
                }
            }
            Kind::For(it) => {
                visit(&it.over);
                visit(&it.body);
            }
            Kind::Let(_, node)
            | Kind::Import(node, _)
            | Kind::Break(Some(node))
            | Kind::Return(Some(node))
            | Kind::Throw(Some(node)) => visit(node),
        }
    }
}
