//! People, teams, territories, calendars and presence, as a versioned snapshot in memory, so that a push needs few queries.

mod load;
mod turns;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use pact_core::calendar::{Calendar, Worked};
use pact_core::role::Role;
use pact_core::territory::TerritoryTree;
use pact_core::time::{Instant, WorkSpan};
use pact_script::facts::Organisation;
use pact_store::entity::person;
use uuid::Uuid;

pub(crate) use load::for_scripts;
pub use load::load;
pub use turns::{Asked, Turn, Turns};

/// The organisation at one version and one minute.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Goes up in the store with every change of people, teams, territories, absences, holidays or working hours.
    pub version: i64,
    /// The organisation's name.
    pub name: String,
    /// The organisation's country, which telephone numbers without a prefix belong to.
    pub country: String,
    /// The organisation's zone, whose clock sentences quote.
    pub zone: Tz,
    /// How many people must contribute before a tally shows a group.
    pub k: i64,
    /// The calendar of what nobody owns.
    pub calendar: Calendar,
    /// The same, for the time since something happened on it.
    pub quiet_calendar: Arc<Worked>,
    /// Everybody, by id.
    pub people: HashMap<Uuid, Member>,
    /// The territory tree.
    pub territories: TerritoryTree,
    /// The names of territories.
    pub territory_names: HashMap<Uuid, String>,
    /// What workers hold of it.
    pub for_scripts: Arc<Organisation>,
    /// The minute for which presence was computed.
    pub minute: i64,
}

/// A person with their calendar.
#[derive(Clone, Debug)]
pub struct Member {
    /// The row.
    pub row: person::Model,
    /// The role.
    pub role: Role,
    /// Hours, zone, holidays and absences.
    pub calendar: Calendar,
    /// The same without absences: a lead does not stop being quiet because its owner is away.
    pub quiet_calendar: Arc<Worked>,
    /// What mail they want.
    pub mail: MailWanted,
}

/// What mail a person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailWanted {
    /// Their planning digests.
    pub digests: bool,
    /// Leads that are pushed to them, when they are.
    pub pushes: bool,
}

fn keep(now: &mut Arc<Worked>, before: &Arc<Worked>) {
    if now.calendar() == before.calendar() {
        *now = Arc::clone(before);
    }
}

impl Snapshot {
    /// This snapshot after `before`: what workers hold gets a new number only when it differs, so that they are not sent the same again.
    #[must_use]
    pub(crate) fn numbered_after(mut self, before: &Self) -> Self {
        let same = Organisation { version: before.for_scripts.version, ..Organisation::clone(&self.for_scripts) };
        self.for_scripts = if same == *before.for_scripts {
            Arc::clone(&before.for_scripts)
        } else {
            Arc::new(Organisation { version: before.for_scripts.version + 1, ..same })
        };
        // What calendars remember is of use for longer than a minute.
        keep(&mut self.quiet_calendar, &before.quiet_calendar);
        for (id, member) in &mut self.people {
            if let Some(before) = before.people.get(id) {
                keep(&mut member.quiet_calendar, &before.quiet_calendar);
            }
        }
        self
    }

    /// The name of a person, for sentences.
    pub fn name_of(&self, person: Uuid) -> String {
        self.people.get(&person).map_or_else(|| "somebody who has left".to_owned(), |member| member.row.name.clone())
    }

    /// The calendar of a person, or the organisation's.
    pub fn calendar_of(&self, person: Option<Uuid>) -> &Calendar {
        person.and_then(|id| self.people.get(&id)).map_or(&self.calendar, |member| &member.calendar)
    }

    /// Working minutes between two instants in a person's calendar, or in the organisation's while nobody owns the record.
    pub fn working_minutes(&self, owner: Option<Uuid>, from: Instant, until: Instant) -> i64 {
        let owner = owner.and_then(|id| self.people.get(&id));
        owner.map_or(&self.quiet_calendar, |member| &member.quiet_calendar).between(from, until).minutes()
    }

    /// When working time of a person has passed, or `None` when their calendar has no working time ahead.
    pub fn deadline(&self, person: Uuid, from: Instant, within: WorkSpan) -> Option<Instant> {
        self.calendar_of(Some(person)).add(from, within)
    }

    /// Whether the calendar has a person at work.
    pub fn is_on_duty(&self, person: Uuid, at: Instant) -> bool {
        self.people.get(&person).is_some_and(|member| member.row.active && member.calendar.is_on_duty(at))
    }

    /// Everybody who runs PACT.
    pub fn admins(&self) -> impl Iterator<Item = Uuid> {
        self.people.values().filter(|member| member.row.active && member.role == Role::Admin).map(|member| member.row.id)
    }

    /// The day on the organisation's clock.
    pub fn today(&self, now: Instant) -> NaiveDate {
        now.day_in(self.zone)
    }

    /// Whom an escalation without an addressee reaches: the owner's manager, a manager of the territory or of one above it, any manager.
    pub fn above(&self, owner: Option<Uuid>, territory: Option<Uuid>) -> Option<Uuid> {
        let owner_manager = owner.and_then(|id| self.people.get(&id)).and_then(|member| member.row.manager_id);
        owner_manager.or_else(|| self.manager_of(territory)).or_else(|| self.any(Role::Manager)).or_else(|| self.any(Role::Admin))
    }

    fn manager_of(&self, territory: Option<Uuid>) -> Option<Uuid> {
        let start = territory?;
        std::iter::once(start).chain(self.territories.ancestors(start).map(|above| above.id)).find_map(|id| {
            let mut managers: Vec<Uuid> = self
                .people
                .values()
                .filter(|member| member.row.active && member.role == Role::Manager && member.row.territory_id == Some(id))
                .map(|member| member.row.id)
                .collect();
            managers.sort();
            managers.first().copied()
        })
    }

    fn any(&self, role: Role) -> Option<Uuid> {
        self.people.values().filter(|member| member.row.active && member.role == role).map(|member| member.row.id).min()
    }
}
