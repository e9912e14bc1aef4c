//! The words by which a field says whose act it records, in the languages that our users write.
//!
//! Names alone catch a third of what they should, so words only raise the question "whose?"; record, type, formula and `about` decide.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

#[derive(Deserialize)]
struct Written {
    act: HashMap<String, Vec<String>>,
    did: HashMap<String, Vec<String>>,
    done: Vec<String>,
    strong: Vec<String>,
    actor: Vec<String>,
    our: Vec<String>,
    outward: Vec<String>,
    customer: Vec<String>,
    passive: Vec<String>,
    object: Vec<String>,
    report: Vec<String>,
    performed: Vec<String>,
    thing: Vec<String>,
    lately: Vec<String>,
    contact: Vec<String>,
    conduct: Vec<String>,
    event: Vec<String>,
    reported: Vec<String>,
    intended: Vec<String>,
    rate: Vec<String>,
    unit: Vec<String>,
    per: Vec<String>,
    need: Vec<String>,
    verdict: Vec<String>,
    outcome: Vec<String>,
    often: Vec<String>,
    period: Vec<String>,
    rating: Vec<String>,
    employed: Vec<String>,
    ordinal: Vec<String>,
    r#box: Vec<String>,
}

/// A list of phrases: whole words, beginnings of words written with `*` behind, or ends of longer words with `*` before.
pub(super) struct Phrases {
    /// By first word.
    whole: HashMap<String, Vec<Vec<String>>>,
    /// Phrases whose first word is a beginning.
    begins: Vec<(String, Vec<String>)>,
    /// Ends of compounds, as German and Dutch make them.
    ends: Vec<String>,
}

/// All lists.
pub(super) struct Lexicon {
    pub(super) act: Phrases,
    pub(super) did: Phrases,
    pub(super) done: Phrases,
    pub(super) strong: Phrases,
    pub(super) actor: Phrases,
    pub(super) our: Phrases,
    pub(super) outward: Phrases,
    pub(super) customer: Phrases,
    pub(super) passive: Phrases,
    pub(super) object: Phrases,
    pub(super) report: Phrases,
    /// Participles that say that somebody carried something out.
    pub(super) performed: Phrases,
    /// Machines and contracts: their times are nobody's.
    pub(super) thing: Phrases,
    /// The first or last of something.
    pub(super) lately: Phrases,
    /// Being in contact.
    pub(super) contact: Phrases,
    /// How a person behaves at work: attendance, sign-ins, marks for it. Said of a person's record.
    pub(super) conduct: Phrases,
    /// That something planned took place, or when somebody was there. Said of a plan.
    pub(super) event: Phrases,
    /// What is handed in afterwards, or measured on the way. Said of a plan.
    pub(super) reported: Phrases,
    /// What is still to come.
    pub(super) intended: Phrases,
    /// So many a month.
    pub(super) rate: Phrases,
    /// Hours, days, and words for how long.
    pub(super) unit: Phrases,
    /// What stands before a unit that only says how often: "guests a day".
    pub(super) per: Phrases,
    /// What a plan needs.
    pub(super) need: Phrases,
    /// Marks: good, poor, late.
    pub(super) verdict: Phrases,
    /// What a person is accountable for: value, leads, contracts.
    pub(super) outcome: Phrases,
    /// How often something was.
    pub(super) often: Phrases,
    /// A period that ends with today: a box about it has to be ticked again.
    pub(super) period: Phrases,
    /// Rates and scores: a person's job has none.
    pub(super) rating: Phrases,
    /// What belongs to an employment: its share of a full week, pay, cars.
    pub(super) employed: Phrases,
    /// First, second, third.
    pub(super) ordinal: Phrases,
    /// Options that make a box of a choice: yes, no, partly.
    pub(super) r#box: Phrases,
}

/// The lexicon; the file is part of the program, so that it reads is a matter of the tests.
pub(super) static LEXICON: LazyLock<Option<Lexicon>> = LazyLock::new(|| {
    let written: Written = serde_json::from_str(include_str!("lexicon.json")).ok()?;
    let all = |lists: HashMap<String, Vec<String>>| Phrases::new(lists.into_values().flatten().collect());
    Some(Lexicon {
        act: all(written.act),
        did: all(written.did),
        done: Phrases::new(written.done),
        strong: Phrases::new(written.strong),
        actor: Phrases::new(written.actor),
        our: Phrases::new(written.our),
        outward: Phrases::new(written.outward),
        customer: Phrases::new(written.customer),
        passive: Phrases::new(written.passive),
        object: Phrases::new(written.object),
        report: Phrases::new(written.report),
        performed: Phrases::new(written.performed),
        thing: Phrases::new(written.thing),
        lately: Phrases::new(written.lately),
        contact: Phrases::new(written.contact),
        conduct: Phrases::new(written.conduct),
        event: Phrases::new(written.event),
        reported: Phrases::new(written.reported),
        intended: Phrases::new(written.intended),
        rate: Phrases::new(written.rate),
        unit: Phrases::new(written.unit),
        per: Phrases::new(written.per),
        need: Phrases::new(written.need),
        verdict: Phrases::new(written.verdict),
        outcome: Phrases::new(written.outcome),
        often: Phrases::new(written.often),
        period: Phrases::new(written.period),
        rating: Phrases::new(written.rating),
        employed: Phrases::new(written.employed),
        ordinal: Phrases::new(written.ordinal),
        r#box: Phrases::new(written.r#box),
    })
});

impl Phrases {
    fn new(phrases: Vec<String>) -> Self {
        let mut made = Self { whole: HashMap::new(), begins: Vec::new(), ends: Vec::new() };
        for phrase in phrases {
            let words: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
            let Some((first, rest)) = words.split_first() else { continue };
            if let Some(end) = first.strip_prefix('*') {
                made.ends.push(end.to_owned());
                continue;
            }
            match first.strip_suffix('*') {
                Some(begin) => made.begins.push((begin.to_owned(), rest.to_vec())),
                None => made.whole.entry(first.clone()).or_default().push(rest.to_vec()),
            }
        }
        made
    }

    /// How many words of a phrase stand at this word, the longest that fits.
    pub(super) fn at(&self, words: &[String], at: usize) -> Option<usize> {
        let word = words.get(at)?;
        let whole = self.whole.get(word).into_iter().flatten();
        let begins = self.begins.iter().filter(|(begin, _)| word.starts_with(begin.as_str())).map(|(_, rest)| rest);
        let phrase = whole.chain(begins).filter(|rest| follows(words, at + 1, rest)).map(|rest| rest.len() + 1).max();
        let compound = |end: &String| word.len() > end.len() + 2 && word.ends_with(end.as_str());
        phrase.or_else(|| self.ends.iter().any(compound).then_some(1))
    }

    /// Whether a phrase stands anywhere.
    pub(super) fn any(&self, words: &[String]) -> bool {
        (0..words.len()).any(|at| self.at(words, at).is_some())
    }

    /// The places of phrases, each with its length.
    pub(super) fn all(&self, words: &[String]) -> Vec<(usize, usize)> {
        (0..words.len()).filter_map(|at| Some((at, self.at(words, at)?))).collect()
    }
}

fn follows(words: &[String], at: usize, rest: &[String]) -> bool {
    rest.iter().enumerate().all(|(n, want)| {
        words.get(at + n).is_some_and(|word| match want.strip_suffix('*') {
            Some(begin) => word.starts_with(begin),
            None => word == want,
        })
    })
}

/// Shortened words as people write them in labels, and what they stand for.
const SHORTENED: [(&str, &str); 46] = [
    ("mtg", "meeting"),
    ("mtgs", "meetings"),
    ("qbr", "meeting"),
    ("appt", "appointment"),
    ("appts", "appointments"),
    ("fup", "followup"),
    ("msg", "message"),
    ("msgs", "messages"),
    ("hrs", "hours"),
    ("mins", "minutes"),
    ("ltzt", "letzter"),
    ("ltz", "letzter"),
    ("gespr", "gesprach"),
    ("kont", "kontakt"),
    ("ltst", "laatste"),
    ("ult", "ultimo"),
    ("dern", "dernier"),
    ("nb", "nombre"),
    ("nbre", "nombre"),
    ("qtd", "quantidade"),
    ("qtde", "quantidade"),
    ("num", "numero"),
    ("reun", "reunion"),
    ("vis", "visitas"),
    ("anz", "anzahl"),
    ("anzhl", "anzahl"),
    ("bez", "bezoeken"),
    ("bzk", "bezoek"),
    ("bes", "besuche"),
    ("telef", "telefonate"),
    ("telefon", "telefonat"),
    ("lig", "ligacao"),
    ("ligs", "ligacoes"),
    ("llam", "llamadas"),
    ("chiam", "chiamate"),
    ("appunt", "appuntamento"),
    ("afspr", "afspraak"),
    ("wv", "wiedervorlage"),
    ("tb", "tagesbericht"),
    ("rel", "relance"),
    ("sem", "semana"),
    ("trim", "trimestre"),
    ("vert", "vertreter"),
    ("vend", "vendedor"),
    ("repr", "representante"),
    ("attn", "attention"),
];

fn written_out(word: &str) -> &str {
    SHORTENED.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long)
}

/// The words of a text: without accents and case, camelCase and snake_case taken apart, `#`, `%` and shortened words written out.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut lower_before = false;
    let mut flush = |word: &mut String| {
        if !word.is_empty() {
            words.push(written_out(&std::mem::take(word)).to_owned());
        }
    };
    for c in text.nfkd() {
        if unicode_normalization::char::is_combining_mark(c) {
            continue;
        }
        if !c.is_alphanumeric() {
            flush(&mut word);
            match c {
                '#' => word.push_str("number"),
                '%' => word.push_str("percent"),
                _ => {}
            }
            if !word.is_empty() {
                flush(&mut word);
            }
            lower_before = false;
            continue;
        }
        if c.is_uppercase() && lower_before {
            flush(&mut word);
        }
        lower_before = c.is_lowercase() || c.is_numeric();
        match c {
            'ß' => word.push_str("ss"),
            'ø' | 'Ø' => word.push('o'),
            'ł' | 'Ł' => word.push('l'),
            'æ' | 'Æ' => word.push_str("ae"),
            'œ' | 'Œ' => word.push_str("oe"),
            c => word.extend(c.to_lowercase()),
        }
    }
    flush(&mut word);
    words
}
