//! Search: records found by words at their beginnings, whatever the accents and capitals; names also with typing errors.
//!
//! Rust folds and splits texts before they are written and before they are asked for, so both databases index the same plain words (FTS5; tsvector).
//! Custom fields are indexed apart, a value under its record and its field, so that each reader searches the fields that they read ([`find_with`]). Scripts
//! search none: they read only the fields that they declare.
//! When words find too little, the three-letter pieces of names bring candidates, and the likeness of their words decides.

mod in_fields;

use std::collections::{HashMap, HashSet};

use pact_core::matching::fold_accents;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QueryFilter, Statement, Value};
use uuid::Uuid;

use crate::entity::search_doc::{Column, Entity, Model};
use crate::error::StoreError;
use crate::journal::largest_power_of_two;
use crate::tx::Tx;

/// Characters of a text that are indexed; what comes after is not found.
pub const BODY_CHARS: usize = 20_000;
/// Words of one question that are looked for; further ones are left out.
pub const WORDS_ASKED: usize = 12;
/// Characters of a text that others are compared with.
const LIKE_CHARS: usize = 2_000;
/// The shortest word that makes texts alike, in characters.
const LIKE_WORD_CHARS: usize = 4;
/// Ids that [`ids`] finds at most.
pub const IDS_FOUND: u64 = 1_000;
/// Kinds whose titles are names, which are found with typing errors too.
const NAMED: [&str; 3] = ["customer", "contact", "pack"];
/// Words of a name that have pieces.
const NAME_WORDS: usize = 12;
/// Names with common pieces that are compared word by word.
const CANDIDATES: u64 = 100;
/// How alike two words must be, from 0 to 1, to be the same word with an error: one error in three letters or more.
const LIKE_ENOUGH: f64 = 0.66;

/// A record that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its noun.
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// Makes a record found by its title and body, from the commit on; what was indexed for it before is replaced.
///
/// # Errors
/// None now: the row is written with the group.
pub async fn index(tx: &Tx, kind: &str, id: Uuid, title: &str, body: &str) -> Result<(), StoreError> {
    let words = words_of(title);
    let grams = if NAMED.contains(&kind) { pieces_of(&words) } else { Vec::new() };
    tx.append(Model { record_id: id, kind: kind.to_owned(), title: words.join(" "), body: folded(body), grams: grams.join(" ") });
    Ok(())
}

/// Makes a record found no longer.
///
/// # Errors
/// What the database reports.
pub async fn remove(tx: &Tx, id: Uuid) -> Result<(), StoreError> {
    Entity::delete_many().filter(Column::RecordId.eq(id)).exec(tx).await?;
    Ok(())
}

/// Records of these kinds that match every word of `text`, best first; where those are fewer than `limit`, names that are like it follow.
///
/// # Errors
/// What the database reports.
pub async fn find(conn: &impl ConnectionTrait, kinds: &[&str], text: &str, limit: u64) -> Result<Vec<Hit>, StoreError> {
    find_with(conn, kinds, &[], text, limit).await
}

/// The same for a reader who reads these custom fields: records in which some words stand in names and texts and the others in one of the fields follow,
/// in the order of their titles. What stands in other fields changes nothing, neither what is found nor its order.
///
/// # Errors
/// What the database reports.
pub async fn find_with(
    conn: &impl ConnectionTrait,
    kinds: &[&str],
    fields: &[Uuid],
    text: &str,
    limit: u64,
) -> Result<Vec<Hit>, StoreError> {
    let words = asked(text);
    if words.is_empty() || kinds.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut hits: Vec<Hit> =
        matches(conn, Index::Words, &words, kinds, limit).await?.into_iter().map(|found| found.hit).collect();
    if (hits.len() as u64) < limit && !fields.is_empty() {
        let known: HashSet<Uuid> = hits.iter().map(|hit| hit.id).collect();
        // As many as are known may come a second time.
        let more = in_fields::find(conn, kinds, fields, &words, limit.saturating_add(known.len() as u64)).await?;
        hits.extend(more.into_iter().filter(|hit| !known.contains(&hit.id)));
        hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    if (hits.len() as u64) < limit && kinds.iter().any(|kind| NAMED.contains(kind)) {
        let known: HashSet<Uuid> = hits.iter().map(|hit| hit.id).collect();
        let alike = alike(conn, &words, kinds).await?;
        hits.extend(alike.into_iter().filter(|hit| !known.contains(&hit.id)));
        hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(hits)
}

/// The ids of records of one kind that match every word of `text`, best first, [`IDS_FOUND`] at most.
///
/// # Errors
/// What the database reports.
pub async fn ids(conn: &impl ConnectionTrait, kind: &str, text: &str) -> Result<Vec<Uuid>, StoreError> {
    ids_with(conn, kind, &[], text).await
}

/// The same for a reader who reads these custom fields, as [`find_with`] has it.
///
/// # Errors
/// What the database reports.
pub async fn ids_with(conn: &impl ConnectionTrait, kind: &str, fields: &[Uuid], text: &str) -> Result<Vec<Uuid>, StoreError> {
    Ok(find_with(conn, &[kind], fields, text, IDS_FOUND).await?.into_iter().map(|hit| hit.id).collect())
}

/// The words of a text as the index has them, [`BODY_CHARS`] of it.
#[must_use]
pub fn folded(text: &str) -> String {
    words_of(text.get(..byte_at(text, BODY_CHARS)).unwrap_or(text)).join(" ")
}

/// The ids of records of one kind that have words in common with `text`, the most alike first.
///
/// Long words tell more than short ones: of a text's words the [`WORDS_ASKED`] longest are looked for.
///
/// # Errors
/// What the database reports.
pub async fn like(conn: &impl ConnectionTrait, kind: &str, text: &str, limit: u64) -> Result<Vec<Uuid>, StoreError> {
    let mut words: Vec<String> = Vec::new();
    for word in words_of(text.get(..byte_at(text, LIKE_CHARS)).unwrap_or(text)) {
        if word.chars().count() >= LIKE_WORD_CHARS && !words.contains(&word) {
            words.push(word);
        }
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(WORDS_ASKED);
    if words.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let found = matches(conn, Index::AnyWord, &words, &[kind], limit).await?;
    Ok(found.into_iter().map(|found| found.hit.id).collect())
}

/// The ids of records of one kind whose names are like `name`, most alike first.
pub(crate) async fn similar_names(
    conn: &impl ConnectionTrait,
    kind: &str,
    name: &str,
    limit: u64,
) -> Result<Vec<Uuid>, StoreError> {
    let words = asked(name);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let found = matches(conn, Index::Pieces, &pieces_of(&words), &[kind], limit).await?;
    Ok(ranked(found, &words, 0.0).into_iter().map(|hit| hit.id).collect())
}

async fn alike(conn: &impl ConnectionTrait, words: &[String], kinds: &[&str]) -> Result<Vec<Hit>, StoreError> {
    let found = matches(conn, Index::Pieces, &pieces_of(words), kinds, CANDIDATES).await?;
    Ok(ranked(found, words, LIKE_ENOUGH))
}

/// Those whose every word asked for is like one of theirs, most alike first.
fn ranked(found: Vec<Found>, words: &[String], least: f64) -> Vec<Hit> {
    let mut scored: Vec<(f64, Found)> = found
        .into_iter()
        .filter_map(|found| {
            let likeness: Vec<f64> = words.iter().map(|word| best_likeness(word, &found.title)).collect();
            let sum: f64 = likeness.iter().sum();
            likeness.iter().all(|one| *one >= least).then_some((sum, found))
        })
        .collect();
    scored.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.title.cmp(&other.title)));
    scored.into_iter().map(|(_, found)| found.hit).collect()
}

fn best_likeness(word: &str, title: &str) -> f64 {
    let likeness = |known: &str| if known.starts_with(word) { 1.0 } else { strsim::normalized_damerau_levenshtein(word, known) };
    title.split(' ').map(likeness).fold(0.0, f64::max)
}

/// Which index answers.
#[derive(Clone, Copy, Debug)]
enum Index {
    /// Every word must begin one of the record's words.
    Words,
    /// The more words in common, and the rarer these, the better.
    AnyWord,
    /// The more pieces in common the better.
    Pieces,
}

struct Found {
    hit: Hit,
    title: String,
}

async fn matches(
    conn: &impl ConnectionTrait,
    index: Index,
    terms: &[String],
    kinds: &[&str],
    limit: u64,
) -> Result<Vec<Found>, StoreError> {
    let backend = conn.get_database_backend();
    let postgres = backend == DbBackend::Postgres;
    let mut values: Vec<Value> = vec![if postgres { tsquery(index, terms) } else { fts5(index, terms) }.into()];
    let mut place = |value: Value| {
        values.push(value);
        if postgres { format!("${}", values.len()) } else { "?".to_owned() }
    };
    let kinds: Vec<String> = kinds.iter().map(|kind| place((*kind).into())).collect();
    let (kinds, limit) = (kinds.join(", "), place(i64::try_from(limit).unwrap_or(i64::MAX).into()));
    let sql = match (postgres, index) {
        (true, Index::Words | Index::AnyWord) => format!(
            r#"SELECT kind, record_id, title FROM "search_docs", CAST($1 AS tsquery) AS asked
               WHERE words @@ asked AND kind IN ({kinds}) ORDER BY ts_rank(words, asked) DESC, title, record_id LIMIT {limit}"#
        ),
        (true, Index::Pieces) => format!(
            r#"SELECT kind, record_id, title FROM "search_docs", CAST($1 AS tsquery) AS asked
               WHERE pieces @@ asked AND kind IN ({kinds}) ORDER BY ts_rank(pieces, asked) DESC, title, record_id LIMIT {limit}"#
        ),
        (false, Index::Words | Index::AnyWord) => format!(
            r#"SELECT kind, record_id, "search_docs".title AS title FROM search_words JOIN "search_docs" ON doc = search_words.rowid
               WHERE search_words MATCH ? AND kind IN ({kinds})
               ORDER BY bm25(search_words, 10.0, 1.0, 0.0), "search_docs".title, record_id LIMIT {limit}"#
        ),
        (false, Index::Pieces) => format!(
            r#"SELECT kind, record_id, "search_docs".title AS title FROM search_words JOIN "search_docs" ON doc = search_words.rowid
               WHERE search_words MATCH ? AND kind IN ({kinds})
               ORDER BY bm25(search_words, 0.0, 0.0, 1.0), "search_docs".title, record_id LIMIT {limit}"#
        ),
    };
    let rows = conn.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let found = |row: &sea_orm::QueryResult| -> Result<Found, DbErr> {
        let hit = Hit { kind: row.try_get("", "kind")?, id: row.try_get("", "record_id")? };
        Ok(Found { hit, title: row.try_get("", "title")? })
    };
    Ok(rows.iter().map(found).collect::<Result<_, _>>()?)
}

/// The question as FTS5 takes it. Terms are letters and digits only.
fn fts5(index: Index, terms: &[String]) -> String {
    let (columns, suffix, joint) = match index {
        Index::Words => ("{title body}", "*", " AND "),
        Index::AnyWord => ("{title body}", "*", " OR "),
        Index::Pieces => ("grams", "", " OR "),
    };
    let terms: Vec<String> = terms.iter().map(|term| format!("\"{term}\"{suffix}")).collect();
    format!("{columns} : ({})", terms.join(joint))
}

/// The question as PostgreSQL takes it.
fn tsquery(index: Index, terms: &[String]) -> String {
    let (suffix, joint) = match index {
        Index::Words => (":*", " & "),
        Index::AnyWord => (":*", " | "),
        Index::Pieces => ("", " | "),
    };
    let terms: Vec<String> = terms.iter().map(|term| format!("'{term}'{suffix}")).collect();
    terms.join(joint)
}

fn asked(text: &str) -> Vec<String> {
    let mut words = words_of(text.get(..byte_at(text, 500)).unwrap_or(text));
    words.truncate(WORDS_ASKED);
    words
}

/// The words of a text: letters and digits, folded.
fn words_of(text: &str) -> Vec<String> {
    fold_accents(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The three-letter pieces of words, with a `0` before and after each word so that beginnings and ends count.
fn pieces_of(words: &[String]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut seen = HashSet::new();
    for word in words.iter().take(NAME_WORDS) {
        let letters: Vec<char> = std::iter::once('0').chain(word.chars().take(30)).chain(std::iter::once('0')).collect();
        for three in letters.windows(3) {
            let piece: String = three.iter().collect();
            if seen.insert(piece.clone()) {
                pieces.push(piece);
            }
        }
    }
    pieces
}

fn byte_at(text: &str, chars: usize) -> usize {
    text.char_indices().nth(chars).map_or(text.len(), |(byte, _)| byte)
}

/// Writes what a group indexed; of several rows for one record the last counts.
pub(crate) async fn write_docs(docs: Vec<Model>, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
    let last: HashMap<Uuid, usize> = docs.iter().enumerate().map(|(n, doc)| (doc.record_id, n)).collect();
    let mut docs: Vec<Model> =
        docs.into_iter().enumerate().filter(|(n, doc)| last.get(&doc.record_id) == Some(n)).map(|(_, doc)| doc).collect();
    while !docs.is_empty() {
        let rest = docs.split_off(largest_power_of_two(docs.len()));
        let again = OnConflict::column(Column::RecordId)
            .update_columns([Column::Kind, Column::Title, Column::Body, Column::Grams])
            .to_owned();
        Entity::insert_many(docs.into_iter().map(IntoActiveModel::into_active_model))
            .on_conflict(again)
            .exec_without_returning(conn)
            .await?;
        docs = rest;
    }
    Ok(())
}
