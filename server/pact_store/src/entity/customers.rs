//! Customers, contacts, leads and pushes.

entity! {
    /// A company that we sell to.
    customer = "customers" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        /// The name as matching compares it.
        pub name_key: String,
        pub domain: Option<String>,
        /// E.164.
        pub phone: Option<String>,
        pub street: Option<String>,
        pub postcode: Option<String>,
        pub city: Option<String>,
        pub country: Option<String>,
        pub segment: Option<String>,
        pub industry: Option<String>,
        pub employees: Option<i64>,
        pub owner_id: Option<Uuid>,
        pub territory_id: Option<Uuid>,
        /// The quiet clock.
        pub last_event_at: i64,
        pub merged_into_id: Option<Uuid>,
        pub created_at: i64,
    }
}

entity! {
    /// A human being at a customer.
    contact = "contacts" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub customer_id: Uuid,
        pub name: String,
        pub name_key: String,
        pub title: Option<String>,
        pub email: Option<String>,
        pub phone: Option<String>,
        pub language: Option<String>,
        pub created_at: i64,
        pub erased: bool,
    }
}

entity! {
    /// A possible sale, entered before anybody owns it, and kept until it is won or lost.
    lead = "leads" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub title: String,
        pub source: String,
        pub product: Option<String>,
        pub state: String,
        pub stage: String,
        pub value_minor: Option<i64>,
        pub value_currency: Option<String>,
        pub customer_id: Uuid,
        pub contact_id: Option<Uuid>,
        pub owner_id: Option<Uuid>,
        pub territory_id: Option<Uuid>,
        pub escalation: i64,
        pub attempt: i64,
        pub highlighted: bool,
        pub highlight_reason: Option<String>,
        pub expected_on: Option<String>,
        /// What the customer wrote.
        pub message: Option<String>,
        /// The quiet clock.
        pub last_event_at: i64,
        pub created_at: i64,
        pub closed_at: Option<i64>,
        pub lost_reason: Option<String>,
        pub merged_into_id: Option<Uuid>,
        /// The lead or customer offered for merging.
        pub near_match_id: Option<Uuid>,
        /// Makes imports safe to repeat; unique when set.
        pub external_key: Option<String>,
        /// The kind of who entered it: `person`, `form`, `import`, `api`.
        pub entered_by: String,
    }
}

entity! {
    /// A lead given to one person, with a reason and a time to answer.
    push = "pushes" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub lead_id: Uuid,
        pub person_id: Uuid,
        pub reason: String,
        pub pushed_at: i64,
        pub answer: String,
        pub answer_reason: Option<String>,
        pub answered_at: Option<i64>,
        pub answer_by_at: i64,
        pub run_id: Option<Uuid>,
    }
}

entity! {
    /// One step in a lead's history, as a sentence; never changed.
    lead_event = "lead_events" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub lead_id: Uuid,
        pub what: String,
        pub text: String,
        pub by_person_id: Option<Uuid>,
        pub by_plugin: Option<String>,
        pub at: i64,
        /// What the step left the lead as, so that a dry run sees it as it was.
        pub left_as: Option<String>,
    }
}

entity! {
    /// A handover text on a lead, for its new owner.
    handover = "handovers" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub lead_id: Uuid,
        /// For whom it was written.
        pub person_id: Option<Uuid>,
        pub text: String,
        pub by_plugin: Option<String>,
        pub made_at: i64,
    }
}
