//! Well-typed scripts from the interface table: every root, narrowing, member, function and entry point can come up.

use fastrand::Rng;
use pact_policy::table::{Capability, ENTRY_POINTS, EntryPoint, FUNCTIONS, FnId, Function as Known, Kind, Ty, members_of};

use super::tree::{Function, Script, Stmt};

/// Statements of one block at most.
const STATEMENTS: usize = 4;
/// Blocks inside one another at most.
const DEPTH: usize = 3;
/// Expressions inside one another at most.
const EXPRESSIONS: usize = 3;

/// A name in scope.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) ty: Ty,
}

/// What is known of a position in the script.
pub(super) struct Gen<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) vars: Vec<Var>,
    /// Helpers: name, parameter, result.
    pub(super) helpers: Vec<(String, Ty, Ty)>,
    names: usize,
    in_loop: bool,
    in_function: bool,
}

const PERSON: Ty = Ty::Record(Kind::Person);

/// Everything that a script may use without asking for a coaching period.
const MANIFEST: &str = r#"//! id = "random"
//! version = "1.0.0"
//! api = 1
//! title = "Random"
//! summary = "Made from a seed."
//! license = "Apache-2.0"
//! reads = ["lead", "customer", "card", "plan", "pack", "person", "goal", "request"]
//! may = ["push", "highlight", "escalate", "transfer", "set", "card", "ask", "notify", "suggest", "digest", "webhook"]
//! webhooks = ["outside"]
//!
//! [settings]
//! limit = { type = "number", default = 3, title = "Limit" }
//!
//! [[field]]
//! on = "customer"
//! name = "size"
//! label = "Employees of the customer"
//! type = "number"
//! helps = "sale"
//! because = "Decides which product line fits."
//! about = "customer"
//!
//! [[field]]
//! on = "lead"
//! name = "heat"
//! label = "What the customer said of its heating"
//! type = "text"
//! helps = "sale"
//! because = "Decides which product line fits."
//! about = "customer"
"#;

const WEEKLY: &str = r#"//!
//! [[schedule]]
//! call = "weekly"
//! cron = "0 7 * * MON"
//! zone = "UTC"
"#;

const MORNING: &str = r#"//!
//! [[schedule]]
//! call = "morning"
//! cron = "0 7 * * *"
//! zone = "person"
//! for_each = "person"
"#;

/// A script from a random source.
pub(super) fn script(rng: &mut Rng) -> Script {
    let mut functions = Vec::new();
    let mut helpers = Vec::new();
    for at in 0..rng.usize(0..3) {
        let (from, to) = (Gen::any_type(rng), Gen::plain_type(rng));
        let mut inner = Gen { rng, vars: Vec::new(), helpers: helpers.clone(), names: 0, in_loop: false, in_function: true };
        inner.vars.push(Var { name: "x".to_owned(), ty: from });
        let mut body = inner.body(DEPTH - 1);
        let result = inner.expr(to, 1);
        body.push(Stmt::line(result));
        functions.push(Function { head: format!("fn helper{at}(x)"), body });
        helpers.push((format!("helper{at}"), from, to));
    }
    let mut main = Gen { rng, vars: Vec::new(), helpers, names: 0, in_loop: false, in_function: false };
    let (head, schedule) = main.entry();
    let body = main.body(DEPTH);
    functions.push(Function { head, body });
    Script { manifest: format!("{MANIFEST}{schedule}"), functions }
}

impl Gen<'_> {
    /// The entry point's head, and its schedule in the manifest if it has one.
    fn entry(&mut self) -> (String, &'static str) {
        match self.rng.u8(0..4) {
            0 => ("fn weekly()".to_owned(), WEEKLY),
            1 => {
                self.vars.push(Var { name: "person".to_owned(), ty: PERSON });
                ("fn morning(person)".to_owned(), MORNING)
            }
            _ => {
                let all: Vec<_> = ENTRY_POINTS.iter().filter(|entry| entry.point != EntryPoint::CoachingDay).collect();
                let entry = all[self.rng.usize(0..all.len())];
                self.vars.extend(entry.params.iter().map(|(name, ty)| Var { name: (*name).to_owned(), ty: *ty }));
                let names: Vec<&str> = entry.params.iter().map(|(name, _)| *name).collect();
                (format!("fn {}({})", entry.name, names.join(", ")), "")
            }
        }
    }

    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    pub(super) fn plain_type(rng: &mut Rng) -> Ty {
        [Ty::Int, Ty::Text, Ty::Bool][rng.usize(0..3)]
    }

    fn any_type(rng: &mut Rng) -> Ty {
        const KINDS: [Kind; 7] = [Kind::Lead, Kind::Customer, Kind::Person, Kind::Card, Kind::Plan, Kind::Request, Kind::Push];
        if rng.bool() { Self::plain_type(rng) } else { Ty::Record(KINDS[rng.usize(0..KINDS.len())]) }
    }

    fn body(&mut self, depth: usize) -> Vec<Stmt> {
        let (before, count) = (self.vars.len(), 1 + self.rng.usize(0..STATEMENTS));
        let mut body = Vec::new();
        for _ in 0..count {
            self.statement(depth, &mut body);
        }
        self.vars.truncate(before);
        body
    }

    /// A block in which these names are known too.
    fn inside(&mut self, names: &[(&str, Ty)], depth: usize) -> Vec<Stmt> {
        let before = self.vars.len();
        self.vars.extend(names.iter().map(|(name, ty)| Var { name: (*name).to_owned(), ty: *ty }));
        let body = self.body(depth);
        self.vars.truncate(before);
        body
    }

    fn statement(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let simple = depth == 0;
        match self.rng.u8(0..if simple { 9 } else { 20 }) {
            0..=1 => self.declare(body),
            2..=3 => self.change(body),
            4..=6 => self.effect(body),
            7 => self.leave(body),
            8 => self.call_closure(body),
            9..=11 => self.choose(depth - 1, body),
            12..=15 => self.iterate(depth - 1, body),
            16 => self.attempt(depth - 1, body),
            17 => self.count_up(depth - 1, body),
            18 => self.digest(depth - 1, body),
            _ => self.guard(depth - 1, body),
        }
    }

    fn declare(&mut self, body: &mut Vec<Stmt>) {
        let name = self.name();
        let ty = match self.rng.u8(0..6) {
            0 => Ty::List(&Ty::Text),
            1 => Ty::Map,
            2 => Self::any_type(self.rng),
            _ => Self::plain_type(self.rng),
        };
        let value = self.expr(ty, EXPRESSIONS);
        body.push(Stmt::line(format!("let {name} = {value};")));
        self.vars.push(Var { name, ty });
    }

    fn change(&mut self, body: &mut Vec<Stmt>) {
        let Some(var) = self.pick_var(|ty| !matches!(ty, Ty::Record(_))) else { return self.declare(body) };
        let line = match var.ty {
            Ty::Int => {
                let value = self.expr(Ty::Int, 1);
                format!("{} {} {value};", var.name, ["+=", "=", "+="][self.rng.usize(0..3)])
            }
            Ty::Text => {
                let value = self.expr(Ty::Text, 2);
                format!("{} {} {value};", var.name, ["+=", "="][self.rng.usize(0..2)])
            }
            Ty::List(_) => {
                let value = self.expr(Ty::Text, 2);
                match self.rng.u8(0..4) {
                    0 => format!("{}.sort();", var.name),
                    1 => format!("{}.pop();", var.name),
                    _ => format!("{}.push({value});", var.name),
                }
            }
            Ty::Map => {
                let (key, value) = (self.expr(Ty::Text, 2), self.expr(Ty::Int, 1));
                format!("{name}[{key}] = ({name}[{key}] ?? 0) + {value};", name = var.name)
            }
            ty => format!("{} = {};", var.name, self.expr(ty, 2)),
        };
        body.push(Stmt::line(line));
    }

    fn effect(&mut self, body: &mut Vec<Stmt>) {
        let effects: Vec<&Known> = FUNCTIONS
            .iter()
            .filter(|function| function.on.is_none() && (function.capability.is_some() || function.id == FnId::Log))
            .filter(|function| function.capability != Some(Capability::Coaching))
            .filter(|function| !matches!(function.id, FnId::Digest | FnId::Send))
            .collect();
        let function = if self.rng.u8(0..3) == 0 {
            FUNCTIONS.iter().find(|function| function.id == FnId::Log)
        } else {
            effects.get(self.rng.usize(0..effects.len())).copied()
        };
        let Some(function) = function else { return };
        let Some(args) = self.arguments(function) else { return };
        body.push(Stmt::line(format!("{}({});", function.name, args.join(", "))));
    }

    /// Arguments for a function, if records for them are in scope.
    fn arguments(&mut self, function: &Known) -> Option<Vec<String>> {
        match function.id {
            FnId::Set => {
                let (record, field, value) = if self.rng.bool() {
                    (self.record(Kind::Customer)?, "size", self.expr(Ty::Int, 2))
                } else {
                    (self.record(Kind::Lead)?, "heat", self.expr(Ty::Text, 2))
                };
                return Some(vec![record, format!("\"{field}\""), value]);
            }
            FnId::Post => return Some(vec!["\"outside\"".to_owned(), self.expr(Ty::Text, 2)]),
            _ => {}
        }
        let params = function.params.iter().filter(|param| !param.optional);
        params.map(|param| self.argument(param.ty)).collect()
    }

    fn argument(&mut self, ty: Ty) -> Option<String> {
        match ty {
            Ty::Record(kind) => self.record(kind),
            Ty::Maybe(Ty::Record(kind)) => self.record(*kind),
            Ty::AnyRecord => {
                let var = self.pick_var(|ty| matches!(ty, Ty::Record(_)))?;
                Some(var.name)
            }
            ty => Some(self.expr(ty, 2)),
        }
    }

    /// Something of this kind that is certainly there.
    pub(super) fn record(&mut self, kind: Kind) -> Option<String> {
        if let Some(var) = self.pick_var(|ty| *ty == Ty::Record(kind)) {
            return Some(var.name);
        }
        // A member that always has a record.
        let sure: Vec<String> = self
            .vars
            .iter()
            .filter_map(|var| match var.ty {
                Ty::Record(of) => Some((var, of)),
                _ => None,
            })
            .flat_map(|(var, of)| {
                let members = members_of(of).filter(|member| member.ty == Ty::Record(kind));
                members.map(|member| format!("{}.{}", var.name, member.name)).collect::<Vec<_>>()
            })
            .collect();
        if !sure.is_empty() {
            return sure.get(self.rng.usize(0..sure.len())).cloned();
        }
        match kind {
            Kind::Person => Some("people.all().first()".to_owned()),
            Kind::Lead => Some("leads.open().first()".to_owned()),
            Kind::Customer => Some("customers.first()".to_owned()),
            _ => None,
        }
    }

    fn leave(&mut self, body: &mut Vec<Stmt>) {
        let condition = self.expr(Ty::Bool, 2);
        let text = self.expr(Ty::Text, 1);
        let how = match self.rng.u8(0..6) {
            0..=1 if self.in_loop => "break;".to_owned(),
            2..=3 if self.in_loop => "continue;".to_owned(),
            4 => format!("throw {text};"),
            _ if self.in_function => return,
            _ => "return;".to_owned(),
        };
        body.push(Stmt::block(format!("if {condition}"), vec![Stmt::line(how)]));
    }

    fn call_closure(&mut self, body: &mut Vec<Stmt>) {
        let Some(var) = self.pick_var(|ty| *ty == Ty::Int) else { return self.effect(body) };
        let name = self.name();
        let amount = self.expr(Ty::Int, 1);
        body.push(Stmt::line(format!("let {name} = || {} += {amount};", var.name)));
        body.push(match self.rng.u8(0..2) {
            0 => Stmt::line(format!("{name}.call();")),
            _ => {
                let (query, _) = self.query(2);
                Stmt::block(format!("for turn in {query}"), vec![Stmt::line(format!("{name}.call();"))])
            }
        });
    }

    fn choose(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let condition = self.expr(Ty::Bool, EXPRESSIONS);
        let mut stmt = Stmt::block(format!("if {condition}"), self.body(depth));
        if self.rng.u8(0..3) == 0 {
            stmt.blocks[0].1 = " else".to_owned();
            stmt.blocks.push((self.body(depth), String::new()));
        }
        body.push(stmt);
    }

    fn iterate(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let (query, kind) = self.query(2);
        let name = self.name();
        let outer = std::mem::replace(&mut self.in_loop, true);
        let inner = self.inside(&[(&name, Ty::Record(kind))], depth);
        self.in_loop = outer;
        body.push(Stmt::block(format!("for {name} in {query}"), inner));
    }

    fn attempt(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let mut stmt = Stmt::block("try", self.body(depth));
        stmt.blocks[0].1 = " catch".to_owned();
        stmt.blocks.push((self.body(depth), String::new()));
        body.push(stmt);
    }

    fn count_up(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let name = self.name();
        let most = self.expr(Ty::Int, 2);
        body.push(Stmt::line(format!("let {name} = 0;")));
        let outer = std::mem::replace(&mut self.in_loop, false);
        let mut inner = vec![Stmt::line(format!("{name} += 1;"))];
        inner.extend(self.inside(&[(&name, Ty::Int)], depth));
        self.in_loop = outer;
        body.push(Stmt::block(format!("while {name} < {most} && {name} < 6"), inner));
        self.vars.push(Var { name, ty: Ty::Int });
    }

    fn digest(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let Some(person) = self.record(Kind::Person) else { return };
        let (name, title) = (self.name(), self.expr(Ty::Text, 1));
        body.push(Stmt::line(format!("let {name} = digest({person}, {title});")));
        self.vars.push(Var { name: name.clone(), ty: Ty::Digest });
        body.extend(self.body(depth));
        let (query, kind) = self.query(2);
        let row = self.name();
        let before = self.vars.len();
        self.vars.push(Var { name: row.clone(), ty: Ty::Record(kind) });
        let text = self.expr(Ty::Text, 2);
        self.vars.truncate(before);
        let line = match self.rng.u8(0..2) {
            0 => format!("{name}.say({text});"),
            _ => format!("{name}.add({row}, {text});"),
        };
        body.push(Stmt::block(format!("for {row} in {query}"), vec![Stmt::line(line)]));
        body.push(Stmt::line(format!("send({name});")));
    }

    /// A member that may be nothing, used where it is something.
    fn guard(&mut self, depth: usize, body: &mut Vec<Stmt>) {
        let (text, kind) = self.maybe_record();
        let name = self.name();
        body.push(Stmt::line(format!("let {name} = {text};")));
        let inner = self.inside(&[(&name, Ty::Record(kind))], depth);
        body.push(Stmt::block(format!("if {name} != ()"), inner));
    }

    /// A record that may be nothing: the first of a query, or a member.
    pub(super) fn maybe_record(&mut self) -> (String, Kind) {
        let of_vars: Vec<(String, Kind)> = self
            .vars
            .iter()
            .filter_map(|var| match var.ty {
                Ty::Record(of) => Some((var, of)),
                _ => None,
            })
            .flat_map(|(var, of)| {
                let members = members_of(of).filter_map(|member| match member.ty {
                    Ty::Maybe(Ty::Record(kind)) => Some((format!("{}.{}", var.name, member.name), *kind)),
                    Ty::Record(kind) => Some((format!("{}.{}", var.name, member.name), kind)),
                    _ => None,
                });
                members.collect::<Vec<_>>()
            })
            .collect();
        if of_vars.is_empty() || self.rng.u8(0..3) == 0 {
            let (query, kind) = self.query(2);
            return (format!("{query}.first()"), kind);
        }
        of_vars[self.rng.usize(0..of_vars.len())].clone()
    }
}
