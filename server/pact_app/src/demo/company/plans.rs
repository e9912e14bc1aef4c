//! What people intend with customers, on which day, and when these days are over.

use chrono::NaiveDate;
use pact_core::lead::LeadState;
use pact_core::time::Instant;
use pact_store::entity::{pack, plan, plan_day};

use super::customers::Book;
use super::days_from;
use super::subjects::{Subject, Subjects};
use super::talks::Teller;

/// How far ahead people plan, in days.
const PLANNED_DAYS: i64 = 21;
/// What everybody with customers plans for the next days: for today or tomorrow, and for later in the week.
const SOON: [(i64, i64); 2] = [(0, 1), (2, 5)];
/// How many customers are tried for one of these: of a new customer nobody could have announced anything yet.
const TRIES: usize = 8;

impl<'a> Teller<'a> {
    /// What the owner intends with the customer, announced some days before.
    pub(super) fn plan(&mut self, subject: &Subject<'_>, packs: &[pack::Model]) -> Option<plan::Model> {
        self.owner(subject)?;
        let ahead = self.dice.chance(45);
        let day = if ahead { self.dice.between(0, PLANNED_DAYS) } else { -self.dice.between(1, 60) };
        self.plan_in(subject, packs, day)
    }

    /// The same for the day so many days from now, or the next on which they work.
    fn plan_in(&mut self, subject: &Subject<'_>, packs: &[pack::Model], day: i64) -> Option<plan::Model> {
        let person = self.owner(subject)?;
        let open = subject.lead.filter(|lead| lead.state == LeadState::Owned.as_str());
        let calendar = self.staff.calendar(person.id)?;
        let noon = self.dice.moment(days_from(self.quarter.today, day), calendar.zone, (9, 16));
        let on_day = calendar.next_start(noon)?.day_in(calendar.zone);
        let announced = days_from(on_day, -self.dice.between(2, 9)).min(days_from(self.quarter.today, -1));
        let announced = self.dice.moment(announced, calendar.zone, (8, 18));
        if announced.millis() < subject.since() || announced >= self.quarter.ends {
            return None;
        }
        let fitting: Vec<_> = packs.iter().filter(|pack| pack.product.as_deref() == Some(subject.product.id.as_str())).collect();
        let pack_id = (self.dice.chance(35) && !fitting.is_empty()).then(|| self.dice.pick(&fitting).id);
        let objective = self.dice.pick(&self.words.talks.plan.objectives).clone();
        let bring = self.dice.chance(55).then(|| self.dice.pick(&self.words.talks.plan.bring).clone());
        Some(plan::Model {
            id: self.dice.id(),
            revision: self.dice.revision(),
            customer_id: subject.customer.id,
            lead_id: open.map(|lead| lead.id),
            person_id: person.id,
            objective: self.fill(&objective, subject),
            on_day: on_day.to_string(),
            pack_id,
            bring: bring.map(|bring| self.fill(&bring, subject)),
            withdrawn: self.dice.chance(5),
            announced_at: announced.millis(),
        })
    }

    /// Plans of everybody with customers for the next days, so that each morning's digest and each calendar has something to show.
    pub(super) fn plans_soon<'b>(&mut self, book: &'b Book, packs: &[pack::Model]) -> Vec<plan::Model>
    where
        'a: 'b,
    {
        let mut plans = Vec::new();
        for person in &self.staff.persons {
            let own = |at: &usize| book.customers[*at].owner_id == Some(person.id);
            let own: Vec<usize> = (0..book.customers.len()).filter(own).collect();
            if own.is_empty() {
                continue;
            }
            for (from, to) in SOON {
                let soon = (0..TRIES).find_map(|_| {
                    let (at, day) = (*self.dice.pick(&own), self.dice.between(from, to));
                    let subject = Subjects::of_customer(at, self, book);
                    self.plan_in(&subject, packs, day)
                });
                plans.extend(soon.map(|plan| plan::Model { withdrawn: false, ..plan }));
            }
        }
        plans
    }

    /// When the days of plans are over that are carried out.
    pub(super) fn days_of(&self, plans: &[plan::Model]) -> Vec<plan_day::Model> {
        let over = |plan: &plan::Model| {
            let next_day = plan.on_day.parse::<NaiveDate>().ok()?.succ_opt()?;
            Some(Instant::start_of(next_day, self.staff.calendar(plan.person_id)?.zone).millis())
        };
        let carried_out = plans.iter().filter(|plan| !plan.withdrawn);
        carried_out.filter_map(|plan| Some(plan_day::Model { plan_id: plan.id, over_at: over(plan)? })).collect()
    }
}
