//! The statement's page: sentences from facts, then text or HTML from sentences.

use minijinja::HtmlEscape;
use pact_core::security::KEPT_DAYS;

use super::facts::{Facts, Plugin};
use super::{Section, Statement};
use crate::texts::Texts;

/// Makes the page.
pub(super) fn page(texts: Texts, facts: &Facts) -> Statement {
    let settings = &facts.settings;
    let numbers = [
        ("k", settings.k),
        ("retention_days", settings.retention_days),
        ("waiting_days", settings.waiting_days),
        ("coaching_days", settings.coaching_days),
        ("coaching_per_year", settings.coaching_per_year),
        ("security_days", KEPT_DAYS),
    ]
    .map(|(name, number)| (name, number.to_string()));
    let values: Vec<(&str, &str)> = numbers.iter().map(|(name, number)| (*name, number.as_str())).collect();
    let said = |keys: &[&str]| -> Vec<String> { keys.iter().map(|key| texts.say(key, &values)).collect() };
    let list = |lines: Vec<String>| if lines.is_empty() { said(&["none"]) } else { lines };
    let section = |heading: &str, lines: Vec<String>| Section { heading: texts.say(heading, &[]), lines };
    Statement {
        language: texts.language,
        title: texts.say("title", &[("name", facts.name.as_str())]),
        made: texts.say("made", &[("day", facts.today.as_str())]),
        sections: vec![
            section("not_heading", said(&["not_1", "not_2", "not_3", "not_4", "not_5"])),
            section("does_heading", said(&["does_1", "does_2", "does_3", "does_4", "does_5"])),
            section("plugins_heading", list(facts.plugins.iter().map(|it| plugin(texts, it)).collect())),
            section(
                "views_heading",
                list(facts.views.iter().map(|title| texts.say("view", &[("title", title.as_str())])).collect()),
            ),
            section("fields_heading", list(fields(texts, facts))),
            section("coaching_heading", said(&["coaching_1", "coaching_2", "coaching_3", "coaching_4", "coaching_scripts"])),
            section("security_heading", said(&["security_1", "security_2"])),
            section("pact_heading", [pact(texts, facts), said(&["pact_weaker"])].concat()),
            section("check_heading", said(&["check"])),
        ],
    }
}

fn plugin(texts: Texts, plugin: &Plugin) -> String {
    let words = |prefix: &str, names: &[String]| {
        let said: Vec<String> = names.iter().map(|name| texts.say(&format!("{prefix}_{name}"), &[])).collect();
        if said.is_empty() { texts.say("none", &[]) } else { said.join(", ") }
    };
    let (reads, may) = (words("reads", &plugin.reads), words("may", &plugin.may));
    let (title, version) = (plugin.title.as_str(), plugin.version.as_str());
    let values = [("title", title), ("version", version), ("reads", reads.as_str()), ("may", may.as_str())];
    let mut said = texts.say("plugin", &values);
    for (is, key) in [(plugin.is_coaching, "plugin_coaching"), (!plugin.enabled, "plugin_off")] {
        if is {
            said = format!("{said} {}", texts.say(key, &[]));
        }
    }
    said
}

fn fields(texts: Texts, facts: &Facts) -> Vec<String> {
    let fields = facts.fields.iter().map(|field| {
        let on = texts.say(&format!("on_{}", field.on_record), &[]);
        let helps = texts.say(&format!("helps_{}", field.helps), &[]);
        let (label, because) = (field.label.as_str(), field.because.as_str());
        texts.say("field", &[("label", label), ("on", on.as_str()), ("helps", helps.as_str()), ("because", because)])
    });
    fields.collect()
}

fn pact(texts: Texts, facts: &Facts) -> Vec<String> {
    match &facts.version {
        Some((number, day)) => {
            let (number, names, managers) = (number.to_string(), facts.representatives.join(", "), facts.management.join(", "));
            vec![
                texts.say("pact_version", &[("number", number.as_str()), ("day", day.as_str())]),
                texts.say("pact_staff", &[("names", names.as_str()), ("managers", managers.as_str())]),
            ]
        }
        None => vec![texts.say("pact_built_in", &[]), texts.say("pact_nobody", &[])],
    }
}

impl Statement {
    /// The page as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.title, self.made);
        for Section { heading, lines } in &self.sections {
            text += &format!("\n{heading}\n");
            for line in lines {
                text += &format!("- {line}\n");
            }
        }
        text
    }

    /// The page as HTML that needs nothing from elsewhere.
    #[must_use]
    pub fn html(&self) -> String {
        let safe = |text: &str| HtmlEscape(text).to_string();
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>body{{font:1rem/1.4 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}h2{{font-size:1.1rem}}@media print{{body{{font-size:.8rem}}}}</style>\n\
             <h1>{title}</h1>\n<p>{}</p>\n",
            self.language,
            safe(&self.made),
            title = safe(&self.title),
        );
        for Section { heading, lines } in &self.sections {
            html += &format!("<h2>{}</h2>\n<ul>\n", safe(heading));
            for line in lines {
                html += &format!("<li>{}</li>\n", safe(line));
            }
            html += "</ul>\n";
        }
        html + "</html>\n"
    }
}
