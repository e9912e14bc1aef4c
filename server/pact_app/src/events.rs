//! Events as rows: what happened and waits for the scripts that ask for it.

use pact_core::event::EventName;
use pact_policy::table::EntryPoint;
use pact_store::Tx;
use pact_store::entity::event;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::ops::lead::Scene;

/// In which order events are worked off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Somebody waits for it.
    Interactive,
    /// One of many, from an import.
    Bulk,
}

/// Writes down that something happened to a record; `payload` is what the entry point takes beside it.
///
/// Webhooks that ask for it get their messages with the same commit. An event that no script asks for is kept for dry runs over the past, and is handled as it stands.
pub(crate) fn raise(tx: &Tx, scene: &Scene, name: EventName, kind: &str, record: Uuid, payload: Json) {
    raise_as(tx, scene, pact_core::id::ordered(), name, kind, record, payload);
}

/// As [`raise`], with an id of the caller's choice, by which they know what they raised before.
pub(crate) fn raise_as(tx: &Tx, scene: &Scene, id: Uuid, name: EventName, kind: &str, record: Uuid, payload: Json) {
    scene.subscriptions.write(tx, scene.now, name, kind, record, &payload);
    let mut event = row(scene, id, name.as_str(), kind, record, payload);
    event.handled_at = (!is_asked_for(scene, name)).then_some(event.at);
    tx.append(event);
}

fn row(scene: &Scene, id: Uuid, name: &str, kind: &str, record: Uuid, payload: Json) -> event::Model {
    let plugin_id = payload.get(PLUGIN).and_then(Json::as_str).map(str::to_owned);
    event::Model {
        id,
        name: name.to_owned(),
        record_kind: kind.to_owned(),
        record_id: record,
        payload: payload.into(),
        lane: match scene.lane {
            Lane::Interactive => 0,
            Lane::Bulk => 1,
        },
        at: scene.now.millis(),
        handled_at: None,
        lease_until: None,
        fence: 0,
        attempts: 0,
        parked_reason: None,
        plugin_id,
        parked_id: None,
        parked_on: None,
    }
}

/// The name of the event that is a tick of a schedule: no function asks for it by its name, the payload says what is called.
pub(crate) const TICK: &str = "tick";

/// Writes down that a scheduled function is to be called; `payload` says which, `kind` and `record` for what.
pub(crate) fn raise_tick(tx: &Tx, scene: &Scene, kind: &str, record: Uuid, payload: Json) {
    tx.append(row(scene, pact_core::id::ordered(), TICK, kind, record, payload));
}

/// In an event's payload: the only plugin that is called.
const PLUGIN: &str = "plugin";

/// The same event for one plugin alone, to be handled from an instant on: what the others wanted is done. It takes the name with it that admins may know
/// it by, which the event must be without before this is written.
pub(crate) fn again_for(event: &event::Model, plugin: &str, from: i64) -> event::Model {
    let mut payload = event.payload.0.clone();
    payload[PLUGIN] = plugin.into();
    event::Model {
        id: pact_core::id::ordered(),
        payload: payload.into(),
        plugin_id: Some(plugin.to_owned()),
        handled_at: None,
        // Nobody holds it; whoever looks after this instant may claim it.
        lease_until: Some(from),
        fence: 0,
        ..event.clone()
    }
}

/// The same event for one plugin alone, put aside with a reason.
pub(crate) fn parked_for(event: &event::Model, plugin: &str, reason: String, on: String) -> event::Model {
    let name = event.parked_id.unwrap_or_else(Uuid::new_v4);
    let row = again_for(event, plugin, 0);
    event::Model { lease_until: None, parked_reason: Some(reason), parked_id: Some(name), parked_on: Some(on), ..row }
}

/// In an event's payload: it is held because its run wants too much at once.
const HELD: &str = "held";
/// In an event's payload: an admin lets its run have as many effects as it wants.
const BEYOND_LIMITS: &str = "beyond_limits";

/// Marks an event as held because its run wants too many effects.
pub(crate) fn hold(event: &mut event::Model) {
    event.payload.0[HELD] = true.into();
}

/// What the payload of a held event is when an admin releases it; nothing for one that is not held.
pub(crate) fn released(event: &event::Model) -> Option<Json> {
    let mut payload = event.payload.0.clone();
    payload.get(HELD)?;
    payload.as_object_mut()?.remove(HELD);
    payload[BEYOND_LIMITS] = true.into();
    Some(payload)
}

/// Whether an admin lets the run of this event have as many effects as it wants.
pub(crate) fn is_beyond_limits(event: &event::Model) -> bool {
    event.payload.0.get(BEYOND_LIMITS).and_then(Json::as_bool).unwrap_or(false)
}

fn is_asked_for(scene: &Scene, name: EventName) -> bool {
    match (&scene.plugins, EntryPoint::of_event(name.as_str())) {
        (Some(plugins), Some(point)) => plugins.asking_for(point).next().is_some(),
        (None, _) | (_, None) => true,
    }
}
