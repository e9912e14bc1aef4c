//! Runs as they happen, for whoever watches a plugin.
//!
//! | event | data | when |
//! |---|---|---|
//! | `run` | the run, as a list shows it | a run ended, on whichever node |
//!
//! Runs that acts of staff call are not told: an instant for each would say when who works (`policy.md` §6). Each second the database is asked what is new, so it does not matter where a
//! run happened, and nobody who runs scripts waits for somebody who watches.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, get};
use futures_util::{Stream, stream};
use pact_app::App;
use pact_app::ops::run::called_by_acts;
use pact_store::plugin::runs_since;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use utoipa::IntoParams;
use uuid::Uuid;

use super::caller::may;
use super::problem::Problem;
use super::run::Run;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After how many looks without anything a comment keeps the line open.
const QUIET_LOOKS: u32 = 20;
/// How long a stream lives: as long as an access token.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// How far back each look goes, in milliseconds: a run is written a little after it began.
const LOOK_BACK_MS: i64 = 60_000;
/// The most runs that one look tells.
const RUNS_PER_LOOK: u64 = 500;

/// Which runs are followed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Followed {
    /// Only runs of this plugin.
    plugin_id: Option<String>,
    /// Only runs that ended so: `done`, `failed` or `limit`.
    outcome: Option<String>,
}

/// Somebody who follows runs.
struct Follower {
    app: App,
    followed: Followed,
    not_of: Vec<&'static str>,
    since: i64,
    told: BTreeMap<Uuid, i64>,
    look: Interval,
    quiet: u32,
    ends: Instant,
    waiting: VecDeque<Bytes>,
}

/// Follow runs
///
/// Server-sent events (`text/event-stream`): `run` for each run that ended, but for those that acts of staff call; a comment each 20 seconds keeps the line
/// open. After 15 minutes the stream ends, so that every listener shows a fresh access token. For admins and auditors.
#[utoipa::path(
    tag = "runs",
    params(Followed),
    responses((status = 200, description = "The stream", body = String, content_type = "text/event-stream")),
)]
#[get("/runs/stream")]
pub(super) async fn follow_runs(
    app: web::Data<App>,
    _: may::ReadRuns,
    followed: web::Query<Followed>,
) -> Result<HttpResponse, Problem> {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower {
        since: app.clock.now().millis(),
        app: app.get_ref().clone(),
        followed: followed.into_inner(),
        not_of: called_by_acts().collect(),
        told: BTreeMap::new(),
        look,
        quiet: 0,
        ends: Instant::now() + LIFE,
        waiting: VecDeque::from([Bytes::from_static(b": following\n\n")]),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // A compressing encoder would hold events back until it has enough of them.
        .insert_header(ContentEncoding::Identity)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(follower.into_stream()))
}

impl Follower {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut follower| async move { follower.next().await.map(|bytes| (Ok(bytes), follower)) })
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            self.look.tick().await;
            if Instant::now() > self.ends {
                return None;
            }
            self.look().await;
            self.quiet += 1;
            if self.waiting.is_empty() && self.quiet >= QUIET_LOOKS {
                self.waiting.push_back(Bytes::from_static(b":\n\n"));
            }
            if !self.waiting.is_empty() {
                self.quiet = 0;
            }
        }
    }

    async fn look(&mut self) {
        let since = self.since.max(self.app.clock.now().millis() - LOOK_BACK_MS);
        match runs_since(self.app.store.read(), since, &self.not_of, RUNS_PER_LOOK).await {
            Ok(rows) => {
                for row in rows {
                    let wanted = self.followed.plugin_id.as_ref().is_none_or(|plugin| *plugin == row.plugin_id)
                        && self.followed.outcome.as_ref().is_none_or(|outcome| *outcome == row.outcome);
                    if self.told.insert(row.id, row.started_at).is_none() && wanted {
                        let (id, data) = (row.id, json!(Run::from(row)));
                        self.waiting.push_back(Bytes::from(format!("id: {id}\nevent: run\ndata: {data}\n\n")));
                    }
                }
                self.told.retain(|_, at| *at >= since);
            }
            Err(error) => {
                tracing::warn!(%error, "runs could not be looked up for somebody who follows them; the next look tries again")
            }
        }
    }
}
