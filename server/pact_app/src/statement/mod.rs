//! The statement "what this system does and does not compute": one page, made from what is installed and from the pact in force, in people's languages.
//!
//! Nothing in it is written by hand for one installation: who can read the database can make the same page again.

mod facts;
mod page;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::texts::{Texts, Words};
use crate::{App, Refusal};

/// What it says, by language (ISO 639-1) and key.
const WORDS: &str = include_str!("words.toml");
/// The language of those for whose language there are no words.
const FALLBACK: &str = "en";

static READ: LazyLock<Result<BTreeMap<String, Words>, String>> =
    LazyLock::new(|| toml::from_str(WORDS).map_err(|error| error.to_string()));

/// The statement in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its language (ISO 639-1).
    pub language: &'static str,
    /// Its title.
    pub title: String,
    /// When and from what it was made.
    pub made: String,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What it says, line by line.
    pub lines: Vec<String>,
}

/// The languages in which there is a statement.
///
/// # Errors
/// Words that cannot be read, which a test rules out.
pub fn languages() -> Result<Vec<&'static str>, Refusal> {
    let all = READ.as_ref().map_err(Refusal::defect)?;
    Ok(all.keys().map(String::as_str).collect())
}

/// Makes the statement in the first of these languages in which there is one.
///
/// # Errors
/// A store that does not answer.
pub async fn make(app: &App, languages: &[String]) -> Result<Statement, Refusal> {
    let texts = texts(languages)?;
    let facts = facts::Facts::read(app).await?;
    Ok(page::page(texts, &facts))
}

fn texts(languages: &[String]) -> Result<Texts, Refusal> {
    let all = READ.as_ref().map_err(Refusal::defect)?;
    let known = languages.iter().find_map(|language| all.get_key_value(language)).or_else(|| all.get_key_value(FALLBACK));
    let (language, words) = known.ok_or_else(|| Refusal::defect("the statement has no words"))?;
    Ok(Texts { language, words })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use pact_core::pact::Settings;
    use pact_policy::table::{Capability, Kind};

    use super::facts::{Facts, Plugin};
    use super::*;

    fn places(text: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn every_language_says_the_same() {
        let all = READ.as_ref().unwrap();
        assert_eq!(languages().unwrap(), ["de", "en", "es", "fr", "it", "nl", "pt"]);
        for (language, words) in all {
            assert!(words.keys().eq(all[FALLBACK].keys()), "{language} has other keys");
            for (key, text) in words {
                assert_eq!(places(text), places(&all[FALLBACK][key]), "{language}.{key}");
                assert!(!text.trim().is_empty(), "{language}.{key}");
            }
        }
        let words = &all[FALLBACK];
        let missing: Vec<String> = Capability::ALL
            .iter()
            .map(|it| format!("may_{}", it.name()))
            .chain(Kind::ALL.iter().filter_map(|kind| kind.reads()).map(|it| format!("reads_{}", it.name())))
            .filter(|key| !words.contains_key(key))
            .collect();
        assert_eq!(missing, Vec::<String>::new(), "what plugins may do and read has words");
    }

    #[test]
    fn what_others_wrote_is_text_on_the_page() {
        let plugin = Plugin {
            title: "<script>alert(1)</script> {k}".into(),
            version: "1.0.0".into(),
            reads: vec!["lead".into()],
            may: Vec::new(),
            is_coaching: false,
            enabled: false,
        };
        let facts = Facts { plugins: vec![plugin], ..Facts::empty("Acme & Sons", Settings::built_in()) };
        let statement = page::page(texts(&["xx".into(), "de".into()]).unwrap(), &facts);
        let (html, text) = (statement.html(), statement.text());
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(html.contains("<html lang=\"de\">") && html.contains("Acme &amp; Sons"), "{html}");
        assert!(
            text.contains("<script>alert(1)</script> {k} (1.0.0) liest: Leads. Es darf: keine. Es ist ausgeschaltet."),
            "{text}"
        );
        assert!(text.contains("(k = 5)") && text.contains("30 Tage") && !text.contains("Version 0"), "{text}");
    }
}
