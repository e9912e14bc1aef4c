//! Working hours, of people and of teams.

use pact_core::calendar::{DayHours, WorkingHours};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;

/// Hours of work on one weekday.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Hours, example = json!({"day": 1, "from": "09:00", "to": "17:00"}))]
pub(super) struct Hours {
    /// The weekday: 1 is Monday, 7 is Sunday.
    #[schema(minimum = 1, maximum = 7)]
    pub(super) day: u8,
    /// When work starts.
    #[schema(pattern = "^([01][0-9]|2[0-4]):[0-5][0-9]$")]
    pub(super) from: String,
    /// When it ends.
    #[schema(pattern = "^([01][0-9]|2[0-4]):[0-5][0-9]$")]
    pub(super) to: String,
}

/// Hours as the rules have them.
pub(super) fn week(hours: Vec<Hours>) -> Result<WorkingHours, Problem> {
    let refuse = |why: String| Problem::from(pact_app::Refusal::invalid("working_hours", why));
    let mut days = Vec::with_capacity(hours.len());
    for Hours { day, from, to } in hours {
        let from = from.parse().map_err(|error| refuse(format!("{error}")))?;
        let to = to.parse().map_err(|error| refuse(format!("{error}")))?;
        days.push(DayHours { day, from, to });
    }
    WorkingHours::new(days).map_err(|error| refuse(error.to_string()))
}
