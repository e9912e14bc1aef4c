//! The interface on abstract values: roots, records, queries, rotations, tallies, digests and effects.

use std::rc::Rc;

use super::fields::Slot;
use super::lab::{Bits, Id, Lab};
use super::machine::{Machine, Pc};
use super::step::What;
use super::val::{ListVal, QueryVal, RotationVal, Shape, Val};
use crate::ir::{Pos, Sym};
use crate::manifest::{FieldOn, FieldType};
use crate::table::{Kind, Label, Member, Narrow, NarrowOp, Reads, Root, Ty, member_named};
use crate::transfer::Transfer;

impl Machine<'_> {
    /// The label of a stored field as it is read.
    pub(crate) fn stored(&mut self, id: u32) -> Lab {
        let lab = self.fields.read(id);
        for (step, who) in [(lab.step, false), (lab.who, true)] {
            if step.slot().is_some() {
                self.steps.note(step, self.fields.marks(id, who));
            }
        }
        lab
    }

    fn coaching(&mut self, lab: Lab, pos: Pos) -> Lab {
        if !self.manifest.coaching {
            return lab;
        }
        let more = self.source(Transfer::Coaching.bits(Bits::COACHING), pos, What::Acts);
        self.join(lab, more)
    }

    /// A read of a kind of record; the manifest must declare it.
    pub(crate) fn reads(&mut self, kind: Kind, pos: Pos) {
        if let Some(reads) = kind.reads()
            && !self.manifest.reads(reads)
        {
            if reads == Reads::Coaching && !self.manifest.coaching {
                return;
            }
            self.undeclared(
                pos,
                format!("the script reads a {}, and `reads` does not list \"{}\"", kind.name().to_lowercase(), reads.name()),
            );
        }
    }

    pub(crate) fn root_query(&mut self, root: &'static Root, pos: Pos) -> Val {
        self.reads(root.kind, pos);
        let lab = self.source(Transfer::Root.bits(Bits::of(root.element)), pos, What::Query(root.name));
        let lab = self.coaching(lab, pos);
        let query = QueryVal {
            kind: root.kind,
            one_subject: false,
            by_hand: false,
            card_kind: None,
            element: Id::NONE,
            outside: false,
            fixed: false,
        };
        Val::new(Shape::Query(Rc::new(query)), lab)
    }

    /// Cards that scripts wrote carry what decided that they were written.
    fn cards_written(&mut self, query: &QueryVal, lab: Lab) -> Lab {
        if query.kind != Kind::Card {
            return lab;
        }
        let mut slots = vec![Slot::Cards(None)];
        match &query.card_kind {
            Some(kind) => slots.push(Slot::Cards(Some(kind.clone()))),
            None => slots.extend(self.fields.card_kinds().into_iter().map(|kind| Slot::Cards(Some(kind)))),
        }
        let mut lab = lab;
        for slot in slots {
            let id = self.fields.id(slot);
            let more = Transfer::CardsWritten.keep(self.stored(id));
            lab = self.join(lab, more);
        }
        lab
    }

    pub(crate) fn query_element(&mut self, query: &QueryVal, pos: Pos) -> Val {
        let name = if query.fixed { "element of the run's own" } else { "element" };
        let id = if query.element == Id::NONE { self.identity_here(pos, name) } else { query.element };
        if query.fixed && query.element == Id::NONE {
            self.fixed.insert(id);
        }
        let mut lab = self.coaching(Lab::NONE, pos);
        if query.kind == Kind::Person {
            let mut bits = Bits::WHO;
            if query.outside {
                bits |= Bits::OUTSIDE;
            }
            let who = self.source(bits, pos, What::Query("people"));
            lab = self.join(lab, who);
            lab.own = id;
        }
        Val::record(query.kind, lab, id)
    }

    pub(crate) fn record_member(&mut self, kind: Kind, val: &Val, name: &Sym, pos: Pos) -> Val {
        if member_named(kind, name).is_none() {
            self.hidden(pos, &format!("a {} has no member `{name}`", kind.name()));
            let lab = self.source(Bits::WHO | Bits::TRACE | Bits::INSTANT, pos, What::Unknown(name.clone()));
            let lab = self.join(val.lab, lab);
            return Val { from: val.from, some: val.some, ..Val::any(lab) };
        }
        self.reads(kind, pos);
        self.record_member_quietly(kind, val, name, pos)
    }

    pub(crate) fn record_member_quietly(&mut self, kind: Kind, val: &Val, name: &Sym, pos: Pos) -> Val {
        let Some(member) = member_named(kind, name) else { return Val::any(val.lab) };
        if let Ty::Query(of) = member.ty {
            self.reads(of, pos);
        }
        let fixed = self.fixed.contains(&val.id);
        let bits = belonging(self.member_bits(member), fixed);
        let mut base = val.lab;
        if kind == Kind::Person && matches!(member.name, "team" | "territory") {
            base.bits = base.bits.without(Bits::WHO);
        }
        let id = self.identity(val.id, member.name);
        if fixed && id != Id::MIXED {
            self.fixed.insert(id);
        }
        let one = if bits.meets(Bits::CLOCK | Bits::SUBJECT) { self.turn_over_record(val.version) } else { 0 };
        let words = if bits.meets(Bits::TRACE) && bits.meets(Bits::WHO) {
            "an act and who did it"
        } else if bits.meets(Bits::TRACE) {
            "a trace"
        } else if bits.meets(Bits::CLOCK) {
            "the quiet clock"
        } else if bits.meets(Bits::SUBJECTS) {
            "a subject measure"
        } else if bits.meets(Bits::COACHING) {
            "what a coaching period holds"
        } else {
            "who it is"
        };
        let mut lab = self.source(Transfer::Member.bits(bits), pos, What::Member(kind.name(), member.name, words));
        lab.one = one;
        if bits.meets(Bits::WHO) && matches!(member.ty, Ty::Record(Kind::Person) | Ty::Maybe(&Ty::Record(Kind::Person))) {
            lab.own = id;
        }
        if bits.meets(Bits::PERSONAL) && kind == Kind::Person {
            lab.own = val.id;
        }
        if kind == Kind::Lead && member.name == "highlighted" {
            let slot = self.fields.id(Slot::Highlighted);
            let more = Transfer::Highlighted.keep(self.stored(slot));
            lab = self.join(lab, Lab { deps: super::lab::Deps(0), ..more });
        }
        let lab = self.join(base, lab);
        let mut made = Self::of_type(&member.ty, lab, id);
        self.identified |= kind == Kind::Person && matches!(member.name, "id" | "name" | "email" | "manager" | "time_zone");
        if kind != Kind::Person && matches!(member.ty, Ty::Maybe(&Ty::Record(Kind::Person))) && !base.bits.meets(Bits::COUNTS) {
            made.empty = Some(base);
        }
        // A person's id, name or address stands for the person.
        if kind == Kind::Person && matches!(member.name, "id" | "name" | "email") {
            made.id = val.id;
        }
        if let Shape::Query(query) = &made.shape {
            let existence = match query.kind {
                Kind::Card => Bits::SUBJECT,
                Kind::Push => Bits::SUBJECT,
                Kind::Person => Bits::WHO,
                Kind::Plan | Kind::Request | Kind::LeadEvent => Bits::TRACE,
                _ => Bits::NONE,
            };
            let more = self.source(belonging(existence, fixed), pos, What::Member(kind.name(), member.name, words));
            made.lab = self.join(base, more);
            let mut query = (**query).clone();
            query.one_subject = matches!(kind, Kind::Lead | Kind::Customer);
            query.fixed = query.one_subject && fixed;
            made.lab = self.cards_written(&query, made.lab);
            made.shape = Shape::Query(Rc::new(query));
        }
        // Showing whose it is shows none of what is in an order.
        let from = if made.is_person() && kind != Kind::Person { val.from & !self.ordered_turns() } else { val.from };
        let version =
            if val.id == Id::NONE || val.id == Id::MIXED { Id::NONE } else { self.identity(val.id, &format!("={name}")) };
        Val { from, some: val.some, version, maybe: val.maybe, ..made }
    }

    /// The open loops over what is in an order by measures of customers or leads.
    fn ordered_turns(&self) -> u64 {
        let ordered = |pc: &Pc| match pc {
            Pc::Turn { lab, bit, people: false, .. } if lab.bits.has(Bits::ACROSS) => *bit,
            Pc::Turn { .. } | Pc::Branch { .. } => 0,
        };
        self.pc.iter().fold(0, |bits, pc| bits | ordered(pc))
    }

    /// The open loop of which this value is the element of the turn, by its number.
    fn turn_over_record(&self, version: Id) -> u64 {
        let goes_over = |pc: &Pc| match pc {
            Pc::Turn { bound, bit, .. } if bound.same(version) => Some(*bit),
            Pc::Turn { .. } | Pc::Branch { .. } => None,
        };
        self.pc.iter().find_map(goes_over).unwrap_or(0)
    }

    /// The label parts of a member: the table's, split further where the policy sanctions something.
    fn member_bits(&self, member: &Member) -> Bits {
        let mut bits = Bits::of(member.label);
        match (member.of, member.name) {
            // An offer belongs to its lead: who was asked and what they answered are a subject's measures.
            (Kind::Push, "person") => bits = Bits::WHO | Bits::SUBJECT,
            (Kind::Push, "answer") => bits = Bits::SUBJECT,
            (Kind::Person, "team" | "territory") => bits = Bits::GROUP,
            (Kind::Person, "on_duty" | "away" | "stand_in") => bits |= Bits::DUTY,
            (Kind::Team | Kind::Territory, "members") => bits = Bits::NONE,
            (Kind::Push, "pushed_at") | (Kind::Request, "asked_at") => bits |= Bits::OPENED,
            (Kind::Request, "due_on") => bits |= Bits::OPENED | Bits::AHEAD,
            (Kind::Lead, "created_at") | (Kind::Card, "said_on") => bits |= Bits::ENTERED,
            _ => {}
        }
        let instant = matches!(member.ty, Ty::Instant | Ty::Day | Ty::Maybe(&Ty::Instant) | Ty::Maybe(&Ty::Day));
        if instant && member.label.has(Label::TRACE) {
            bits |= Bits::INSTANT;
            if member.name == "answered_at" {
                bits |= Bits::ANSWER;
            }
        }
        bits
    }

    fn of_type(ty: &Ty, lab: Lab, id: Id) -> Val {
        let shape = match ty {
            Ty::Unit => Shape::Unit,
            Ty::Bool => Shape::Bool,
            Ty::Int | Ty::Number => Shape::Number,
            Ty::Text => Shape::Text(None),
            Ty::Instant | Ty::Day | Ty::When => Shape::Time,
            Ty::Span | Ty::WorkSpan | Ty::AnySpan => Shape::Span,
            Ty::Money => Shape::Money,
            Ty::List(inner) => {
                let element = Self::of_type(inner, lab, Id::NONE);
                return Val::list(element, lab);
            }
            // That one record has no such value is its own state, and no list that is empty.
            Ty::Maybe(inner) => return Self::of_type(inner, lab, id),
            Ty::Record(kind) => Shape::Record(*kind),
            Ty::Query(kind) => Shape::Query(Rc::new(QueryVal {
                kind: *kind,
                one_subject: false,
                by_hand: false,
                card_kind: None,
                element: Id::NONE,
                outside: false,
                fixed: false,
            })),
            Ty::Map => Shape::Any,
            Ty::Rotation => Shape::Rotation(RotationVal { by_hand: false, outside: false }),
            Ty::Tally => Shape::Tally,
            Ty::Digest => Shape::Digest,
            Ty::AnyRecord | Ty::AnyQuery | Ty::Same | Ty::Function | Ty::Any => Shape::Any,
        };
        Val { id, ..Val::new(shape, lab) }
    }

    /// A parameter of an entry point.
    pub(crate) fn parameter(&mut self, ty: &Ty, name: &str) -> Val {
        let id = self.identity(Id::NONE, &format!("entry {name}"));
        self.fixed.insert(id);
        let mut lab = self.coaching(Lab::NONE, Pos::default());
        if matches!(ty, Ty::Record(Kind::Person)) {
            lab = Lab { bits: lab.bits | Bits::WHO, own: id, ..lab };
        }
        Self::of_type(ty, lab, id)
    }

    /// Narrows a query.
    pub(crate) fn narrow(&mut self, narrow: &'static Narrow, val: &Val, query: &QueryVal, args: &[Val], pos: Pos) -> Val {
        let mut query = query.clone();
        let mut lab = val.lab;
        for arg in args {
            self.may_tell_apart(arg);
            let inner = self.deep(arg);
            lab = self.join(lab, inner.without(Bits::SORT | Bits::DUTY));
        }
        let mut bits = Bits::of(narrow.label);
        match narrow.op {
            NarrowOp::OwnedBy | NarrowOp::OfPerson | NarrowOp::ForPerson => {
                lab.own = args.first().map_or(Id::MIXED, |arg| arg.id)
            }
            NarrowOp::ByOthers => {
                bits |= Bits::WHO | Bits::TRACE;
                lab.own = args.first().map_or(Id::MIXED, |arg| arg.id);
            }
            NarrowOp::InTeam if narrow.of != Kind::Person => bits |= Bits::GROUP,
            NarrowOp::OfCustomer | NarrowOp::OfLead => query.one_subject = true,
            NarrowOp::Overdue => bits = Bits::NONE,
            NarrowOp::Kind => query.card_kind = args.first().and_then(|arg| arg.text().cloned()),
            NarrowOp::Named if narrow.of == Kind::Person => {
                query.by_hand = true;
                query.element = args.first().map_or(Id::NONE, |arg| arg.id);
            }
            NarrowOp::WithRole => query.outside |= args.first().and_then(Val::text).is_some_and(|role| &**role == "partner"),
            NarrowOp::Field | NarrowOp::FieldBetween => {
                let more = Transfer::FieldNarrowed.keep(self.field_label(
                    Some(narrow.of),
                    args.first().and_then(Val::text).cloned(),
                    pos,
                ));
                lab = self.join(lab, more);
            }
            _ => {}
        }
        let own = lab.own;
        let more = self.source(Transfer::NarrowedBy.bits(bits), pos, What::Narrowed(narrow.name));
        let mut lab = self.join(lab, Lab { own, ..more });
        lab = self.cards_written(&query, lab);
        let from = args.iter().fold(val.from, |from, arg| from | arg.from);
        Val { from, some: from, ..Val::new(Shape::Query(Rc::new(query)), lab) }
    }

    fn field_label(&mut self, kind: Option<Kind>, name: Option<Sym>, pos: Pos) -> Lab {
        let ids = match (kind, &name) {
            (Some(kind), Some(name)) => vec![self.fields.id(Slot::Field(kind, name.clone()))],
            _ => self.fields.named(name.as_deref(), kind),
        };
        let mut lab = Lab::NONE;
        for id in ids {
            let read = Transfer::FieldRead.keep(self.stored(id));
            let deps = self.fields.deps.of(vec![id]);
            let read = self.join(read, Lab { deps, ..Lab::NONE });
            let name = self.fields.name(id);
            let read = self.step(read, pos, What::Loaded(name));
            lab = self.join(lab, read);
        }
        lab
    }

    /// `record.field("name")`.
    pub(crate) fn field_read(&mut self, record: &Val, args: &[Val], pos: Pos) -> Val {
        let kind = match &record.shape {
            Shape::Record(kind) => Some(*kind),
            _ => None,
        };
        if let Some(kind) = kind {
            self.reads(kind, pos);
        }
        let name = args.first().and_then(Val::text).cloned();
        let ty = name.as_ref().and_then(|name| self.declared_field(kind, name, pos));
        let few = matches!(ty, Some(FieldType::Choice | FieldType::ManyChoices | FieldType::YesNo));
        if !few && kind.is_none_or(|kind| kind == Kind::Person) {
            self.tells_apart(record, ty);
        }
        let lab = self.field_label(kind, name.clone(), pos);
        let base = self.deep(record);
        let lab = self.join(base, lab);
        let lab = args.first().map_or(lab, |arg| self.join(lab, arg.lab.without(Bits::SORT)));
        let shape = match ty {
            Some(FieldType::Text | FieldType::LongText | FieldType::Choice | FieldType::Link) => Shape::Text(None),
            Some(FieldType::Number) => Shape::Number,
            Some(FieldType::Money) => Shape::Money,
            Some(FieldType::Day) => Shape::Time,
            Some(FieldType::YesNo) => Shape::Bool,
            Some(FieldType::ManyChoices) => Shape::List(Rc::new(ListVal {
                element: Val::new(Shape::Text(None), lab),
                marks: false,
                by_hand: true,
                one_subject: true,
                placed: false,
            })),
            Some(FieldType::Formula) | None => Shape::Any,
        };
        let field = match (kind, name) {
            (Some(kind), Some(name)) => Some(self.fields.id(Slot::Field(kind, name))),
            _ => None,
        };
        let there = match field {
            Some(field) => base.bits | self.fields.there(field),
            None => lab.bits,
        };
        Val { maybe: true, field, there, from: record.from, some: record.some, ..Val::new(shape, lab) }
    }

    /// The type of a declared field; a field that the manifest does not define is not the script's to read or write.
    fn declared_field(&mut self, kind: Option<Kind>, name: &Sym, pos: Pos) -> Option<FieldType> {
        let on = kind.map(FieldOn::of_kind);
        let known = self.manifest.fields.iter().find(|field| field.name == **name && on.is_none_or(|on| on == Some(field.on)));
        match known {
            Some(field) => Some(field.ty),
            None => {
                let on = kind.map_or("record", Kind::name).to_lowercase();
                self.undeclared(
                    pos,
                    format!("the manifest defines no field `{name}` on a {on}; repeat its definition in a [[field]]"),
                );
                None
            }
        }
    }

    /// `set(record, "field", value)`.
    pub(crate) fn field_write(&mut self, args: &[Val], pos: Pos) {
        let [record, name, value] = args else {
            self.hidden(pos, "`set` takes a record, the name of a field and a value");
            return;
        };
        let kind = match &record.shape {
            Shape::Record(kind) => Some(*kind),
            _ => None,
        };
        let Some(name) = name.text().cloned() else {
            self.hidden(pos, "the name of the field that is written is computed; write it as a literal");
            let ids = self.fields.named(None, kind);
            for id in ids {
                self.store_field(id, record, value, pos);
            }
            return;
        };
        self.declared_field(kind, &name, pos);
        let ids = match kind {
            Some(kind) => vec![self.fields.id(Slot::Field(kind, name))],
            None => {
                let declared: Vec<Kind> =
                    self.manifest.fields.iter().filter(|field| field.name == *name).map(|field| field.on.kind()).collect();
                declared.into_iter().map(|kind| self.fields.id(Slot::Field(kind, name.clone()))).collect()
            }
        };
        for id in ids {
            self.store_field(id, record, value, pos);
        }
    }
}

/// The parts of a subject measure, where the subject is the one that the run is about: no loop of the run puts several together.
fn belonging(bits: Bits, fixed: bool) -> Bits {
    if fixed && bits.has(Bits::SUBJECT) { bits.without(Bits::SUBJECT) | Bits::FIXED } else { bits }
}
