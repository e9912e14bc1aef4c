//! Packs: data sheets, talking points and target customers for a launch or campaign, ready to be taken along.

use pact_core::text::{OPTIONAL_TEXT, TITLE, WORD};
use pact_store::entity::pack;
use pact_store::{AsJson, Json, Notice, Tx, Words, record, search};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::guard::{maybe_text, same_revision, text};
use crate::{Actor, App, Refusal};

/// The most documents that a pack holds.
pub const MAX_DOCUMENTS: usize = 100;
/// The most themes, or segments, that a pack is for.
pub const MAX_WORDS: usize = 50;
/// The longest address of a document, in characters.
const MAX_ADDRESS_CHARS: usize = 2_000;

/// A document in a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Where it is: a web address.
    pub address: String,
}

/// What a pack says.
#[derive(Clone, Debug, Default)]
pub struct WritePack {
    /// Its title.
    pub title: String,
    /// The product that it is for.
    pub product: Option<String>,
    /// What it is about, and what to say.
    pub summary: Option<String>,
    /// Its documents.
    pub documents: Vec<Document>,
    /// Its themes.
    pub themes: Vec<String>,
    /// The segments of the customers that it is for.
    pub segments: Vec<String>,
}

/// Change a pack; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug)]
pub struct ChangePack {
    /// The pack.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub revision: String,
    /// Its title.
    pub title: Option<String>,
    /// The product that it is for.
    pub product: Option<Option<String>>,
    /// What it is about, and what to say.
    pub summary: Option<Option<String>>,
    /// Its documents.
    pub documents: Option<Vec<Document>>,
    /// Its themes.
    pub themes: Option<Vec<String>>,
    /// The segments of the customers that it is for.
    pub segments: Option<Vec<String>>,
}

/// Makes a pack.
///
/// # Errors
/// Values that cannot be taken.
pub async fn create_pack(app: &App, _actor: &Actor, command: WritePack) -> Result<pack::Model, Refusal> {
    let row = pack::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        title: text(TITLE, "title", &command.title)?,
        product: maybe_text(WORD, "product", command.product.as_deref())?,
        summary: maybe_text(OPTIONAL_TEXT, "summary", command.summary.as_deref())?,
        documents: documents(&command.documents)?,
        themes: words("themes", &command.themes)?,
        segments: words("segments", &command.segments)?,
        created_at: app.clock.now().millis(),
    };
    app.store
        .write(async move |tx| {
            record::insert(tx, row.clone()).await?;
            index(tx, &row).await?;
            tx.after_commit(Notice::RecordChanged { kind: "pack", id: row.id });
            Ok::<_, Refusal>(row.clone())
        })
        .await
}

/// Changes a pack.
///
/// # Errors
/// A revision that is not the present one, or values that cannot be taken.
pub async fn change_pack(app: &App, _actor: &Actor, command: ChangePack) -> Result<pack::Model, Refusal> {
    let title = command.title.as_deref().map(|given| text(TITLE, "title", given)).transpose()?;
    let product = command.product.as_ref().map(|given| maybe_text(WORD, "product", given.as_deref())).transpose()?;
    let summary = command.summary.as_ref().map(|given| maybe_text(OPTIONAL_TEXT, "summary", given.as_deref())).transpose()?;
    let documents = command.documents.as_deref().map(documents).transpose()?;
    let themes = command.themes.as_deref().map(|given| words("themes", given)).transpose()?;
    let segments = command.segments.as_deref().map(|given| words("segments", given)).transpose()?;
    app.store
        .write(async move |tx| {
            let before = record::hold::<pack::Model>(tx, command.id).await?;
            same_revision(&before, &command.revision)?;
            let mut after = before.clone();
            after.title = title.clone().unwrap_or(after.title);
            after.product = product.clone().unwrap_or(after.product);
            after.summary = summary.clone().unwrap_or(after.summary);
            after.documents = documents.clone().unwrap_or(after.documents);
            after.themes = themes.clone().unwrap_or(after.themes);
            after.segments = segments.clone().unwrap_or(after.segments);
            let saved = record::save(tx, &before, after).await?;
            index(tx, &saved).await?;
            tx.after_commit(Notice::RecordChanged { kind: "pack", id: saved.id });
            Ok(saved)
        })
        .await
}

/// Puts what a pack is found by into the search index.
async fn index(tx: &Tx, row: &pack::Model) -> Result<(), Refusal> {
    let words = [row.product.as_deref(), row.summary.as_deref()].into_iter().flatten().map(str::to_owned);
    let body: Vec<String> = words.chain(row.themes.iter().cloned()).chain(row.segments.iter().cloned()).collect();
    Ok(search::index(tx, "pack", row.id, &row.title, &body.join(" ")).await?)
}

/// The documents of a stored pack.
pub fn documents_of(row: &pack::Model) -> Vec<Document> {
    serde_json::from_value(row.documents.0.clone()).unwrap_or_default()
}

fn documents(given: &[Document]) -> Result<Json, Refusal> {
    if given.len() > MAX_DOCUMENTS {
        return Err(Refusal::invalid("documents", format!("a pack holds at most {MAX_DOCUMENTS} documents. Make two packs.")));
    }
    let checked = given.iter().enumerate().map(|(at, document)| {
        let title = text(TITLE, &format!("documents[{at}].title"), &document.title)?;
        let address = document.address.trim().to_owned();
        // Only what a browser opens safely: never `javascript:` and the like.
        let opens = address.starts_with("https://") || address.starts_with("http://");
        let plain =
            address.chars().all(|c| !c.is_whitespace() && !c.is_control()) && address.chars().count() <= MAX_ADDRESS_CHARS;
        if opens && plain {
            Ok(Document { title, address })
        } else {
            Err(Refusal::invalid(format!("documents[{at}].address"), "this is no web address. Write it with https:// in front."))
        }
    });
    let checked: Vec<Document> = checked.collect::<Result<_, _>>()?;
    Ok(AsJson(json!(checked)))
}

fn words(field: &str, given: &[String]) -> Result<Words, Refusal> {
    if given.len() > MAX_WORDS {
        return Err(Refusal::invalid(field, format!("at most {MAX_WORDS} of them. Choose the most telling.")));
    }
    let mut checked = Vec::with_capacity(given.len());
    for (at, word) in given.iter().enumerate() {
        let word = text(WORD, &format!("{field}[{at}]"), word)?;
        if !checked.contains(&word) {
            checked.push(word);
        }
    }
    Ok(AsJson(checked))
}
