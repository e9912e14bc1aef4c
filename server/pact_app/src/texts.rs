//! What PACT itself says to people outside its interface (in mail, on pages that links in mail open, in calendars), by language.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The texts, by language (ISO 639-1) and key.
const TEXTS: &str = include_str!("texts.toml");
/// The language of those for whose languages there are no texts.
const FALLBACK: &str = "en";

static READ: LazyLock<Result<BTreeMap<String, Words>, String>> =
    LazyLock::new(|| toml::from_str(TEXTS).map_err(|error| error.to_string()));

/// The texts of one language, by key.
pub type Words = BTreeMap<String, String>;

/// One language, and what is said in it.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    /// The language, as HTML names it.
    pub language: &'static str,
    /// What is said, by key.
    pub words: &'static Words,
}

impl Texts {
    /// The texts in the first of somebody's languages for which there are any.
    ///
    /// # Errors
    /// Texts that cannot be read, which a test rules out.
    pub fn of(languages: &[String]) -> Result<Self, String> {
        let all = READ.as_ref().map_err(Clone::clone)?;
        let known = languages.iter().find_map(|language| all.get_key_value(language)).or_else(|| all.get_key_value(FALLBACK));
        let (language, words) = known.ok_or("there are no texts")?;
        Ok(Self { language, words })
    }

    /// What is said under a key, with values put in where it names them.
    pub fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        let text = self.words.get(key).map_or(key, String::as_str);
        let mut said = String::with_capacity(text.len());
        let mut rest = text;
        // In one go, so that a name with braces in it is not taken for a place.
        while let Some((before, after)) = rest.split_once('{') {
            said.push_str(before);
            match after.split_once('}') {
                Some((name, after)) => {
                    said.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
                    rest = after;
                }
                None => rest = after,
            }
        }
        said.push_str(rest);
        said
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    /// The places in a text.
    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn every_language_says_everything_with_the_same_places() {
        let all = READ.as_ref().unwrap();
        assert!(all.len() >= 7, "{:?}", all.keys());
        for (language, words) in all {
            assert!(words.keys().eq(all[FALLBACK].keys()), "{language} has other keys");
            for (key, text) in words {
                assert_eq!(places(text), places(&all[FALLBACK][key]), "{language}.{key}");
                assert!(!text.trim().is_empty(), "{language}.{key}");
            }
        }
    }

    #[test]
    fn values_are_put_in_once() {
        let texts = Texts::of(&["xx".into(), "de".into()]).unwrap();
        assert_eq!(texts.language, "de");
        assert_eq!(Texts::of(&[]).unwrap().language, FALLBACK);
        assert_eq!(texts.say("push_subject", &[("lead", "{lead} {")]), "Ein Lead für Sie: {lead} {");
        assert_eq!(texts.say("no such key", &[]), "no such key");
    }
}
