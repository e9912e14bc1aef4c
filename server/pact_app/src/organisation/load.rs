//! The snapshot, made from rows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::calendar::{Absence, Calendar, Worked, WorkingHours, stand_in};
use pact_core::role::Role;
use pact_core::territory::{Territory, TerritoryTree};
use pact_core::time::Instant;
use pact_policy::table::Kind;
use pact_script::facts::{Member as ScriptMember, Organisation};
use pact_script::value::{Record, Value};
use pact_store::entity::{absence, holiday, person, team, territory};
use pact_store::organisation::Everything;
use pact_store::{Store, StoreError};
use uuid::Uuid;

use super::{MailWanted, Member, Snapshot};
use crate::facts::records::{record, texts};

const MINUTE_MS: i64 = 60_000;

/// Reads the organisation and computes presence at `now`.
///
/// A row that cannot be understood (a zone that no longer exists) is left with the organisation's default and reported in the server's log.
pub async fn load(store: &Store, now: Instant) -> Result<Snapshot, StoreError> {
    let rows = pact_store::organisation::everything(store.read()).await?;
    Ok(snapshot(&rows, now))
}

/// The snapshot that these rows make at `now`.
pub(crate) fn snapshot(rows: &Everything, now: Instant) -> Snapshot {
    let zone = zone_of(&rows.organisation.time_zone).unwrap_or(Tz::UTC);
    let calendar = Calendar { holidays: holidays_of(&rows.holidays, &rows.organisation.country, None), ..Calendar::usual(zone) };
    let mut shared = Shared::default();
    let quiet_calendar = shared.one(calendar.clone());
    let people: HashMap<Uuid, Member> = rows.persons.iter().map(|row| (row.id, member(row, rows, zone, &mut shared))).collect();
    let (territories, problems) = TerritoryTree::new(rows.territories.iter().map(node).collect());
    for problem in problems {
        tracing::warn!(%problem, "a territory is left out");
    }
    let for_scripts = for_scripts(rows, &people, now);
    Snapshot {
        version: rows.organisation.version,
        name: rows.organisation.name.clone(),
        country: rows.organisation.country.clone(),
        zone,
        k: rows.organisation.k,
        calendar,
        quiet_calendar,
        people,
        territory_names: rows.territories.iter().map(|row| (row.id, row.name.clone())).collect(),
        territories,
        for_scripts: Arc::new(for_scripts),
        minute: now.millis().div_euclid(MINUTE_MS),
    }
}

/// Calendars that many people have, each once.
#[derive(Default)]
struct Shared(HashMap<Calendar, Arc<Worked>>);

impl Shared {
    fn one(&mut self, calendar: Calendar) -> Arc<Worked> {
        let worked = self.0.entry(calendar.clone()).or_insert_with(|| Arc::new(Worked::new(calendar)));
        Arc::clone(worked)
    }
}

fn member(row: &person::Model, rows: &Everything, default_zone: Tz, shared: &mut Shared) -> Member {
    let team = rows.teams.iter().find(|team| Some(team.id) == row.team_id);
    let hours =
        row.working_hours.as_ref().or_else(|| team?.working_hours.as_ref()).and_then(|hours| {
            match serde_json::from_value::<WorkingHours>(hours.0.clone()) {
                Ok(hours) => Some(hours),
                Err(error) => {
                    tracing::warn!(%error, "working hours cannot be read; the usual ones are taken");
                    None
                }
            }
        });
    let calendar = Calendar {
        zone: zone_of(&row.time_zone).unwrap_or(default_zone),
        hours: hours.unwrap_or_else(WorkingHours::usual),
        holidays: holidays_of(&rows.holidays, &row.country, row.region.as_deref()),
        absences: rows.absences.iter().filter(|absence| absence.person_id == row.id).filter_map(absent).collect(),
    };
    let role = row.role.parse().unwrap_or(Role::Partner);
    let said = rows.mail_settings.iter().find(|said| said.person_id == row.id);
    let mail =
        said.map_or(MailWanted { digests: true, pushes: true }, |said| MailWanted { digests: said.digests, pushes: said.pushes });
    Member { row: row.clone(), role, quiet_calendar: shared.one(calendar.clone().without_absences()), calendar, mail }
}

fn zone_of(name: &str) -> Option<Tz> {
    name.parse().inspect_err(|_| tracing::warn!(zone = name, "a time zone is not known")).ok()
}

fn holidays_of(holidays: &[holiday::Model], country: &str, region: Option<&str>) -> BTreeSet<NaiveDate> {
    holidays
        .iter()
        .filter(|holiday| holiday.country == country && (holiday.region.is_none() || holiday.region.as_deref() == region))
        .filter_map(|holiday| holiday.on_day.parse().ok())
        .collect()
}

fn absent(row: &absence::Model) -> Option<Absence> {
    Some(Absence { from: row.from_on.parse().ok()?, until: row.until_on.parse().ok()?, stand_in: row.stand_in_id })
}

fn node(row: &territory::Model) -> Territory {
    let rules = serde_json::from_value(row.rules.0.clone()).unwrap_or_else(|error| {
        tracing::warn!(%error, territory = row.name, "the rules of a territory cannot be read; it matches nothing");
        Vec::new()
    });
    Territory {
        id: row.id,
        name: row.name.clone(),
        parent: row.parent_id,
        priority: row.priority.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
        rules,
    }
}

/// What workers hold of the organisation at a moment.
pub(crate) fn for_scripts(rows: &Everything, people: &HashMap<Uuid, Member>, now: Instant) -> Organisation {
    let mut members: Vec<ScriptMember> = rows
        .persons
        .iter()
        .filter(|row| row.active)
        .map(|row| ScriptMember {
            record: person_record(row, people, now),
            roles: std::iter::once(row.role.clone()).chain(row.jobs.iter().cloned()).collect(),
        })
        .collect();
    members.sort_by_key(|member| member.record.id);
    let mut teams: Vec<&team::Model> = rows.teams.iter().collect();
    teams.sort_by(|a, b| a.name.cmp(&b.name));
    let mut territories: Vec<&territory::Model> = rows.territories.iter().collect();
    territories.sort_by(|a, b| a.name.cmp(&b.name));
    Organisation {
        version: 0,
        people: members,
        teams: teams.into_iter().map(team_record).collect(),
        territories: territories.into_iter().map(|row| (territory_record(row, rows), row.parent_id)).collect(),
    }
}

fn person_record(row: &person::Model, people: &HashMap<Uuid, Member>, now: Instant) -> Record {
    let calendar = people.get(&row.id).map(|member| &member.calendar);
    let working = |id: Uuid| people.get(&id).filter(|member| member.row.active).map(|member| &member.calendar);
    record(Kind::Person, row.id, |member| match member {
        "id" => row.id.to_string().into(),
        "name" => row.name.clone().into(),
        "email" => row.email.clone().into(),
        "team" => Value::maybe_ref(Kind::Team, row.team_id),
        "territory" => Value::maybe_ref(Kind::Territory, row.territory_id),
        "manager" => Value::maybe_ref(Kind::Person, row.manager_id),
        "skills" => texts(&row.skills),
        "languages" => texts(&row.languages),
        "time_zone" => row.time_zone.clone().into(),
        "on_duty" => calendar.is_some_and(|calendar| calendar.is_on_duty(now)).into(),
        "away" => calendar.is_some_and(|calendar| calendar.absence_at(now).is_some()).into(),
        "stand_in" => Value::maybe_ref(Kind::Person, stand_in(row.id, now, working)),
        _ => Value::Unit,
    })
}

fn team_record(row: &team::Model) -> Record {
    record(Kind::Team, row.id, |member| match member {
        "name" => row.name.clone().into(),
        "region" => Value::maybe(row.region.clone()),
        _ => Value::Unit,
    })
}

fn territory_record(row: &territory::Model, rows: &Everything) -> Record {
    record(Kind::Territory, row.id, |member| match member {
        "name" => row.name.clone().into(),
        "region" => {
            let above = rows.territories.iter().find(|other| Some(other.id) == row.parent_id);
            Value::maybe(above.map(|above| above.name.clone()))
        }
        _ => Value::Unit,
    })
}
