//! What the runs of some events want written: decided effect by effect, written once.

use std::collections::{BTreeMap, BTreeSet};

use pact_core::lead as rules;
use pact_core::lead::Receiver;
use pact_core::money::{Money, MoneyError};
use pact_core::text::{REASON, TEXT, TITLE, WORD};
use pact_core::time::{AnySpan, Span, WorkSpan};
use pact_policy::table::{Capability, EntryPoint, Kind};
use pact_script::effect::{Effect, Within};
use pact_script::run::ScriptError;
use pact_script::value::Value;
use pact_store::entity::{card, contact, customer, event, handover as handover_row, outbox, request};
use pact_store::{Tx, record};
use serde_json::json;
use uuid::Uuid;

use super::{Finished, refused};
use crate::Refusal;
use crate::digests::{self, Said, tick_of};
use crate::facts::field_record;
use crate::messages::{self, Message};
use crate::ops::lead::{EnterByPlugin, LeadDraft, Scene, enter_by_plugin, offer};
use crate::ops::{card as cards, handover, request as requests};
use crate::relay::mail::{Template, to_contact, to_person};
use crate::subscriptions;

/// Everything that the runs want written.
pub(super) struct Drafts<'a> {
    receivers: &'a BTreeMap<Uuid, Receiver>,
    leads: BTreeMap<Uuid, LeadDraft>,
    /// The leads that the present run touched, as they were before it.
    undo: BTreeMap<Uuid, LeadDraft>,
    rest: Vec<(Scene, Rest)>,
}

/// What is written beside leads.
#[derive(Clone)]
enum Rest {
    Card(card::Model),
    Request(request::Model),
    Notice {
        to: Uuid,
        text: String,
        kind: Kind,
        record: Uuid,
    },
    Field {
        record: Uuid,
        field: Uuid,
        value: Value,
    },
    Digest(Said),
    Outbox(outbox::Model),
    Handover(handover_row::Model),
    Enter(Box<EnterByPlugin>),
    /// Nothing came of it, which is no failure.
    Nothing,
}

impl<'a> Drafts<'a> {
    /// Drafts over leads that are loaded at once, since the runs will ask for them.
    pub(super) async fn over(tx: &Tx, leads: BTreeSet<Uuid>, receivers: &'a BTreeMap<Uuid, Receiver>) -> Result<Self, Refusal> {
        Ok(Self { receivers, leads: LeadDraft::load_all(tx, leads).await?, undo: BTreeMap::new(), rest: Vec::new() })
    }

    /// Takes over all effects of a run, or none: then the error says which was refused, and why.
    pub(super) async fn take(
        &mut self,
        tx: &Tx,
        scene: &Scene,
        event: &event::Model,
        finished: &Finished,
    ) -> Result<Option<ScriptError>, Refusal> {
        self.undo.clear();
        let rest_before = self.rest.len();
        for placed in &finished.outcome.effects {
            match self.take_effect(tx, scene, event, finished, &placed.effect).await {
                Ok(()) => {}
                Err(error @ (Refusal::Store(_) | Refusal::Busy | Refusal::Stale { .. })) => return Err(error),
                Err(refusal) => {
                    self.leads.append(&mut self.undo);
                    self.rest.truncate(rest_before);
                    return Ok(Some(refused(finished, placed, &refusal)));
                }
            }
        }
        Ok(None)
    }

    /// Writes everything.
    pub(super) async fn write(self, tx: &Tx) -> Result<(), Refusal> {
        LeadDraft::write_all(tx, self.leads.into_values()).await?;
        let mut said = Vec::new();
        for (scene, rest) in self.rest {
            match rest {
                Rest::Digest(one) => said.push((scene, one)),
                rest => rest.write(tx, &scene).await?,
            }
        }
        digests::write(tx, said).await
    }

    /// The draft of a lead, or nothing when there is no such lead.
    pub(super) fn lead(&mut self, id: Uuid) -> Option<&mut LeadDraft> {
        let draft = self.leads.get_mut(&id)?;
        self.undo.entry(id).or_insert_with(|| draft.clone());
        Some(draft)
    }

    fn wanted(&mut self, id: Uuid) -> Result<&mut LeadDraft, Refusal> {
        self.lead(id).ok_or(Refusal::NotFound { what: "lead" })
    }

    async fn take_effect(
        &mut self,
        tx: &Tx,
        scene: &Scene,
        event: &event::Model,
        finished: &Finished,
        effect: &Effect,
    ) -> Result<(), Refusal> {
        check_may(&finished.may, effect)?;
        match effect {
            Effect::Push { lead, person, within, because } => {
                let receiver = self.receiver(*person)?;
                let offer = offer(scene, *person, within.map(span), because.clone())?;
                let draft = self.wanted(*lead)?;
                let decision = rules::push(&draft.facts, offer, &receiver, &scene.rules_actor(), scene.now)?;
                draft.decide(decision, scene);
            }
            Effect::Highlight { lead, because } => {
                let draft = self.wanted(*lead)?;
                let decision = rules::highlight(&draft.facts, because, &scene.rules_actor())?;
                draft.decide(decision, scene);
            }
            Effect::Unhighlight { lead } => {
                let draft = self.wanted(*lead)?;
                let decision = rules::unhighlight(&draft.facts, &scene.rules_actor())?;
                draft.decide(decision, scene);
            }
            Effect::Escalate { lead, to, because } => {
                let draft = self.wanted(*lead)?;
                let to = scene.above(draft, *to)?;
                let decision = rules::escalate(&draft.facts, to, because, &scene.rules_actor())?;
                draft.decide(decision, scene);
            }
            Effect::Transfer { lead, person, because } => {
                let receiver = self.receiver(*person)?;
                let draft = self.wanted(*lead)?;
                let decision = rules::transfer(&draft.facts, &receiver, because, &scene.rules_actor(), scene.now)?;
                draft.decide(decision, scene);
            }
            Effect::HandOver { lead, text } => {
                let row = handover::by_plugin(scene, self.wanted(*lead)?, text)?;
                self.rest.push((scene.clone(), Rest::Handover(row)));
            }
            Effect::Enter { .. } => {
                let wish = enter(finished, effect)?;
                self.rest.push((scene.clone(), Rest::Enter(Box::new(wish))));
            }
            Effect::Set { kind, record, field, value } => {
                let rest = set(finished, *kind, *record, field, value)?;
                self.rest.push((scene.clone(), rest));
            }
            Effect::Send { person, title, sections } => {
                let title = REASON.check("title", title)?;
                let said = Said { person: *person, title, sections: sections.clone(), tick: tick_of(event) };
                self.rest.push((scene.clone(), Rest::Digest(said)));
            }
            Effect::WriteCard { .. }
            | Effect::Ask { .. }
            | Effect::Notify { .. }
            | Effect::Post { .. }
            | Effect::WriteTo { .. } => {
                let rest = talk(tx, scene, finished, effect).await?;
                self.rest.push((scene.clone(), rest));
            }
            // A suggestion goes back to whoever writes the card; turns are written from what the host promised.
            Effect::Suggest { .. } | Effect::Rotated { .. } => {}
            Effect::Note { .. } => {
                return Err(Refusal::forbidden("There is no open coaching period here, so no note can be written."));
            }
        }
        Ok(())
    }

    fn receiver(&self, person: Uuid) -> Result<Receiver, Refusal> {
        self.receivers.get(&person).copied().ok_or(Refusal::NotFound { what: "person" })
    }
}

/// Refuses an effect whose capability is not among those that a plugin may use.
pub(crate) fn check_may(may: &BTreeSet<Capability>, effect: &Effect) -> Result<(), Refusal> {
    match effect.capability() {
        Some(needs) if !may.contains(&needs) => Err(Refusal::forbidden(format!(
            "The manifest does not declare \"{0}\". Add \"{0}\" to `may`, and have an admin agree to it.",
            needs.name()
        ))),
        Some(_) | None => Ok(()),
    }
}

const fn span(within: Within) -> AnySpan {
    match within {
        Within::Span(seconds) => AnySpan::Clock(Span::of_seconds(seconds)),
        Within::WorkSpan(minutes) => AnySpan::Work(WorkSpan::of_minutes(minutes)),
    }
}

/// A lead that a script enters, checked. A lead that enters enters no other: that would never end.
fn enter(finished: &Finished, effect: &Effect) -> Result<EnterByPlugin, Refusal> {
    let Effect::Enter { customer, title, product, contact, value, expected_on } = effect else {
        return Err(Refusal::invalid("effect", "is decided elsewhere."));
    };
    if finished.call == EntryPoint::LeadCreated.entry().name {
        return Err(Refusal::forbidden("A lead that has just entered cannot enter another one. Do it from a schedule."));
    }
    let value = match value {
        Some((minor, currency)) => {
            let currency = currency.parse().map_err(|error: MoneyError| Refusal::invalid("value", error.to_string()))?;
            Some(Money { minor: *minor, currency })
        }
        None => None,
    };
    Ok(EnterByPlugin {
        customer: *customer,
        title: TITLE.check("title", title)?,
        product: WORD.check_optional("product", product.as_deref())?,
        contact: *contact,
        value,
        expected_on: *expected_on,
    })
}

fn set(finished: &Finished, kind: Kind, record: Uuid, name: &str, value: &Value) -> Result<Rest, Refusal> {
    let field =
        field_record(kind).and_then(|on| finished.fields.iter().find(|field| field.on_record == on && field.name == name));
    let field = field.ok_or_else(|| {
        Refusal::invalid(
            "field",
            format!("The plugin declares no field \"{name}\" on a {}. Add it to the manifest.", kind.name()),
        )
    })?;
    crate::fields::check(field, value)?;
    Ok(Rest::Field { record, field: field.id, value: value.clone() })
}

async fn talk(tx: &Tx, scene: &Scene, finished: &Finished, effect: &Effect) -> Result<Rest, Refusal> {
    match effect {
        Effect::WriteCard { customer, kind, text } => {
            let customer: customer::Model = record::get(tx, *customer).await?;
            Ok(Rest::Card(cards::by_plugin(scene, customer.id, WORD.check("kind", kind)?, TEXT.check("text", text)?)))
        }
        Effect::Ask { person, customer, text, due } => {
            let customer: customer::Model = record::get(tx, *customer).await?;
            if !scene.snapshot.people.contains_key(person) {
                return Err(Refusal::NotFound { what: "person" });
            }
            Ok(Rest::Request(requests::by_plugin(scene, customer.id, *person, TEXT.check("text", text)?, *due)))
        }
        Effect::Notify { person, text, kind, record } => {
            if !scene.snapshot.people.contains_key(person) {
                return Err(Refusal::NotFound { what: "person" });
            }
            Ok(Rest::Notice { to: *person, text: TEXT.check("text", text)?, kind: *kind, record: *record })
        }
        Effect::Post { webhook, payload } => {
            if !finished.webhooks.contains(webhook) {
                return Err(Refusal::forbidden(format!(
                    "The manifest names no webhook \"{webhook}\". Add it to `webhooks`, and have an admin give it an address."
                )));
            }
            Ok(Rest::Outbox(posted(tx, scene, finished, webhook, payload).await?))
        }
        Effect::WriteTo { contact, subject, text } => {
            let row: contact::Model = record::get(tx, *contact).await?;
            let (subject, text) = (TITLE.check("subject", subject)?, TEXT.check("text", text)?);
            Ok(to_contact(&row, json!({ "title": subject, "text": text }), scene.now).map_or(Rest::Nothing, Rest::Outbox))
        }
        Effect::Push { .. }
        | Effect::Enter { .. }
        | Effect::HandOver { .. }
        | Effect::Highlight { .. }
        | Effect::Unhighlight { .. }
        | Effect::Escalate { .. }
        | Effect::Transfer { .. }
        | Effect::Set { .. }
        | Effect::Suggest { .. }
        | Effect::Send { .. }
        | Effect::Note { .. }
        | Effect::Rotated { .. } => Err(Refusal::invalid("effect", "is decided elsewhere.")),
    }
}

/// What a script posts, as it waits in the outbox: for the webhook of this name, or for one that is still to be made.
async fn posted(tx: &Tx, scene: &Scene, finished: &Finished, webhook: &str, payload: &Value) -> Result<outbox::Model, Refusal> {
    let found = pact_store::webhook::named(tx, webhook).await?;
    let data = json!({ "plugin": finished.plugin, "webhook": webhook, "payload": crate::fields::to_json(payload) });
    let content = subscriptions::body("script_posted", scene.now, data);
    let record = finished.subjects.first().copied();
    Ok(subscriptions::message(found.map(|webhook| webhook.id), webhook, content, scene.now, record))
}

/// Writes what a script tells a person as mail too; it leaves after the commit.
fn mail_to(tx: &Tx, scene: &Scene, to: Uuid, template: Template, data: serde_json::Value, record: Option<Uuid>) {
    let member = scene.snapshot.people.get(&to);
    if let Some(row) = member.and_then(|member| to_person(&member.row, template, data, scene.now, record)) {
        tx.append(row);
    }
}

impl Rest {
    async fn write(self, tx: &Tx, scene: &Scene) -> Result<(), Refusal> {
        match self {
            Self::Card(row) => cards::write(tx, scene, row).await.map(drop),
            Self::Request(row) => requests::write(tx, scene, row).await.map(drop),
            Self::Notice { to, text, kind, record } => {
                let record_kind = crate::facts::noun(kind);
                let data = json!({ "text": text, "record": record_kind, "id": record });
                mail_to(tx, scene, to, Template::Notice, data, Some(record));
                messages::send(tx, Message { to, kind: "notice", record_kind, record, text, at: scene.now });
                Ok(())
            }
            Self::Field { record, field, value } => {
                let value = crate::fields::encoded(&value);
                Ok(pact_store::field::write_value(tx, record, field, &value, scene.now.millis()).await?)
            }
            Self::Digest(said) => digests::write(tx, vec![(scene.clone(), said)]).await,
            Self::Handover(row) => handover::write(tx, scene, row).await,
            Self::Enter(wish) => enter_by_plugin(tx, scene, *wish).await,
            Self::Nothing => Ok(()),
            Self::Outbox(row) => {
                tx.append(row);
                Ok(())
            }
        }
    }
}
