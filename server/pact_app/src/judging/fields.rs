//! Fields that admins define, as the linter takes them: each is judged together with everything that is installed, as a plugin is.

use pact_policy::certificate::{interface_hash, rule_set_hash};
use pact_policy::manifest::{Field, File, parse_fields};
use pact_policy::{Report, Source};
use pact_store::Tx;
use pact_store::entity::custom_field;
use sea_orm::ConnectionTrait;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Judged, judge_with};
use crate::formulas::name_of;
use crate::{App, Refusal, fields};

/// The file that findings in the definition name which is judged.
pub(crate) const FIELD_FILE: &str = "field";
/// How the names begin that findings give to definitions which are there already.
pub(crate) const FIELD_FOLDER: &str = "field/";

/// A definition as the linter reads it.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// As a manifest has it: a text, so that findings have places and auditors can judge it again.
    pub(crate) text: String,
    /// As it was read from there.
    pub(crate) field: Field,
}

impl Definition {
    /// The definition that a row holds.
    ///
    /// # Errors
    /// One that no manifest could hold.
    pub(crate) fn of(row: &custom_field::Model) -> Result<Self, Refusal> {
        let field = json!(fields::definition(row)?);
        let text = toml::to_string(&json!({ "field": [without_nulls(field)] })).map_err(Refusal::defect)?;
        let read = parse_fields(&text).map_err(|error| Refusal::invalid("field", error.message))?;
        let field = read.into_iter().next().ok_or_else(|| Refusal::defect("the definition is lost"))?;
        Ok(Self { text, field })
    }

    /// Of which words and by which rules it is accepted.
    pub(crate) fn seal(&self) -> String {
        format!("{}/{}/{}", self.words(), interface_hash(), rule_set_hash())
    }

    /// Whether a seal is of these very words, by whichever rules.
    pub(crate) fn is_of(&self, seal: &str) -> bool {
        seal.split('/').next() == Some(self.words().as_str())
    }

    fn words(&self) -> String {
        Sha256::digest(&self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn source(&self, file: String) -> Source {
        source_of(file, self.text.clone(), vec![self.field.clone()])
    }
}

/// TOML has no null: what is not said is left out.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(fields) => Json::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other => other,
    }
}

/// Definitions in a file of this name.
pub(crate) fn source_of(file: String, text: String, fields: Vec<Field>) -> Source {
    Source::Fields { file: File { name: file, text }, fields }
}

/// The definitions that admins made and did not remove, but for one, each with its source.
pub(crate) async fn defined(
    conn: &impl ConnectionTrait,
    but: Option<Uuid>,
) -> Result<Vec<(custom_field::Model, Source)>, Refusal> {
    let rows = pact_store::field::all(conn).await?.into_iter().filter(|row| row.plugin_id.is_none() && Some(row.id) != but);
    rows.map(|row| {
        let source = Definition::of(&row)?.source(file_of(&row));
        Ok((row, source))
    })
    .collect()
}

/// The name that findings give to a definition which is there already.
pub(crate) fn file_of(row: &custom_field::Model) -> String {
    format!("{FIELD_FOLDER}{}", name_of(row))
}

/// Judges a definition together with everything else that is installed; `but` is the row in whose place it comes.
///
/// # Errors
/// A definition that cannot be judged, or a store that does not answer.
pub(crate) async fn judge_field(app: &App, definition: &Definition, but: Option<Uuid>) -> Result<Judged, Refusal> {
    judge_with(app, vec![definition.source(FIELD_FILE.to_owned())], "", but).await
}

/// Judges what is left when a field is gone: what read it must do without.
///
/// # Errors
/// Sources that cannot be judged, or a store that does not answer.
pub(crate) async fn judge_without(app: &App, gone: Uuid) -> Result<Judged, Refusal> {
    judge_with(app, Vec::new(), "", Some(gone)).await
}

/// An installed plugin whose manifest has this field, by its id.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn plugin_with(conn: &impl ConnectionTrait, row: &custom_field::Model) -> Result<Option<String>, Refusal> {
    let field = fields::definition(row)?;
    for version in super::others(conn, "").await? {
        let plugin = crate::plugins::plugin_of(&version).map_err(Refusal::defect)?;
        if plugin.manifest.fields.iter().any(|known| known.on == field.on && known.name == field.name) {
            return Ok(Some(version.plugin_id));
        }
    }
    Ok(None)
}

/// Whether the definitions are still those.
pub(crate) async fn are(tx: &Tx, but: Option<Uuid>, seen: &[custom_field::Model]) -> Result<bool, Refusal> {
    let now = pact_store::field::all(tx).await?;
    let now = now.iter().filter(|row| row.plugin_id.is_none() && Some(row.id) != but);
    Ok(now.map(|row| (row.id, &row.revision)).eq(seen.iter().map(|row| (row.id, &row.revision))))
}

/// Notes which fields tell of acts by now.
pub(super) async fn tell_acts(tx: &Tx, report: &Report) -> Result<(), Refusal> {
    let all = pact_store::field::all(tx).await?;
    for acts in [false, true] {
        let changed: Vec<Uuid> =
            all.iter().filter(|row| row.acts != acts && report.acts.contains(&name_of(row)) == acts).map(|row| row.id).collect();
        if !changed.is_empty() {
            pact_store::field::tell_acts(tx, &changed, acts).await?;
        }
    }
    Ok(())
}
