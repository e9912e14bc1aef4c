//! The shape of a field's words: how languages write that something was done, on which day and by whom.

use super::lexicon::{Lexicon, Phrases};
use crate::manifest::FieldType;

/// Whether a day is that on which something was done, and nothing says what was: "Geschickt am", "Mandado el".
pub(super) fn day_of_doing(lexicon: &Lexicon, text: &[String]) -> bool {
    let [.., done, on] = text else { return false };
    let of_things = lexicon.of_things.any(text) || lexicon.state.at(text, text.len() - 2).is_some();
    lexicon.leads_day.is(on) && is_participle(done) && !of_things
}

/// Whether a text field holds who did something: "Zuletzt betreut von", "Visited by".
pub(super) fn done_by(lexicon: &Lexicon, text: &[String], ty: FieldType) -> bool {
    let ends = ends_in_by(lexicon, text);
    let begins =
        text.first().is_some_and(|first| matches!(first.as_str(), "who" | "wer" | "qui" | "quien" | "quem" | "wie" | "chi"));
    let last = begins && lexicon.lately.any(text);
    let words = matches!(ty, FieldType::Text | FieldType::LongText | FieldType::Choice | FieldType::Link);
    let did = [&lexicon.did, &lexicon.performed, &lexicon.act].into_iter().any(|list: &Phrases| list.any(text));
    words && text.len() > 1 && (did && ends || last)
}

/// Whether it ends with a word that leads up to who did it: "Ficha alterada por".
pub(super) fn ends_in_by(lexicon: &Lexicon, text: &[String]) -> bool {
    text.last().is_some_and(|last| lexicon.leads_who.is(last))
}

/// Whether it says that a present or a sample was given: "Omaggio consegnato".
pub(super) fn hands_over(lexicon: &Lexicon, text: &[String]) -> bool {
    lexicon.present.any(text) && lexicon.given.any(text)
}

/// Whether it leads up to something: "contacts until won".
pub(super) fn leads_up(lexicon: &Lexicon, text: &[String]) -> bool {
    text.iter().skip(1).any(|word| lexicon.until.is(word))
}

/// Whether every act that is named is one that has an address: "mentor's mail".
pub(super) fn only_addresses(lexicon: &Lexicon, text: &[String], acts: &[(usize, usize)]) -> bool {
    !acts.is_empty() && acts.iter().all(|(at, _)| text.get(*at).is_some_and(|word| lexicon.addressed.is(word)))
}

/// Whether it tells somebody to tick something: "the rep ticks this when …".
pub(super) fn ticks(lexicon: &Lexicon, text: &[String]) -> bool {
    text.iter().any(|word| lexicon.tick.is(word))
}

/// Whether a word is a past participle by its form, without accents.
pub(super) fn is_participle(word: &str) -> bool {
    const ENDS: &[&str] = &[
        "ado", "ada", "ados", "adas", "ido", "ida", "idos", "idas", "ato", "ata", "ati", "ate", "uto", "uta", "ito", "ita", "ed",
        "iert", "oye", "aye", "ise",
    ];
    let ge =
        (word.starts_with("ge") || word.contains("ge")) && (word.ends_with('t') || word.ends_with("en") || word.ends_with('d'));
    let ver = word.starts_with("ver") && (word.ends_with('t') || word.ends_with("en") || word.ends_with('d'));
    word.len() > 4 && (ge || ver || ENDS.iter().any(|end| word.ends_with(end)))
}
