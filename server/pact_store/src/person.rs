//! Persons, teams and territories as lists. Rules read them from the snapshot ([`crate::organisation`]).

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Select};
use uuid::Uuid;

use crate::entity::{absence, person, team, territory};
use crate::error::StoreError;
use crate::list::{Listed, narrow, sorts};
use crate::scope::Scope;

/// Which persons.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Who have an active account, or have not.
    pub active: Option<bool>,
    /// With this role.
    pub role: Option<String>,
    /// In this team.
    pub team: Option<Uuid>,
    /// In this territory.
    pub territory: Option<Uuid>,
    /// Whose manager is this person.
    pub manager: Option<Uuid>,
    /// With these ids.
    pub ids: Option<Vec<Uuid>>,
}

sorts! {
    /// The orders in which persons are listed: never by what they did.
    By of person {
        Name = "name",
    }
}

impl Listed for person::Model {
    type Filter = Filter;
    type By = By;
    const ID: person::Column = person::Column::Id;

    fn within(select: Select<person::Entity>, scope: &Scope) -> Select<person::Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(person) => select.filter(person::Column::Id.eq(*person)),
        }
    }

    fn narrow(mut select: Select<person::Entity>, _: &Scope, filter: &Filter) -> Select<person::Entity> {
        narrow!(select, filter, person: active => Active.eq, role => Role.eq, team => TeamId.eq, territory => TerritoryId.eq,
            manager => ManagerId.eq, ids => Id.is_in);
        select
    }
}

sorts! {
    /// The orders in which teams are listed.
    TeamBy of team {
        Name = "name",
    }
}

impl Listed for team::Model {
    type Filter = ();
    type By = TeamBy;
    const ID: team::Column = team::Column::Id;

    fn within(select: Select<team::Entity>, scope: &Scope) -> Select<team::Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(team::Column::Id.is_null()),
        }
    }

    fn narrow(select: Select<team::Entity>, _: &Scope, (): &()) -> Select<team::Entity> {
        select
    }
}

sorts! {
    /// The orders in which territories are listed.
    TerritoryBy of territory {
        Name = "name",
        Priority = "priority",
    }
}

impl Listed for territory::Model {
    type Filter = ();
    type By = TerritoryBy;
    const ID: territory::Column = territory::Column::Id;

    fn within(select: Select<territory::Entity>, scope: &Scope) -> Select<territory::Entity> {
        match scope {
            Scope::Staff(_) | Scope::System => select,
            Scope::Partner(_) => select.filter(territory::Column::Id.is_null()),
        }
    }

    fn narrow(select: Select<territory::Entity>, _: &Scope, (): &()) -> Select<territory::Entity> {
        select
    }
}

/// The person with this e-mail address, whatever its capitals.
///
/// # Errors
/// What the database reports.
pub async fn by_email(conn: &impl ConnectionTrait, email: &str) -> Result<Option<person::Model>, StoreError> {
    Ok(person::Entity::find().filter(person::Column::Email.eq(email.to_lowercase())).one(conn).await?)
}

/// Whether anybody has an account yet.
///
/// # Errors
/// What the database reports.
pub async fn any(conn: &impl ConnectionTrait) -> Result<bool, StoreError> {
    Ok(person::Entity::find().count(conn).await? > 0)
}

/// The days on which a person is away, from `day` on, and those that begin later.
///
/// # Errors
/// What the database reports.
pub async fn absences(conn: &impl ConnectionTrait, person: Uuid, day: &str) -> Result<Vec<absence::Model>, StoreError> {
    let own = Condition::all().add(absence::Column::PersonId.eq(person)).add(absence::Column::UntilOn.gte(day));
    Ok(absence::Entity::find().filter(own).order_by_asc(absence::Column::FromOn).all(conn).await?)
}
