//! What a formula reads: its own record, and what hangs on the same customer. From this follows when its value must be made anew.
//!
//! A formula's value is stored, so it may read only what tells when it changes: members and custom fields of records, and the day. A clock, presence and
//! the lists of acts go on by themselves, and all records together would be read anew at every change of one: these are refused, with what to do instead.

use std::collections::BTreeSet;

use crate::engine::parser_engine;
use crate::ir::{Call, Kind as Node, Lit, Node as Expression, Program};
use crate::lower::parse;
use crate::manifest::FieldOn;
use crate::table::queries::{NARROWS, ROOTS};
use crate::table::records::MEMBERS;
use crate::table::{Kind, Label, Ty};

/// What a formula reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reads {
    /// The kind of record that has it.
    pub own: Kind,
    /// The kinds of record to which its members lead; its own only where one leads there.
    pub reached: BTreeSet<Kind>,
    /// Custom fields, by the kind that has them and their names; `None` where the kind is not known, so that every kind counts.
    pub fields: BTreeSet<(Option<Kind>, String)>,
    /// Whether its value depends on the day.
    pub day: bool,
}

impl Reads {
    /// Whether it reads this custom field.
    pub fn field(&self, on: Kind, name: &str) -> bool {
        let is = |(kind, field): &(Option<Kind>, String)| field == name && kind.is_none_or(|kind| kind == on);
        self.kinds().any(|kind| kind == on) && self.fields.iter().any(is)
    }

    /// Every kind of record that it reads.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> {
        std::iter::once(self.own).chain(self.reached.iter().copied().filter(|kind| *kind != self.own))
    }
}

/// What the formula of a field on these records reads.
///
/// # Errors
/// One sentence on what it may not read, or why it cannot be read itself.
pub fn reads(on: FieldOn, formula: &str) -> Result<Reads, String> {
    let program = parse(&parser_engine(), formula).map_err(|error| format!("the formula cannot be read: {}", error.message))?;
    let reads = Reads { own: on.kind(), reached: BTreeSet::new(), fields: BTreeSet::new(), day: false };
    let mut found = Finding { reads, refused: None };
    found.program(&program);
    found.refused.map_or(Ok(found.reads), Err)
}

struct Finding {
    reads: Reads,
    refused: Option<String>,
}

impl Finding {
    fn program(&mut self, program: &Program) {
        let functions = program.functions.iter().map(|function| &function.body);
        program.top.iter().chain(functions).for_each(|node| node.walk(&mut |node| self.node(node)));
    }

    fn refuse(&mut self, why: String) {
        self.refused.get_or_insert(why);
    }

    fn node(&mut self, node: &Expression) {
        match &node.kind {
            Node::Var(name) if ROOTS.iter().any(|root| root.name == &**name) => self.refuse(format!(
                "`{name}` reads all records, and a formula is over `record`: what hangs on it is `record.leads`, `record.customer` and so on. \
                 Write a scheduled script where all of them are needed"
            )),
            Node::Member(_, name) => self.member(name),
            Node::Call(call) => self.call(call),
            Node::Opaque(what) => self.refuse(format!("a formula is one expression, and this one has {what}")),
            _ => {}
        }
    }

    fn member(&mut self, name: &str) {
        for member in MEMBERS.iter().filter(|member| member.name == name) {
            let time = member.label.meets(Label::CLOCK) || ["on_duty", "away", "stand_in"].contains(&name);
            if time {
                return self.refuse(format!(
                    "`{name}` goes on by itself, so its stored value would be old at once. Ask for it in a script, where it is needed"
                ));
            }
            let Some(kind) = leads_to(&member.ty) else { continue };
            if acts(kind) {
                return self.refuse(format!("`{name}` lists acts, and a formula computes nothing of these. Leave it out"));
            }
            self.reads.reached.insert(kind);
        }
    }

    fn call(&mut self, call: &Call) {
        let name = &*call.name;
        match name {
            "now" => self.refuse("`now()` would be old at once; a formula knows the day, `today()`".to_owned()),
            "setting" => self.refuse("a formula has no settings. Write the value into it".to_owned()),
            "today" => self.reads.day = true,
            "field" if call.method => self.field(call),
            _ => {
                for narrow in NARROWS.iter().filter(|narrow| call.method && narrow.name == name) {
                    if narrow.label.meets(Label::CLOCK) {
                        self.refuse(format!(
                            "`{name}` asks a clock that goes on by itself. Ask for it in a script, where it is needed"
                        ));
                    }
                    self.reads.day |=
                        narrow.params.iter().any(|ty| matches!(ty, Ty::Span | Ty::WorkSpan | Ty::AnySpan | Ty::When));
                }
            }
        }
    }

    fn field(&mut self, call: &Call) {
        let [of, name] = call.args.as_slice() else { return };
        let Node::Lit(Lit::Text(name)) = &name.kind else {
            return self
                .refuse("the name of a field that a formula reads is written out: `record.field(\"employees\")`".to_owned());
        };
        for kind in self.kinds_of(of) {
            self.reads.fields.insert((kind, name.to_string()));
        }
    }

    /// The kinds of record that an expression may give.
    fn kinds_of(&self, of: &Expression) -> Vec<Option<Kind>> {
        match &of.kind {
            Node::Var(name) if &**name == "record" => vec![Some(self.reads.own)],
            Node::Elvis(inner) => self.kinds_of(inner),
            Node::Member(_, name) => {
                let members = MEMBERS.iter().filter(|member| member.name == &**name);
                members.filter_map(|member| leads_to(&member.ty)).map(Some).collect()
            }
            _ => vec![None],
        }
    }
}

/// The kind of record to which a member leads.
fn leads_to(ty: &Ty) -> Option<Kind> {
    match ty {
        Ty::Record(kind) | Ty::Query(kind) => Some(*kind),
        Ty::Maybe(inner) | Ty::List(inner) => leads_to(inner),
        _ => None,
    }
}

/// Records that are acts, or that no formula is told the changes of.
const fn acts(kind: Kind) -> bool {
    match kind {
        Kind::Push | Kind::LeadEvent | Kind::Request | Kind::Goal | Kind::Period | Kind::Act => true,
        Kind::Lead
        | Kind::Customer
        | Kind::Contact
        | Kind::Card
        | Kind::Plan
        | Kind::Person
        | Kind::Team
        | Kind::Territory
        | Kind::Pack => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(on: FieldOn, formula: &str) -> Result<(Vec<Kind>, Vec<String>, bool), String> {
        let read = reads(on, formula)?;
        let name = |(kind, name): &(Option<Kind>, String)| format!("{}.{name}", kind.map_or("?", Kind::name));
        Ok((read.kinds().collect(), read.fields.iter().map(name).collect(), read.day))
    }

    #[test]
    fn what_a_formula_reads_is_seen() {
        use FieldOn::{Customer, Lead, Person};
        use Kind as K;
        /// A record, its formula; the kinds and fields that it reads, and whether the day.
        type Case<'a> = (FieldOn, &'a str, &'a [Kind], &'a [&'a str], bool);
        let cases: [Case<'_>; 7] = [
            (Lead, "record.value * 0.1", &[K::Lead], &[], false),
            (Lead, "record.field(\"rate\") * record.value", &[K::Lead], &["Lead.rate"], false),
            (Lead, "record.customer.field(\"size\") ?? 0", &[K::Lead, K::Customer], &["Customer.size"], false),
            (Lead, "record.contact?.field(\"floor\")", &[K::Lead, K::Contact], &["Contact.floor"], false),
            (
                Customer,
                "record.leads.open().filter(|l| l.field(\"hot\") == true).len()",
                &[K::Customer, K::Lead],
                &["?.hot"],
                false,
            ),
            (Customer, "record.field(\"ends_on\") - today()", &[K::Customer], &["Customer.ends_on"], true),
            (Person, "record.team?.name", &[K::Person, K::Team], &[], false),
        ];
        for (on, formula, kinds, fields, day) in cases {
            assert_eq!(
                of(on, formula),
                Ok((kinds.to_vec(), fields.iter().map(|&name| name.to_owned()).collect(), day)),
                "{formula}"
            );
        }
    }

    #[test]
    fn what_goes_on_by_itself_is_refused() {
        for formula in [
            "now()",
            "leads.open().len()",
            "record.quiet_for",
            "record.pushes.len()",
            "record.history.first()",
            "record.owner?.on_duty",
            "record.field(record.title)",
            "setting(\"rate\")",
            "record.customer.leads.quiet_over(days(3)).len()",
            "1 +",
        ] {
            assert!(of(FieldOn::Lead, formula).is_err(), "{formula}");
        }
    }
}
