//! The way of one lead from entering to where it stands now.

use pact_core::calendar::Calendar;
use pact_core::lead::{LeadState, Stage};
use pact_core::money::Money;
use pact_core::time::{Instant, Span, WorkSpan};
use pact_store::entity::{customer, lead, person};

use super::customers::HomeOf;
use super::days_from;
use super::leads::{Teller, month_ahead};
use super::story::Story;
use super::words::{Product, WordsError, known};

/// Places for open leads that stay free at each person, so that fresh leads can be pushed.
const ROOM_KEPT: i64 = 6;
/// A lead younger than this is not closed yet, in days.
const CLOSED_AFTER_DAYS: i64 = 10;
/// Leads of the last days may wait or be offered still.
const RECENT_DAYS: i64 = 5;
/// How many persons are asked before somebody takes it.
const MOST_DECLINES: usize = 2;

/// What becomes of a lead.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Waits,
    StaysOpen,
    Won,
    Lost,
}

/// A person to whom the lead may be pushed, and why.
type Candidate<'a> = (&'a person::Model, String);

impl<'a> Teller<'a> {
    /// Tells a lead of a customer, entered so many days ago.
    pub(super) fn tell(
        &mut self,
        row: lead::Model,
        customer: &customer::Model,
        home: &HomeOf,
        product: &Product,
        age: i64,
    ) -> Result<Story<'a>, WordsError> {
        let entered = Instant::from_millis(row.created_at);
        let was_known = row.created_at > customer.created_at;
        let mut story = Story::enters(self.staff, row, &mut self.dice);
        if was_known && self.dice.chance(80) {
            let because = self.reason("matched", &[("domain", customer.domain.as_deref().unwrap_or_default())])?;
            story.is_matched(format!("the customer {}", customer.name), &because, later(entered, 1), &mut self.dice);
        }
        let fate = self.fate(age);
        let people = self.candidates(customer, home, product)?;
        if let Some((owner, since)) = self.find_owner(&mut story, customer, &people, (fate, age))? {
            self.work_on(&mut story, owner, since, fate)?;
        }
        self.count_load(&story);
        if story.row.state == LeadState::Owned.as_str() && matches!(story.row.stage.as_str(), "offer" | "contract") {
            story.row.expected_on = Some(days_from(self.quarter.today, self.dice.between(5, 70)).to_string());
        }
        Ok(story)
    }

    fn fate(&mut self, age: i64) -> Fate {
        if age <= RECENT_DAYS && self.dice.chance(20) {
            return Fate::Waits;
        }
        if age < CLOSED_AFTER_DAYS {
            return Fate::StaysOpen;
        }
        match self.dice.between(0, 99) {
            0..34 => Fate::Won,
            34..60 => Fate::Lost,
            _ => Fate::StaysOpen,
        }
    }

    /// Whom the lead may be pushed to: the owner of the customer, then those near who speak the language, then the desk; those with room only.
    fn candidates(
        &mut self,
        customer: &customer::Model,
        home: &HomeOf,
        product: &Product,
    ) -> Result<Vec<Candidate<'a>>, WordsError> {
        let staff = self.staff;
        let mut people = staff.reps_for(customer.territory_id);
        self.dice.shuffle(&mut people);
        let speaks = |person: &person::Model| person.languages.contains(&home.language);
        people.sort_by_key(|person| (customer.owner_id != Some(person.id), staff.is_at_desk(person), !speaks(person)));
        people.retain(|person| {
            let open = self.open.get(&person.id).copied().unwrap_or(0);
            person.capacity.is_none_or(|capacity| open + ROOM_KEPT < capacity)
        });
        let spoken = self.words.leads.spoken.get(&home.language);
        let language = known(spoken, "name of a language", &home.language)?;
        let slots = [
            ("territory", staff.territory_name(customer.territory_id)),
            ("product", product.id.as_str()),
            ("customer", customer.name.as_str()),
            ("language", language.as_str()),
        ];
        let mut reasoned = Vec::new();
        for person in people {
            let kind = match (customer.owner_id == Some(person.id), speaks(person), person.skills.contains(&product.id)) {
                (true, ..) => "owner",
                (false, true, true) => "skill",
                (false, true, false) => "language",
                (false, false, _) => "turn",
            };
            reasoned.push((person, self.reason(kind, &slots)?));
        }
        Ok(reasoned)
    }

    fn reason(&mut self, kind: &str, slots: &[(&str, &str)]) -> Result<String, WordsError> {
        let template = self.dice.pick(self.words.leads.reasons(kind)?);
        Ok(self.dice.say(template, slots))
    }

    /// Pushes to one after the other until somebody takes it: that person and when, or nobody.
    fn find_owner(
        &mut self,
        story: &mut Story<'_>,
        customer: &customer::Model,
        people: &[Candidate<'a>],
        (fate, age): (Fate, i64),
    ) -> Result<Option<(&'a person::Model, Instant)>, WordsError> {
        let mut at = later(Instant::from_millis(story.row.created_at), self.dice.between(2, 9));
        // Offers of the last days leave time over a weekend, so that some are open when the demo starts.
        let within = if age <= RECENT_DAYS { WorkSpan::of_days(3) } else { WorkSpan::of_hours(4) }.unwrap_or_default();
        let mut before = String::new();
        for (asked, (person, because)) in people.iter().enumerate() {
            let Some(calendar) = self.staff.calendar(person.id) else { continue };
            if self.staff.is_at_desk(person) && !calendar.is_on_duty(at) {
                continue;
            }
            let thinks = WorkSpan::of_minutes(self.dice.between(3, 200));
            let Some(answers) = calendar.add(at, thinks) else { continue };
            let because = format!("{before}{because}");
            let Some(until) = story.is_pushed(person, because, (at, within), &mut self.dice) else { continue };
            let mood = self.dice.between(0, 99);
            let refuses = asked < MOST_DECLINES && (fate == Fate::Waits || mood < 16);
            let sleeps = asked == 0 && fate != Fate::Waits && (16..22).contains(&mood);
            let next = if sleeps { later(until, self.dice.between(1, 40)) } else { answers };
            if next >= self.quarter.ends {
                return Ok(None);
            }
            if sleeps {
                story.expires(next, &mut self.dice);
                before = self.reason("still_waits", &[("customer", &customer.name)])?;
            } else if refuses {
                let reason = self.reason("declined", &[])?;
                story.is_declined(person, &reason, next, &mut self.dice);
                before = self.reason("came_back", &[("reason", &reason)])?;
            } else {
                story.is_accepted(person, next, &mut self.dice);
                return Ok(Some((person, next)));
            }
            at = later(next, self.dice.between(1, 4));
            if fate == Fate::Waits && asked + 1 == MOST_DECLINES {
                break;
            }
        }
        // Nobody is left to ask: a manager is told, and the lead waits.
        if let Some(manager) = people.first().and_then(|(person, _)| self.staff.manager_of(person)) {
            let because = self.reason("nobody", &[("before", &before)])?;
            story.is_escalated(manager, &because, at, &mut self.dice);
        }
        Ok(None)
    }

    /// Stages, a change of owner, and the end.
    fn work_on(&mut self, story: &mut Story<'_>, owner: &'a person::Model, since: Instant, fate: Fate) -> Result<(), WordsError> {
        let open = [Stage::Talks, Stage::Offer, Stage::Contract];
        let reached = match fate {
            Fate::Won => 3,
            Fate::Lost | Fate::StaysOpen | Fate::Waits => self.dice.between(0, 3).min(self.dice.between(0, 3)),
        };
        let stages = &open[..usize::try_from(reached).unwrap_or(0)];
        let ends = matches!(fate, Fate::Won | Fate::Lost);
        let moments = self.moments(owner, since, stages.len() + usize::from(ends));
        let mut owner = owner;
        for (stage, at) in stages.iter().zip(&moments) {
            if *stage == Stage::Talks && self.dice.chance(7) {
                owner = self.hand_over(story, owner, *at)?;
            }
            story.goes_to(*stage, owner, later(*at, 60), &mut self.dice);
        }
        match (fate, moments.get(stages.len())) {
            (Fate::Won, Some(at)) => {
                let value = self.worth(story);
                story.is_won(value, owner, *at, &mut self.dice);
            }
            (Fate::Lost, Some(at)) => {
                let reason = self.reason("lost", &[])?;
                story.is_lost(&reason, owner, *at, &mut self.dice);
            }
            (Fate::Won | Fate::Lost | Fate::StaysOpen | Fate::Waits, _) => self.show_if_quiet(story, owner)?,
        }
        Ok(())
    }
    /// So many moments in the owner's working time, in order, between the first and the end of the history; fewer where it is too short.
    fn moments(&mut self, owner: &person::Model, since: Instant, wanted: usize) -> Vec<Instant> {
        let Some(calendar) = self.staff.calendar(owner.id) else { return Vec::new() };
        let mut drawn: Vec<Instant> =
            (0..wanted).map(|_| Instant::from_millis(self.dice.between(since.millis(), self.quarter.ends.millis()))).collect();
        drawn.sort_unstable();
        let mut moments = Vec::new();
        let mut before = since;
        for at in drawn {
            let Some(at) = self.at_work(calendar, at.max(later(before, 1_800))).filter(|at| *at < self.quarter.ends) else {
                break;
            };
            moments.push(at);
            before = at;
        }
        moments
    }

    /// The moment itself, or some minutes into the next working hours.
    fn at_work(&mut self, calendar: &Calendar, at: Instant) -> Option<Instant> {
        let start = calendar.next_start(at)?;
        if start == at { Some(at) } else { calendar.add(start, WorkSpan::of_minutes(self.dice.between(2, 90))) }
    }

    /// The owner's manager gives the lead to a colleague who works for the same territory.
    fn hand_over(
        &mut self,
        story: &mut Story<'_>,
        owner: &'a person::Model,
        at: Instant,
    ) -> Result<&'a person::Model, WordsError> {
        let (staff, open) = (self.staff, &self.open);
        let has_room = |person: &person::Model| {
            let load = open.get(&person.id).copied().unwrap_or(0);
            person.capacity.is_none_or(|capacity| load + ROOM_KEPT < capacity)
        };
        let others = staff.reps_for(story.row.territory_id);
        let to = others.into_iter().find(|person| person.id != owner.id && has_room(person));
        let (Some(to), Some(manager)) = (to, staff.manager_of(owner)) else { return Ok(owner) };
        let because = self.reason("transferred", &[("from", &owner.name)])?;
        Ok(if story.is_transferred(manager, to, &because, at, &mut self.dice) { to } else { owner })
    }

    /// What it is worth, in words; a value that was not known yet is settled with the sale.
    fn worth(&mut self, story: &mut Story<'_>) -> String {
        let currency = story.row.value_currency.get_or_insert_with(|| "EUR".to_owned());
        let minor = *story.row.value_minor.get_or_insert_with(|| self.dice.between(40, 400) * 10_000);
        currency.parse().map_or_else(|_| minor.to_string(), |currency| Money { minor, currency }.to_string())
    }

    /// Now and then a manager has a lead shown on which nothing has happened for two weeks.
    fn show_if_quiet(&mut self, story: &mut Story<'_>, owner: &person::Model) -> Result<(), WordsError> {
        let quiet_since = Instant::from_millis(story.row.last_event_at);
        let Some(manager) = self.staff.manager_of(owner) else { return Ok(()) };
        let Some(calendar) = self.staff.calendar(manager.id) else { return Ok(()) };
        let due = WorkSpan::of_days(10).and_then(|span| calendar.add(quiet_since, span)).filter(|at| *at < self.quarter.ends);
        if let Some(at) = due
            && self.dice.chance(40)
        {
            let month = month_ahead(self.quarter, &mut self.dice);
            let because = self.reason("highlighted", &[("month", &month)])?;
            story.is_highlighted(manager, &because, at, &mut self.dice);
        }
        Ok(())
    }

    /// Counts a lead that is still open for the person who owns it or is offered it.
    fn count_load(&mut self, story: &Story<'_>) {
        let state = story.row.state.as_str();
        let offered = story.pushes.last().map(|push| push.person_id).filter(|_| state == LeadState::Offered.as_str());
        let owned = story.row.owner_id.filter(|_| state == LeadState::Owned.as_str());
        if let Some(person) = owned.or(offered) {
            let load: &mut i64 = self.open.entry(person).or_default();
            *load += 1;
        }
    }
}

/// So many seconds later.
pub(super) fn later(at: Instant, seconds: i64) -> Instant {
    at.checked_add(Span::of_seconds(seconds)).unwrap_or(at)
}
