//! Participles by their form: how seven languages write that something was done, whatever the verb.
//!
//! No list of verbs is complete. The forms of participles are few, and so are the participles that tell how a thing *is* (certified,
//! insulated, signed); whoever did what any other participle says is worth the question "whose?".

use super::lexicon::{Lexicon, Token, tokens};

/// Separable beginnings of German and Dutch verbs: "**vorbei**gefahren".
const SEPARABLE: &[&str] = &[
    "achter", "teil", "statt", "fest", "an", "auf", "aus", "ab", "ein", "nach", "vor", "zu", "zuruck", "weiter", "hin", "her",
    "mit", "los", "durch", "um", "uber", "unter", "bei", "fort", "rum", "rein", "raus", "binnen", "langs", "op", "in", "uit",
    "na", "terug", "door", "mee", "over", "toe", "voor", "rond", "heen", "aan", "af", "bij", "vorbei", "kennen", "dar", "da",
    "weg", "wieder", "thuis", "heim", "hinaus", "hinein", "herum", "zusammen", "samen", "neer", "entgegen", "tegemoet",
];

/// Beginnings of verbs that take no "ge".
const INSEPARABLE: &[&str] = &["ver", "be", "er", "ent", "zer", "her", "ont", "uber", "unter", "wider", "hinter", "durch", "um"];

/// Strong stems behind these: "besprochen", "begriffen".
const STRONG: &[&str] =
    &["sproch", "schrieb", "griff", "gang", "trag", "nomm", "trieb", "word", "handel", "kek", "lauf", "schritt", "broch"];

/// Ends of German and Dutch nouns that would pass for participles: "Angebotsfrist".
const NOUN_ENDS: &[&str] = &[
    "frist", "heit", "keit", "schaft", "gebiet", "gewicht", "gerat", "geschaft", "gesetz", "recht", "dienst", "amt", "zeit",
    "fahrt", "welt", "stadt", "pflicht", "kraft", "saft", "geld", "gend", "ungen", "ingen", "bedarf", "gart",
];

/// The accent of "é" and "ó".
const ACUTE: char = '\u{301}';

/// What is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Participles that close what is said.
    Closing,
    /// Those before a noun too, as numbers have them: "completed steps", "erledigte Schritte".
    Attributes,
    /// Both, and also participles of states.
    All,
}

/// The participles of a text that do not tell how a thing is, each with its place.
pub(super) fn doings(lexicon: &Lexicon, text: &str, look: Look) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let plain: Vec<String> = tokens.iter().map(|token| token.word.clone()).collect();
    let is_state =
        |at: usize| look != Look::All && (lexicon.state.at(&plain, at).is_some() || lexicon.state.within(&plain[at], 7));
    let done = |at: &usize| {
        let word = plain[*at].as_str();
        let irregular = is_irregular(lexicon, word);
        (word.len() > 2 || irregular)
            && !lexicon.noun.is(word)
            && !word.ends_with("ment")
            && !is_state(*at)
            && is_doing(lexicon, &tokens, *at, irregular, look)
    };
    (0..plain.len()).filter(done).map(|at| (at, plain[at].clone())).collect()
}

fn is_doing(lexicon: &Lexicon, tokens: &[Token], at: usize, irregular: bool, look: Look) -> bool {
    let (token, next) = (&tokens[at], tokens.get(at + 1).map(|token| token.word.as_str()));
    let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(|token| token.word.as_str());
    let begins = at == 0;
    let closes = next.is_none_or(|next| {
        let infinitive = acute(token) && ["re", "er", "ir"].iter().any(|end| next.ends_with(end));
        lexicon.behind.is(next)
            || is_adverb(next)
            || next.chars().all(|c| c.is_ascii_digit())
            || begins && (lexicon.article.is(next) || infinitive)
    });
    let free = before.is_none_or(|before| !lexicon.behind.is(before) || lexicon.auxiliary.is(before) || at == 1 && before == "a");
    let attribute = look != Look::Closing && !closes;
    closes && free && (irregular || romance(token, before))
        || (closes || attribute) && english(&token.word)
        || germanic(lexicon, token, Place { begins, next, attribute, closes, alone: tokens.len() == 1 })
}

/// Whether a word ends in "é", "ée", "és" or "ées".
fn acute(token: &Token) -> bool {
    token.acute.is_some_and(|long| matches!(&token.word[long.min(token.word.len())..], "" | "e" | "s" | "es"))
}

/// Whether a word is one of the participles that no ending tells, in any gender and number: "preso", "prese", "offerte".
fn is_irregular(lexicon: &Lexicon, word: &str) -> bool {
    let forms =
        ["a", "i", "e", "os", "as", "s", "es"].iter().filter_map(|end| word.strip_suffix(end)).filter(|stem| stem.len() > 3);
    let any = |stem: &str| lexicon.irregular.is(stem) || lexicon.irregular.is(&format!("{stem}o"));
    lexicon.irregular.is(word) || forms.into_iter().any(any)
}

/// "Escalated **internally** on", "revisado **personalmente**".
fn is_adverb(word: &str) -> bool {
    word.len() > 5 && ["ly", "mente", "ement", "iquement"].iter().any(|end| word.ends_with(end))
}

fn english(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed")
}

fn romance(token: &Token, before: Option<&str>) -> bool {
    let word = token.word.as_str();
    if acute(token) && word.len() > 3 {
        // "Société", "quantité" are nouns; "visité" is none.
        let stem = word.trim_end_matches('s');
        let verb = ["visite", "invite", "sollicite", "agite"].iter().any(|verb| stem.ends_with(verb));
        return !stem.ends_with("ite") || verb;
    }
    // "Probabilità" is a noun.
    if token.last_accent.is_some() {
        return false;
    }
    let stem = word.strip_suffix('s').unwrap_or(word);
    let ends = |ends: &[&str]| ends.iter().any(|end| stem.ends_with(end));
    if word.len() > 4 && ends(&["ado", "ada", "ido", "ida"]) {
        return true;
    }
    let italian = |last: char| {
        let stem = word.strip_suffix(last).unwrap_or("");
        word.len() > 5 && ["at", "it", "ut"].iter().any(|end| stem.ends_with(end))
    };
    // In "-ate" and "-ite" end many words of other languages: the noun before has to agree.
    ['o', 'a', 'i'].into_iter().any(italian) || italian('e') && before.is_some_and(|before| before.ends_with('e'))
}

/// Where a word stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    begins: bool,
    next: Option<&'a str>,
    attribute: bool,
    closes: bool,
    alone: bool,
}

fn germanic(lexicon: &Lexicon, token: &Token, place: Place<'_>) -> bool {
    let word = token.word.as_str();
    let nouns = token.capital && !place.begins || NOUN_ENDS.iter().any(|end| word.ends_with(end));
    let follows = place.next.is_none_or(|next| lexicon.led.is(next));
    if nouns || !(place.closes || place.attribute) || token.capital && !place.attribute && !follows {
        return false;
    }
    let verb_like = !token.capital || place.attribute || place.begins && place.next.is_some_and(|next| lexicon.led.is(next));
    let is_participle = |stem: &str| {
        let t = |stem: &str| stem.ends_with('t') || stem.ends_with('d');
        let rests = SEPARABLE.iter().filter_map(|prefix| stem.strip_prefix(prefix)).chain([stem]);
        let ge = rests
            .filter_map(|rest| rest.strip_prefix("ge"))
            .any(|rest| rest.len() > 2 && t(rest) || rest.len() > 4 && rest.ends_with("en") && verb_like);
        let inseparable = INSEPARABLE.iter().filter_map(|prefix| stem.strip_prefix(prefix)).any(|rest| {
            rest.len() > 3 && t(rest) && (verb_like || place.alone)
                || !token.capital && rest.strip_suffix("en").is_some_and(|rest| STRONG.contains(&rest))
        });
        ge || inseparable || stem.len() > 6 && stem.ends_with("iert")
    };
    let inflected = || {
        let stems = ["e", "er", "es", "en", "em"].iter().filter_map(|end| word.strip_suffix(end));
        stems.filter(|stem| stem.ends_with('t') || stem.ends_with('d') || stem.ends_with("en")).any(is_participle)
    };
    is_participle(word) || place.attribute && inflected()
}

/// Whether somebody of us says "we": "Batemos à porta", "Le invitamos", "Convidámo-lo".
pub(super) fn plural_verb(lexicon: &Lexicon, text: &[String]) -> bool {
    let ends = |word: &str, ends: &[&str]| word.len() > 4 && ends.iter().any(|end| word.ends_with(end));
    let verb = |word: &String| ends(word, &["amos", "emos", "imos", "iamo"]) && !lexicon.no_plural.is(word);
    let clitic = |pair: &[String]| {
        ends(&pair[0], &["amo", "emo", "imo"]) && matches!(pair[1].as_str(), "lo" | "la" | "los" | "las" | "lhe" | "lhes")
    };
    let acts = |(at, word): (usize, &String)| verb(word) && lexicon.offering.at(text, at).is_none();
    text.iter().enumerate().any(acts) || text.windows(2).any(clitic)
}

/// Whether it begins with a past tense, as Spanish and Portuguese form it: "Asistió", "Compareceu", "Vio los vídeos".
///
/// Of a person or a plan it tells what somebody did; a customer's past is the customer's.
pub(super) fn past_tense(lexicon: &Lexicon, text: &str) -> bool {
    let tokens = tokens(text);
    let ends = |word: &str| ["iu", "ou", "eu"].iter().any(|end| word.ends_with(end));
    // "Não compareceu", "se presentó".
    let begins = tokens.iter().position(|token| !matches!(token.word.as_str(), "nao" | "no" | "se"));
    begins.and_then(|at| tokens.get(at)).is_some_and(|token| {
        let word = token.word.as_str();
        token.last_accent == Some(ACUTE) && word.ends_with('o')
            || lexicon.past.is(word)
            || word.len() > 4 && ends(word) && !lexicon.no_past.is(word)
    })
}
