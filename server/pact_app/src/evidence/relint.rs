//! The linter of this release, as evidence files ask for it.

use pact_evidence::verify::{Again, Linter};
use pact_policy::certificate::{interface_hash, rule_set_hash};
use pact_policy::manifest::parse_fields;
use pact_policy::{Source, lint};

use super::sources::{Sources, report_text};
use crate::judging::{FIELD_FILE, FIELD_FOLDER, source_of};

/// Judges what a log says was judged, by the rules of this release.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThisLinter;

impl Linter for ThisLinter {
    fn interface(&self) -> String {
        interface_hash().to_owned()
    }

    fn rules(&self) -> String {
        rule_set_hash().to_owned()
    }

    fn judge(&mut self, again: &Again<'_>) -> Result<String, String> {
        let mut given = Vec::new();
        match again {
            Again::Plugin { sources, others, fields, .. } => {
                given.extend(defined(fields)?);
                given.extend(Sources::read(sources)?.to_install()?);
                for other in others {
                    given.extend(Sources::read(other)?.installed()?);
                }
            }
            Again::All { plugins, fields } => {
                given.extend(defined(fields)?);
                for plugin in plugins {
                    given.extend(Sources::read(plugin)?.installed()?);
                }
            }
            Again::Field { sources, plugins, fields } => {
                given.push(definitions(FIELD_FILE.to_owned(), sources)?);
                given.extend(defined(fields)?);
                for plugin in plugins {
                    given.extend(Sources::read(plugin)?.installed()?);
                }
            }
        }
        Ok(report_text(&lint(&given)))
    }
}

/// Definitions that were there already.
fn defined(fields: &[(&str, &str)]) -> Result<Vec<Source>, String> {
    fields.iter().map(|(name, text)| definitions(format!("{FIELD_FOLDER}{name}"), text)).collect()
}

fn definitions(file: String, text: &str) -> Result<Source, String> {
    let fields = parse_fields(text).map_err(|error| error.message)?;
    Ok(source_of(file, text.to_owned(), fields))
}
