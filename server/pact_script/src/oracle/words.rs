//! The words that worlds are made of: a small vocabulary, and what the judged scripts themselves compare with.

use std::collections::BTreeMap;

/// Words by the name of the member or narrowing that they belong to.
const WORDS: &[(&str, &[&str])] = &[
    ("source", &["web form", "import", "trade fair", "mail"]),
    ("product", &["heat-pump", "cooling-unit", "control-panel", "boiler"]),
    ("stage", &["enquiry", "talks", "offer", "contract"]),
    ("state", &["won", "lost", "", "", ""]),
    ("kind", &["wish", "complaint", "question", "promise", "news", "solution"]),
    ("theme", &["price", "delivery", "quality", "noise"]),
    ("segment", &["A", "B", "C"]),
    ("industry", &["dairy", "hotels", "printing"]),
    ("city", &["Delft", "Lyon", "Graz"]),
    ("country", &["NL", "FR", "AT"]),
    ("language", &["en", "de", "fr"]),
    ("role", &["rep", "rep", "manager", "director", "marketing", "supply", "partner"]),
    ("skill", &["refrigeration", "automation", "service", "pricing"]),
    ("answer", &["waiting", "accepted", "declined", "expired"]),
    ("what", &["entered", "pushed", "declined", "accepted", "moved"]),
    ("reason", &["training", "discipline"]),
    ("region", &["north", "south"]),
    ("named", &[]),
];

/// Other words under which scripts compare with the same.
const SAME: &[(&str, &str)] = &[
    ("about", "product"),
    ("for_product", "product"),
    ("from_source", "source"),
    ("in_segment", "segment"),
    ("in_region", "region"),
    ("with_role", "role"),
    ("roles", "role"),
    ("with_skill", "skill"),
    ("skills", "skill"),
    ("speaking", "language"),
    ("languages", "language"),
    ("themes", "theme"),
    ("from", "stage"),
    ("to", "stage"),
];

/// How often a word of the scripts stands in the list, so that scripts meet what they ask for.
const WEIGHT: usize = 3;

/// Which texts a member may hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(BTreeMap<String, Vec<String>>);

impl Words {
    /// The vocabulary, and every literal that these scripts compare a member with or narrow by.
    pub(super) fn of<'a>(scripts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut words = Self::default();
        for (name, known) in WORDS {
            words.0.insert((*name).to_owned(), known.iter().map(|word| (*word).to_owned()).collect());
        }
        for text in scripts {
            for (name, literal) in compared(text) {
                let list = words.0.entry(family(name).to_owned()).or_default();
                if list.iter().filter(|word| *word == literal).count() < WEIGHT {
                    list.extend(std::iter::repeat_n(literal.to_owned(), WEIGHT));
                }
            }
        }
        words
    }

    /// The texts that a member or narrowing of this name meets; none when any text will do.
    pub(super) fn about(&self, name: &str) -> &[String] {
        self.0.get(family(name)).map_or(&[], Vec::as_slice)
    }
}

fn family(name: &str) -> &str {
    SAME.iter().find(|(other, _)| *other == name).map_or(name, |(_, family)| family)
}

/// Every `name("literal"`, `name == "literal"` and `name != "literal"` of a text.
fn compared(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut parts = text.split('"');
    let mut before = parts.next().unwrap_or_default();
    std::iter::from_fn(move || {
        let literal = parts.next()?;
        let lead = before.trim_end_matches(['(', '=', '!', ' ']);
        let is_compared = lead.len() < before.trim_end().len();
        let start = lead.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        let name = if is_compared { &lead[start..] } else { "" };
        before = parts.next().unwrap_or_default();
        Some((name, literal))
    })
    .filter(|(name, literal)| !name.is_empty() && literal.len() < 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_compares_with_is_a_word() {
        let words = Words::of([r#"people.with_role("buyer"); if card.theme == "rust" && x != "" { log("none of it") }"#]);
        assert!(words.about("roles").contains(&"buyer".to_owned()));
        assert!(words.about("theme").contains(&"rust".to_owned()));
        assert!(words.about("city").contains(&"Lyon".to_owned()));
        assert_eq!(words.about("title"), Vec::<String>::new());
    }
}
