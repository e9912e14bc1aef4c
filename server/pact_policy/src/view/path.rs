//! Paths of a view: members of records one after the other, as the interface table has them, and what reading one reveals.

use crate::table::{Kind, Label, Ty, member_named, members_of};

/// A path, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The members on the way, the last one too.
    pub hops: Vec<Hop>,
    /// What it holds.
    pub form: Form,
    /// What the table says that reading it reveals.
    pub label: Label,
    /// Whether it is one person, or tells one from another.
    pub who: bool,
    /// Whether it is a team or territory, or tells one from another: a group of staff.
    pub group: bool,
}

/// One member on the way of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hop {
    /// The record that has it.
    pub of: Kind,
    /// Its name; of a custom field, the field's.
    pub name: String,
    /// Whether it is a custom field.
    pub field: bool,
}

/// What a path holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the type of its name")]
pub enum Form {
    Text,
    Number,
    Money,
    Day,
    Instant,
    Bool,
    /// The quiet clock.
    Clock,
    /// A record, shown by its name.
    Record(Kind),
    /// A custom field: its type is in its definition.
    Field,
}

/// A member that views have beside those of the table: what scripts ask of queries (`leads.won()`, `won_since(x)`), and plain facts of a record.
struct Extra {
    of: Kind,
    name: &'static str,
    form: Form,
    doc: &'static str,
}

const EXTRA: &[Extra] = &[
    Extra {
        of: Kind::Lead,
        name: "state",
        form: Form::Text,
        doc: "\"waiting\", \"offered\", \"owned\", \"won\", \"lost\", or \"open\" for the first three.",
    },
    Extra { of: Kind::Lead, name: "closed_at", form: Form::Instant, doc: "When it was won or lost." },
    Extra { of: Kind::Lead, name: "lost_reason", form: Form::Text, doc: "Why it was lost." },
    Extra { of: Kind::Customer, name: "employees", form: Form::Number, doc: "How many people the customer employs." },
    Extra { of: Kind::Goal, name: "measure", form: Form::Text, doc: "What is counted on customers and sales." },
];

/// What is wrong with a path, and what would be right.
pub type Wrong = String;

impl Path {
    /// Resolves a path from a record of this kind.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn of(kind: Kind, text: &str) -> Result<Self, Wrong> {
        let mut path = Self { hops: Vec::new(), form: Form::Record(kind), label: Label::NONE, who: false, group: false };
        let mut words = text.split('.');
        while let Some(word) = words.next() {
            let Form::Record(at) = path.form else {
                return Err(format!("`{text}`: there is nothing below `{}`", path.text()));
            };
            if word == "field" {
                let Some(name) = words.next().filter(|name| is_name(name)) else {
                    return Err(format!("`{text}`: write the custom field's name after `field.`"));
                };
                path.hop(Hop { of: at, name: name.to_owned(), field: true }, Form::Field, Label::NONE);
                continue;
            }
            if let Some(extra) = EXTRA.iter().find(|extra| extra.of == at && extra.name == word) {
                path.hop(Hop { of: at, name: word.to_owned(), field: false }, extra.form, Label::NONE);
                continue;
            }
            let Some(member) = member_named(at, word) else {
                return Err(format!("a {} has no `{word}`; it has {}", at.name().to_lowercase(), known(at)));
            };
            let form = match form_of(member.ty) {
                Ok(form) => form,
                // What an act leaves behind is read, so that it can be refused with reasons.
                Err(_) if member.label.has(Label::TRACE) => Form::Text,
                Err(why) => return Err(format!("`{text}` {why}")),
            };
            path.hop(Hop { of: at, name: word.to_owned(), field: false }, form, member.label);
        }
        if path.hops.len() > MAX_HOPS {
            return Err(format!("`{text}` goes through more than {MAX_HOPS} records"));
        }
        Ok(path)
    }

    fn hop(&mut self, hop: Hop, form: Form, label: Label) {
        let staff_group =
            matches!(hop.of, Kind::Team | Kind::Territory) || matches!(form, Form::Record(Kind::Team | Kind::Territory));
        self.label |= label;
        self.group = staff_group;
        // The team of a person is a group; everything else of a person tells who it is.
        self.who =
            !staff_group && (self.who || label.has(Label::WHO) || hop.of == Kind::Person || form == Form::Record(Kind::Person));
        self.form = form;
        self.hops.push(hop);
    }

    /// The path as it is written.
    pub fn text(&self) -> String {
        let word = |hop: &Hop| if hop.field { format!("field.{}", hop.name) } else { hop.name.clone() };
        self.hops.iter().map(word).collect::<Vec<_>>().join(".")
    }

    /// The custom field that it ends with.
    pub fn field(&self) -> Option<&Hop> {
        self.hops.last().filter(|hop| hop.field)
    }
}

/// The most records that a path goes through.
const MAX_HOPS: usize = 5;

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn form_of(ty: Ty) -> Result<Form, &'static str> {
    match ty {
        Ty::Maybe(inner) => form_of(*inner),
        Ty::Text => Ok(Form::Text),
        Ty::Int | Ty::Number => Ok(Form::Number),
        Ty::Bool => Ok(Form::Bool),
        Ty::Money => Ok(Form::Money),
        Ty::Day => Ok(Form::Day),
        Ty::Instant => Ok(Form::Instant),
        Ty::WorkSpan => Ok(Form::Clock),
        Ty::Record(kind) => Ok(Form::Record(kind)),
        Ty::Query(_) => Err("holds many records; make a view of these, grouped by what they belong to"),
        Ty::List(_) => Err("holds a list, which a view does not show"),
        Ty::Unit
        | Ty::Span
        | Ty::AnySpan
        | Ty::When
        | Ty::Map
        | Ty::AnyRecord
        | Ty::AnyQuery
        | Ty::Same
        | Ty::Function
        | Ty::Rotation
        | Ty::Tally
        | Ty::Digest
        | Ty::Any => Err("holds nothing that a view shows"),
    }
}

/// The members that a view may name on a record, in words.
fn known(kind: Kind) -> String {
    let members =
        members_of(kind).filter(|member| form_of(member.ty).is_ok() && !member.label.has(Label::TRACE)).map(|member| member.name);
    let extra = EXTRA.iter().filter(|extra| extra.of == kind).map(|extra| extra.name);
    members.chain(extra).collect::<Vec<_>>().join(", ")
}

/// The members that views have beside those of the table, with what they are, for the reference.
pub fn beside_the_table() -> impl Iterator<Item = (Kind, &'static str, &'static str)> {
    EXTRA.iter().map(|extra| (extra.of, extra.name, extra.doc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reveal_what_their_members_reveal() {
        let cases = [
            (Kind::Lead, "title", Form::Text, false, false),
            (Kind::Lead, "owner", Form::Record(Kind::Person), true, false),
            (Kind::Lead, "owner.email", Form::Text, true, false),
            (Kind::Lead, "owner.manager", Form::Record(Kind::Person), true, false),
            (Kind::Lead, "owner.team", Form::Record(Kind::Team), false, true),
            (Kind::Lead, "owner.team.region", Form::Text, false, true),
            (Kind::Lead, "owner.field.fte", Form::Field, true, false),
            (Kind::Lead, "territory", Form::Record(Kind::Territory), false, true),
            (Kind::Card, "customer.owner", Form::Record(Kind::Person), true, false),
            (Kind::Card, "lead.owner.name", Form::Text, true, false),
            (Kind::Card, "said_by", Form::Record(Kind::Contact), false, false),
            (Kind::Card, "author.team", Form::Record(Kind::Team), false, true),
            (Kind::Lead, "state", Form::Text, false, false),
        ];
        for (kind, text, form, who, group) in cases {
            let path = Path::of(kind, text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((path.form, path.who, path.group), (form, who, group), "{text}");
            assert_eq!(path.text(), text);
        }
        assert!(Path::of(Kind::Card, "author").is_ok_and(|path| path.label.has(Label::WHO_TRACE)));
        for (kind, text) in [
            (Kind::Lead, "owners"),
            (Kind::Lead, "title.name"),
            (Kind::Lead, "field"),
            (Kind::Customer, "cards"),
            (Kind::Lead, ""),
        ] {
            assert!(Path::of(kind, text).is_err(), "{text}");
        }
    }
}
