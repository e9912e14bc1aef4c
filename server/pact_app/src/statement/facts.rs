//! What the statement is made from: what is installed, and the pact in force.

use pact_core::pact::Settings;
use pact_core::time::Instant;
use pact_store::entity::{custom_field, person, view};
use pact_store::{StoreError, record};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::ops::pact::in_force;
use crate::plugins::plugin_of;
use crate::{App, Refusal};

/// What is installed and agreed.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The organisation's name.
    pub(super) name: String,
    /// Today, in the organisation's zone.
    pub(super) today: String,
    /// The version in force, and the day since when; nothing for the one of the program.
    pub(super) version: Option<(i64, String)>,
    /// Its settings.
    pub(super) settings: Settings,
    /// Who signs for staff.
    pub(super) representatives: Vec<String>,
    /// Who signs for management.
    pub(super) management: Vec<String>,
    /// Installed plugins, also those that are switched off.
    pub(super) plugins: Vec<Plugin>,
    /// Titles of saved views and reports.
    pub(super) views: Vec<String>,
    /// Custom fields.
    pub(super) fields: Vec<custom_field::Model>,
}

/// An installed plugin, as its manifest describes it.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    pub(super) title: String,
    pub(super) version: String,
    /// Words of what it reads.
    pub(super) reads: Vec<String>,
    /// Words of what it may do.
    pub(super) may: Vec<String>,
    /// Whether it runs in coaching periods only.
    pub(super) is_coaching: bool,
    pub(super) enabled: bool,
}

impl Facts {
    /// Nothing but settings.
    pub(super) fn empty(name: &str, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            today: String::new(),
            version: None,
            settings,
            representatives: Vec::new(),
            management: Vec::new(),
            plugins: Vec::new(),
            views: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Reads what is installed and agreed now.
    ///
    /// # Errors
    /// A store that does not answer.
    pub(super) async fn read(app: &App) -> Result<Self, Refusal> {
        let conn = app.store.read();
        let organisation = pact_store::organisation::get(conn).await?;
        let document = in_force(conn).await?;
        let since = pact_store::pact::in_force(conn).await?.and_then(|row| row.in_force_at).map(Instant::from_millis);
        let snapshot = app.organisation();
        let day = |at: Instant| snapshot.today(at).to_string();
        let views = view::Entity::find().order_by_asc(view::Column::Title).all(conn).await.map_err(StoreError::from)?;
        Ok(Self {
            today: day(app.clock.now()),
            version: since.map(|since| (document.number, day(since))),
            representatives: names(conn, &document.settings.representatives).await?,
            management: names(conn, &document.settings.management).await?,
            plugins: plugins(conn).await?,
            views: views.into_iter().map(|view| view.title).collect(),
            fields: pact_store::field::all(conn).await?,
            ..Self::empty(&organisation.name, document.settings)
        })
    }
}

async fn names(conn: &impl ConnectionTrait, people: &std::collections::BTreeSet<Uuid>) -> Result<Vec<String>, Refusal> {
    let people = record::many::<person::Model>(conn, people.iter().copied()).await?;
    let mut names: Vec<String> = people.into_iter().map(|person| person.name).collect();
    names.sort_unstable();
    Ok(names)
}

async fn plugins(conn: &impl ConnectionTrait) -> Result<Vec<Plugin>, Refusal> {
    let mut plugins = Vec::new();
    for row in pact_store::plugin::all(conn).await? {
        let Some(version) = pact_store::plugin::newest_version(conn, &row.id).await? else { continue };
        let manifest = plugin_of(&version).map_err(Refusal::defect)?.manifest;
        plugins.push(Plugin {
            title: row.title,
            version: version.version,
            reads: manifest.reads.iter().map(|reads| reads.name().to_owned()).collect(),
            may: manifest.may.iter().map(|may| may.name().to_owned()).collect(),
            is_coaching: manifest.coaching,
            enabled: row.enabled,
        });
    }
    Ok(plugins)
}
