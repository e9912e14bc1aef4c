//! The words by which a field says whose act it records, in the languages that our users write.
//!
//! Names alone catch a third of what they should, so words only raise the question "whose?"; record, type, formula and `about` decide.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

/// A list of phrases: whole words, beginnings of words written with `*` behind, or ends of longer words with `*` before.
pub(super) struct Phrases {
    /// By first word.
    whole: HashMap<String, Vec<Vec<String>>>,
    /// Phrases whose first word is a beginning, by its first letter.
    begins: HashMap<char, Vec<(String, Vec<String>)>>,
    /// Ends of compounds, as German and Dutch make them.
    ends: Vec<String>,
}

/// A list, as the file has it: of all languages, or by language.
#[derive(Deserialize)]
#[serde(untagged)]
enum Listed {
    Flat(Vec<String>),
    ByLanguage(HashMap<String, Vec<String>>),
}

impl From<Listed> for Phrases {
    fn from(listed: Listed) -> Self {
        match listed {
            Listed::Flat(phrases) => Self::new(phrases),
            Listed::ByLanguage(lists) => Self::new(lists.into_values().flatten().collect()),
        }
    }
}

/// The lists by name, each with what stands in it.
macro_rules! lexicon {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        #[derive(Deserialize)]
        struct Written {
            $($name: Listed,)*
        }

        /// All lists.
        pub(super) struct Lexicon {
            $($(#[$doc])* pub(super) $name: Phrases,)*
        }

        impl From<Written> for Lexicon {
            fn from(written: Written) -> Self {
                Self { $($name: written.$name.into(),)* }
            }
        }
    };
}

lexicon! {
    /// Acts, ours or the customer's: visits, calls, mails.
    act,
    /// That somebody did them: visited, called.
    did,
    /// That something is done.
    done,
    /// What only staff do: effort, activity reports.
    strong,
    /// Who acts for us: reps, account managers, "by us".
    actor,
    /// "Our" in all languages.
    our,
    /// Towards the customer: "beim Kunden", "chez le client".
    outward,
    /// The customer as the one who acts or owns.
    customer,
    /// Passives: "was visited".
    passive,
    /// What makes a thing of a word of an act, or a wish: rooms, addresses, "prefers".
    object,
    /// Of what acts may be about, and what has dates and states of its own: contracts, deliveries, machines.
    topic,
    /// Reports of what somebody did.
    report,
    /// Participles that say that somebody carried something out.
    performed,
    /// Machines and contracts: their times are nobody's.
    thing,
    /// The first or last of something.
    lately,
    /// Being in contact.
    contact,
    /// How a person behaves at work: attendance, sign-ins, marks for it. Said of a person's record.
    conduct,
    /// That something planned took place, or when somebody was there. Said of a plan.
    event,
    /// What is handed in afterwards, or measured on the way. Said of a plan.
    reported,
    /// What is still to come.
    intended,
    /// So many a month.
    rate,
    /// Hours, days, and words for how long.
    unit,
    /// What stands before a unit that only says how often: "guests a day".
    per,
    /// What a plan needs.
    need,
    /// Marks: good, poor, late.
    verdict,
    /// What a person is accountable for: value, leads, contracts.
    outcome,
    /// Customers and leads: outcomes where it is said what became of them.
    subject,
    /// How often something was.
    often,
    /// A period that ends with today: a box about it has to be ticked again.
    period,
    /// What belongs to an employment: its share of a full week, pay, cars.
    employed,
    /// First, second, third.
    ordinal,
    /// Options that make a box of a choice: yes, no, partly.
    r#box,
    /// Beginnings that say what the customer wishes or may: "wants", "asked not to".
    wish,
    /// Marks and scores.
    score,
    /// What marks of the customer and the market are about: credit, risk, energy.
    fact,
    /// What has a duration without anybody's doing: leases, deliveries, opening hours.
    term,
    /// Words for how long.
    lasting,
    /// Labels of a choice of channels: preferred, by which way, source.
    way,
    /// Channels: phone, mail, letter.
    channel,
    /// What a day on a person is about: joined, birthday, licence valid until.
    tenure,
    /// Attributes of a job: numbers of things, sizes, years, limits.
    job,
    /// What becomes of leads and contracts: won, lost, signed. A number on a person may say it.
    gained,
    /// Participles that say how things are: certified, installed, insulated.
    state,
    /// Nouns that look like participles.
    noun,
    /// Participles that no ending tells.
    irregular,
    /// What a reason says of a number that acts move: "goes up with each".
    because,
    /// Fairs and showrooms.
    fair,
    /// Inviting somebody.
    invited,
    /// Days, weeks, months.
    span,
    /// Points: of care and attention, or of sale.
    points,
    /// Care and attention: a mark for it is one for somebody. Leads have scores of their own.
    care,
    /// Verbs of which the record is the subject, where they begin: "uses", "recibe".
    finite,
    /// "Has", in all languages.
    have,
    /// Being called or visited oneself: "received", "bekommen".
    received,
    /// Nouns that mean acts where they are what a number counts: letters, trips, lunches.
    counted,
    /// What stands before what is counted: "number of".
    number,
    /// Words that ask: "how", "where".
    asking,
    /// What a person knows, needs, drives or may, where it begins: how things are.
    able,
    /// Vehicles, rooms, furniture, devices: they may bear the name of an act.
    bearer,
    /// Meals: somebody's act, and on a plan a part of what is planned.
    meal,
    /// "What we sell": our offer, and no act of ours.
    offering,
    /// Past tenses that no ending tells, where they begin.
    past,
    /// That something was talked through: somebody of us did, whatever it was about.
    talked,
    /// Who brings a lead is its source: "referred by".
    referred,
    /// Whom and what the customer has in its care: pupils, patients, members, cows.
    people,
    /// Ends of German and Dutch compounds that measure what stands before them: "Termin**quote**".
    measured,
    /// Words that lead up to a day: "sent on", "versandt am", "envoyé le".
    leads_day,
    /// Words that lead up to who did it: "seen by", "betreut von", "vu par".
    leads_who,
    /// Parts of a hundred, and levels.
    percent,
    /// That something is not to be: "no calls".
    negated,
    /// Third parties: what they do is neither ours nor asked for: authorities, banks, schools, suppliers.
    others,
    /// What is done to things and contracts, and says nothing of anybody's day: founded, installed, bought, signed, due.
    of_things,
    /// Presents, samples and brochures.
    present,
    /// That they were given.
    given,
    /// What leads up to something: "until", "before".
    until,
    /// Acts that have an address: mail, phone.
    addressed,
    /// Telling somebody to tick something.
    tick,
    /// What may be said of goods that are sent, where it stands in an option.
    goods,
    /// What somebody entered, and not what came of it.
    entered,
    /// Words that may follow a participle that closes what is said: "postée **en** juin".
    behind,
    /// Words that may stand before such a participle: "**est** passé".
    auxiliary,
    /// Articles behind a participle that begins: "Bu **un** verre".
    article,
    /// What follows a German or Dutch participle that begins: "Besucht **am**".
    led,
    /// Words in "-amos", "-emos", "-iamo" that are no verbs, or say what we offer.
    no_plural,
    /// Words in "-eu", "-ou" that are no past tense.
    no_past,
}

/// The lexicon; the file is part of the program, so that it reads is a matter of the tests.
pub(super) static LEXICON: LazyLock<Option<Lexicon>> =
    LazyLock::new(|| serde_json::from_str::<Written>(include_str!("lexicon.json")).ok().map(Lexicon::from));

impl Phrases {
    fn new(phrases: Vec<String>) -> Self {
        let mut made = Self { whole: HashMap::new(), begins: HashMap::new(), ends: Vec::new() };
        for phrase in phrases {
            let words: Vec<String> = phrase.split(' ').map(str::to_owned).collect();
            let Some((first, rest)) = words.split_first() else { continue };
            if let Some(end) = first.strip_prefix('*') {
                made.ends.push(end.to_owned());
                continue;
            }
            match first.strip_suffix('*') {
                Some(begin) => {
                    let bucket = begin.chars().next().map(|first| made.begins.entry(first).or_default());
                    bucket.into_iter().for_each(|bucket| bucket.push((begin.to_owned(), rest.to_vec())));
                }
                None => made.whole.entry(first.clone()).or_default().push(rest.to_vec()),
            }
        }
        made
    }

    /// How many words of a phrase stand at this word, the longest that fits.
    pub(super) fn at(&self, words: &[String], at: usize) -> Option<usize> {
        let word = words.get(at)?;
        let whole = self.whole.get(word).into_iter().flatten();
        let bucket = word.chars().next().and_then(|first| self.begins.get(&first)).into_iter().flatten();
        let begins = bucket.filter(|(begin, _)| word.starts_with(begin.as_str())).map(|(_, rest)| rest);
        let phrase = whole.chain(begins).filter(|rest| follows(words, at + 1, rest)).map(|rest| rest.len() + 1).max();
        let compound = |end: &String| word.len() > end.len() + 2 && word.ends_with(end.as_str());
        phrase.or_else(|| self.ends.iter().any(compound).then_some(1))
    }

    /// Whether a word is a phrase by itself.
    pub(super) fn is(&self, word: &str) -> bool {
        self.whole.get(word).is_some_and(|rests| rests.iter().any(Vec::is_empty))
    }

    /// What stands before an end in a compound, without the letters that join them: "termin" of "Terminquote".
    pub(super) fn stems<'a>(&self, word: &'a str) -> impl Iterator<Item = &'a str> {
        let stems: Vec<&str> = self.ends.iter().filter_map(|end| word.strip_suffix(end.as_str())).collect();
        stems.into_iter().flat_map(|stem| ["", "s", "n", "en", "e"].into_iter().filter_map(|joint| stem.strip_suffix(joint)))
    }

    /// Whether a beginning that is long enough stands within a word, as in compounds.
    pub(super) fn within(&self, word: &str, least: usize) -> bool {
        let within = |(begin, _): &(String, Vec<String>)| begin.len() >= least && word.contains(begin.as_str());
        word.len() > least + 2 && self.begins.values().flatten().any(within)
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
const SHORTENED: [(&str, &str); 45] = [
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

/// A word of a text, and what writing it without case and accents leaves out.
pub(super) struct Token {
    pub(super) word: String,
    /// Whether it begins with a capital.
    pub(super) capital: bool,
    /// How long the word is up to its last "é": a French participle ends there, or shortly behind.
    pub(super) acute: Option<usize>,
    /// The accent on its last letter.
    pub(super) last_accent: Option<char>,
}

impl Token {
    const fn new() -> Self {
        Self { word: String::new(), capital: false, acute: None, last_accent: None }
    }
}

/// The words of a text: without accents and case, camelCase and snake_case taken apart, `#`, `%` and shortened words written out.
pub(super) fn words(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.word).collect()
}

/// The words of a text as [`words`] makes them, with what that leaves out.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut made = Vec::new();
    let mut now = Token::new();
    let mut lower_before = false;
    for c in text.nfkd() {
        if unicode_normalization::char::is_combining_mark(c) {
            if c == '\u{301}' && now.word.ends_with('e') {
                now.acute = Some(now.word.len());
            }
            now.last_accent = Some(c);
            continue;
        }
        if !c.is_alphanumeric() {
            flush(&mut made, &mut now);
            match c {
                '#' => now.word.push_str("number"),
                '%' => now.word.push_str("percent"),
                _ => {}
            }
            flush(&mut made, &mut now);
            lower_before = false;
            continue;
        }
        if c.is_uppercase() && lower_before {
            flush(&mut made, &mut now);
        }
        if now.word.is_empty() {
            now.capital = c.is_uppercase();
        }
        now.last_accent = None;
        lower_before = c.is_lowercase() || c.is_numeric();
        match c {
            'ß' => now.word.push_str("ss"),
            'ø' | 'Ø' => now.word.push('o'),
            'ł' | 'Ł' => now.word.push('l'),
            'æ' | 'Æ' => now.word.push_str("ae"),
            'œ' | 'Œ' => now.word.push_str("oe"),
            c => now.word.extend(c.to_lowercase()),
        }
    }
    flush(&mut made, &mut now);
    made
}

fn flush(made: &mut Vec<Token>, now: &mut Token) {
    let token = std::mem::replace(now, Token::new());
    if !token.word.is_empty() {
        made.push(Token { word: written_out(&token.word).to_owned(), ..token });
    }
}
