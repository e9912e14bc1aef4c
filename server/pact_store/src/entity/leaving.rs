//! What leaves PACT: the outbox, the attempts to send, and the webhooks to which it posts.

entity! {
    /// Mail or a webhook's message: written with what causes it, sent after the commit.
    outbox = "outbox" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// `mail` or `webhook`.
        pub kind: String,
        /// An e-mail address, or the name of a webhook.
        pub address: String,
        pub payload: Json,
        pub idempotency_key: String,
        pub created_at: i64,
        /// When it is tried next.
        pub next_at: i64,
        /// How often it was tried since it was written or released.
        pub attempts: i64,
        pub sent_at: Option<i64>,
        pub record_id: Option<Uuid>,
        /// One of [`State`](crate::outbox::State).
        pub state: String,
        /// Why it is in its state, when that is not plain.
        pub reason: Option<String>,
        pub lease_until: Option<i64>,
        /// Goes up with every claim; who says what came of it must show it.
        pub fence: i64,
        /// When its content began to be handed over, until it is known what came of that.
        pub handing_at: Option<i64>,
        pub webhook_id: Option<Uuid>,
    }
}

entity! {
    /// One attempt to send a row of the outbox.
    outbox_attempt = "outbox_attempts" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub outbox_id: Uuid,
        pub at: i64,
        pub took_ms: i64,
        /// `sent`, `failed` or `refused`.
        pub outcome: String,
        /// What the other side answered: an HTTP status, or an SMTP code.
        pub status: Option<i64>,
        pub answer: Option<String>,
    }
}

entity! {
    /// An address to which PACT posts: what scripts post by its name, and events to which it subscribes.
    webhook = "webhooks" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        pub url: String,
        pub events: Words,
        /// What signs; needed as it is for every message, so it cannot be a hash.
        pub secret: Secret,
        /// The secret before the last rotation, which signs too until `old_secret_until`.
        pub old_secret: Option<Secret>,
        pub old_secret_until: Option<i64>,
        pub active: bool,
        pub disabled_reason: Option<String>,
        /// Nothing is sent before this instant, because the last message failed.
        pub held_until: Option<i64>,
        pub created_at: i64,
    }
}
