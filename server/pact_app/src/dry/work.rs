//! The work of a dry run: events in pieces, what they ask for read at once, runs sent to a worker many at a time.
//!
//! One worker does all of it, so that the same dry run gives the same result, and so that the others stay with what really happens. Each event is looked at as
//! it was, with one exception: what the dry run itself decided about a lead holds until that lead's history goes on, or a sweep would want the same thing at
//! every tick.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pact_core::time::Instant;
use pact_script::pool::Pool;
use pact_script::run::{Outcome, Run};
use pact_store::entity::event;
use serde_json::Value as Json;
use uuid::Uuid;

use super::compare::{self, Difference, Line, Then};
use super::decide::{Scene, Subject, decide};
use super::dues::{self, Due, MAX_EVENTS, kind_of};
use super::kept::DryRun;
use super::presence::Presence;
use crate::facts::look::{InThePast, Look, Whole};
use crate::facts::{RunFacts, noun};
use crate::ops::effect::may_heal;
use crate::organisation::Turns;
use crate::past::{Decided, Moment, Past, PastLead};
use crate::plugins::Installed;
use crate::runs::{Function, hour_of, of_dry};
use crate::{App, Refusal};

/// Events whose records are read at once.
const PIECE: usize = 512;
/// Runs that are sent to a worker at once.
const BATCH: usize = 64;
/// Runs that are done again in vain, at most; after so many, what is too slow is left.
const TRIES_IN_VAIN: u32 = 5;
/// How long after an event something still counts as what came of it, in milliseconds.
const WINDOW_MS: i64 = 24 * 3_600_000;

/// A dry run that is to be done.
pub(super) struct Task {
    pub(super) run: Arc<DryRun>,
    /// Who reads it: their own digest may be shown whole.
    pub(super) reader: Uuid,
    pub(super) plugin: Arc<Installed>,
    pub(super) function: Function,
    /// Events that were chosen.
    pub(super) dues: Option<Vec<Due>>,
    /// Else everything in a stretch of the past.
    pub(super) stretch: Option<(i64, i64)>,
    /// Whether anything is looked at as it was, instead of as it is.
    pub(super) looks_back: bool,
    pub(super) whole: Arc<Whole>,
}

/// Does a dry run, once there is room for it.
pub(super) async fn work_through(app: &App, task: &Task) -> Result<(), Refusal> {
    match app.dry_runs.room.acquire().await {
        Ok(_room) => work(app, task).await,
        Err(error) => Err(Refusal::defect(error)),
    }
}

/// What one dry run knows while it works.
struct Desk<'a> {
    app: &'a App,
    task: &'a Task,
    presence: Presence,
    turns: Arc<Turns>,
    decided: Arc<RwLock<HashMap<Uuid, Decided>>>,
    words: Vec<&'static str>,
    /// How many more runs may be tried again in vain.
    tries_left: u32,
}

pub(super) async fn work(app: &App, task: &Task) -> Result<(), Refusal> {
    task.run.begins(0);
    let dues = match (&task.dues, task.stretch) {
        (Some(dues), _) => dues.clone(),
        (None, Some(stretch)) => {
            let snapshot = app.organisation();
            dues::in_stretch(&app.store, &snapshot, &task.plugin, &task.function, stretch, &task.whole).await?
        }
        (None, None) => Vec::new(),
    };
    if dues.len() > MAX_EVENTS {
        return Err(Refusal::invalid("to", format!("more than {MAX_EVENTS} events lie in this stretch. Choose a shorter one.")));
    }
    task.run.begins(dues.len() as u64);
    let mut desk = Desk::of(app, task).await?;
    let mut from = 0;
    while from < dues.len() && !task.run.is_cancelled() {
        let piece = &dues[from..dues.len().min(from + PIECE)];
        from += piece.len();
        desk.piece(piece, dues.get(from)).await?;
    }
    Ok(())
}

/// The run of a dry run that looks at one event, with its facts; nothing when its record is gone.
///
/// # Errors
/// A store that does not answer.
pub(super) async fn one(app: &App, task: &Task) -> Result<Option<(Run, RunFacts)>, Refusal> {
    let Some([due]) = task.dues.as_deref() else { return Ok(None) };
    let mut desk = Desk::of(app, task).await?;
    let near = Arc::new(desk.near(std::slice::from_ref(due)).await?);
    let facts = desk.facts(desk.moment(due, &near), &near);
    let event = due.event(&task.function, Some(&near));
    Ok(of_dry(&facts, &task.plugin, &task.function, &event).await?.map(|run| (run, facts)))
}

impl<'a> Desk<'a> {
    async fn of(app: &'a App, task: &'a Task) -> Result<Self, Refusal> {
        Ok(Self {
            app,
            task,
            presence: Presence::read(&app.store, app.organisation()).await?,
            turns: Arc::new(Turns::still()),
            decided: Arc::default(),
            words: compare::words_of(&task.plugin.may),
            tries_left: TRIES_IN_VAIN,
        })
    }

    /// Looks at some events whose records are read together; `next` is the event after them.
    async fn piece(&mut self, piece: &[Due], next: Option<&Due>) -> Result<(), Refusal> {
        let near = Arc::new(self.near(piece).await?);
        let done = self.done_then(piece).await?;
        let mut batch: Vec<(&Due, Option<i64>)> = Vec::new();
        let mut leads: HashSet<Uuid> = HashSet::new();
        let ticks = matches!(self.task.function, Function::Scheduled(_));
        for (at, due) in piece.iter().enumerate() {
            // Whatever one run decides about a lead, the next one on the same lead must see.
            if batch.len() == BATCH || !leads.insert(due.record) || (ticks && !batch.is_empty()) {
                self.batch(std::mem::take(&mut batch), &near, &done).await?;
                leads = HashSet::from([due.record]);
                if self.task.run.is_cancelled() {
                    return Ok(());
                }
            }
            let following = piece.get(at + 1).or(next).map(|next| next.at);
            batch.push((due, following));
        }
        self.batch(batch, &near, &done).await
    }

    /// The leads, customers and contacts that events are about, with their histories.
    async fn near(&self, piece: &[Due]) -> Result<Past, Refusal> {
        let kind = match &self.task.function {
            Function::Entry(point) => kind_of(*point),
            Function::Scheduled(_) => None,
        };
        let records: Vec<Uuid> = piece.iter().map(|due| due.record).collect();
        Ok(match kind {
            Some(pact_policy::table::Kind::Lead) => Past::of(&self.app.store, &records, &[]).await?,
            Some(pact_policy::table::Kind::Customer) => Past::of(&self.app.store, &[], &records).await?,
            _ => Past::default(),
        })
    }

    /// What runs really wanted for these events, by record and instant: what leaves no step in a lead's history is known by this alone.
    async fn done_then(&self, piece: &[Due]) -> Result<HashMap<(Uuid, i64), Vec<(String, Json)>>, Refusal> {
        let (Some(_), Function::Entry(point)) = (self.task.stretch, &self.task.function) else { return Ok(HashMap::new()) };
        let instants = || piece.iter().map(|due| due.at);
        let (Some(from), Some(until)) = (instants().min(), instants().max()) else { return Ok(HashMap::new()) };
        let conn = self.app.store.read();
        let events = pact_store::past::events(conn, point.entry().event, (from, until)).await?;
        let ids: Vec<Uuid> = events.iter().map(|(id, ..)| *id).collect();
        let mut of_event: HashMap<Uuid, Vec<(String, Json)>> = HashMap::new();
        for (event, plugin, effects) in pact_store::past::done_for(conn, &ids).await? {
            let effects = effects.0.as_array().cloned().unwrap_or_default();
            let wanted = effects.into_iter().map(|mut placed| (plugin.clone(), placed["effect"].take()));
            of_event.entry(event).or_default().extend(wanted);
        }
        Ok(events.into_iter().filter_map(|(id, record, at)| Some(((record, at), of_event.remove(&id)?))).collect())
    }

    async fn batch(
        &mut self,
        batch: Vec<(&Due, Option<i64>)>,
        near: &Arc<Past>,
        done: &HashMap<(Uuid, i64), Vec<(String, Json)>>,
    ) -> Result<(), Refusal> {
        let Some(pool) = &self.app.pool else { return Ok(()) };
        let mut runs: Vec<(Run, RunFacts)> = Vec::with_capacity(batch.len());
        let mut looked_at = Vec::with_capacity(batch.len());
        let mut untold = 0;
        for (due, following) in &batch {
            let moment = self.moment(due, near);
            let facts = self.facts(moment, near);
            let event = due.event(&self.task.function, Some(near));
            if self.task.looks_back
                && let Some(lead) = near.leads.get(&due.record)
                && lead.at(moment, None).is_some_and(|seen| !seen.told)
            {
                untold += 1;
            }
            // A record that is not there (any more) calls nothing.
            if let Some(run) = of_dry(&facts, &self.task.plugin, &self.task.function, &event).await? {
                runs.push((run, facts));
                looked_at.push((*due, moment, *following));
            }
        }
        let mut outcomes = pool.run_many(&runs).await;
        self.try_again(pool, &runs, &mut outcomes).await;
        for ((_, facts), outcome) in runs.iter().zip(&outcomes) {
            match outcome.error {
                Some(_) => facts.give_back(),
                // Whose turn it was moves on; what everybody carries stays as it is today, since nobody knows what they would have done with it.
                None => facts.take_turns().iter().for_each(|turn| self.turns.taken(turn.person)),
            }
        }
        let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count() as u64;
        let mut lines = Vec::new();
        for ((due, moment, following), outcome) in looked_at.into_iter().zip(outcomes) {
            let then = done.get(&(due.record, due.at)).map_or(&[][..], Vec::as_slice);
            lines.extend(self.came_of(due, moment, following, near, outcome, then).await?);
        }
        self.task.run.moves(batch.len() as u64, failed, untold, lines);
        Ok(())
    }

    /// Does runs again that a busy machine held up, as a server would: a forecast must not come out smaller because of that. Whatever is too slow again and
    /// again is so by itself.
    async fn try_again(&mut self, pool: &Pool, runs: &[(Run, RunFacts)], outcomes: &mut [Outcome]) {
        for ((run, facts), outcome) in runs.iter().zip(outcomes) {
            if self.tries_left == 0 || !outcome.error.as_ref().is_some_and(may_heal) {
                continue;
            }
            facts.give_back();
            *outcome = pool.run(run, facts).await;
            self.tries_left -= u32::from(outcome.error.is_some());
        }
    }

    fn moment(&self, due: &Due, near: &Past) -> Moment {
        let entered = || near.leads.get(&due.record).map(PastLead::entered);
        due.moment.or_else(entered).unwrap_or(Moment::end_of(due.at))
    }

    fn facts(&mut self, moment: Moment, near: &Arc<Past>) -> RunFacts {
        let past = self.task.looks_back.then(|| InThePast {
            moment,
            near: Arc::clone(near),
            whole: Arc::clone(&self.task.whole),
            decided: Arc::clone(&self.decided),
        });
        let look = Look {
            turns: Arc::clone(&self.turns),
            organisation: self.presence.at(moment.at),
            past,
            records: false,
            given_turns: Arc::default(),
        };
        let plugin = &self.task.plugin;
        RunFacts::new(self.app, Instant::from_millis(moment.at), &plugin.id, Arc::clone(&plugin.fields)).looked_at(look)
    }

    /// The lines of one event: what its run wants, beside what really happened.
    async fn came_of(
        &self,
        due: &Due,
        moment: Moment,
        following: Option<i64>,
        near: &Past,
        outcome: Outcome,
        done: &[(String, Json)],
    ) -> Result<Vec<Line>, Refusal> {
        // Over a stretch of the past, lines that may name people would be a list of what they did.
        let told = self.task.stretch.is_none() || !self.task.run.about().names_people;
        let log = outcome.log.iter().filter(|_| told);
        let mut lines: Vec<Line> = log.map(|text| self.line(due, Difference::Logged, "log", Some(text.clone()))).collect();
        if let Some(error) = &outcome.error {
            let mut line = self.line(due, Difference::Failed, "run", Some(error.message.clone()));
            line.line = error.at.map(|(line, _)| line);
            lines.push(line);
        }
        let concerned: BTreeSet<Uuid> = outcome.effects.iter().filter_map(|placed| placed.effect.lead()).collect();
        // A sweep over the past has every lead at hand.
        let whole = match (&self.task.function, self.task.stretch) {
            (Function::Scheduled(_), Some(_)) => Some(self.task.whole.read(&self.app.store).await?),
            (Function::Scheduled(_) | Function::Entry(_), _) => None,
        };
        let known = |id: &Uuid| near.leads.get(id).or_else(|| whole.and_then(|whole| whole.leads.get(id)));
        let far: Vec<Uuid> = concerned.iter().filter(|id| known(id).is_none()).copied().collect();
        let far = if far.is_empty() { Past::default() } else { Past::of(&self.app.store, &far, &[]).await? };
        let lead = |id: &Uuid| known(id).or_else(|| far.leads.get(id));
        let mut subjects = self.subjects(moment, concerned.iter().filter_map(lead))?;
        let snapshot = self.app.organisation();
        let scene = Scene { plugin: &self.task.plugin, snapshot: &snapshot, now: Instant::from_millis(moment.at) };
        let decision = decide(&scene, &outcome.effects, &mut subjects);
        if decision.is_ok() {
            let mut decided = self.decided.write().unwrap_or_else(PoisonError::into_inner);
            for (id, subject) in &subjects {
                decided.insert(*id, Decided { at: moment.at, left: Arc::new(subject.left()) });
            }
        }
        let mut then = self.then(due, moment, following, near, &far, &concerned).await?;
        let mut done: Vec<&(String, Json)> = done.iter().collect();
        for (at, placed) in outcome.effects.iter().enumerate() {
            let (what, effect) = compare::written(&placed.effect, self.task.reader);
            if what == "rotated" {
                continue;
            }
            let mut line = self.line(due, Difference::Now, &what, compare::reason(&placed.effect));
            line.line = Some(placed.line);
            match &decision {
                Err((refused, refusal)) => {
                    line.difference = Difference::Refused;
                    line.because = Some(if *refused == at {
                        refusal.to_string()
                    } else {
                        format!("Another effect of this run would be refused: {refusal}")
                    });
                }
                Ok(()) => {
                    if let Some(step) = then.take(placed) {
                        line.difference = Difference::Same;
                        line.by = Some(by(step.by_plugin.as_deref()));
                    } else if placed.effect.lead().is_none()
                        && let Some(same) = done.iter().position(|(_, then)| compare::alike(then, &effect))
                    {
                        line.difference = Difference::Same;
                        line.by = Some(done.remove(same).0.clone());
                    }
                }
            }
            line.effect = Some(effect);
            lines.push(line);
        }
        for (lead, step) in then.rest() {
            let mut line = self.line(due, Difference::Then, compare::word_of(step), None);
            line.record = Some(("lead".into(), lead));
            line.by = Some(by(step.by_plugin.as_deref()));
            lines.push(line);
        }
        for (plugin, effect) in done.into_iter().filter(|(plugin, effect)| *plugin == self.task.plugin.id && is_no_step(effect)) {
            let mut line = self.line(due, Difference::Then, effect["do"].as_str().unwrap_or_default(), None);
            line.by = Some(plugin.clone());
            lines.push(line);
        }
        Ok(lines)
    }

    fn subjects<'p>(
        &self,
        moment: Moment,
        leads: impl Iterator<Item = &'p PastLead>,
    ) -> Result<BTreeMap<Uuid, Subject>, Refusal> {
        let decided = self.decided.read().unwrap_or_else(PoisonError::into_inner);
        let mut subjects = BTreeMap::new();
        for lead in leads {
            if let Some(seen) = lead.at(moment, decided.get(&lead.row.id)) {
                subjects.insert(lead.row.id, Subject::of(&seen.row(), &lead.pushes_at(moment))?);
            }
        }
        Ok(subjects)
    }

    /// What really happened after an event and before what followed it.
    async fn then<'p>(
        &'p self,
        due: &Due,
        moment: Moment,
        following: Option<i64>,
        near: &'p Past,
        far: &'p Past,
        concerned: &BTreeSet<Uuid>,
    ) -> Result<Then<'p>, Refusal> {
        let Some((_, end)) = self.task.stretch else { return Ok(Then::of(std::iter::empty(), moment, moment.at, true, &[])) };
        let until = moment.at.saturating_add(WINDOW_MS);
        if matches!(self.task.function, Function::Scheduled(_)) {
            let whole = self.task.whole.read(&self.app.store).await?;
            let until = following.unwrap_or(end).max(moment.at + 1).min(until);
            return Ok(Then::of(whole.leads.values(), moment, until, false, &self.words));
        }
        let own = near.leads.get(&due.record).into_iter();
        let others =
            concerned.iter().filter(|id| **id != due.record).filter_map(|id| near.leads.get(id).or_else(|| far.leads.get(id)));
        Ok(Then::of(own.chain(others), moment, until, true, &self.words))
    }

    fn line(&self, due: &Due, difference: Difference, what: &str, because: Option<String>) -> Line {
        let record = match &self.task.function {
            Function::Entry(point) => kind_of(*point).map(|kind| (noun(kind).into(), due.record)),
            Function::Scheduled(_) => None,
        };
        Line {
            event: self.task.run.about().call.clone(),
            at: if self.task.run.about().by_acts { hour_of(due.at) } else { Instant::from_millis(due.at) },
            record,
            difference,
            what: what.to_owned(),
            effect: None,
            because,
            by: None,
            line: None,
            place: due.id,
        }
    }
}

/// Who did something then: a plugin, or somebody, who is not named.
fn by(plugin: Option<&str>) -> String {
    plugin.unwrap_or("by hand").to_owned()
}

/// Whether an effect leaves no step in a lead's history.
fn is_no_step(effect: &Json) -> bool {
    const STEPS: [&str; 7] = ["push", "highlight", "unhighlight", "escalate", "transfer", "hand_over", "rotated"];
    effect["do"].as_str().is_some_and(|what| !STEPS.contains(&what))
}

/// How one run that really happened is looked at again: at its own moment, with the turns that it was given.
///
/// # Errors
/// A store that does not answer.
pub(crate) async fn look_at(app: &App, moment: Moment, event: &event::Model, turns: Vec<Option<Uuid>>) -> Result<Look, Refusal> {
    let mut presence = Presence::read(&app.store, app.organisation()).await?;
    let near = match event.record_kind.as_str() {
        "lead" => Past::of(&app.store, &[event.record_id], &[]).await?,
        "customer" => Past::of(&app.store, &[], &[event.record_id]).await?,
        _ => Past::default(),
    };
    let past = InThePast { moment, near: Arc::new(near), whole: Arc::new(Whole::until(moment.at)), decided: Arc::default() };
    let given_turns = Arc::new(Mutex::new(turns.into()));
    Ok(Look {
        turns: Arc::new(Turns::still()),
        organisation: presence.at(moment.at),
        past: Some(past),
        records: true,
        given_turns,
    })
}
