//! The organisation as a whole: few rows, read together for the snapshot in memory.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};

use crate::entity::{absence, holiday, mail_setting, organisation, person, team, territory};
use crate::error::StoreError;
use crate::notice::Notice;
use crate::tx::Tx;

/// Every row of the organisation, of one version.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each field is the table of its name")]
pub struct Everything {
    pub organisation: organisation::Model,
    pub teams: Vec<team::Model>,
    pub territories: Vec<territory::Model>,
    pub persons: Vec<person::Model>,
    pub absences: Vec<absence::Model>,
    pub holidays: Vec<holiday::Model>,
    pub mail_settings: Vec<mail_setting::Model>,
}

/// The one row of the organisation.
///
/// # Errors
/// [`StoreError::NotFound`] before it was set up, or what the database reports.
pub async fn get(conn: &impl ConnectionTrait) -> Result<organisation::Model, StoreError> {
    organisation::Entity::find().one(conn).await?.ok_or(StoreError::NotFound { what: "organisation" })
}

/// The organisation's version: what is kept in memory is good as long as it has this one.
///
/// # Errors
/// As [`get`].
pub async fn version(conn: &impl ConnectionTrait) -> Result<i64, StoreError> {
    Ok(get(conn).await?.version)
}

/// Everything, of one version: read again when somebody changed it meanwhile.
///
/// # Errors
/// As [`get`].
pub async fn everything(conn: &impl ConnectionTrait) -> Result<Everything, StoreError> {
    loop {
        let rows = Everything {
            organisation: get(conn).await?,
            teams: team::Entity::find().order_by_asc(team::Column::Name).all(conn).await?,
            territories: territory::Entity::find().order_by_asc(territory::Column::Name).all(conn).await?,
            persons: person::Entity::find().order_by_asc(person::Column::Name).order_by_asc(person::Column::Id).all(conn).await?,
            absences: absence::Entity::find().order_by_asc(absence::Column::FromOn).all(conn).await?,
            holidays: holiday::Entity::find().order_by_asc(holiday::Column::OnDay).all(conn).await?,
            mail_settings: mail_setting::Entity::find().all(conn).await?,
        };
        if version(conn).await? == rows.organisation.version {
            return Ok(rows);
        }
    }
}

/// Counts the organisation's version up, and tells listeners after the commit. Every change of what [`Everything`] holds calls it.
///
/// # Errors
/// As [`get`].
pub async fn changed(tx: &Tx) -> Result<i64, StoreError> {
    organisation::Entity::update_many()
        .col_expr(organisation::Column::Version, Expr::col(organisation::Column::Version).add(1))
        .exec(tx)
        .await?;
    let version = version(tx).await?;
    tx.after_commit(Notice::OrganisationChanged { version });
    Ok(version)
}
