//! Events: what scripts can be called for.

use crate::words::words;

words! {
    /// An event that calls scripts; the words are the names of the entry points in `script-api.md` without `on_`.
    pub enum EventName, "event" {
        /// A lead has entered and waits for a person.
        LeadCreated = "lead_created",
        /// A person declined a push.
        PushDeclined = "push_declined",
        /// A push was not answered in time.
        PushExpired = "push_expired",
        /// A person accepted a lead, or it was transferred.
        LeadOwned = "lead_owned",
        /// A lead has been quiet for the setting `quiet_after`.
        LeadQuiet = "lead_quiet",
        /// A lead went to another stage.
        StageChanged = "stage_changed",
        /// A lead was won.
        LeadWon = "lead_won",
        /// A lead was lost.
        LeadLost = "lead_lost",
        /// A customer is new.
        CustomerCreated = "customer_created",
        /// A card is being written.
        CardWriting = "card_writing",
        /// A card was written.
        CardWritten = "card_written",
        /// A plan was announced.
        PlanAnnounced = "plan_announced",
        /// A request was not answered by its due day.
        RequestOverdue = "request_overdue",
        /// A day inside an open coaching period has ended.
        CoachingDay = "coaching_day",
    }
}
