//! Cards, plans, requests, packs and goals.

entity! {
    /// Something the customer said, did, wants, promised or complained of, as text.
    card = "cards" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub customer_id: Uuid,
        pub lead_id: Option<Uuid>,
        pub kind: String,
        pub about: Option<String>,
        pub theme: Option<String>,
        pub text: String,
        pub said_by_id: Option<Uuid>,
        pub said_on: String,
        pub author_id: Option<Uuid>,
        pub by_plugin: Option<String>,
        pub written_at: i64,
    }
}

entity! {
    /// What a person announces they intend with a customer.
    plan = "plans" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub customer_id: Uuid,
        pub lead_id: Option<Uuid>,
        pub person_id: Uuid,
        pub objective: String,
        pub on_day: String,
        pub pack_id: Option<Uuid>,
        pub bring: Option<String>,
        pub withdrawn: bool,
        pub announced_at: i64,
    }
}

entity! {
    /// When the day of a plan will be over; gone once it is.
    plan_day = "plan_days" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plan_id: Uuid,
        pub over_at: i64,
    }
}

entity! {
    /// A question or job about a customer for a colleague, supplier or partner.
    request = "requests" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub customer_id: Uuid,
        pub lead_id: Option<Uuid>,
        pub from_id: Option<Uuid>,
        pub to_id: Uuid,
        pub text: String,
        pub due_on: Option<String>,
        pub asked_at: i64,
        pub answer: Option<String>,
        pub answered_at: Option<i64>,
    }
}

entity! {
    /// A planning pack for a launch or a campaign.
    pack = "packs" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub title: String,
        pub product: Option<String>,
        pub summary: Option<String>,
        pub documents: Json,
        pub themes: Words,
        pub segments: Words,
        pub created_at: i64,
    }
}

entity! {
    /// What the company wants to reach, measured on customers and sales.
    goal = "goals" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub title: String,
        pub measure: String,
        pub target: i64,
        pub reached: i64,
        pub ends_on: Option<String>,
        pub created_at: i64,
    }
}
