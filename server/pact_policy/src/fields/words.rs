//! Whose act a field's words speak of: nobody's, the customer's, ours, or they do not say.

use super::actors::{by_rep, by_us, customer_first, names_us, our_act, says_customer, subject_first, us_first};
use super::doing::{Look, doings, past_tense};
use super::lexicon::{LEXICON, Lexicon, words};
use super::shape::{day_of_doing, done_by, hands_over, leads_up, only_addresses, ticks};
use super::unsaid::{mentions_customer, unsaid};
use crate::manifest::{Field, FieldOn, FieldType};

/// Whose act a field records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// No act.
    Nobody,
    /// Words that can mean an act, and here mean a thing: a meeting room, an address.
    Thing,
    /// The customer's.
    Customer,
    /// An act, and it is not said whose.
    Unsaid,
    /// An act of a member of staff.
    Ours,
}

/// Reads a field's name, label, help text and options.
pub(super) fn whose_act(field: &Field) -> Whose {
    let Some(lexicon) = LEXICON.as_ref() else { return Whose::Unsaid };
    let mut texts: Vec<Vec<String>> = [Some(field.label.as_str()), field.help.as_deref()]
        .into_iter()
        .flatten()
        .map(words)
        .filter(|words| !words.is_empty())
        .collect();
    let name = without_suffix(words(&field.name));
    // Where the label of a plan's field says what is needed, its name says no more.
    let wanted = |label: &Vec<String>| field.on == FieldOn::Plan && is_wanted(lexicon, label);
    if !texts.first().is_some_and(|label| repeats(lexicon, label, &name, field) || wanted(label)) {
        texts.push(name);
    }
    let options: Vec<Vec<String>> = field.options.iter().map(|option| words(option)).collect();
    let mut found: Vec<Whose> = texts.iter().map(|text| of_text(lexicon, text, field)).collect();
    // "Where the customer stands": the options are the answers of the customer.
    let asked = texts.iter().any(|text| lexicon.asking.at(text, 0).is_some() && mentions_customer(lexicon, text));
    if !asked && of_options(lexicon, &options, field) {
        let said = found.iter().copied().max().unwrap_or(Whose::Nobody);
        let actor = texts.iter().any(|text| names_us(lexicon, text));
        let wish = texts.iter().any(|text| lexicon.object.any(text));
        found.push(if actor || field.on == FieldOn::Plan {
            Whose::Ours
        } else if said <= Whose::Thing && wish {
            said
        } else {
            Whose::Unsaid
        });
    }
    let about = field.about.as_deref().map(str::to_lowercase);
    let about_customer = matches!(about.as_deref(), Some("customer" | "contact" | "client"));
    let about_us = about.is_some() && !about_customer;
    // What a formula reads is named in it.
    let reads = field.formula.as_deref().unwrap_or("").split('"').skip(1).step_by(2);
    let read = reads.map(|name| of_text(lexicon, &words(name), field)).max().unwrap_or(Whose::Nobody);
    if field.ty == FieldType::Formula && read >= Whose::Unsaid && !about_customer && !found.contains(&Whose::Customer) {
        return Whose::Unsaid;
    }
    if found.contains(&Whose::Ours) {
        return Whose::Ours;
    }
    // One text that says it is the customer's, or a thing, answers for the others.
    if found.first() == Some(&Whose::Thing) {
        return Whose::Nobody;
    }
    if found.contains(&Whose::Customer) {
        return Whose::Customer;
    }
    if found.contains(&Whose::Unsaid) {
        return if about_us {
            Whose::Ours
        } else if about_customer {
            Whose::Customer
        } else {
            Whose::Unsaid
        };
    }
    if about_customer { Whose::Nobody } else { unsaid(lexicon, field, &texts) }
}

/// A name without what only says what kind of field it is: `territory_note`.
fn without_suffix(mut name: Vec<String>) -> Vec<String> {
    let technical = |word: &String| matches!(word.as_str(), "note" | "notes" | "info" | "text" | "flag" | "field");
    if name.len() > 1 && name.last().is_some_and(technical) {
        name.pop();
    }
    name
}

/// Whether a name says nothing that the label does not: it repeats the label's words, or parts of its compounds.
///
/// Where the label names a thing, like an address, a name of an act is short for that thing.
fn repeats(lexicon: &Lexicon, label: &[String], name: &[String], field: &Field) -> bool {
    let part = |word: &String| {
        let (short, long) = (word.len() >= 3, word.len() >= 6);
        label
            .iter()
            .any(|other| other == word || short && other.starts_with(word.as_str()) || long && other.ends_with(word.as_str()))
    };
    let thing = (lexicon.object.any(label) || lexicon.topic.any(label)) && of_text(lexicon, label, field) == Whose::Nobody;
    name.iter().all(part) || thing && of_text(lexicon, name, field) <= Whose::Unsaid
}

/// Whether options are states of an act: "called", "mail sent", "planned, done".
///
/// What is sent or presented may be goods; that it is a mail or a call makes it an act.
fn of_options(lexicon: &Lexicon, options: &[Vec<String>], field: &Field) -> bool {
    // "First call, second call": the steps that somebody takes.
    let numbered = |option: &&Vec<String>| {
        (lexicon.act.any(option) || lexicon.channel.any(option))
            && option
                .iter()
                .any(|word| word.starts_with(|c: char| c.is_ascii_digit()) || lexicon.ordinal.any(std::slice::from_ref(word)))
    };
    options.iter().filter(numbered).count() > 1
        || options.iter().any(|option| {
            let goods = option.iter().any(|word| lexicon.goods.is(word));
            let channel = option.len() == 1 && lexicon.channel.any(option);
            !channel && lexicon.did.any(option) && (!goods || lexicon.act.any(option))
                || field.on == FieldOn::Plan && (lexicon.done.any(option) || lexicon.event.any(option))
        })
}

fn of_text(lexicon: &Lexicon, text: &[String], field: &Field) -> Whose {
    // A word of an act that is part of a thing's name is none: a call centre, visiting hours.
    let mut things = lexicon.object.all(text);
    things.extend(bearers(lexicon, text));
    let free = |at: usize, length: usize| !things.iter().any(|(from, long)| *long > length && *from <= at && at < from + long);
    // A meal is part of what a plan is for.
    let planned = |at: usize| field.on == FieldOn::Plan && lexicon.meal.at(text, at).is_some();
    let acts = lexicon.act.all(text).into_iter().filter(|(at, length)| free(*at, *length) && !planned(*at));
    let acts: Vec<_> = acts.filter(|(at, _)| !is_manner(lexicon, text, *at)).collect();
    let acts = if is_figure(field) { [acts, measured_acts(lexicon, text)].concat() } else { acts };
    let did = lexicon.did.all(text);
    let done = lexicon.done.any(text);
    let strong = lexicon.strong.any(text) || lexicon.report.any(text);
    let wish = lexicon.wish.at(text, 0).is_some();
    let subject = subject_first(lexicon, text, field);
    let customer = says_customer(lexicon, text) || subject || wish && field.on != FieldOn::Person;
    let us = names_us(lexicon, text);
    let ours = our_act(lexicon, text, &acts, &did);
    let outward = lexicon.outward.any(text);
    let thing = !things.is_empty();
    // What acts may be about answers the questions of type and record; an act stays one, whatever it is about.
    let object = thing || lexicon.topic.any(text);
    let dated = matches!(field.ty, FieldType::Day | FieldType::Number | FieldType::Formula) && last_contact(lexicon, text);
    let number = matches!(field.ty, FieldType::Number | FieldType::Money | FieldType::Formula);
    // What the customer has in its care, or ships: pupils, parcels.
    if number && acts.is_empty() && !us && !strong && field.on == FieldOn::Customer && lexicon.people.any(text) {
        return Whose::Nobody;
    }
    let counted = number && lexicon.contact.any(text) && (lexicon.rate.any(text) || leads_up(lexicon, text));
    let act = !acts.is_empty() || !did.is_empty() || strong || dated || counted;
    let addresses = matches!(field.ty, FieldType::Text | FieldType::Link)
        && did.is_empty()
        && !lexicon.lately.any(text)
        && only_addresses(lexicon, text, &acts);
    if field.ty == FieldType::YesNo && !us && is_asked_for(lexicon, text, &acts, &did) {
        return Whose::Thing;
    }
    if conduct(lexicon, text, field) {
        return Whose::Ours;
    }
    if us && (!customer || by_us(lexicon, text) || us_first(lexicon, text)) {
        let records =
            (is_mark(field) && by_rep(lexicon, text)) || act || done || (number && !object && field.on != FieldOn::Person);
        // A day or box that names staff in its label, and nothing that they are there for, says what they did.
        let named = matches!(field.ty, FieldType::Day | FieldType::YesNo) && !object && *text == words(&field.label);
        // What somebody writes about their day is a report.
        let report = matches!(field.ty, FieldType::Text | FieldType::LongText | FieldType::Link) && lexicon.reported.any(text);
        // "How often we drop in", as a choice of frequencies.
        let often = is_mark(field) && lexicon.often.any(text);
        let records = records || named || report || often || is_mark(field) && !customer && ticks(lexicon, text);
        if records {
            return Whose::Ours;
        }
    }
    if ours && !subject && !customer_first(lexicon, text) {
        return Whose::Ours;
    }
    // A present that was given is ours to give, and the label does not say whose.
    if is_mark(field) && field.on != FieldOn::Plan && !customer && hands_over(lexicon, text) {
        return Whose::Unsaid;
    }
    // How many contacts it takes until something: of contacts, not of what they lead up to.
    if number && !customer && field.on != FieldOn::Person && lexicon.contact.at(text, 0).is_some() && leads_up(lexicon, text) {
        return Whose::Unsaid;
    }
    if strong && !us && !is_mark(field) && lexicon.thing.any(text) {
        return Whose::Thing;
    }
    if strong && !customer {
        return if number || field.on == FieldOn::Person || lexicon.report.any(text) { Whose::Ours } else { Whose::Unsaid };
    }
    // "Done" on a plan is the box that a plan has not.
    if field.on == FieldOn::Plan && (done || !did.is_empty()) && !customer && is_mark(field) {
        return Whose::Ours;
    }
    if !customer && !object && field.on != FieldOn::Person && done_by(lexicon, text, field.ty) {
        return Whose::Ours;
    }
    if !act && !customer && !object && asks_whose(lexicon, text, field) {
        return Whose::Unsaid;
    }
    if !act {
        // Something that somebody carried out, to be marked: it does not say who.
        let intended = field.on == FieldOn::Plan && is_wanted(lexicon, text);
        let performed = lexicon.performed.any(text) || field.on != FieldOn::Plan && lexicon.meal.any(text);
        let performed = is_mark(field) && performed && !customer && !object && !intended;
        return if performed { Whose::Unsaid } else { Whose::Nobody };
    }
    if field.on == FieldOn::Person {
        // What a number counts stands first: "appointments in the calendar".
        let head = lexicon.number.at(text, 0).unwrap_or(0);
        if number && acts.iter().any(|(at, _)| *at == head) {
            return Whose::Ours;
        }
        let able = did.is_empty() && lexicon.able.at(text, 0).is_some() && doings(lexicon, &field.label, Look::All).is_empty();
        return if thing || addresses || wish || able { Whose::Thing } else { Whose::Ours };
    }
    if customer {
        return Whose::Customer;
    }
    if thing || addresses {
        return Whose::Thing;
    }
    if outward {
        return Whose::Ours;
    }
    let words_only = matches!(field.ty, FieldType::Text | FieldType::LongText | FieldType::Link);
    // In words on a plan stands what is intended, not what was done.
    if words_only && (only_address(text) || field.on == FieldOn::Plan) {
        return Whose::Thing;
    }
    // What a plan needs is still to come.
    if is_mark(field) && field.on == FieldOn::Plan && did.is_empty() && is_wanted(lexicon, text) {
        return Whose::Thing;
    }
    Whose::Unsaid
}

/// Whether type and record alone ask whose it is, though no word of an act stands there.
///
/// How long something took, the day on which something last was, and a box on a plan are somebody's doing, unless a thing is named.
fn asks_whose(lexicon: &Lexicon, text: &[String], field: &Field) -> bool {
    if lexicon.thing.any(text) || lexicon.intended.any(text) {
        return false;
    }
    let lasts = lasts(lexicon, text);
    match field.on {
        FieldOn::Customer | FieldOn::Contact | FieldOn::Lead => match field.ty {
            FieldType::Number | FieldType::Formula => lasts || lexicon.often.any(text),
            // "Last on" leaves open what it was; "last trip" was somebody's.
            FieldType::Day => {
                let more = text.iter().filter(|word| word.len() > 3).count() > 1 || lexicon.outward.any(text);
                // "Last rebuilt" is how a thing is.
                lexicon.lately.any(text) && more && !lexicon.state.any(text) || day_of_doing(lexicon, text)
            }
            // A box about this month has to be ticked again next month.
            FieldType::YesNo | FieldType::Choice if is_box(lexicon, field) => lexicon.period.any(text),
            _ => false,
        },
        FieldOn::Plan => match field.ty {
            FieldType::Number | FieldType::Formula => lasts,
            FieldType::YesNo | FieldType::Choice if is_box(lexicon, field) => {
                !lexicon.need.any(text) && !infinitive(text) && tells_past(lexicon, &field.label)
            }
            _ => false,
        },
        FieldOn::Person => false,
    }
}

/// Whether a label says that something was: a participle, whatever it tells, or a past tense.
fn tells_past(lexicon: &Lexicon, label: &str) -> bool {
    !doings(lexicon, label, Look::All).is_empty() || past_tense(lexicon, label)
}

/// Whether an act only says by which way something comes: "delivery note by mail".
fn is_manner(lexicon: &Lexicon, text: &[String], at: usize) -> bool {
    let first = if at > 0 && text[at - 1] == "e" { at - 1 } else { at };
    let way = first.checked_sub(1).is_some_and(|before| matches!(text[before].as_str(), "by" | "per" | "via" | "par" | "por"));
    at > 1 && way && lexicon.addressed.is(&text[at])
}

/// Whether a box says what the customer asks for: "call before delivery", "vor Lieferung anrufen".
fn is_asked_for(lexicon: &Lexicon, text: &[String], acts: &[(usize, usize)], did: &[(usize, usize)]) -> bool {
    const BEFORE: [&str; 7] = ["before", "vor", "avant", "antes", "voor", "prima", "bevor"];
    let before = |at: usize| text.get(at).is_some_and(|word| BEFORE.contains(&word.as_str()));
    let what = lexicon.topic.any(text) || lexicon.thing.any(text);
    // French infinitives begin like participles.
    let to_do = did.iter().all(|(at, _)| text[*at].ends_with("er"));
    // "No calls please"; "no visit since March" is no wish.
    let passed = [&lexicon.period, &lexicon.lately, &lexicon.span].into_iter().any(|list| list.any(text)) || lasts(lexicon, text);
    let refused = |at: usize| (1..=2).any(|n| at.checked_sub(n).is_some_and(|no| lexicon.negated.at(text, no).is_some()));
    if !passed && !acts.is_empty() && acts.iter().chain(did).all(|(at, _)| refused(*at)) {
        return true;
    }
    what && to_do
        && acts.iter().chain(did).any(|(at, length)| *at == 0 && before(*length) || before(0) && at + length == text.len())
}

/// Acts in compounds that measure them: "Terminquote", "Besuchsdichte".
fn measured_acts(lexicon: &Lexicon, text: &[String]) -> Vec<(usize, usize)> {
    let act = |word: &String| {
        let named = |stem: &str| {
            stem.len() > 3 && [&lexicon.act, &lexicon.contact, &lexicon.counted].iter().any(|list| list.any(&[stem.to_owned()]))
        };
        lexicon.measured.stems(word).any(named)
    };
    let thing = |at: usize| lexicon.object.at(text, at).is_some();
    text.iter().enumerate().filter(|(at, word)| act(word) && !thing(*at)).map(|(at, _)| (at, 1)).collect()
}

fn is_figure(field: &Field) -> bool {
    matches!(field.ty, FieldType::Number | FieldType::Formula)
}

/// Things that bear the name of an act: "demo van", "sala de reuniones". Each with its place and length.
fn bearers(lexicon: &Lexicon, text: &[String]) -> Vec<(usize, usize)> {
    const OF: [&str; 19] = [
        "of", "for", "fur", "von", "voor", "van", "de", "d", "du", "des", "pour", "para", "do", "da", "dos", "das", "di", "per",
        "a",
    ];
    let acts = lexicon.act.all(text);
    let named = |(at, length): (usize, usize)| {
        let before = acts.iter().find(|(act, long)| act + long == at).map(|(act, long)| (*act, long + length));
        let of = at + length;
        let behind = || {
            let led = text.get(of).is_some_and(|word| OF.contains(&word.as_str()));
            let act = acts.iter().find(|(act, _)| led && *act == of + 1);
            act.map(|(act, long)| (at, act + long - at))
        };
        // A compound that ends with the thing: "Ontmoetingspunt".
        let within = || lexicon.act.at(text, at).is_some_and(|long| long == length).then_some((at, length + 1));
        before.or_else(behind).or_else(within)
    };
    lexicon.bearer.all(text).into_iter().filter_map(named).collect()
}

/// Whether it names a thing: one of those that acts are no part of, or one that bears the name of an act.
pub(super) fn names_thing(lexicon: &Lexicon, text: &[String]) -> bool {
    lexicon.object.any(text) || !bearers(lexicon, text).is_empty()
}

/// Whether it says how long something took, and not how often it was.
pub(super) fn lasts(lexicon: &Lexicon, text: &[String]) -> bool {
    let per = |at: usize| at > 0 && lexicon.per.at(text, at - 1).is_some();
    lexicon.unit.all(text).into_iter().any(|(at, _)| !per(at))
}

/// Whether it says what a plan needs or what is agreed, and not that it took place.
pub(super) fn is_wanted(lexicon: &Lexicon, text: &[String]) -> bool {
    (lexicon.need.any(text) || lexicon.intended.any(text) || infinitive(text)) && !lexicon.event.any(text)
}

/// "À réserver", "zu buchen", "da portare": something is still to be done.
fn infinitive(text: &[String]) -> bool {
    text.windows(2).any(|pair| {
        let (to, verb) = (pair[0].as_str(), pair[1].as_str());
        let ends = |ends: &[&str]| ends.iter().any(|end| verb.ends_with(end));
        verb.len() > 3
            && match to {
                "zu" | "te" | "to" => true,
                "a" => ends(&["r", "re"]),
                "por" => ends(&["r"]),
                "da" => ends(&["re", "er", "ir"]),
                _ => false,
            }
    })
}

/// Whether it says how a person behaves at work, or what became of a plan.
fn conduct(lexicon: &Lexicon, text: &[String], field: &Field) -> bool {
    let number = matches!(field.ty, FieldType::Number | FieldType::Formula);
    let customer = says_customer(lexicon, text);
    match field.on {
        FieldOn::Person => {
            // What has to be ticked again each day is no attribute of a job.
            if is_box(lexicon, field) && lexicon.period.any(text) {
                return true;
            }
            // So many appointments an order: what somebody does, beside what comes of it.
            if number && lexicon.act.any(text) && lexicon.per.any(text) && !customer {
                return true;
            }
            let marks = field.options.iter().any(|option| lexicon.verdict.any(&words(option)));
            let said = lexicon.conduct.any(text) || (is_mark(field) && lexicon.reported.any(text)) || marks;
            (is_mark(field) || number) && said && (number || !customer)
        }
        FieldOn::Plan => {
            // "Reached the site at": the hour at which something was.
            let hour = text.last().is_some_and(|last| matches!(last.as_str(), "at" | "um" | "om"));
            let hour = hour && (lexicon.did.any(text) || tells_past(lexicon, &field.label));
            let words_too = field.ty == FieldType::Text && (hour || lexicon.event.any(text));
            let marked = (is_mark(field) || number) && (lexicon.event.any(text) || lexicon.reported.any(text));
            let event = hour || lexicon.event.any(text);
            (words_too || marked) && (event || !customer) && !lexicon.intended.any(text) && !lexicon.need.any(text)
        }
        FieldOn::Customer | FieldOn::Contact | FieldOn::Lead => false,
    }
}

/// A box, or a choice that is one: yes, no, and perhaps a third.
fn is_box(lexicon: &Lexicon, field: &Field) -> bool {
    let answers = |option: &String| lexicon.r#box.at(&words(option), 0).is_some();
    field.ty == FieldType::YesNo
        || field.ty == FieldType::Choice
            && !field.options.is_empty()
            && field.options.iter().filter(|option| answers(option)).count() >= field.options.len().min(2)
}

pub(super) fn is_mark(field: &Field) -> bool {
    matches!(field.ty, FieldType::YesNo | FieldType::Day | FieldType::Choice | FieldType::ManyChoices)
}

/// A text field named "E-mail" holds an address.
fn only_address(text: &[String]) -> bool {
    text.iter().all(|word| {
        matches!(
            word.as_str(),
            "e" | "mail"
                | "email"
                | "correo"
                | "electronico"
                | "courriel"
                | "of"
                | "de"
                | "der"
                | "second"
                | "other"
                | "private"
                | "greeting"
                | "salutation"
        )
    })
}

/// "The last personal contact": a first or last, and shortly behind or before it, contact.
fn last_contact(lexicon: &Lexicon, text: &[String]) -> bool {
    let contacts = lexicon.contact.all(text);
    lexicon.lately.all(text).into_iter().any(|(at, _)| contacts.iter().any(|(place, _)| place.abs_diff(at) <= 2))
}
