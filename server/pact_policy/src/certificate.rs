//! Certificates: what a verdict was given on, so that nothing changes between judging and running.
//!
//! A verdict holds for these bytes, this interface, these rules, and as long as the stored fields that the scripts read reveal no
//! more than they did. Each of the four is a SHA-256 hash in the certificate; whoever runs scripts compares.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::lint::Report;
use crate::manifest::Manifest;
use crate::table::natives::NATIVES;
use crate::table::{ENTRY_POINTS, FUNCTIONS, MEMBERS, NARROWS, ROOTS};

/// What a plugin was judged on, when nothing was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Hash of the manifest and of every script and module.
    pub scripts: String,
    /// Hash of the interface table.
    pub interface: String,
    /// Hash of the rule set: the linter itself.
    pub rules: String,
    /// Hash of the labels below.
    pub fields: String,
    /// What each stored field that the plugin declares, and what scripts leave behind beside fields, revealed when it was judged.
    pub labels: BTreeMap<String, String>,
}

/// Why a certificate does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Void {
    /// The scripts are others.
    #[error("its scripts are not those that were judged: somebody changed them in the store. Install the plugin again")]
    Scripts,
    /// The interface table is another.
    #[error("the interface has changed since it was judged")]
    Interface,
    /// The rules are others.
    #[error("the rules have changed since it was judged")]
    Rules,
    /// A field reveals something else.
    #[error("a field that it uses reveals something else than when it was judged")]
    Fields,
}

/// Whom a label in a certificate concerns when it is no field's.
const BESIDE_FIELDS: [&str; 2] = ["cards", "lead.highlighted"];

impl Certificate {
    /// The certificate of a plugin with these texts, by a report in which nothing was found; nothing if something was.
    pub fn of(report: &Report, manifest: &Manifest, manifest_text: &str, files: &BTreeMap<String, String>) -> Option<Self> {
        if !report.findings.is_empty() || !report.unreadable.is_empty() {
            return None;
        }
        Some(Self::by_labels(&report.labels, manifest, manifest_text, files))
    }

    /// The certificate of a plugin that was judged together with others, of which some may be refused.
    pub fn by_labels(
        all: &BTreeMap<String, String>,
        manifest: &Manifest,
        manifest_text: &str,
        files: &BTreeMap<String, String>,
    ) -> Self {
        let declared = |name: &str| {
            let fields = manifest.fields.iter();
            BESIDE_FIELDS.iter().any(|known| name.starts_with(known))
                || fields.map(|field| format!("{}.{}", field.on.name(), field.name)).any(|own| own == name)
        };
        let labels: BTreeMap<_, _> =
            all.iter().filter(|(name, _)| declared(name)).map(|(name, label)| (name.clone(), label.clone())).collect();
        Self {
            scripts: scripts_hash(manifest_text, files),
            interface: interface_hash().to_owned(),
            rules: rule_set_hash().to_owned(),
            fields: labels_hash(&labels),
            labels,
        }
    }

    /// Whether it holds for these texts, by the interface and the rules of this program.
    ///
    /// # Errors
    /// What it does not hold for.
    pub fn covers(&self, manifest_text: &str, files: &BTreeMap<String, String>) -> Result<(), Void> {
        if self.scripts != scripts_hash(manifest_text, files) {
            return Err(Void::Scripts);
        }
        if self.interface != interface_hash() {
            return Err(Void::Interface);
        }
        if self.rules != rule_set_hash() {
            return Err(Void::Rules);
        }
        if self.fields != labels_hash(&self.labels) { Err(Void::Fields) } else { Ok(()) }
    }

    /// Whether both were given on the same labels for the fields that both know.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.labels.iter().all(|(field, label)| other.labels.get(field).is_none_or(|known| known == label))
    }
}

/// The hash of the linter's own sources.
pub fn rule_set_hash() -> &'static str {
    env!("PACT_RULE_SET")
}

/// The hash of everything that the interface table says.
pub fn interface_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let tables = [
            format!("{ROOTS:?}"),
            format!("{NARROWS:?}"),
            format!("{MEMBERS:?}"),
            format!("{FUNCTIONS:?}"),
            format!("{ENTRY_POINTS:?}"),
            format!("{NATIVES:?}"),
        ];
        hash(tables.iter().map(String::as_str))
    })
}

fn scripts_hash(manifest: &str, files: &BTreeMap<String, String>) -> String {
    let parts = files.iter().flat_map(|(name, text)| [name.as_str(), text.as_str()]);
    hash(std::iter::once(manifest).chain(parts))
}

fn labels_hash(labels: &BTreeMap<String, String>) -> String {
    hash(labels.iter().flat_map(|(name, label)| [name.as_str(), label.as_str()]))
}

/// A hash over texts; lengths keep one from running into the next.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]
mod tests {
    use super::*;
    use crate::lint::{Source, lint};
    use crate::manifest::{File, Plugin};

    const SCRIPT: &str = "//! id = \"a\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"A\"\n//! reads = [\"lead\"]\n\
         fn on_lead_won(lead) { log(lead.title); }\n";

    fn certificate() -> (Certificate, BTreeMap<String, String>) {
        let plugin = Plugin::from_script(File { name: "a.rhai".to_owned(), text: SCRIPT.to_owned() }).unwrap();
        let report = lint(&[Source::Plugin(Box::new(plugin.clone()))]);
        (Certificate::of(&report, &plugin.manifest, "manifest", &plugin.files).unwrap(), plugin.files)
    }

    #[test]
    fn it_holds_for_what_was_judged() {
        let (certificate, files) = certificate();
        assert_eq!(certificate.covers("manifest", &files), Ok(()));
    }

    #[test]
    fn a_changed_byte_voids_it() {
        let (certificate, mut files) = certificate();
        assert_eq!(certificate.covers("manifest ", &files), Err(Void::Scripts));
        for text in files.values_mut() {
            *text = text.replace("title", "stage");
        }
        assert_eq!(certificate.covers("manifest", &files), Err(Void::Scripts));
    }

    #[test]
    fn another_rule_set_interface_or_label_voids_it() {
        let (certificate, files) = certificate();
        let other = |change: fn(&mut Certificate)| {
            let mut changed = certificate.clone();
            change(&mut changed);
            changed.covers("manifest", &files)
        };
        assert_eq!(other(|it| it.rules.push('0')), Err(Void::Rules));
        assert_eq!(other(|it| it.interface.push('0')), Err(Void::Interface));
        assert_eq!(other(|it| drop(it.labels.insert("customer.touches".to_owned(), "trace".to_owned()))), Err(Void::Fields));
    }
}
