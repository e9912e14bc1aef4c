//! Functions of the interface on abstract values: rotations, tallies, digests, effects, and calls by name.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::fields::Slot;
use super::lab::{Bits, Id, Lab};
use super::machine::{Machine, Pc};
use super::sink::Sink;
use super::step::What;
use super::val::{MapVal, QueryVal, RotationVal, Shape, Val};
use crate::ir::{Pos, Sym};
use crate::manifest::SettingType;
use crate::table::{Capability, EntryPoint, FnId, Function, Kind, Ty, functions_named, narrows_named, natives_named};
use crate::transfer::Transfer;

impl Machine<'_> {
    /// A function of the interface called with these values.
    pub(crate) fn host_call(&mut self, function: &'static Function, args: Vec<Val>, pos: Pos) -> Val {
        if let Some(capability) = function.capability {
            if capability == Capability::Coaching && !self.manifest.coaching {
                let what = format!(
                    "`{}` belongs to the coaching interface, and the manifest does not say `coaching = true`",
                    function.name
                );
                self.find(
                    crate::rules::Rule::NoUnflaggedCoaching,
                    pos,
                    what,
                    super::step::StepId::NONE,
                    super::step::StepId::NONE,
                );
            } else if !self.manifest.may(capability) {
                self.undeclared(
                    pos,
                    format!("`{}` needs \"{}\" in `may`, and the manifest does not list it", function.name, capability.name()),
                );
            }
        }
        match function.id {
            FnId::Now | FnId::Today => {
                let bits = match self.entry {
                    Some(EntryPoint::PushDeclined | EntryPoint::LeadOwned | EntryPoint::CardWritten) => Bits::NOW | Bits::ACT_NOW,
                    _ => Bits::NOW,
                };
                let version = self.identity(Id(0x7fff_fff0), &format!("{}()", function.name));
                Val { version, ..Val::new(Shape::Time, Lab { bits, ..Lab::NONE }) }
            }
            FnId::Minutes | FnId::Hours | FnId::Days | FnId::Weeks | FnId::WorkHours | FnId::WorkDays => {
                self.plain(&args, Shape::Span)
            }
            FnId::Money => self.plain(&args, Shape::Money),
            FnId::Translate => self.plain(&args, Shape::Text(None)),
            FnId::Setting => self.setting(&args),
            FnId::Pick => {
                let Some(list) = args.first() else { return Val::unit() };
                let element = self.element_of(list, pos);
                let mut element = self.under(element, list.lab);
                // Who stands in the list more often is picked more often.
                let traces = element.lab.bits.has(Bits::TRACE) && element.lab.bits.meets(Bits::PERSONAL);
                if traces && Transfer::Picked.on() {
                    element.lab = element.lab.gathered(false);
                }
                Val { maybe: true, from: 0, ..element }
            }
            FnId::QueryFirst
            | FnId::QueryLen
            | FnId::QueryIsEmpty
            | FnId::QueryToArray
            | FnId::QueryLimit
            | FnId::QueryFilter
            | FnId::QueryMap => self.native(&Sym::from(function.name), args, None, pos),
            FnId::RecordField => match args.split_first() {
                Some((record, rest)) => self.field_read(record, rest, pos),
                None => Val::unit(),
            },
            FnId::Rotation => self.rotation(&args, pos),
            FnId::RotationNext => self.rotation_next(&args, pos),
            FnId::RotationWithRoom => self.rotation_with_room(&args, pos),
            FnId::RotationOnDuty | FnId::RotationAlreadyTried => args.into_iter().next().unwrap_or_else(Val::unit),
            FnId::RotationExcept | FnId::RotationOnDutyWithin => {
                let Some(rotation) = args.first().cloned() else { return Val::unit() };
                let lab = args.get(1).map_or(Lab::NONE, |arg| arg.lab);
                let one_by_one = function.id == FnId::RotationExcept && self.leaves_out_each(&rotation, args.get(1));
                let rotation = self.under(rotation, lab);
                if one_by_one && Transfer::LeftOut.on() {
                    let more = self.source(Bits::METRIC | Bits::WHO, pos, What::OneInGroup);
                    return self.under(rotation, more);
                }
                rotation
            }
            FnId::Tally => self.tally(&args, pos),
            FnId::TallyRows => {
                let lab = args.first().map_or(Lab::NONE, |tally| tally.lab);
                let known = BTreeMap::from([
                    (Sym::from("key"), Val::new(Shape::Text(None), lab)),
                    (Sym::from("count"), Val::new(Shape::Number, lab)),
                ]);
                let row =
                    Val::new(Shape::Map(Rc::new(MapVal { known, rest: None, keys: Lab::NONE, of_people: false })), Lab::NONE);
                Val::list(row, lab)
            }
            FnId::Sum => self.sum(&args, pos),
            FnId::Acts => {
                let lab = self.source(Transfer::Acts.bits(Bits::COACHING), pos, What::Acts);
                let act = Val::record(Kind::Act, lab, Id::NONE);
                Val::list(act, lab)
            }
            FnId::Set => {
                self.field_write(&args, pos);
                Val::unit()
            }
            FnId::Digest => {
                self.effect(Sink::Digest("digest"), &args, Some(0), pos);
                let person = args.first().cloned().unwrap_or_else(Val::unit);
                let bits = person.lab.bits.only(Bits::OUTSIDE | Bits::RANK | Bits::METRIC | Bits::MEASURE | Bits::TRACE);
                Val { from: person.from, some: person.some, id: person.id, ..Val::new(Shape::Digest, Lab { bits, ..person.lab }) }
            }
            FnId::DigestSection => self.effect(Sink::Digest("section"), &args, Some(0), pos),
            FnId::DigestAdd => self.effect(Sink::Digest("add"), &args, Some(0), pos),
            FnId::DigestSay => self.effect(Sink::Digest("say"), &args, Some(0), pos),
            FnId::Send => self.effect(Sink::Effect("send"), &args, Some(0), pos),
            FnId::Log => self.effect(Sink::Log, &args, None, pos),
            FnId::Post => self.post(&args, pos),
            FnId::Note => {
                let same = args.first().is_some_and(|period| period.id.same(self.period));
                let sink = if same { Sink::Note } else { Sink::Effect("note") };
                self.effect(sink, &args, None, pos)
            }
            FnId::WriteCard => {
                let val = self.effect(Sink::Effect("write_card"), &args, None, pos);
                let kind = args.get(1).and_then(Val::text).cloned();
                let slot = self.fields.id(Slot::Cards(kind));
                self.stored_aside(slot, &args, pos);
                val
            }
            FnId::Highlight => {
                let val = self.effect(Sink::Effect("highlight"), &args, None, pos);
                let slot = self.fields.id(Slot::Highlighted);
                self.stored_aside(slot, &args[..args.len().min(1)], pos);
                val
            }
            FnId::Enter => self.enter(&args, pos),
            FnId::HandOver => self.effect(Sink::Effect("hand_over"), &args, None, pos),
            FnId::WriteTo => self.effect(Sink::Mail, &args, Some(0), pos),
            FnId::Unhighlight => self.effect(Sink::Effect("unhighlight"), &args, None, pos),
            FnId::Push => self.effect(Sink::Effect("push"), &args, None, pos),
            FnId::Escalate => self.effect(Sink::Effect("escalate"), &args, None, pos),
            FnId::Transfer => self.effect(Sink::Effect("transfer"), &args, None, pos),
            FnId::Ask => self.effect(Sink::Effect("ask"), &args, Some(0), pos),
            FnId::Notify => self.effect(Sink::Effect("notify"), &args, Some(0), pos),
            FnId::Suggest => self.effect(Sink::Effect("suggest"), &args, None, pos),
        }
    }

    /// What an effect leaves behind for scripts that read it later, beside custom fields.
    fn stored_aside(&mut self, slot: u32, args: &[Val], pos: Pos) {
        let mut lab = Lab::NONE;
        let mut from = 0;
        for arg in args {
            let inner = self.deep(arg);
            lab = self.join(lab, inner);
            from |= Self::deep_from(arg);
        }
        let all = self.reaching(lab, from);
        let kept = Lab {
            own: Id::NONE,
            of_cell: Id::NONE,
            turns: 0,
            ..all.without(Bits::SORT | Bits::DUTY | Bits::METRIC | Bits::OWN_ONLY | Bits::RANK | Bits::OF_ONE)
        };
        if kept.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::MEASURE) {
            let name = self.fields.name(slot);
            let kept = self.step(kept, pos, What::Stored(name));
            self.fields.write(slot, kept, kept.bits);
        }
    }

    fn plain(&mut self, args: &[Val], shape: Shape) -> Val {
        let mut lab = Lab::NONE;
        let mut from = 0;
        for arg in args {
            let inner = self.deep(arg);
            lab = self.join(lab, inner);
            from |= Self::deep_from(arg);
        }
        Val { from, some: from, ..Val::new(shape, lab.without(Bits::SORT)) }
    }

    fn setting(&mut self, args: &[Val]) -> Val {
        let lab = args.first().map_or(Lab::NONE, |arg| arg.lab);
        let setting = args.first().and_then(Val::text).and_then(|name| self.manifest.setting(name));
        let shape = match setting.map(|setting| setting.ty) {
            Some(SettingType::Text | SettingType::LongText | SettingType::Choice | SettingType::Link) => Shape::Text(None),
            Some(SettingType::Number) => Shape::Number,
            Some(SettingType::YesNo) => Shape::Bool,
            Some(SettingType::Span) => Shape::Span,
            Some(SettingType::Money) => Shape::Money,
            Some(SettingType::Day) => Shape::Time,
            Some(SettingType::ManyChoices) => return Val::list(Val::new(Shape::Text(None), lab), lab),
            None => Shape::Any,
        };
        Val::new(shape, lab)
    }

    fn rotation(&mut self, args: &[Val], pos: Pos) -> Val {
        let [name, people] = args else { return self.mixed(args) };
        let mut named = Lab::NONE;
        if name.lab.bits.has(Bits::TRACE) && name.lab.bits.meets(Bits::PERSONAL) {
            // Which of several rotations is asked is moved on, and chooses.
            named = name.lab.gathered(false);
            named.bits |= Bits::METRIC;
            self.sink(Sink::Turn, pos, named, u64::MAX, Id::NONE);
        }
        let (by_hand, outside, listed) = match &people.shape {
            Shape::Query(query) => (query.by_hand, query.outside, false),
            // What may be a list or a query is a list.
            Shape::List(_) | Shape::Any => (true, false, true),
            _ => (false, false, false),
        };
        let mut lab = self.deep(people);
        lab.bits = lab.bits.without(Bits::LISTED);
        lab = self.join(lab, named);
        if listed {
            let more = self.source(Bits::METRIC | Bits::WHO, pos, What::OneInGroup);
            lab = self.join(lab, more);
        }
        Val::new(Shape::Rotation(RotationVal { by_hand, outside }), lab)
    }

    fn rotation_with_room(&mut self, args: &[Val], pos: Pos) -> Val {
        let Some(rotation) = args.first().cloned() else { return Val::unit() };
        if Transfer::HandMadeGroup.on() && matches!(&rotation.shape, Shape::Rotation(known) if known.by_hand) {
            let more = self.source(Bits::METRIC | Bits::WHO, pos, What::OneInGroup);
            return self.under(rotation, more);
        }
        rotation
    }

    fn rotation_next(&mut self, args: &[Val], pos: Pos) -> Val {
        let Some(rotation) = args.first().cloned() else { return Val::unit() };
        // That the cursor moves in a loop over a person's traces shows how many there are; other loops are as they are.
        let shown = self.pc.iter().fold(u64::MAX, |shown, pc| match pc {
            Pc::Turn { lab, bit, .. } if lab.bits.has(Bits::TRACE) && lab.bits.meets(Bits::PERSONAL) => shown & !bit,
            Pc::Turn { .. } | Pc::Branch { .. } => shown,
        });
        self.sink(Sink::Turn, pos, Lab::NONE, shown, Id::NONE);
        let id = self.identity_here(pos, "next");
        let mut bits = Bits::WHO;
        if matches!(&rotation.shape, Shape::Rotation(known) if known.outside) {
            bits |= Bits::OUTSIDE;
        }
        let who = self.source(bits, pos, What::Query("people"));
        let lab = self.join(rotation.lab, Lab { own: id, ..who });
        Val { maybe: true, ..Val::record(Kind::Person, lab, id) }
    }

    /// Whether a loop over people leaves one after the other out of a rotation that was there before: what is left is made by hand.
    fn leaves_out_each(&self, rotation: &Val, person: Option<&Val>) -> bool {
        let Some(person) = person else { return false };
        let cell = (rotation.cell.0 as usize).checked_sub(1).and_then(|cell| self.cells.get(cell));
        let carried = |at: usize| cell.is_some_and(|cell| cell.depth <= at);
        let each = |pc: &Pc| matches!(pc, Pc::Turn { people: true, bit, .. } if person.from & bit != 0);
        self.pc.iter().enumerate().any(|(at, pc)| each(pc) && carried(at))
    }

    fn tally(&mut self, args: &[Val], pos: Pos) -> Val {
        let [query, key] = args else { return self.mixed(args) };
        let (keys, _) = self.each(query, key, pos);
        let keys = self.deep(&keys);
        let lab = self.join(query.lab, keys);
        let mut bits = lab.bits.only(Bits::METRIC | Bits::COACHING | Bits::DURATION | Bits::RANK);
        let counts = lab.bits.meets(Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS | Bits::MEASURE | Bits::ACROSS);
        if Transfer::TallyByPerson.on() && counts && (keys.bits.meets(Bits::WHO) || query.lab.bits.meets(Bits::WHO)) {
            bits |= Bits::METRIC | Bits::MEASURE | lab.bits.only(Bits::WHO | Bits::TRACE);
        } else {
            bits |= lab.bits.only(Bits::WHO);
        }
        let lab = self.step(Lab { bits, own: Id::NONE, ..lab }, pos, What::Counted("tally".into()));
        Val::new(Shape::Tally, lab)
    }

    fn sum(&mut self, args: &[Val], pos: Pos) -> Val {
        let [query, number] = args else { return self.mixed(args) };
        let (each, one_subject) = self.each(query, number, pos);
        let inner = self.deep(&each);
        let lab = self.join(query.lab, inner.without(Bits::SORT));
        let lab = if Transfer::Summed.on() { lab.gathered(one_subject) } else { lab };
        let lab = self.step(lab, pos, What::Counted("sum".into()));
        Val { from: query.from, some: query.from, ..Val::new(Shape::Number, lab) }
    }

    fn post(&mut self, args: &[Val], pos: Pos) -> Val {
        match args.first().and_then(Val::text) {
            Some(name) if !self.manifest.webhooks.iter().any(|known| **known == **name) => {
                self.undeclared(pos, format!("the manifest lists no webhook \"{name}\" in `webhooks`"));
            }
            Some(_) => {}
            None => self.undeclared(
                pos,
                "the name of the webhook is computed, so the manifest cannot list it; write it as a literal".to_owned(),
            ),
        }
        self.effect(Sink::Post, args, None, pos)
    }

    /// A lead that a script enters: leads are counted freely, so none may be entered because of an act, a clock or a measure.
    fn enter(&mut self, args: &[Val], pos: Pos) -> Val {
        let val = self.effect(Sink::Effect("enter"), args, None, pos);
        let mut lab = Lab::NONE;
        let mut from = 0;
        for arg in args {
            let inner = self.deep(arg);
            lab = self.join(lab, inner);
            from |= Self::deep_from(arg);
        }
        let all = self.reaching(lab.without(Bits::SORT), from);
        let tells = Bits::TRACE | Bits::CLOCK | Bits::SUBJECTS | Bits::ACROSS | Bits::MEASURE | Bits::OWN_ONLY | Bits::DUTY;
        if Transfer::Entered.on() && all.bits.meets(tells) {
            self.refuse(crate::rules::Rule::NoActivityTally, Sink::Effect("enter"), pos, all);
        }
        val
    }

    /// An effect: everything that it is given leaves here.
    pub(crate) fn effect(&mut self, sink: Sink, args: &[Val], receiver: Option<usize>, pos: Pos) -> Val {
        let mut lab = Lab::NONE;
        let mut from = 0;
        for (at, arg) in args.iter().enumerate() {
            let mut inner = self.deep(arg);
            if arg.is_person() {
                // Whom it reaches: chosen by a measure, this is a ranking; who it is tells nothing by itself.
                if inner.bits.meets(Bits::METRIC | Bits::MEASURE)
                    || (inner.bits.meets(Bits::OWN_ONLY.without(Bits::PRESENCE | Bits::SELECTED)))
                {
                    inner.bits |= Transfer::Receiver.bits(Bits::RANK | Bits::METRIC);
                }
                if receiver == Some(at) {
                    inner.bits = inner.bits.without(Bits::WHO | Bits::GROUP | Bits::PRESENCE | Bits::SELECTED);
                }
            } else if receiver == Some(at) && matches!(arg.shape, Shape::Digest) {
                inner.bits = inner.bits.without(Bits::WHO | Bits::GROUP);
            }
            if receiver != Some(at) || inner.bits.meets(Bits::COUNTS | Bits::OUTSIDE | Bits::RANK) {
                lab = self.join(lab, inner);
            }
            from |= Self::deep_from(arg);
        }
        if self.chooses(sink, args) {
            lab.bits |= Transfer::Receiver.bits(Bits::RANK);
        }
        let receiver = receiver.and_then(|at| args.get(at)).map_or(Id::NONE, |val| val.id);
        self.sink(sink, pos, lab, from, receiver);
        Val::unit()
    }

    /// Whether a lead is given to somebody whom their traces chose: out of a list, or by the turn of a loop over people.
    fn chooses(&self, sink: Sink, args: &[Val]) -> bool {
        let gives = matches!(sink, Sink::Effect("push" | "transfer"));
        gives
            && args.iter().filter(|arg| arg.is_person()).any(|arg| {
                let turn = self.pc.iter().position(|pc| matches!(pc, Pc::Turn { people: true, bit, .. } if arg.from & bit != 0));
                let decided =
                    |pc: &Pc| matches!(pc, Pc::Branch { lab, .. } if lab.bits.meets(Bits::COUNTS) && lab.bits.has(Bits::WHO));
                arg.lab.bits.has(Bits::PRESENCE) || turn.is_some_and(|turn| self.pc[turn..].iter().any(decided))
            })
    }

    /// A call by name of anything that is not the script's own.
    pub(crate) fn call_named(&mut self, name: &Sym, args: Vec<Val>, receiver: Option<&crate::ir::Node>, pos: Pos) -> Val {
        if let Some(first) = args.first() {
            match &first.shape {
                Shape::Query(query) => {
                    let query = query.clone();
                    if let Some(narrow) =
                        narrows_named(name).iter().find(|narrow| narrow.of == query.kind && narrow.params.len() + 1 == args.len())
                    {
                        return self.narrow(narrow, first, &query, &args[1..], pos);
                    }
                }
                Shape::Any | Shape::Never => {
                    if let Some(val) = self.unknown_receiver(name, &args, receiver, pos) {
                        return val;
                    }
                }
                // Calling anything on `()` stops the run; it reads nothing.
                Shape::Unit if !natives_named(name).is_empty() => {
                    return Val::new(Shape::Unit, first.lab);
                }
                _ => {}
            }
        }
        if let Some(function) = functions_named(name).iter().find(|function| fits(function, &args)) {
            return self.host_call(function, args, pos);
        }
        self.native(name, args, receiver, pos)
    }

    /// A method of something whose kind is not known: everything that it may be.
    fn unknown_receiver(&mut self, name: &Sym, args: &[Val], receiver: Option<&crate::ir::Node>, pos: Pos) -> Option<Val> {
        let lab = self.deep(&args[0]);
        let mut result: Option<Val> = None;
        for narrow in narrows_named(name).iter().filter(|narrow| narrow.params.len() + 1 == args.len()) {
            let query = QueryVal {
                kind: narrow.of,
                one_subject: false,
                by_hand: false,
                card_kind: None,
                element: Id::NONE,
                outside: false,
                fixed: false,
            };
            let base = Val::new(Shape::Query(Rc::new(query.clone())), lab);
            let val = self.narrow(narrow, &base, &query, &args[1..], pos);
            result = Some(match result {
                Some(other) => self.either(&other, &val),
                None => val,
            });
        }
        if result.is_some() && !natives_named(name).is_empty() {
            let plain = self.native(name, args.to_vec(), receiver, pos);
            return result.map(|val| self.either(&val, &plain));
        }
        result
    }
}

/// Whether a function of the interface takes these arguments, as far as their shapes tell.
fn fits(function: &Function, args: &[Val]) -> bool {
    let receiver = usize::from(function.on.is_some());
    let most = function.params.len() + receiver;
    let least = function.params.iter().filter(|param| !param.optional).count() + receiver;
    if args.len() < least || args.len() > most {
        return false;
    }
    let types = function.on.iter().chain(function.params.iter().map(|param| &param.ty));
    types.zip(args).all(|(ty, arg)| may_be(ty, &arg.shape))
}

fn may_be(ty: &Ty, shape: &Shape) -> bool {
    if matches!(shape, Shape::Any | Shape::Never | Shape::Unit) {
        return !matches!(ty, Ty::AnyQuery | Ty::Digest | Ty::Rotation | Ty::Tally) || matches!(shape, Shape::Any | Shape::Never);
    }
    match ty {
        Ty::Record(kind) => matches!(shape, Shape::Record(known) if known == kind),
        Ty::Maybe(inner) => may_be(inner, shape),
        Ty::AnyRecord => matches!(shape, Shape::Record(_)),
        Ty::Query(kind) => matches!(shape, Shape::Query(query) if query.kind == *kind) || matches!(shape, Shape::List(_)),
        Ty::AnyQuery => matches!(shape, Shape::Query(_) | Shape::List(_)),
        Ty::Rotation => matches!(shape, Shape::Rotation(_)),
        Ty::Tally => matches!(shape, Shape::Tally),
        Ty::Digest => matches!(shape, Shape::Digest),
        Ty::Unit
        | Ty::Bool
        | Ty::Int
        | Ty::Number
        | Ty::Text
        | Ty::Instant
        | Ty::Day
        | Ty::Span
        | Ty::WorkSpan
        | Ty::AnySpan
        | Ty::When
        | Ty::Money
        | Ty::List(_)
        | Ty::Map
        | Ty::Same
        | Ty::Function
        | Ty::Any => true,
    }
}
