//! Who is named as the one who acts: members of staff, or the customer.

use super::doing::{Look, doings};
use super::lexicon::Lexicon;
use super::shape::is_participle;
use crate::manifest::{Field, FieldOn, FieldType};

/// Whether a text names a member of staff, or us, as the one who acts.
pub(super) fn names_us(lexicon: &Lexicon, text: &[String]) -> bool {
    const ARE: &[&str] = &["are", "were", "sind", "sommes", "estamos", "somos", "staan", "zijn", "siamo"];
    const WE: &[&str] = &["we", "wir", "nous", "nosotros", "nos", "wij", "noi"];
    // "We are among the last three" is how things stand.
    let stands = |at: usize, length: usize| {
        WE.contains(&text[at].as_str()) && text.get(at + length).is_some_and(|next| ARE.contains(&next.as_str()))
    };
    lexicon
        .actor
        .all(text)
        .into_iter()
        .any(|(at, length)| !is_goal(text, at) && !stands(at, length) && lexicon.offering.at(text, at).is_none())
}

/// Whether what stands at a word is whom something goes to, and not who does it.
pub(super) fn is_goal(text: &[String], at: usize) -> bool {
    const TO: [&str; 15] = ["to", "at", "for", "an", "bei", "beim", "zum", "a", "au", "aux", "chez", "al", "ao", "aan", "bij"];
    const ARTICLES: [&str; 26] = [
        "the", "our", "a", "den", "dem", "die", "der", "unseren", "unserem", "unsere", "le", "la", "les", "nos", "notre", "el",
        "los", "nuestro", "o", "os", "de", "het", "onze", "il", "lo", "i",
    ];
    let is = |list: &[&str], n: usize| list.contains(&before(text, at, n));
    is(&TO, 1) || (is(&ARTICLES, 1) && is(&TO, 2))
}

/// The word so many places before one; empty where there is none.
fn before(text: &[String], at: usize, n: usize) -> &str {
    at.checked_sub(n).and_then(|at| text.get(at)).map_or("", String::as_str)
}

/// Whether staff are named before the customer: they do what is said, and the customer is whom they do it to.
pub(super) fn us_first(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY_THEM: [&str; 8] = ["by", "durch", "par", "por", "pelo", "pelos", "door", "from"];
    const THEIRS: [&str; 10] = ["of", "des", "der", "du", "del", "do", "van", "dei", "von", "s"];
    let us = lexicon.actor.all(text).into_iter().find(|(at, _)| !is_goal(text, *at));
    let customer = lexicon.customer.all(text).into_iter().map(|(at, _)| at).next();
    let (Some((us, length)), Some(customer)) = (us, customer) else { return false };
    // "Field staff of the customer" are the customer's, and so are "agents employed by the customer".
    let acts = lexicon.act.any(text) || lexicon.did.any(text) || lexicon.often.any(text) || lexicon.unit.any(text);
    let genitive = THEIRS.contains(&text[customer].as_str()) && (us + length == customer || !acts);
    let theirs = genitive || BY_THEM.contains(&text[customer].as_str());
    us < customer && !theirs
}

/// Whether the customer is the one who acts, and not the one with whom something was done.
pub(super) fn says_customer(lexicon: &Lexicon, text: &[String]) -> bool {
    // Where something was done is not who did it: "mit dem Kunden", "invited to the fair".
    let fairs = if lexicon.invited.any(text) { lexicon.fair.all(text) } else { when(lexicon, text) };
    let whither: Vec<_> = lexicon.outward.all(text).into_iter().chain(fairs).collect();
    let acts = |(at, _): (usize, usize)| !whither.iter().any(|(from, length)| (*from..from + length).contains(&at));
    if by_others(lexicon, text) || customer_wishes(lexicon, text) {
        return true;
    }
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

/// "Le client demande à être rappelé": the customer wishes, whatever is to be done.
fn customer_wishes(lexicon: &Lexicon, text: &[String]) -> bool {
    let wishes = |at: usize| names_customer(&text[at]) && lexicon.wish.at(text, at + 1).is_some();
    (0..text.len()).any(wishes)
}

/// Whether a word is the customer, in all languages.
pub(super) fn names_customer(word: &str) -> bool {
    const NAMES: &[&str] = &["customer", "client", "kunde", "klant", "acheteur", "buyer"];
    NAMES.iter().any(|name| word.starts_with(name))
}

/// "Visited by school classes", "durch die Behörde": a third party acts, and none of us.
pub(super) fn by_others(lexicon: &Lexicon, text: &[String]) -> bool {
    let by = |at: usize| (1..=3).any(|n| lexicon.leads_who.is(before(text, at, n)));
    let acts = |at: usize| by(at) || before(text, at, 1).starts_with("dell") || before(text, at, 1) == "des";
    lexicon.others.all(text).into_iter().any(|(at, _)| acts(at)) && !names_us(lexicon, text)
}

/// Fairs that only say when or where it was: "thanked after the fair", "saludado en la feria".
fn when(lexicon: &Lexicon, text: &[String]) -> Vec<(usize, usize)> {
    const WHEN: [&str; 16] = [
        "after", "before", "since", "nach", "vor", "seit", "apres", "avant", "depuis", "despues", "antes", "depois", "na",
        "voor", "dopo", "prima",
    ];
    const WHERE: [&str; 14] = ["at", "on", "en", "em", "na", "no", "auf", "sur", "au", "op", "alla", "bei", "in", "am"];
    let done = text.first().is_some_and(|first| lexicon.did.at(text, 0).is_some() || is_participle(first));
    let led = |at: usize| {
        let near = |list: &[&str], most: usize| (1..=most).any(|n| list.contains(&before(text, at, n)));
        near(&WHEN, 3) || done && near(&WHERE, 2)
    };
    lexicon.fair.all(text).into_iter().filter(|(at, _)| led(*at)).collect()
}

/// "Client revu depuis janvier", "Klant bezocht": a participle right behind the customer, and nothing that the customer did it to.
pub(super) fn done_to_customer(lexicon: &Lexicon, text: &[String]) -> bool {
    const SINCE: [&str; 8] = ["since", "seit", "depuis", "desde", "sinds", "dal", "dalla", "da"];
    lexicon.customer.all(text).into_iter().any(|(at, length)| {
        let Some(did) = lexicon.did.at(text, at + length) else { return false };
        let rest = &text[(at + length + did).min(text.len())..];
        rest.first().is_none_or(|word| SINCE.contains(&word.as_str())) || lexicon.period.at(rest, 0).is_some()
    })
}

/// Whether "by us", "by the rep" and the like say who acts, whatever else is said.
pub(super) fn by_us(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY: [&str; 27] = [
        "by", "durch", "von", "vom", "par", "por", "pelo", "pela", "door", "dal", "dai", "dalla", "da", "des", "du", "del",
        "dell", "della", "dall", "do", "van", "of", "we", "wir", "nous", "wij", "noi",
    ];
    lexicon.actor.all(text).into_iter().any(|(at, _)| {
        let here = text[at].as_str();
        !is_goal(text, at) && (BY.contains(&here) || BY.contains(&before(text, at, 1)) || BY.contains(&before(text, at, 2)))
    })
}

/// Whether "by the salesperson" and the like say who did what is marked, whatever it was.
pub(super) fn by_rep(lexicon: &Lexicon, text: &[String]) -> bool {
    const BY: [&str; 10] = ["by", "durch", "von", "vom", "par", "por", "pelo", "pela", "door", "dal"];
    const US: [&str; 8] = ["us", "uns", "nous", "nosotros", "nos", "ons", "noi", "me"];
    const ARTICLES: [&str; 22] = [
        "the", "a", "our", "den", "dem", "die", "unseren", "unserem", "le", "la", "un", "une", "notre", "el", "nuestro", "o",
        "nosso", "de", "een", "onze", "il", "nostro",
    ];
    lexicon.actor.all(text).into_iter().any(|(at, length)| {
        let words = &text[at..at + length];
        let is = |list: &[&str], n: usize| list.contains(&before(text, at, n));
        let by = BY.contains(&words[0].as_str()) || is(&BY, 1) || (is(&ARTICLES, 1) && is(&BY, 2));
        by && !words.iter().any(|word| US.contains(&word.as_str()))
    })
}

/// Whether "our", "unsere" and the like stand before an act: "our calls", "unser letzter Besuch".
pub(super) fn our_act(lexicon: &Lexicon, text: &[String], acts: &[(usize, usize)], did: &[(usize, usize)]) -> bool {
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

/// "The customer has visited our plant": the customer is named first, and acts on what is ours.
pub(super) fn customer_first(lexicon: &Lexicon, text: &[String]) -> bool {
    let customer = lexicon.customer.all(text).into_iter().next();
    let our = lexicon.our.all(text).into_iter().next();
    let before = customer.zip(our).is_some_and(|((at, length), (our, _))| at + length <= our);
    before && says_customer(lexicon, text) && !by_us(lexicon, text)
}

/// "Offers guided tours", "Hat unseren Stand besucht": what begins with a verb says it of the record, unless it was done to it.
pub(super) fn subject_first(lexicon: &Lexicon, text: &[String], field: &Field) -> bool {
    let subject = matches!(field.on, FieldOn::Customer | FieldOn::Contact | FieldOn::Lead);
    let says = matches!(field.ty, FieldType::YesNo | FieldType::Choice | FieldType::ManyChoices | FieldType::Text);
    if !subject || !says || text.is_empty() || lexicon.received.any(text) || by_us(lexicon, text) || names_us(lexicon, text) {
        return false;
    }
    // "A" is an article in English: in French a participle follows.
    let french =
        || text[0] != "a" || !doings(lexicon, &field.label, Look::Closing).is_empty() || lexicon.did.at(text, 1).is_some();
    lexicon.finite.at(text, 0).is_some() || lexicon.have.at(text, 0).is_some() && lexicon.did.any(text) && french()
}
