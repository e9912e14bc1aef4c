//! The organisation: territories, teams, people, their calendars and absences.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use pact_core::calendar::{Absence, Calendar, DayHours, WorkingHours};
use pact_core::matching::fold_accents;
use pact_core::territory::{LocateFacts, Territory, TerritoryTree};
use pact_store::Words as List;
use pact_store::entity::{absence, holiday, organisation, person, team, territory};
use uuid::Uuid;

use super::dice::Dice;
use super::words::{AbsenceWords, Home, Organisation, PersonWords, Product, Words, WordsError, known};
use super::{Quarter, days_from, holidays};

/// The domain of the company and of its partners: reserved for examples, so that no mail ever arrives anywhere.
const DOMAIN: &str = "nordlicht.example";

/// The organisation, with what the other parts ask about it.
pub(super) struct Staff {
    pub(super) organisation: organisation::Model,
    pub(super) territories: Vec<territory::Model>,
    pub(super) teams: Vec<team::Model>,
    pub(super) persons: Vec<person::Model>,
    pub(super) absences: Vec<absence::Model>,
    pub(super) holidays: Vec<holiday::Model>,
    tree: TerritoryTree,
    calendars: HashMap<Uuid, Calendar>,
}

/// Makes the organisation.
pub(super) fn make(words: &Words, seed: u64, quarter: Quarter) -> Result<Staff, WordsError> {
    let mut dice = Dice::of(seed, "staff");
    let territories = territories(&words.organisation, &mut dice)?;
    let mut teams = teams(&words.organisation, &mut dice);
    let ids: HashMap<&str, Uuid> = words.people.person.iter().map(|person| (person.name.as_str(), dice.id())).collect();
    for (team, words) in teams.iter_mut().zip(&words.organisation.team) {
        team.manager_id = Some(*known(ids.get(words.manager.as_str()), "person", &words.manager)?);
    }
    let created_at = quarter.starts.millis();
    let around = Around { ids: &ids, teams: &teams, territories: &territories, products: &words.leads.product };
    let mut persons = Vec::new();
    for person in &words.people.person {
        let home = known(words.places.home.iter().find(|home| home.place == person.place), "place", &person.place)?;
        persons.push(one_person(person, home, &around, created_at, &mut dice)?);
    }
    let absences = absences(&words.organisation.absence, &ids, quarter.today, &mut dice)?;
    let year = quarter.today.year();
    // History reaches back a quarter and plans ahead weeks, so two years always suffice.
    let first = if quarter.today.month() <= 3 { year - 1 } else { year };
    let holidays = holidays::make(&words.holidays.country, seed, [first, first + 1])?;
    let organisation = organisation(&words.organisation, &mut dice);
    let tree = tree(&territories);
    let mut staff = Staff { organisation, territories, teams, persons, absences, holidays, tree, calendars: HashMap::new() };
    for person in &staff.persons {
        let calendar = staff.calendar_of(person)?;
        staff.calendars.insert(person.id, calendar);
    }
    Ok(staff)
}

fn organisation(words: &Organisation, dice: &mut Dice) -> organisation::Model {
    organisation::Model {
        id: dice.id(),
        name: words.name.clone(),
        country: words.country.clone(),
        language: words.language.clone(),
        time_zone: words.time_zone.clone(),
        k: words.k,
        version: 1,
    }
}

fn territories(words: &Organisation, dice: &mut Dice) -> Result<Vec<territory::Model>, WordsError> {
    let mut made: Vec<territory::Model> = Vec::new();
    for words in &words.territory {
        let parent_id = match &words.parent {
            None => None,
            Some(name) => Some(known(made.iter().find(|above| above.name == *name), "territory", name)?.id),
        };
        let rules = serde_json::to_value(&words.rules).unwrap_or_default().into();
        made.push(territory::Model {
            id: dice.id(),
            revision: dice.revision(),
            name: words.name.clone(),
            parent_id,
            priority: 0,
            rules,
        });
    }
    Ok(made)
}

fn tree(territories: &[territory::Model]) -> TerritoryTree {
    let read = |row: &territory::Model| Territory {
        id: row.id,
        name: row.name.clone(),
        parent: row.parent_id,
        priority: 0,
        rules: serde_json::from_value(row.rules.0.clone()).unwrap_or_default(),
    };
    TerritoryTree::new(territories.iter().map(read).collect()).0
}

fn teams(words: &Organisation, dice: &mut Dice) -> Vec<team::Model> {
    let one = |words: &super::words::TeamWords| team::Model {
        id: dice.id(),
        revision: dice.revision(),
        name: words.name.clone(),
        region: words.region.clone(),
        manager_id: None,
        working_hours: None,
    };
    words.team.iter().map(one).collect()
}

/// What a person's words refer to.
struct Around<'a> {
    ids: &'a HashMap<&'a str, Uuid>,
    teams: &'a [team::Model],
    territories: &'a [territory::Model],
    products: &'a [Product],
}

fn one_person(
    words: &PersonWords,
    home: &Home,
    around: &Around<'_>,
    created_at: i64,
    dice: &mut Dice,
) -> Result<person::Model, WordsError> {
    let Around { ids, teams, territories, products } = around;
    let id_of = |name: &String| known(ids.get(name.as_str()).copied(), "person", name);
    let team = |name: &String| known(teams.iter().find(|team| team.name == *name), "team", name).map(|team| team.id);
    let territory = |name: &String| known(territories.iter().find(|one| one.name == *name), "territory", name).map(|one| one.id);
    let hours = hours(&words.hours)?;
    let domain = words.company.as_ref().map_or_else(|| DOMAIN.to_owned(), |company| format!("{company}.example"));
    Ok(person::Model {
        id: id_of(&words.name)?,
        revision: dice.revision(),
        name: words.name.clone(),
        email: format!("{}@{domain}", mailbox(&words.name)),
        role: words.role.clone(),
        jobs: List::from(words.jobs.clone()),
        team_id: words.team.as_ref().map(team).transpose()?,
        territory_id: words.territory.as_ref().map(territory).transpose()?,
        manager_id: words.manager.as_ref().map(id_of).transpose()?,
        skills: List::from(skills(words, products)),
        languages: List::from(words.languages.clone()),
        time_zone: home.zone.clone(),
        country: home.country.clone(),
        region: home.region.clone(),
        capacity: words.capacity,
        working_hours: hours.and_then(|hours| serde_json::to_value(hours).ok()).map(Into::into),
        active: true,
        password_hash: None,
        created_at,
    })
}

/// The trades that somebody knows, and the products of these trades.
fn skills(words: &PersonWords, products: &[Product]) -> Vec<String> {
    let of_trade = products.iter().filter(|product| words.skills.contains(&product.skill));
    words.skills.iter().chain(of_trade.map(|product| &product.id)).cloned().collect()
}

/// The part of an address before the `@`: "Noor el Idrissi" is `noor.el.idrissi`.
pub(super) fn mailbox(name: &str) -> String {
    fold_accents(name).split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

/// Hours from "1,2,3 09:00-17:00"; nothing means the organisation's hours.
fn hours(lines: &[String]) -> Result<Option<WorkingHours>, WordsError> {
    let mut all = Vec::new();
    for line in lines {
        let read = || {
            let (days, times) = line.split_once(' ')?;
            let (from, to) = times.split_once('-')?;
            let (from, to) = (from.parse().ok()?, to.parse().ok()?);
            days.split(',').map(|day| Some(DayHours { day: day.parse().ok()?, from, to })).collect::<Option<Vec<_>>>()
        };
        all.extend(known(read(), "hours", line)?);
    }
    if all.is_empty() {
        return Ok(None);
    }
    WorkingHours::new(all).map(Some).map_err(|error| WordsError::Unknown { what: "hours", name: error.to_string() })
}

fn absences(
    words: &[AbsenceWords],
    ids: &HashMap<&str, Uuid>,
    today: NaiveDate,
    dice: &mut Dice,
) -> Result<Vec<absence::Model>, WordsError> {
    let id_of = |name: &String| known(ids.get(name.as_str()).copied(), "person", name);
    let mut rows = Vec::new();
    for words in words {
        rows.push(absence::Model {
            id: dice.id(),
            person_id: id_of(&words.person)?,
            from_on: days_from(today, words.from).to_string(),
            until_on: days_from(today, words.until).to_string(),
            kind: words.kind.clone(),
            stand_in_id: words.stand_in.as_ref().map(id_of).transpose()?,
        });
    }
    Ok(rows)
}

impl Staff {
    /// A person.
    pub(super) fn person(&self, id: Uuid) -> Option<&person::Model> {
        self.persons.iter().find(|person| person.id == id)
    }

    /// A person's name.
    pub(super) fn name(&self, id: Uuid) -> String {
        self.person(id).map(|person| person.name.clone()).unwrap_or_default()
    }

    /// The zone of the organisation, whose clock histories quote.
    pub(super) fn zone(&self) -> Tz {
        self.organisation.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// When a person works.
    pub(super) fn calendar(&self, id: Uuid) -> Option<&Calendar> {
        self.calendars.get(&id)
    }

    /// The territory to which an address and a product belong.
    pub(super) fn locate(&self, facts: &LocateFacts<'_>) -> Option<Uuid> {
        self.tree.locate(facts)
    }

    /// The name of a territory.
    pub(super) fn territory_name(&self, id: Option<Uuid>) -> &str {
        id.and_then(|id| self.tree.get(id)).map_or("the rest of the world", |territory| territory.name.as_str())
    }

    /// The reps who work for a territory or one above it, nearest first; those of the round-the-clock desk come last.
    pub(super) fn reps_for(&self, territory: Option<Uuid>) -> Vec<&person::Model> {
        let Some(territory) = territory else { return Vec::new() };
        let line: Vec<Uuid> = std::iter::once(territory).chain(self.tree.ancestors(territory).map(|above| above.id)).collect();
        let works_there = |id: &Uuid| {
            let there = *id;
            self.persons.iter().filter(move |person| person.role == "rep" && person.territory_id == Some(there))
        };
        line.iter().flat_map(works_there).collect()
    }

    /// Whether a person serves the whole world, at night and at weekends.
    pub(super) fn is_at_desk(&self, person: &person::Model) -> bool {
        person.territory_id.and_then(|id| self.tree.get(id)).is_some_and(|territory| territory.parent.is_none())
    }

    /// The person above a person.
    pub(super) fn manager_of(&self, person: &person::Model) -> Option<&person::Model> {
        self.person(person.manager_id?)
    }

    /// People with a job.
    pub(super) fn with_job(&self, job: &str) -> Vec<&person::Model> {
        self.persons.iter().filter(|person| person.role == job || person.jobs.iter().any(|one| one == job)).collect()
    }

    fn calendar_of(&self, person: &person::Model) -> Result<Calendar, WordsError> {
        let zone = known(person.time_zone.parse().ok(), "time zone", &person.time_zone)?;
        let day = |text: &str| known(text.parse().ok(), "day", text);
        let hours = person.working_hours.as_ref().and_then(|hours| serde_json::from_value(hours.0.clone()).ok());
        let mut holidays = BTreeSet::new();
        for holiday in &self.holidays {
            if holiday.country == person.country && (holiday.region.is_none() || holiday.region == person.region) {
                holidays.insert(day(&holiday.on_day)?);
            }
        }
        let mut absences = Vec::new();
        for away in self.absences.iter().filter(|away| away.person_id == person.id) {
            absences.push(Absence { from: day(&away.from_on)?, until: day(&away.until_on)?, stand_in: away.stand_in_id });
        }
        Ok(Calendar { zone, hours: hours.unwrap_or_else(WorkingHours::usual), holidays, absences })
    }
}
