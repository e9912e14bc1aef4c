//! What a plugin wants to read and do, in sentences to which an admin consents before it is installed.
//!
//! Consent is to exactly these: a hash over them goes with the installation. A later version that wants no more needs no new consent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{ForEach, Manifest, Schedule};
use crate::table::{Capability, Reads};

/// One thing that a plugin wants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ask {
    /// What it is, as programs compare it: `reads:lead`, `may:push`.
    pub key: String,
    /// What it is, in a sentence.
    pub says: String,
}

/// Everything that a manifest asks for, in the order of the keys.
pub fn asks(manifest: &Manifest) -> Vec<Ask> {
    let mut asks = BTreeMap::new();
    for what in &manifest.reads {
        asks.insert(format!("reads:{}", word(what)), reads(*what).to_owned());
    }
    for what in &manifest.may {
        asks.insert(format!("may:{}", what.name()), may(*what).to_owned());
    }
    for webhook in &manifest.webhooks {
        asks.insert(format!("webhook:{webhook}"), format!("Sends data out of PACT to the webhook \"{webhook}\"."));
    }
    if manifest.coaching {
        asks.insert("coaching".to_owned(), "Runs inside coaching periods, where it sees what the person did.".to_owned());
    }
    for field in &manifest.fields {
        let (on, name, ty) = (field.on.name(), &field.name, word(&field.ty));
        let label = if field.label.is_empty() { name } else { &field.label };
        asks.insert(format!("field:{on}.{name}:{ty}"), format!("Has the field \"{label}\" ({ty}) on each {on}."));
    }
    for schedule in &manifest.schedules {
        let Schedule { call, cron, zone, for_each, catch_up: _ } = schedule;
        let each = match for_each {
            ForEach::None => "",
            ForEach::Person => ", once for each person who works on that day",
        };
        let clock = if zone == "person" { "on each person's own clock" } else { zone };
        let key = format!("schedule:{call}:{cron}:{zone}:{}", word(for_each));
        asks.insert(key, format!("Runs \"{call}\" by itself, at \"{cron}\" ({clock}){each}."));
    }
    asks.into_iter().map(|(key, says)| Ask { key, says }).collect()
}

/// What is asked for beyond what was granted.
pub fn beyond<'a>(asks: &'a [Ask], granted: &[Ask]) -> Vec<&'a Ask> {
    asks.iter().filter(|ask| !granted.iter().any(|given| given.key == ask.key)).collect()
}

/// The word by which an admin consents to exactly these, for the plugin with this id.
pub fn consent(plugin: &str, asks: &[Ask]) -> String {
    let mut hash = Sha256::new();
    hash.update("pact/consent/1\0");
    for text in std::iter::once(plugin).chain(asks.iter().map(|ask| ask.key.as_str())) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

const fn reads(what: Reads) -> &'static str {
    match what {
        Reads::Customer => "Reads customers and their contacts.",
        Reads::Card => "Reads cards: what customers said.",
        Reads::Plan => "Reads plans.",
        Reads::Pack => "Reads packs.",
        Reads::Lead => "Reads leads, their pushes and their history.",
        Reads::Person => "Reads people: name, address, team, territory, skills and whether they are on duty.",
        Reads::Goal => "Reads goals.",
        Reads::Request => "Reads requests.",
        Reads::Coaching => "Reads open coaching periods, and what was done in them.",
    }
}

const fn may(what: Capability) -> &'static str {
    match what {
        Capability::Push => "Pushes leads to people.",
        Capability::Highlight => "Highlights leads, and takes that back.",
        Capability::Escalate => "Escalates leads to people above.",
        Capability::Transfer => "Transfers leads to other owners.",
        Capability::Set => "Writes the custom fields that it declares.",
        Capability::Card => "Writes cards about customers.",
        Capability::Ask => "Asks people requests about customers.",
        Capability::Notify => "Sends people messages about records, also by mail.",
        Capability::Suggest => "Suggests texts and packs beside a card that is being written.",
        Capability::Digest => "Sends people planning digests, also by mail.",
        Capability::Webhook => "Posts data to the webhooks that it names.",
        Capability::Coaching => "Writes notes into coaching periods.",
        Capability::Enter => "Enters leads.",
        Capability::Handover => "Writes handover texts of leads.",
        Capability::Mail => "Sends mail to customers' contacts.",
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;
    use crate::manifest::parse_manifest;

    fn of(rest: &str) -> Vec<Ask> {
        asks(&parse_manifest(&format!("id = \"a\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"A\"\n{rest}")).unwrap())
    }

    #[test]
    fn everything_that_a_manifest_asks_for_has_a_sentence() {
        let rest = "reads = [\"lead\", \"customer\"]\nmay = [\"push\", \"post\"]\nwebhooks = [\"erp\"]\ncoaching = true\n\
            [[schedule]]\ncall = \"sweep\"\ncron = \"0 7 * * *\"\nzone = \"person\"\nfor_each = \"person\"\n\
            [[field]]\non = \"customer\"\nname = \"ends\"\nlabel = \"Ends on\"\ntype = \"day\"\nhelps = \"sale\"\nbecause = \"Talks.\"\n";
        let asks = of(rest);
        let keys: Vec<&str> = asks.iter().map(|ask| ask.key.as_str()).collect();
        let wanted = [
            "coaching",
            "field:customer.ends:day",
            "may:push",
            "may:webhook",
            "reads:customer",
            "reads:lead",
            "schedule:sweep:0 7 * * *:person:person",
            "webhook:erp",
        ];
        assert_eq!(keys, wanted);
        assert!(asks.iter().all(|ask| ask.says.ends_with('.') && ask.says.len() > 10), "{asks:?}");
    }

    #[test]
    fn consent_is_to_exactly_what_is_asked() {
        let (less, more) = (of("reads = [\"lead\"]\n"), of("reads = [\"lead\"]\nmay = [\"push\"]\n"));
        assert_ne!(consent("a", &less), consent("a", &more));
        assert_ne!(consent("a", &less), consent("b", &less));
        assert_eq!(consent("a", &less), consent("a", &of("reads = [\"lead\", \"lead\"]\n")), "the same is the same");
        assert_eq!(beyond(&more, &less).iter().map(|ask| &ask.key).collect::<Vec<_>>(), ["may:push"]);
        assert!(beyond(&less, &more).is_empty());
    }
}
