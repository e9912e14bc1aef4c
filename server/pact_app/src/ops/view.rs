//! Views: saved when the policy allows what they would show, changed and removed by who saved them or an admin.

use pact_core::role::Role;
use pact_core::time::Instant;
use pact_evidence::PolicyAct;
use pact_evidence::act::Change;
use pact_policy::Source;
use pact_policy::manifest::{File, Plugin};
use pact_policy::view::{View, parse_views};
use pact_store::entity::{view, view_subscription};
use pact_store::{Notice, Tx, record};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::guard::{same_revision, taken};
use crate::evidence::Recording;
use crate::jobs::Every;
use crate::judging::judge_view;
use crate::{Actor, App, Caller, Refusal, views};

/// The most views.
pub const MAX_VIEWS: usize = 1_000;
/// How the names begin that findings give to saved views.
pub(crate) const VIEW_FOLDER: &str = "view/";
/// How often a view is judged when plugins are installed at the same moment.
const JUDGED_AT_MOST: usize = 4;

/// Saves a view.
///
/// # Errors
/// A view that cannot be read, one that the policy refuses, rows that the caller may not read, or a name that is taken.
pub async fn save_view(app: &App, caller: &Caller, view: View) -> Result<view::Model, Refusal> {
    let (view, source) = checked(caller, &view)?;
    let row = view::Model {
        id: pact_core::id::random(),
        revision: record::new_revision(),
        name: view.name.clone(),
        title: view.title.clone(),
        source: view.of.word().to_owned(),
        definition: json!(view).into(),
        verdict: json!(null).into(),
        plugin_id: None,
        made_by_id: Some(caller.person_id),
        created_at: app.clock.now().millis(),
    };
    for _ in 0..JUDGED_AT_MOST {
        let judged = judge_view(app, &source, &view).await?;
        let row = view::Model { verdict: judged.verdict(&view).into(), ..row.clone() };
        let (actor, now) = (Actor::Person(caller.clone()), app.clock.now());
        let written = app.store.write(async move |tx| {
            if !judged.still_holds(tx).await? {
                return Ok::<_, Refusal>(None);
            }
            if pact_store::view::all(tx).await?.len() >= MAX_VIEWS {
                return Err(Refusal::NotNow { why: format!("There are {MAX_VIEWS} views. Remove one that nobody needs first.") });
            }
            record::insert(tx, row.clone()).await.map_err(|error| taken(error, "view", "name"))?;
            record_view(tx, &actor, now, &row, Change::Made).await?;
            tx.after_commit(Notice::RecordChanged { kind: "view", id: row.id });
            Ok(Some(row.clone()))
        });
        if let Some(row) = written.await? {
            return Ok(row);
        }
    }
    Err(busy())
}

/// Replaces what a view says.
///
/// # Errors
/// As [`save_view`]; a revision that is not the present one, or a view of somebody else or of a plugin.
pub async fn change_view(app: &App, caller: &Caller, id: Uuid, revision: String, view: View) -> Result<view::Model, Refusal> {
    let (view, source) = checked(caller, &view)?;
    for _ in 0..JUDGED_AT_MOST {
        let judged = judge_view(app, &source, &view).await?;
        let (view, caller, revision, now) = (view.clone(), caller.clone(), revision.clone(), app.clock.now());
        let written = app.store.write(async move |tx| {
            let before = record::hold::<view::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            own(&before, &caller)?;
            if !judged.still_holds(tx).await? {
                return Ok::<_, Refusal>(None);
            }
            let after = view::Model {
                name: view.name.clone(),
                title: view.title.clone(),
                source: view.of.word().to_owned(),
                definition: json!(view).into(),
                verdict: judged.verdict(&view).into(),
                ..before.clone()
            };
            let saved = record::save(tx, &before, after).await.map_err(|error| taken(error, "view", "name"))?;
            record_view(tx, &Actor::Person(caller.clone()), now, &saved, Change::Changed).await?;
            tx.after_commit(Notice::RecordChanged { kind: "view", id });
            Ok(Some(saved))
        });
        if let Some(row) = written.await? {
            return Ok(row);
        }
    }
    Err(busy())
}

/// Removes a view and the subscriptions to it.
///
/// # Errors
/// A revision that is not the present one, or a view of somebody else or of a plugin.
pub async fn delete_view(app: &App, caller: &Caller, id: Uuid, revision: String) -> Result<(), Refusal> {
    let (caller, now) = (caller.clone(), app.clock.now());
    app.store
        .write(async move |tx| {
            let before = record::hold::<view::Model>(tx, id).await?;
            same_revision(&before, &revision)?;
            own(&before, &caller)?;
            record::remove(tx, &before).await?;
            record_view(tx, &Actor::Person(caller.clone()), now, &before, Change::Removed).await?;
            tx.after_commit(Notice::RecordChanged { kind: "view", id });
            Ok(())
        })
        .await
}

/// Records what became of a view, with what it says.
async fn record_view(tx: &Tx, actor: &Actor, now: Instant, row: &view::Model, change: Change) -> Result<(), Refusal> {
    let mut recording = Recording::by(actor, now)?;
    let says = match change {
        Change::Removed => None,
        Change::Made | Change::Changed | Change::Restored => Some(recording.text(row.definition.0.to_string())),
    };
    recording.write(tx, PolicyAct::ViewChanged { view: row.name.clone(), change, says }).await
}

/// Sends a view to the caller by mail, from the next working day on.
///
/// # Errors
/// A view that is not there, or rows that the caller may not read.
pub async fn subscribe_view(app: &App, caller: &Caller, id: Uuid, every: Every) -> Result<view_subscription::Model, Refusal> {
    let row: view::Model = record::get(app.store.read(), id).await?;
    views::allow(caller, &view_of(&row)?)?;
    let next_at = every.next_after(&app.organisation(), caller.person_id, app.clock.now());
    let row = view_subscription::Model {
        id: pact_core::id::random(),
        view_id: id,
        person_id: caller.person_id,
        every: every.as_str().to_owned(),
        next_at,
    };
    app.store
        .write(async move |tx| {
            record::hold::<view::Model>(tx, id).await?;
            pact_store::view::subscribe(tx, row.clone()).await?;
            Ok::<_, Refusal>(row.clone())
        })
        .await
}

/// Ends the caller's subscription to a view.
///
/// # Errors
/// There is none.
pub async fn unsubscribe_view(app: &App, caller: &Caller, id: Uuid) -> Result<(), Refusal> {
    let person = caller.person_id;
    app.store
        .write(async move |tx| match pact_store::view::forget_subscription(tx, id, person).await? {
            true => Ok(()),
            false => Err(Refusal::NotFound { what: "subscription" }),
        })
        .await
}

/// The view that a row holds.
///
/// # Errors
/// A row that somebody changed in the store.
pub fn view_of(row: &view::Model) -> Result<View, Refusal> {
    serde_json::from_value(row.definition.0.clone()).map_err(Refusal::defect)
}

/// The views that a plugin brings along, in place of those that it brought before.
pub(crate) async fn write_views(
    tx: &Tx,
    plugin: &Plugin,
    verdict: impl Fn(&View) -> serde_json::Value,
    now: i64,
) -> Result<(), Refusal> {
    let id = plugin.id();
    let known = pact_store::view::all(tx).await?;
    for gone in known.iter().filter(|row| row.plugin_id.as_deref() == Some(id)) {
        if !plugin.manifest.views.iter().any(|view| view.name == gone.name) {
            record::remove(tx, gone).await?;
        }
    }
    for view in &plugin.manifest.views {
        let before = known.iter().find(|row| row.name == view.name);
        if before.is_some_and(|row| row.plugin_id.as_deref() != Some(id)) {
            let why = "another view has this name. Choose another name in the manifest, or remove that view.";
            return Err(Refusal::invalid(format!("view.{}", view.name), why));
        }
        let row = view::Model {
            id: before.map_or_else(Uuid::new_v4, |row| row.id),
            revision: record::new_revision(),
            name: view.name.clone(),
            title: view.title.clone(),
            source: view.of.word().to_owned(),
            definition: json!(view).into(),
            verdict: verdict(view).into(),
            plugin_id: Some(id.to_owned()),
            made_by_id: None,
            created_at: before.map_or(now, |row| row.created_at),
        };
        match before {
            Some(before) => drop(record::save(tx, before, row).await?),
            None => record::insert(tx, row).await?,
        }
    }
    Ok(())
}

/// Views that people saved, as the linter takes them.
pub(crate) async fn saved(conn: &impl ConnectionTrait) -> Result<Vec<(view::Model, Source)>, Refusal> {
    let rows = pact_store::view::all(conn).await?.into_iter().filter(|row| row.plugin_id.is_none());
    rows.map(|row| {
        let view = view_of(&row)?;
        let (view, file) = written(&view)?;
        Ok((row, Source::Views { file, views: vec![view] }))
    })
    .collect()
}

/// The view as TOML and as read from there: so findings have places, and REST takes what a file would hold.
pub(crate) fn written(view: &View) -> Result<(View, File), Refusal> {
    let text = toml::to_string(&json!({ "view": [view] })).map_err(Refusal::defect)?;
    let views = parse_views(&text).map_err(|error| Refusal::invalid("view", error.message))?;
    let view = views.into_iter().next().ok_or_else(|| Refusal::defect("the view is lost"))?;
    let file = File { name: file_name(&view.name), text };
    Ok((view, file))
}

/// The name that findings give to a saved view.
pub(crate) fn file_name(view: &str) -> String {
    format!("{VIEW_FOLDER}{view}.view.toml")
}

fn checked(caller: &Caller, view: &View) -> Result<(View, Source), Refusal> {
    let (view, file) = written(view)?;
    if !view.of.is_act() {
        views::allow(caller, &view)?;
    }
    Ok((view.clone(), Source::Views { file, views: vec![view] }))
}

/// Refuses to change what somebody else saved, or what belongs to a plugin.
fn own(row: &view::Model, caller: &Caller) -> Result<(), Refusal> {
    if let Some(plugin) = &row.plugin_id {
        return Err(Refusal::NotNow {
            why: format!("The plugin {plugin} brings this view along. Change its manifest and install the new version."),
        });
    }
    if row.made_by_id == Some(caller.person_id) || caller.role == Role::Admin {
        return Ok(());
    }
    Err(Refusal::forbidden("Somebody else saved this view. Save one of your own, or ask them or an admin."))
}

fn busy() -> Refusal {
    Refusal::NotNow { why: "Plugins are being installed at the same moment. Try again in a moment.".into() }
}
