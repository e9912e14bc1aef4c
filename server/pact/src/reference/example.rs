//! One example: what is bound for it, what the linter says, what comes of it.

use std::path::PathBuf;
use std::sync::Arc;

use pact_policy::manifest::{File, Plugin};
use pact_policy::{Source, lint};
use pact_script::cases::{Case, in_a_line};
use pact_script::effect::Effect;
use pact_script::plugin::{Std, ready};
use pact_script::pool::Pool;

/// The company in which examples run.
const WORLD: &str = include_str!("world.toml");
const NOW: &str = "2026-11-24T09:00:00Z";

/// Names that examples use, and what is bound to each; a later one may use an earlier one.
pub(super) const BOUND: [(&str, &str); 14] = [
    ("person", "people.named(\"ann@example.com\").first()"),
    ("team", "teams.first()"),
    ("territory", "territories.named(\"North\").first()"),
    ("customer", "customers.first()"),
    ("contact", "customer.contacts.first()"),
    ("lead", "leads.open().first()"),
    ("push", "leads.waiting().first().pushes.first()"),
    ("event", "leads.waiting().first().history.first()"),
    ("card", "cards.first()"),
    ("plan", "plans.first()"),
    ("request", "requests.first()"),
    ("pack", "packs.first()"),
    ("goal", "goals.first()"),
    ("act", "acts(period).first()"),
];

const HEAD: &str = r#"//! id = "example"
//! version = "1.0.0"
//! api = 1
//! title = "Example"
"#;

const EVERYTHING: &str = r#"//! reads = ["lead", "customer", "card", "plan", "pack", "person", "goal", "request"]
//! may = ["push", "highlight", "escalate", "transfer", "handover", "enter", "mail", "set", "card", "ask", "notify", "suggest", "digest", "webhook"]
//! webhooks = ["warehouse"]
//! [settings]
//! answer_within = { type = "span", default = "4 work hours", title = "Time to answer" }
//! [[schedule]]
//! call = "example"
//! cron = "0 7 * * MON"
//! [[field]]
//! on = "customer"
//! name = "employees"
//! label = "Employees of the customer"
//! type = "number"
//! helps = "sale"
//! because = "Large customers need other products."
//! about = "customer"
//! [[field]]
//! on = "customer"
//! name = "contract_ends_on"
//! label = "Contract ends on"
//! type = "day"
//! helps = "sale"
//! because = "Renewal talks start ninety days before."
//! about = "customer"
//! [[field]]
//! on = "lead"
//! name = "decides_on"
//! label = "Customer decides on"
//! type = "day"
//! helps = "sale"
//! because = "Nobody should miss that day."
//! about = "customer"
//! [[field]]
//! on = "lead"
//! name = "urgency"
//! label = "Urgency for the customer"
//! type = "text"
//! helps = "sale"
//! because = "What is urgent goes first."
//! about = "customer"
"#;

const COACHING: &str = "//! reads = [\"coaching\"]\n//! may = [\"coaching\"]\n//! coaching = true\n";

/// Where examples are run.
pub(super) struct Bench<'a> {
    pool: &'a Pool,
}

impl<'a> Bench<'a> {
    pub(super) fn new(pool: &'a Pool) -> anyhow::Result<Self> {
        Ok(Self { pool })
    }

    /// What comes of an example, in one line.
    ///
    /// # Errors
    /// Why it is no example: refused, or failed.
    pub(super) async fn gives(&self, code: &str) -> Result<String, String> {
        let script = script(code);
        let file = File::checked("example.rhai", script.text).map_err(|error| error.to_string())?;
        let plugin = Plugin::from_script(file).map_err(|error| error.to_string())?;
        let report = lint(&[Source::Plugin(Box::new(plugin.clone()))]);
        if let Some(finding) = report.findings.first() {
            return Err(format!("refused by {}: {}", finding.rule, finding.message));
        }
        let case = format!("now = \"{NOW}\"\n{}\nworlds = [\"world\"]\n", script.call);
        let case =
            Case::read("example", &case, &plugin.manifest, |_| Some(WORLD.to_owned())).map_err(|error| error.to_string())?;
        let loaded = ready(PathBuf::from("example.rhai"), plugin, &Std::default());
        let outcome = self.pool.run(&case.run(&Arc::clone(&loaded.scripts)), &case.world).await;
        if let Some(failure) = case.failure(&outcome) {
            return Err(failure);
        }
        let effects = outcome.effects.iter().filter(|placed| !matches!(placed.effect, Effect::Rotated { .. }));
        let effects = effects.map(|placed| match (&placed.effect, script.shown_by_note) {
            (Effect::Note { text, .. }, true) => text.clone(),
            (effect, _) => in_a_line(&case.world, effect),
        });
        Ok(outcome.log.iter().cloned().chain(effects).collect::<Vec<_>>().join(" · "))
    }
}

struct Script {
    text: String,
    /// How the case calls it.
    call: &'static str,
    /// Whether its value leaves as a note, because nothing else may leave a coaching period.
    shown_by_note: bool,
}

/// The script around an example.
fn script(code: &str) -> Script {
    let mut needed: Vec<(&str, &str)> = Vec::new();
    for (name, what) in BOUND.into_iter().rev() {
        if uses(code, name) || needed.iter().any(|(_, other)| uses(other, name)) {
            needed.push((name, what));
        }
    }
    let coaching = uses(code, "period") || needed.iter().any(|(name, _)| *name == "act");
    let mut body: String = needed.iter().rev().map(|(name, what)| format!("    let {name} = {what};\n")).collect();
    let statement = code.ends_with(';') || code.ends_with('}') && code.starts_with("for ");
    if statement {
        body += &format!("    {code}\n");
    } else {
        let leaves = if coaching { "note(period, `${shown}`)" } else { "log(`${shown}`)" };
        let value = if code.contains("; ") { format!("{{ {code} }}") } else { code.to_owned() };
        body += &format!("    let shown = {value};\n    {leaves};\n");
    }
    let (manifest, function, call) = if coaching {
        (COACHING, "on_coaching_day(period)", "event = \"coaching_day\"\nwith = { period = \"training\" }")
    } else if code.starts_with("suggest(") {
        (EVERYTHING, "on_card_writing(card)", "event = \"card_writing\"\nwith = { card = \"noise\" }")
    } else {
        (EVERYTHING, "example()", "call = \"example\"")
    };
    Script { text: format!("{HEAD}{manifest}\nfn {function} {{\n{body}}}\n"), call, shown_by_note: coaching && !statement }
}

/// Whether a piece of code uses a variable of this name; one that a closure or loop names itself is another.
fn uses(code: &str, name: &str) -> bool {
    if code.contains(&format!("|{name}|")) || code.contains(&format!("for {name} in")) {
        return false;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + name.len()..]);
        let in_text = before.matches('"').count() % 2 == 1;
        let begins = !before.ends_with(|c| word(c) || c == '.');
        let ends = !after.starts_with(|c| word(c) || matches!(c, '(' | ':'));
        begins && ends && !in_text
    })
}
