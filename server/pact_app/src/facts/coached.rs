//! What a script sees inside a coaching period: the period, and what its person did in the days that are over.

use pact_core::time::Instant;
use pact_policy::table::Kind;
use pact_script::limits::ROWS;
use pact_script::value::{Record, Value};
use pact_store::acts::{self, Act};
use pact_store::entity::coaching_period;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::records::{day, record};
use crate::Refusal;

/// One signed period, at the end of one of its days.
#[derive(Clone, Debug)]
pub(crate) struct Coached {
    /// The period.
    pub(crate) period: coaching_period::Model,
    /// From the start of its first day, or from when both had signed, until the end of the day that is over, in milliseconds.
    pub(crate) stretch: (i64, i64),
}

impl Coached {
    /// A period at the end of a day. What was done before both had signed stays what it was.
    pub(crate) fn until(period: coaching_period::Model, first: Instant, end: Instant) -> Self {
        let from = period.signed_at.unwrap_or(i64::MAX).max(first.millis());
        Self { stretch: (from, end.millis()), period }
    }

    pub(super) fn is(&self, period: Uuid) -> bool {
        self.period.id == period
    }

    /// The period as scripts see it.
    pub(crate) fn record(&self) -> Record {
        let row = &self.period;
        record(Kind::Period, row.id, |member| match member {
            "person" => Value::Ref(Kind::Person, row.person_id),
            "coach" => Value::Ref(Kind::Person, row.coach_id),
            "reason" => row.reason.clone().unwrap_or_default().into(),
            "purpose" => row.purpose.clone().unwrap_or_default().into(),
            "starts_on" => day(Some(&row.first_on)),
            "ends_on" => day(Some(&row.last_on)),
            _ => Value::Unit,
        })
    }

    pub(super) async fn acts(&self, conn: &impl ConnectionTrait) -> Result<Vec<Record>, Refusal> {
        Ok(acts::of_coached(conn, &self.period, self.stretch, ROWS).await?.into_iter().map(act).collect())
    }
}

fn act(act: Act) -> Record {
    record(Kind::Act, act.id, |member| match member {
        "what" => act.what.clone().into(),
        "text" => act.text.clone().into(),
        "customer" => Value::maybe_ref(Kind::Customer, act.customer_id),
        "at" => Value::Instant(act.at),
        _ => Value::Unit,
    })
}
