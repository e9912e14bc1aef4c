//! What a verdict is given on: a plugin's manifest and scripts as one text, from which it can be judged again; and the verdict's words.

use std::collections::BTreeMap;

use pact_evidence::act::{Found, MAX_FINDINGS, Verdict};
use pact_evidence::{Hash, PolicyAct};
use pact_policy::certificate::{interface_hash, rule_set_hash};
use pact_policy::manifest::{File, Plugin};
use pact_policy::{Report, Source};
use pact_script::plugin::{MANIFEST_FILE, STD_PREFIX};
use pact_store::entity::script_version;
use serde::{Deserialize, Serialize};

use super::Recording;
use crate::judging::{module, named_apart};
use crate::plugins::files_of;

/// A plugin's manifest and scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sources {
    /// The manifest, as TOML.
    manifest: String,
    /// The scripts, and the modules that they import, by name.
    files: BTreeMap<String, String>,
    /// The script that carries the manifest in its leading lines, when it came as one file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    script: Option<String>,
}

impl Sources {
    /// Those of a plugin that is to be installed.
    pub(crate) fn of(plugin: &Plugin, manifest: String, files: BTreeMap<String, String>) -> Self {
        let name = &plugin.manifest_file.name;
        let script = plugin.files.contains_key(name).then(|| name.clone());
        Self { manifest, files, script }
    }

    /// Those of a stored version.
    pub(crate) fn stored(version: &script_version::Model) -> Result<Self, String> {
        Ok(Self { manifest: version.manifest.clone(), files: files_of(version)?, script: None })
    }

    /// The same with other words in these files.
    pub(crate) fn with(mut self, files: BTreeMap<String, String>) -> Self {
        self.files.extend(files);
        self
    }

    /// The words of a file.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    /// One text, always the same for the same sources.
    pub(crate) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Reads the text.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// What the linter is given when the plugin is to be installed.
    pub(crate) fn to_install(&self) -> Result<Vec<Source>, String> {
        match &self.script {
            Some(name) => {
                let text = self.files.get(name).cloned().unwrap_or_default();
                let script = File { name: name.clone(), text };
                Ok(self.with_modules(&Plugin::from_script(script).map_err(|error| error.to_string())?))
            }
            None => self.installed(),
        }
    }

    /// What the linter is given once the plugin is installed.
    pub(crate) fn installed(&self) -> Result<Vec<Source>, String> {
        let manifest = File { name: MANIFEST_FILE.to_owned(), text: self.manifest.clone() };
        let own = self.files.iter().filter(|(name, _)| !name.starts_with(STD_PREFIX));
        let files = own.map(|(name, text)| File { name: name.clone(), text: text.clone() }).collect();
        Ok(self.with_modules(&Plugin::from_folder(manifest, files).map_err(|error| error.to_string())?))
    }

    fn with_modules(&self, plugin: &Plugin) -> Vec<Source> {
        let modules = self.files.iter().filter(|(name, _)| name.starts_with(STD_PREFIX));
        let modules = modules.map(|(name, text)| module(plugin.id(), name, text));
        std::iter::once(Source::Plugin(Box::new(named_apart(plugin)))).chain(modules).collect()
    }
}

/// A report word for word, with what it says of stored fields.
pub(crate) fn report_text(report: &Report) -> String {
    serde_json::json!({ "report": report, "labels": report.labels }).to_string()
}

/// The verdict for the log; what was found stands beside it in full.
pub(crate) fn verdict(recording: &mut Recording, report: &Report) -> Verdict {
    let text = report_text(report);
    let found = |finding: &pact_policy::Finding| Found {
        rule: finding.rule.id().to_owned(),
        file: finding.file.clone(),
        line: finding.line.into(),
    };
    Verdict {
        interface: interface_hash().to_owned(),
        rules: rule_set_hash().to_owned(),
        report: if report.findings.is_empty() { Hash::of(&text) } else { recording.text(text) },
        findings: report.findings.iter().take(MAX_FINDINGS).map(found).collect(),
    }
}

/// The entry for a plugin that was refused.
pub(crate) fn refused(recording: &mut Recording, plugin: &Plugin, sources: &Sources, report: &Report) -> PolicyAct {
    PolicyAct::PluginRefused {
        plugin: plugin.id().to_owned(),
        version: plugin.manifest.version.clone(),
        sources: recording.text(sources.text()),
        verdict: verdict(recording, report),
    }
}
