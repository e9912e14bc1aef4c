//! What customers said and what people intend: cards, plans, requests, packs, goals.

use std::collections::BTreeSet;

use chrono::Datelike;
use pact_core::lead::LeadState;
use pact_core::time::{Instant, WorkSpan};
use pact_store::entity::{card, goal, lead, pack, person, plan, plan_day, request};
use pact_store::{AsJson, Words as List};
use uuid::Uuid;

use super::customers::Book;
use super::dice::Dice;
use super::leads::{Told, month_ahead};
use super::staff::Staff;
use super::subjects::{Subject, Subjects, wind_quiet_clocks};
use super::words::{Words, WordsError, known};
use super::{HISTORY_DAYS, Quarter, days_from};

const CARDS: usize = 920;
const PLANS: usize = 180;
const REQUESTS: usize = 70;
/// How many cards in a hundred keep the customer's own language, where we have words for it.
const LOCAL_PERCENT: u32 = 40;

/// Cards, plans, requests, packs and goals.
pub(super) struct Talks {
    pub(super) cards: Vec<card::Model>,
    pub(super) plans: Vec<plan::Model>,
    /// When the days of plans are over that are still to come.
    pub(super) plan_days: Vec<plan_day::Model>,
    pub(super) requests: Vec<request::Model>,
    pub(super) packs: Vec<pack::Model>,
    pub(super) goals: Vec<goal::Model>,
}

/// What all of them choose from.
pub(super) struct Teller<'a> {
    pub(super) words: &'a Words,
    pub(super) quarter: Quarter,
    pub(super) staff: &'a Staff,
    pub(super) dice: Dice,
}

/// Makes them, and sets the quiet clocks of customers and leads to the last that happened.
pub(super) fn make(
    words: &Words,
    seed: u64,
    quarter: Quarter,
    staff: &Staff,
    book: &mut Book,
    told: &mut Told,
) -> Result<Talks, WordsError> {
    let mut teller = Teller { words, quarter, staff, dice: Dice::of(seed, "talks") };
    let packs = teller.packs();
    let subjects = Subjects::of(book, told);
    let goals = teller.goals(told);
    let mut talks = Talks { cards: Vec::new(), plans: Vec::new(), plan_days: Vec::new(), requests: Vec::new(), goals, packs };
    for _ in 0..CARDS {
        let subject = subjects.draw(&mut teller, book, told)?;
        talks.cards.extend(teller.card(&subject, book)?);
    }
    for _ in 0..PLANS {
        let subject = subjects.draw(&mut teller, book, told)?;
        talks.plans.extend(teller.plan(&subject, &talks.packs));
    }
    for _ in 0..REQUESTS {
        let subject = subjects.draw(&mut teller, book, told)?;
        talks.requests.extend(teller.request(&subject));
    }
    talks.plans.extend(teller.plans_soon(book, &talks.packs));
    talks.plan_days = teller.days_of(&talks.plans);
    wind_quiet_clocks(book, told, &talks, quarter.ends.millis());
    talks.plan_days.retain(|day| day.over_at > quarter.ends.millis());
    Ok(talks)
}

impl<'a> Teller<'a> {
    /// Something that the customer said, once they were known, written the same or the next working day.
    fn card(&mut self, subject: &Subject<'_>, book: &Book) -> Result<Option<card::Model>, WordsError> {
        let Some(author) = self.seller(subject) else { return Ok(None) };
        let Some(written_at) = self.moment_since(subject, author) else { return Ok(None) };
        let (kind, theme, about, template) = self.card_words(subject)?;
        let contacts = &book.contacts[subject.home.contacts.clone()];
        let said_by = (self.dice.chance(70) && !contacts.is_empty()).then(|| self.dice.pick(contacts).id);
        let zone = subject.home.zone;
        let since = Instant::from_millis(subject.since());
        let said_on = days_from(written_at.day_in(zone), -self.dice.between(0, 1)).max(since.day_in(zone));
        Ok(Some(card::Model {
            id: self.dice.id(),
            revision: self.dice.revision(),
            customer_id: subject.customer.id,
            lead_id: subject.lead.map(|lead| lead.id),
            kind,
            about: (!about.is_empty()).then_some(about),
            theme: Some(theme),
            text: self.fill(&template, subject),
            said_by_id: said_by,
            said_on: said_on.to_string(),
            author_id: Some(author.id),
            by_plugin: None,
            written_at: written_at.millis(),
        }))
    }

    /// Kind, theme, product and text: about the subject's product or about none.
    fn card_words(&mut self, subject: &Subject<'_>) -> Result<(String, String, String, String), WordsError> {
        let fits = |about: &str| about.is_empty() || about == subject.product.id;
        if let Some(local) = self.words.local_cards.get(&subject.home.language)
            && self.dice.chance(LOCAL_PERCENT)
        {
            let fitting: Vec<_> = local.cards.iter().filter(|card| fits(&card[2])).collect();
            if !fitting.is_empty() {
                let [kind, theme, about, text] = (*self.dice.pick(&fitting)).clone();
                return Ok((kind, theme, about, text));
            }
        }
        let kinds: Vec<_> = self.words.cards.iter().collect();
        let (kind, cards) = *self.dice.weighted(&kinds, |(_, cards)| cards.share);
        let fitting: Vec<_> = cards.cards.iter().filter(|card| fits(&card[1])).collect();
        let fitting = known((!fitting.is_empty()).then_some(fitting), "cards of the kind", kind)?;
        let [theme, about, text] = (*self.dice.pick(&fitting)).clone();
        Ok((kind.clone(), theme, about, text))
    }

    /// A question for supply, a product manager, a partner or a colleague; two in three are answered.
    fn request(&mut self, subject: &Subject<'_>) -> Option<request::Model> {
        let from = self.seller(subject)?;
        let words = self.dice.pick(&self.words.talks.request);
        let asked = match words.to.as_str() {
            "colleague" => self.staff.with_job("rep").into_iter().filter(|rep| rep.team_id != from.team_id).collect(),
            job => self.staff.with_job(job),
        };
        let to = *self.dice.pick(&asked);
        let asked_at = self.moment_since(subject, from)?;
        let calendar = self.staff.calendar(to.id)?;
        let answered_at = calendar
            .add(asked_at, WorkSpan::of_minutes(self.dice.between(30, 2_400)))
            .filter(|at| *at < self.quarter.ends && self.dice.chance(78));
        let [text, answer] = self.dice.pick(&words.lines);
        let due_on = days_from(asked_at.day_in(calendar.zone), self.dice.between(2, 12));
        Some(request::Model {
            id: self.dice.id(),
            revision: self.dice.revision(),
            customer_id: subject.customer.id,
            lead_id: subject.lead.map(|lead| lead.id),
            from_id: Some(from.id),
            to_id: to.id,
            text: self.fill(text, subject),
            due_on: self.dice.chance(80).then(|| due_on.to_string()),
            asked_at: asked_at.millis(),
            answer: answered_at.map(|_| self.fill(answer, subject)),
            answered_at: answered_at.map(Instant::millis),
        })
    }

    fn packs(&mut self) -> Vec<pack::Model> {
        let words = &self.words.talks.pack;
        let mut packs = Vec::new();
        for words in words {
            let day = days_from(self.quarter.today, -self.dice.between(10, HISTORY_DAYS));
            packs.push(pack::Model {
                id: self.dice.id(),
                revision: self.dice.revision(),
                title: words.title.clone(),
                product: Some(words.product.clone()),
                summary: Some(words.summary.clone()),
                documents: AsJson(serde_json::Value::from(words.documents.clone())),
                themes: List::from(words.themes.clone()),
                segments: List::from(words.segments.clone()),
                created_at: self.dice.moment(day, self.staff.zone(), (9, 16)).millis(),
            });
        }
        packs
    }

    /// Goals count customers who bought: an outcome, whoever sold.
    fn goals(&mut self, told: &Told) -> Vec<goal::Model> {
        let words = &self.words.talks.goal;
        let mut goals = Vec::new();
        for words in words {
            let bought = |lead: &&lead::Model| {
                lead.state == LeadState::Won.as_str() && lead.product.as_deref() == Some(words.product.as_str())
            };
            let customers: BTreeSet<Uuid> = told.leads.iter().filter(bought).map(|lead| lead.customer_id).collect();
            goals.push(goal::Model {
                id: self.dice.id(),
                revision: self.dice.revision(),
                title: words.title.clone(),
                measure: words.measure.clone(),
                target: words.target,
                reached: i64::try_from(customers.len()).unwrap_or(i64::MAX),
                ends_on: Some(days_from(self.quarter.today, words.ends_in_days).to_string()),
                created_at: self.quarter.starts.millis(),
            });
        }
        goals
    }

    /// Who knows the customer: the owner of the lead or of the customer, or now and then somebody else near.
    fn seller(&mut self, subject: &Subject<'_>) -> Option<&'a person::Model> {
        let near = self.staff.reps_for(subject.customer.territory_id);
        match self.owner(subject) {
            Some(owner) if !self.dice.chance(20) => Some(owner),
            owner if near.is_empty() => owner,
            _ => Some(*self.dice.pick(&near)),
        }
    }

    pub(super) fn owner(&self, subject: &Subject<'_>) -> Option<&'a person::Model> {
        self.staff.person(subject.lead.and_then(|lead| lead.owner_id).or(subject.customer.owner_id)?)
    }

    /// A moment in somebody's working time since the subject was known; nothing happens to a closed lead after its end.
    fn moment_since(&mut self, subject: &Subject<'_>, person: &person::Model) -> Option<Instant> {
        let from = subject.since().max(self.quarter.starts.millis());
        let ends = self.quarter.ends.millis();
        let until = subject.lead.and_then(|lead| lead.closed_at).unwrap_or(ends).min(ends);
        let drawn = Instant::from_millis(self.dice.between(from, until));
        let at = self.staff.calendar(person.id)?.next_start(drawn)?;
        let at = super::course::later(at, self.dice.between(60, 3_000));
        (at.millis() < until).then_some(at)
    }

    /// A sum as people say it: "47,000 EUR".
    fn round_sum(&mut self, currency: &str) -> String {
        let rate = self.words.places.rates.get(currency).copied().unwrap_or(1.0);
        let thousands = (self.dice.between(6, 90) as f64 * rate).round() as i64;
        if thousands < 1_000 {
            format!("{thousands},000 {currency}")
        } else {
            format!("{} million {currency}", thousands / 1_000)
        }
    }

    /// Fills a template with what the subject is about.
    pub(super) fn fill(&mut self, template: &str, subject: &Subject<'_>) -> String {
        let model = self.dice.pick(&subject.product.models).clone();
        let industry = subject.customer.industry.as_deref().unwrap_or_default().replace(' ', "_");
        let no_use = vec!["the site".to_owned()];
        let use_for = self.dice.pick(subject.product.uses.get(&industry).unwrap_or(&no_use)).clone();
        let week = days_from(self.quarter.today, self.dice.between(14, 90)).iso_week().week().to_string();
        let money = self.round_sum(&subject.home.currency);
        let month = month_ahead(self.quarter, &mut self.dice);
        let city = subject.customer.city.clone().unwrap_or_default();
        let slots = [
            ("model", model.as_str()),
            ("use", use_for.as_str()),
            ("week", week.as_str()),
            ("money", money.as_str()),
            ("month", month.as_str()),
            ("city", city.as_str()),
        ];
        self.dice.say(template, &slots)
    }
}
