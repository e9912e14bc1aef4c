//! The word lists of the demo, read from TOML files that are part of the program.

use std::collections::BTreeMap;

use pact_core::territory::TerritoryRule;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A word list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// A file is not what its reader expects.
    #[error("demo/data/{file} cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A name is used that no list holds.
    #[error("The demo's word lists name the {what} \"{name}\", which none of them holds.")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
}

/// Looks up what a word list names.
pub(super) fn known<T>(found: Option<T>, what: &'static str, name: &str) -> Result<T, WordsError> {
    found.ok_or_else(|| WordsError::Unknown { what, name: name.to_owned() })
}

macro_rules! data_files {
    ($($field:ident: $kind:ty = $file:literal;)*) => {
        /// The files of the demo's words, with their content.
        pub const DATA_FILES: &[(&str, &str)] = &[$(($file, include_str!(concat!("../data/", $file)))),*];

        /// All word lists.
        pub(super) struct Words { $(pub(super) $field: $kind,)* }

        impl Words {
            /// Reads every file.
            pub(super) fn read() -> Result<Self, WordsError> {
                Ok(Self { $($field: parse($file, include_str!(concat!("../data/", $file)))?,)* })
            }
        }
    };
}

data_files! {
    organisation: Organisation = "organisation.toml";
    people: People = "people.toml";
    holidays: Holidays = "holidays.toml";
    places: Places = "places.toml";
    names: BTreeMap<String, Names> = "names.toml";
    customers: Customers = "customers.toml";
    leads: Leads = "leads.toml";
    cards: BTreeMap<String, Cards> = "cards.toml";
    local_cards: BTreeMap<String, LocalCards> = "cards_local.toml";
    talks: Talks = "talks.toml";
}

fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, WordsError> {
    toml::from_str(text).map_err(|error| WordsError::Unreadable { file, why: error.to_string() })
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name { $(#[serde(default)] pub(super) $field: $kind,)* }
    )*};
}

lists! {
    /// `organisation.toml`.
    Organisation { name: String, country: String, language: String, time_zone: String, k: i64, territory: Vec<TerritoryWords>, team: Vec<TeamWords>, absence: Vec<AbsenceWords>, }
    /// A territory, with the territory above it.
    TerritoryWords { name: String, parent: Option<String>, rules: Vec<TerritoryRule>, }
    /// A team.
    TeamWords { name: String, region: Option<String>, manager: String, }
    /// An absence, in days from today.
    AbsenceWords { person: String, from: i64, until: i64, kind: String, stand_in: Option<String>, }
    /// `people.toml`.
    People { person: Vec<PersonWords>, }
    /// A person; `hours` as "1,2,3 09:00-17:00".
    PersonWords { name: String, role: String, jobs: Vec<String>, team: Option<String>, territory: Option<String>, manager: Option<String>, languages: Vec<String>, skills: Vec<String>, place: String, capacity: Option<i64>, hours: Vec<String>, company: Option<String>, }
    /// `holidays.toml`.
    Holidays { country: Vec<HolidayWords>, }
    /// The holidays of a country or of one region of it, name to rule.
    HolidayWords { code: String, region: Option<String>, moved: bool, days: BTreeMap<String, String>, }
    /// `places.toml`.
    Places { rates: BTreeMap<String, f64>, country: Vec<Country>, home: Vec<Home>, }
    /// A country, or the part of it that speaks one language. A city is name, postcode and the start of telephone numbers.
    Country { code: String, language: String, currency: String, zone: String, customers: usize, street: String, streets: Vec<String>, cities: Vec<Vec<String>>, }
    /// Where people of our own live.
    Home { place: String, country: String, region: Option<String>, zone: String, }
    /// Names of one language.
    Names { first: Vec<String>, last: Vec<String>, titles: Vec<String>, }
    /// An industry: employees from and to, and a letter for each chance of a segment.
    Industry { employees: Vec<i64>, segments: String, }
    /// `leads.toml`.
    Leads { product: Vec<Product>, spoken: BTreeMap<String, String>, say: BTreeMap<String, BTreeMap<String, String>>, message: BTreeMap<String, Vec<String>>, message_service: BTreeMap<String, Vec<String>>, reasons: BTreeMap<String, Vec<String>>, source: Vec<Source>, }
    /// A product, with what it is for by industry.
    Product { id: String, weight: u32, name: String, models: Vec<String>, value: Vec<i64>, skill: String, uses: BTreeMap<String, Vec<String>>, }
    /// Where leads come from.
    Source { name: String, entered_by: String, weight: u32, }
    /// Cards of a kind, each as theme, product and text.
    Cards { share: u32, cards: Vec<[String; 3]>, }
    /// Cards in a language, each as kind, theme, product and text.
    LocalCards { cards: Vec<[String; 4]>, }
    /// `talks.toml`.
    Talks { plan: PlanWords, request: Vec<RequestWords>, pack: Vec<PackWords>, goal: Vec<GoalWords>, }
    /// Who is asked, and what, with the answer.
    RequestWords { to: String, lines: Vec<[String; 2]>, }
    /// A pack.
    PackWords { title: String, product: String, summary: String, documents: Vec<String>, themes: Vec<String>, segments: Vec<String>, }
    /// A goal, reached by customers who bought the product.
    GoalWords { title: String, measure: String, target: i64, product: String, ends_in_days: i64, }
}

/// What plans say.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanWords {
    pub(super) objectives: Vec<String>,
    pub(super) bring: Vec<String>,
}

/// `customers.toml`: industries, and by language and industry what companies are called.
#[derive(Deserialize)]
pub(super) struct Customers {
    pub(super) industries: BTreeMap<String, Industry>,
    #[serde(flatten)]
    pub(super) names: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl Leads {
    /// The reasons of a kind.
    pub(super) fn reasons(&self, kind: &str) -> Result<&[String], WordsError> {
        known(self.reasons.get(kind).map(Vec::as_slice), "reasons", kind)
    }
}

impl Country {
    /// The name of a city.
    pub(super) fn city(city: &[String]) -> &str {
        city.first().map_or("", String::as_str)
    }
}
