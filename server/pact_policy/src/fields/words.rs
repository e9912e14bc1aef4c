//! Whose act a field's words speak of: nobody's, the customer's, ours, or they do not say.

use super::lexicon::{LEXICON, Lexicon, words};
use super::shape::{day_of_doing, done_by, hands_over, leads_up, only_addresses, ticks};
use super::unsaid::unsaid;
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
    let name = words(&field.name);
    // Where the label of a plan's field says what is needed, its name says no more.
    let wanted = |label: &Vec<String>| field.on == FieldOn::Plan && is_wanted(lexicon, label);
    if !texts.first().is_some_and(|label| repeats(lexicon, label, &name, field) || wanted(label)) {
        texts.push(name);
    }
    let options: Vec<Vec<String>> = field.options.iter().map(|option| words(option)).collect();
    let mut found: Vec<Whose> = texts.iter().map(|text| of_text(lexicon, text, field)).collect();
    if of_options(lexicon, &options, field) {
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
    const GOODS: [&str; 17] = [
        "sent",
        "presented",
        "gesendet",
        "versendet",
        "verschickt",
        "versandt",
        "gefuhrt",
        "envoye",
        "envoyee",
        "presente",
        "enviado",
        "enviada",
        "verstuurd",
        "verzonden",
        "gestuurd",
        "inviato",
        "inviata",
    ];
    // "First call, second call": the steps that somebody takes.
    let numbered = |option: &&Vec<String>| {
        (lexicon.act.any(option) || lexicon.channel.any(option))
            && option
                .iter()
                .any(|word| word.starts_with(|c: char| c.is_ascii_digit()) || lexicon.ordinal.any(std::slice::from_ref(word)))
    };
    options.iter().filter(numbered).count() > 1
        || options.iter().any(|option| {
            let goods = option.iter().any(|word| GOODS.contains(&word.as_str()));
            let channel = option.len() == 1 && lexicon.channel.any(option);
            !channel && lexicon.did.any(option) && (!goods || lexicon.act.any(option))
                || field.on == FieldOn::Plan && (lexicon.done.any(option) || lexicon.event.any(option))
        })
}

/// Whether a text names a member of staff, or us, as the one who acts.
pub(super) fn names_us(lexicon: &Lexicon, text: &[String]) -> bool {
    lexicon.actor.all(text).into_iter().any(|(at, _)| !is_goal(text, at))
}

/// Whether what stands at a word is whom something goes to, and not who does it.
fn is_goal(text: &[String], at: usize) -> bool {
    const TO: [&str; 15] = ["to", "at", "for", "an", "bei", "beim", "zum", "a", "au", "aux", "chez", "al", "ao", "aan", "bij"];
    const ARTICLES: [&str; 26] = [
        "the", "our", "a", "den", "dem", "die", "der", "unseren", "unserem", "unsere", "le", "la", "les", "nos", "notre", "el",
        "los", "nuestro", "o", "os", "de", "het", "onze", "il", "lo", "i",
    ];
    let before = |n: usize| at.checked_sub(n).and_then(|at| text.get(at)).map(String::as_str);
    let is = |word: Option<&str>, list: &[&str]| word.is_some_and(|word| list.contains(&word));
    is(before(1), &TO) || (is(before(1), &ARTICLES) && is(before(2), &TO))
}

fn of_text(lexicon: &Lexicon, text: &[String], field: &Field) -> Whose {
    // A word of an act that is part of a thing's name is none: a call centre, visiting hours.
    let things = lexicon.object.all(text);
    let free = |at: usize, length: usize| !things.iter().any(|(from, long)| *long > length && *from <= at && at < from + long);
    let acts: Vec<_> = lexicon.act.all(text).into_iter().filter(|(at, length)| free(*at, *length)).collect();
    let did = lexicon.did.all(text);
    let done = lexicon.done.any(text);
    let strong = lexicon.strong.any(text) || lexicon.report.any(text);
    let wish = lexicon.wish.at(text, 0).is_some();
    let customer = says_customer(lexicon, text) || wish && field.on != FieldOn::Person;
    let us = names_us(lexicon, text);
    let ours = our_act(lexicon, text, &acts, &did);
    let outward = lexicon.outward.any(text);
    let thing = lexicon.object.any(text);
    // What acts may be about answers the questions of type and record; an act stays one, whatever it is about.
    let object = thing || lexicon.topic.any(text);
    let dated = matches!(field.ty, FieldType::Day | FieldType::Number | FieldType::Formula) && last_contact(lexicon, text);
    let number = matches!(field.ty, FieldType::Number | FieldType::Money | FieldType::Formula);
    let counted = number && lexicon.contact.any(text) && (lexicon.rate.any(text) || leads_up(text));
    let act = !acts.is_empty() || !did.is_empty() || strong || dated || counted;
    let addresses = matches!(field.ty, FieldType::Text | FieldType::Link)
        && did.is_empty()
        && !lexicon.lately.any(text)
        && only_addresses(text, &acts);
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
        let records = records || named || report || is_mark(field) && !customer && ticks(text);
        if records {
            return Whose::Ours;
        }
    }
    if ours && !customer_first(lexicon, text) {
        return Whose::Ours;
    }
    // A present that was given is ours to give, and the label does not say whose.
    if is_mark(field) && field.on != FieldOn::Plan && !customer && hands_over(text) {
        return Whose::Unsaid;
    }
    // How many contacts it takes until something: of contacts, not of what they lead up to.
    if number && !customer && field.on != FieldOn::Person && lexicon.contact.at(text, 0).is_some() && leads_up(text) {
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
        let performed = is_mark(field) && lexicon.performed.any(text) && !customer && !object && !intended;
        return if performed { Whose::Unsaid } else { Whose::Nobody };
    }
    if field.on == FieldOn::Person {
        return if thing || addresses || wish { Whose::Thing } else { Whose::Ours };
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
                lexicon.lately.any(text) && more || day_of_doing(text)
            }
            // A box about this month has to be ticked again next month.
            FieldType::YesNo | FieldType::Choice if is_box(lexicon, field) => lexicon.period.any(text),
            _ => false,
        },
        FieldOn::Plan => match field.ty {
            FieldType::Number | FieldType::Formula => lasts,
            FieldType::YesNo | FieldType::Choice if is_box(lexicon, field) => !lexicon.need.any(text),
            _ => false,
        },
        FieldOn::Person => false,
    }
}

/// Whether it says how long something took, and not how often it was.
pub(super) fn lasts(lexicon: &Lexicon, text: &[String]) -> bool {
    let per = |at: usize| at > 0 && lexicon.per.at(text, at - 1).is_some();
    lexicon.unit.all(text).into_iter().any(|(at, _)| !per(at))
}

/// Whether it says what a plan needs or what is agreed, and not that it took place.
pub(super) fn is_wanted(lexicon: &Lexicon, text: &[String]) -> bool {
    (lexicon.need.any(text) || lexicon.intended.any(text)) && !lexicon.event.any(text)
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
            let words_too = field.ty == FieldType::Text && lexicon.event.any(text);
            let marked = (is_mark(field) || number) && (lexicon.event.any(text) || lexicon.reported.any(text));
            let event = lexicon.event.any(text);
            (words_too || marked) && (event || !customer) && !lexicon.intended.any(text) && !lexicon.need.any(text)
        }
        FieldOn::Customer | FieldOn::Contact | FieldOn::Lead => false,
    }
}

/// Whether staff are named before the customer: they do what is said, and the customer is whom they do it to.
fn us_first(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY_THEM: [&str; 8] = ["by", "durch", "par", "por", "pelo", "pelos", "door", "from"];
    const THEIRS: [&str; 11] = ["of", "des", "der", "du", "del", "do", "van", "dei", "von", "s", "von dem"];
    let us = lexicon.actor.all(text).into_iter().find(|(at, _)| !is_goal(text, *at));
    let customer = lexicon.customer.all(text).into_iter().map(|(at, _)| at).next();
    let (Some((us, length)), Some(customer)) = (us, customer) else { return false };
    // "Field staff of the customer" are the customer's, and so are "agents employed by the customer".
    let acts = lexicon.act.any(text) || lexicon.did.any(text) || lexicon.often.any(text) || lexicon.unit.any(text);
    let genitive = THEIRS.contains(&text[customer].as_str()) && (us + length == customer || !acts);
    let theirs = genitive || BY_THEM.contains(&text[customer].as_str());
    us < customer && !theirs
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

/// Whether the customer is the one who acts, and not the one with whom something was done.
pub(super) fn says_customer(lexicon: &Lexicon, text: &[String]) -> bool {
    // Where something was done is not who did it: "mit dem Kunden", "invited to the fair".
    let fairs = if lexicon.invited.any(text) { lexicon.fair.all(text) } else { Vec::new() };
    let whither: Vec<_> = lexicon.outward.all(text).into_iter().chain(fairs).collect();
    let acts = |(at, _): (usize, usize)| !whither.iter().any(|(from, length)| (*from..from + length).contains(&at));
    if !lexicon.customer.all(text).into_iter().any(acts) {
        return false;
    }
    if done_to_customer(lexicon, text) {
        return false;
    }
    // "The customer was visited": a passive says that somebody else did it.
    let passive = lexicon.passive.any(text) && lexicon.did.any(text);
    let by = ["by", "durch", "vom", "von", "par", "por", "pelo", "door", "dal", "dai"];
    !passive || text.iter().any(|word| by.contains(&word.as_str()))
}

/// "Client revu depuis janvier", "Klant bezocht": a participle right behind the customer, and nothing that the customer did it to.
fn done_to_customer(lexicon: &Lexicon, text: &[String]) -> bool {
    const SINCE: [&str; 8] = ["since", "seit", "depuis", "desde", "sinds", "dal", "dalla", "da"];
    lexicon.customer.all(text).into_iter().any(|(at, length)| {
        let Some(did) = lexicon.did.at(text, at + length) else { return false };
        let rest = &text[(at + length + did).min(text.len())..];
        rest.first().is_none_or(|word| SINCE.contains(&word.as_str())) || lexicon.period.at(rest, 0).is_some()
    })
}

/// "The customer has visited our plant": the customer is named first, and acts on what is ours.
fn customer_first(lexicon: &Lexicon, text: &[String]) -> bool {
    let customer = lexicon.customer.all(text).into_iter().next();
    let our = lexicon.our.all(text).into_iter().next();
    let before = customer.zip(our).is_some_and(|((at, length), (our, _))| at + length <= our);
    before && says_customer(lexicon, text) && !by_us(lexicon, text)
}

/// Whether "by us", "by the rep" and the like say who acts, whatever else is said.
fn by_us(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY: [&str; 27] = [
        "by", "durch", "von", "vom", "par", "por", "pelo", "pela", "door", "dal", "dai", "dalla", "da", "des", "du", "del",
        "dell", "della", "dall", "do", "van", "of", "we", "wir", "nous", "wij", "noi",
    ];
    lexicon.actor.all(text).into_iter().any(|(at, _)| {
        let here = text[at].as_str();
        let before = |n: usize| at.checked_sub(n).and_then(|at| text.get(at)).map_or("", String::as_str);
        !is_goal(text, at) && (BY.contains(&here) || BY.contains(&before(1)) || BY.contains(&before(2)))
    })
}

/// "The last personal contact": a first or last, and shortly behind or before it, contact.
fn last_contact(lexicon: &Lexicon, text: &[String]) -> bool {
    let contacts = lexicon.contact.all(text);
    lexicon.lately.all(text).into_iter().any(|(at, _)| contacts.iter().any(|(place, _)| place.abs_diff(at) <= 2))
}

/// Whether "by the salesperson" and the like say who did what is marked, whatever it was.
fn by_rep(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY: [&str; 10] = ["by", "durch", "von", "vom", "par", "por", "pelo", "pela", "door", "dal"];
    const US: [&str; 8] = ["us", "uns", "nous", "nosotros", "nos", "ons", "noi", "me"];
    const ARTICLES: [&str; 22] = [
        "the", "a", "our", "den", "dem", "die", "unseren", "unserem", "le", "la", "un", "une", "notre", "el", "nuestro", "o",
        "nosso", "de", "een", "onze", "il", "nostro",
    ];
    lexicon.actor.all(text).into_iter().any(|(at, length)| {
        let words = &text[at..at + length];
        let before = |n: usize| at.checked_sub(n).and_then(|at| text.get(at)).map_or("", String::as_str);
        let by = BY.contains(&words[0].as_str())
            || BY.contains(&before(1))
            || (ARTICLES.contains(&before(1)) && BY.contains(&before(2)));
        by && !words.iter().any(|word| US.contains(&word.as_str()))
    })
}

/// Whether "our", "unsere" and the like stand before an act: "our calls", "unser letzter Besuch".
fn our_act(lexicon: &Lexicon, text: &[String], acts: &[(usize, usize)], did: &[(usize, usize)]) -> bool {
    let participle_from_us = text
        .windows(2)
        .enumerate()
        .any(|(at, pair)| pair[0] == "da" && pair[1] == "noi" && did.iter().any(|(did, length)| did + length <= at));
    let by_possessive = lexicon.our.all(text).into_iter().any(|(at, _)| {
        let close = |places: &[(usize, usize)]| places.iter().any(|(place, _)| *place > at && *place <= at + 3);
        let led = at > 0
            && matches!(
                text[at - 1].as_str(),
                "to" | "for"
                    | "fur"
                    | "pour"
                    | "para"
                    | "voor"
                    | "at"
                    | "in"
                    | "on"
                    | "into"
                    | "an"
                    | "zu"
                    | "bei"
                    | "a"
                    | "en"
                    | "dans"
                    | "aan"
                    | "naar"
                    | "na"
                    | "no"
                    | "ao"
                    | "nel"
                    | "nella"
                    | "alla"
                    | "al"
            );
        // In Portuguese the article is written like a preposition: "demorou a nossa resposta".
        let article = at > 0
            && text[at].starts_with("noss")
            && matches!(text[at - 1].as_str(), "a" | "o")
            && lexicon.act.at(text, at + 1).is_some();
        let led = led && !article;
        // "Days until our answer": it leads up to an act of ours, and to nobody.
        let until = at > 1 && matches!(text[at - 2].as_str(), "bis" | "jusqu" | "hasta" | "ate" | "tot" | "fino");
        (!led || until) && (close(acts) || close(did))
    });
    participle_from_us || by_possessive
}
