//! Territories: the tree of market areas, and the rules by which a lead or customer belongs to one.

use pact_core::territory::{Territory, TerritoryProblem, TerritoryRule, TerritoryTree};
use pact_core::text::{NAME, WORD};
use pact_store::entity::territory::{self, Column, Entity};
use pact_store::{AsJson, Ask, Page, Sort, StoreError, Tx, record};
use sea_orm::QueryTrait;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::guard::{same_revision, taken, text};
use super::organisation::touch;
use crate::app::Held;
use crate::list::sorts;
use crate::{Actor, App, Refusal};

/// The most rules of one territory.
const MAX_RULES: usize = 200;
/// The most words or ranges in one part of a rule.
const MAX_PARTS: usize = 500;
/// The most territories; the tree is kept in memory on every node.
const MAX_TERRITORIES: usize = 5_000;

/// A territory that is to be made.
#[derive(Clone, Debug)]
pub struct CreateTerritory {
    /// Its name, which no other territory has.
    pub name: String,
    /// The territory above it.
    pub parent_id: Option<Uuid>,
    /// Which goes first among territories at the same depth; higher first.
    pub priority: i32,
    /// A lead belongs here when one of them matches.
    pub rules: Vec<TerritoryRule>,
}

/// What is to be changed on a territory; `None` stays as it is, `Some(None)` is emptied.
#[derive(Clone, Debug, Default)]
pub struct ChangeTerritory {
    /// Its name.
    pub name: Option<String>,
    /// The territory above it.
    pub parent_id: Option<Option<Uuid>>,
    /// Which goes first.
    pub priority: Option<i32>,
    /// Its rules, all of them.
    pub rules: Option<Vec<TerritoryRule>>,
}

sorts! {
    /// The orders in which territories are listed.
    By of territory {
        Name = "name",
        Priority = "priority",
    }
}

/// Territories, those directly in one or all.
///
/// # Errors
/// A cursor of another list, or what the store reports.
pub async fn list_territories(
    app: &App,
    parent: Option<Uuid>,
    sort: Sort<By>,
    ask: &Ask,
) -> Result<Page<territory::Model>, StoreError> {
    let select = Entity::find().apply_if(parent, |select, parent| select.filter(Column::ParentId.eq(parent)));
    pact_store::list::page(app.store.read(), select, Column::Id, sort, ask).await
}

/// Makes a territory.
///
/// # Errors
/// A name that another territory has, a parent that does not exist, or a rule that cannot match as it stands.
pub async fn create_territory(app: &App, _actor: &Actor, command: CreateTerritory) -> Result<territory::Model, Refusal> {
    let row = territory::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: text(NAME, "name", &command.name)?,
        parent_id: command.parent_id,
        priority: command.priority.into(),
        rules: rules(&command.rules)?,
    };
    app.change(Held::Organisation, async move |tx| {
        check_tree(tx, &row).await?;
        record::insert(tx, row.clone()).await.map_err(|error| taken(error, "territory", "name"))?;
        touch(tx).await?;
        Ok(row.clone())
    })
    .await
}

/// Changes a territory.
///
/// # Errors
/// As [`create_territory`]; a revision that is not the present one; a parent that lies in it.
pub async fn change_territory(
    app: &App,
    _actor: &Actor,
    id: Uuid,
    revision: String,
    change: ChangeTerritory,
) -> Result<territory::Model, Refusal> {
    let name = change.name.as_deref().map(|name| text(NAME, "name", name)).transpose()?;
    let rules = change.rules.as_deref().map(rules).transpose()?;
    app.change(Held::Organisation, async move |tx| {
        let before = record::hold::<territory::Model>(tx, id).await?;
        same_revision(&before, &revision)?;
        let mut after = before.clone();
        after.name = name.clone().unwrap_or(after.name);
        after.parent_id = change.parent_id.unwrap_or(after.parent_id);
        after.priority = change.priority.map_or(after.priority, i64::from);
        after.rules = rules.clone().unwrap_or(after.rules);
        check_tree(tx, &after).await?;
        let saved = record::save(tx, &before, after).await.map_err(|error| taken(error, "territory", "name"))?;
        touch(tx).await?;
        Ok(saved)
    })
    .await
}

/// Removes a territory; its people, customers and leads stay, in none.
///
/// # Errors
/// A revision that is not the present one, or territories that lie in it.
pub async fn delete_territory(app: &App, _actor: &Actor, id: Uuid, revision: String) -> Result<(), Refusal> {
    app.change(Held::Organisation, async move |tx| {
        let before = record::hold::<territory::Model>(tx, id).await?;
        same_revision(&before, &revision)?;
        let inside = Entity::find().filter(Column::ParentId.eq(id)).one(tx).await.map_err(StoreError::from)?;
        if let Some(inside) = inside {
            let why = format!("The territory \"{}\" lies in it. Move or remove that one first.", inside.name);
            return Err(Refusal::NotNow { why });
        }
        record::remove(tx, &before).await?;
        touch(tx).await
    })
    .await
}

/// The rules as they are kept: trimmed, and not without bounds.
fn rules(given: &[TerritoryRule]) -> Result<pact_store::Json, Refusal> {
    if given.len() > MAX_RULES {
        return Err(Refusal::invalid("rules", format!("these are more than {MAX_RULES}. Split the territory.")));
    }
    let mut rules = given.to_vec();
    for (at, rule) in rules.iter_mut().enumerate() {
        for (part, words) in
            [("countries", &mut rule.countries), ("segments", &mut rule.segments), ("products", &mut rule.products)]
        {
            let field = format!("rules[{at}].{part}");
            bounded(&field, words.len())?;
            *words = words.iter().map(|word| text(WORD, &field, word)).collect::<Result<_, _>>()?;
        }
        let field = format!("rules[{at}].postcodes");
        bounded(&field, rule.postcodes.len())?;
        for range in &mut rule.postcodes {
            for end in [&mut range.country, &mut range.from, &mut range.to] {
                *end = text(WORD, &field, end)?;
            }
        }
    }
    serde_json::to_value(rules).map(AsJson).map_err(Refusal::defect)
}

fn bounded(field: &str, parts: usize) -> Result<(), Refusal> {
    if parts <= MAX_PARTS {
        Ok(())
    } else {
        Err(Refusal::invalid(field, format!("these are more than {MAX_PARTS}. Make a second rule.")))
    }
}

/// Refuses a territory with which the tree would be wrong.
async fn check_tree(tx: &Tx, row: &territory::Model) -> Result<(), Refusal> {
    let mut rows = Entity::find().filter(Column::Id.ne(row.id)).all(tx).await.map_err(StoreError::from)?;
    if rows.len() >= MAX_TERRITORIES {
        return Err(Refusal::NotNow { why: format!("There are {MAX_TERRITORIES} territories already. Remove some first.") });
    }
    rows.push(row.clone());
    let (_, problems) = TerritoryTree::new(rows.iter().map(node).collect());
    match problems.iter().find(|problem| of(problem) == row.id) {
        Some(problem) => Err(Refusal::invalid(field(problem), problem.to_string())),
        None => Ok(()),
    }
}

fn node(row: &territory::Model) -> Territory {
    Territory {
        id: row.id,
        name: row.name.clone(),
        parent: row.parent_id,
        priority: i32::try_from(row.priority).unwrap_or_default(),
        rules: serde_json::from_value(row.rules.0.clone()).unwrap_or_default(),
    }
}

const fn of(problem: &TerritoryProblem) -> Uuid {
    match problem {
        TerritoryProblem::UnknownParent { id, .. }
        | TerritoryProblem::Cycle { id, .. }
        | TerritoryProblem::BadRange { id, .. }
        | TerritoryProblem::EmptyRule { id, .. }
        | TerritoryProblem::BadCountry { id, .. } => *id,
    }
}

const fn field(problem: &TerritoryProblem) -> &'static str {
    match problem {
        TerritoryProblem::UnknownParent { .. } | TerritoryProblem::Cycle { .. } => "parent_id",
        TerritoryProblem::BadRange { .. } | TerritoryProblem::EmptyRule { .. } | TerritoryProblem::BadCountry { .. } => "rules",
    }
}
