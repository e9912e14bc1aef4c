//! The linter of this release, as evidence files ask for it.

use pact_evidence::verify::{Again, Linter};
use pact_policy::certificate::{interface_hash, rule_set_hash};
use pact_policy::manifest::{File, parse_fields};
use pact_policy::{Source, lint};

use super::sources::{Sources, report_text};
use crate::judging::FIELD_FILE;

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
            Again::Plugin { sources, others, .. } => {
                given.extend(Sources::read(sources)?.to_install()?);
                for other in others {
                    given.extend(Sources::read(other)?.installed()?);
                }
            }
            Again::All { plugins } => {
                for plugin in plugins {
                    given.extend(Sources::read(plugin)?.installed()?);
                }
            }
            Again::Field { sources } => {
                let fields = parse_fields(sources).map_err(|error| error.message)?;
                let file = File { name: FIELD_FILE.to_owned(), text: (*sources).to_owned() };
                given.push(Source::Fields { file, fields });
            }
        }
        Ok(report_text(&lint(&given)))
    }
}
