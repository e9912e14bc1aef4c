//! Fields that no known word gives away: what record, type and the forms of their words leave open is asked.
//!
//! Asked last, when neither an act nor a thing was found: a wrong question costs an admin one word, an answer that was not asked for costs
//! the reps their pact.

use super::actors::{by_others, names_customer, names_us, says_customer, subject_first};
use super::doing::{Look, doings, past_tense, plural_verb};
use super::lexicon::{Lexicon, words};
use super::shape::ends_in_by;
use super::words::{Whose, is_mark, is_wanted, lasts, names_thing};
use crate::manifest::{Field, FieldOn, FieldType};

/// Whose act a field may record of which its words say nothing; `texts` are its label, help text and name.
pub(super) fn unsaid(lexicon: &Lexicon, field: &Field, texts: &[Vec<String>]) -> Whose {
    if moved_by_us(lexicon, field) {
        return Whose::Ours;
    }
    let label = if field.label.is_empty() { &field.name } else { &field.label };
    let asked = Asked { lexicon, field, label, text: words(label), texts };
    match field.on {
        FieldOn::Person => asked.of_person(),
        FieldOn::Plan => asked.of_plan(),
        FieldOn::Customer | FieldOn::Contact | FieldOn::Lead => asked.of_subject(),
    }
}

/// Whether `because` says that acts of ours move a number: "goes up with each call of the rep".
fn moved_by_us(lexicon: &Lexicon, field: &Field) -> bool {
    let text = words(field.because.as_deref().unwrap_or(""));
    is_figure(field)
        && field.on != FieldOn::Person
        && names_us(lexicon, &text)
        && lexicon.because.any(&text)
        && !says_customer(lexicon, &text)
}

fn is_figure(field: &Field) -> bool {
    matches!(field.ty, FieldType::Number | FieldType::Formula)
}

fn is_choice(field: &Field) -> bool {
    matches!(field.ty, FieldType::Choice | FieldType::ManyChoices)
}

struct Asked<'a> {
    lexicon: &'a Lexicon,
    field: &'a Field,
    label: &'a str,
    text: Vec<String>,
    texts: &'a [Vec<String>],
}

impl Asked<'_> {
    /// Whether it names something that acts may be about, and that has dates and states of its own.
    fn thing(&self) -> bool {
        names_thing(self.lexicon, &self.text) || self.lexicon.topic.any(&self.text)
    }

    fn says_customer(&self) -> bool {
        self.texts.iter().any(|text| says_customer(self.lexicon, text))
    }

    /// A box, a day or a number on a person says what they did, unless it names what belongs to a job.
    fn of_person(&self) -> Whose {
        let Self { lexicon, field, label, ref text, .. } = *self;
        let records = match field.ty {
            FieldType::YesNo => {
                let able = lexicon.able.at(text, 0).is_some();
                let did = doings(lexicon, label, Look::Closing).iter().any(|(at, _)| *at > 0 || !able);
                (did || past_tense(lexicon, label)) && lexicon.wish.at(text, 0).is_none()
            }
            FieldType::Day => !lexicon.tenure.any(text),
            FieldType::Number | FieldType::Formula => {
                let gained = |word: &String| lexicon.gained.any(std::slice::from_ref(word));
                doings(lexicon, label, Look::All).iter().any(|(_, word)| !gained(word))
            }
            FieldType::Choice | FieldType::ManyChoices => {
                let did = |option: &String| !doings(lexicon, option, Look::Closing).is_empty();
                !self.thing() && field.options.iter().any(did)
            }
            FieldType::Text | FieldType::LongText => lexicon.reported.any(text) && !self.thing(),
            FieldType::Money | FieldType::Link => false,
        };
        if records { Whose::Ours } else { Whose::Nobody }
    }

    /// What somebody writes about a plan afterwards is a report.
    fn of_plan(&self) -> Whose {
        let words_only = matches!(self.field.ty, FieldType::Text | FieldType::LongText);
        let intended = is_wanted(self.lexicon, &self.text) || says_customer(self.lexicon, &self.text);
        if words_only && self.lexicon.reported.any(&self.text) && !self.thing() && !intended {
            Whose::Ours
        } else {
            Whose::Nobody
        }
    }

    fn of_subject(&self) -> Whose {
        let Self { lexicon, field, ref text, .. } = *self;
        if subject_first(lexicon, text, field) {
            return Whose::Nobody;
        }
        if is_mark(field) && !self.thing() && plural_verb(lexicon, text) {
            return Whose::Ours;
        }
        if is_figure(field) && lexicon.our.any(text) && lasts(lexicon, text) && !mentions_customer(lexicon, text) {
            return Whose::Ours;
        }
        let did = self.did();
        let marked = matches!(field.ty, FieldType::YesNo | FieldType::Day);
        // "No contact for 30 days".
        if field.ty == FieldType::YesNo && lexicon.contact.any(text) && lasts(lexicon, text) && !self.says_customer() {
            return Whose::Unsaid;
        }
        let noun = field.ty == FieldType::Day && lexicon.counted.at(text, 0).is_some() && !self.thing();
        if marked && (did || noun) && !self.customer_acts() {
            return Whose::Unsaid;
        }
        if self.says_customer() {
            return Whose::Nobody;
        }
        // Who brought a lead is its source.
        let source = field.on == FieldOn::Lead && !lexicon.lately.any(text) && lexicon.referred.any(text);
        let by = matches!(field.ty, FieldType::Text | FieldType::Choice)
            && did
            && !source
            && text.len() > 1
            && ends_in_by(lexicon, text);
        let asks =
            by || is_figure(field) && !mentions_customer(lexicon, text) && self.figure(did) || is_choice(field) && self.choice();
        if asks { Whose::Unsaid } else { Whose::Nobody }
    }

    /// Whether somebody did something, and not to a thing that stands before: "Dach erneuert" is no act, "Notizen eingetragen" is.
    fn did(&self) -> bool {
        let Self { lexicon, field, label, ref text, .. } = *self;
        let look = if is_figure(field) { Look::Attributes } else { Look::Closing };
        let topics = if lexicon.outward.any(text) { Vec::new() } else { lexicon.topic.all(text) };
        let of_thing = |at: usize| topics.iter().any(|(topic, _)| *topic <= at);
        // "Price objection handled": what is talked through is talked through by somebody.
        lexicon.talked.any(text) || !lexicon.object.any(text) && doings(lexicon, label, look).iter().any(|(at, _)| !of_thing(*at))
    }

    /// Whether the customer acts, and is not only where it was: at a fair, in a showroom.
    fn customer_acts(&self) -> bool {
        let acts = |text: &Vec<String>| {
            let fairs = places(self.lexicon.fair.all(text));
            says_customer(self.lexicon, text) && self.lexicon.customer.all(text).iter().any(|(at, _)| !fairs.contains(at))
        };
        self.texts.iter().any(|text| acts(text) || by_others(self.lexicon, text))
    }

    /// Whether a number counts or marks what nobody says to be the customer's: "steps completed", "care score", "time invested".
    fn figure(&self, did: bool) -> bool {
        let Self { lexicon, field, ref text, .. } = *self;
        let per = |(at, length): (usize, usize)| lexicon.span.at(text, at + length).is_some();
        // What a customer bakes or ships a day is its trade.
        let trade = field.on == FieldOn::Customer && (lexicon.rate.any(text) || lexicon.per.all(text).into_iter().any(per));
        let intended = lexicon.intended.any(text) || lexicon.thing.any(text);
        let scored = (lexicon.score.any(text) || lexicon.points.any(text)) && lexicon.care.any(text);
        let marks = scored && !lexicon.fact.any(text) && !intended;
        let takes = lexicon.lasting.any(text) && !lexicon.term.any(text) && !intended;
        let contacts = lexicon.contact.any(text) && (lexicon.span.any(text) || lexicon.score.any(text));
        // "Letters", "Anzahl Briefe": what is counted may be written by either side.
        let head = lexicon.number.at(text, 0).unwrap_or(0);
        let counts = lexicon.counted.at(text, head).is_some();
        let serves = lexicon.people.any(text);
        // "Personal attention, in percent".
        let cares = lexicon.care.at(text, 0).or(lexicon.care.at(text, 1)).is_some() && lexicon.percent.any(text) && !intended;
        !self.thing() && (did && !trade && !serves || marks || cares || takes || counts) || contacts
    }

    /// Whether options are things done, or acts that are no channel that somebody prefers.
    fn choice(&self) -> bool {
        let Self { lexicon, field, ref text, .. } = *self;
        let options: Vec<Vec<String>> = field.options.iter().map(|option| words(option)).collect();
        let ends = |last: &String| last.len() > 3 && lexicon.irregular.is(last);
        let done = |option: &Vec<String>| lexicon.performed.any(option) || option.len() <= 3 && option.last().is_some_and(ends);
        let acts = options.iter().filter(|option| lexicon.act.any(option)).count();
        let steps = field.options.iter().filter(|option| !doings(lexicon, option, Look::Closing).is_empty()).count();
        !self.thing() && options.iter().any(done)
            || acts > 0 && lexicon.lately.any(text)
            || (acts > 1 || steps > 1 && !self.thing()) && !lexicon.way.any(text)
    }
}

/// Whether the customer is named at all, and not as the one to whom something is done.
pub(super) fn mentions_customer(lexicon: &Lexicon, text: &[String]) -> bool {
    let outward = places(lexicon.outward.all(text));
    text.iter().enumerate().any(|(at, word)| names_customer(word) && !outward.contains(&at))
}

fn places(phrases: Vec<(usize, usize)>) -> Vec<usize> {
    phrases.into_iter().flat_map(|(at, length)| at..at + length).collect()
}
