//! Coaching periods, their notes, and the keys with which notes are read.

entity! {
    /// Somebody's key for notes: its public half, and its private half as only their password or recovery code opens it.
    note_key = "note_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub public: String,
        /// For deriving a key from the password.
        pub salt: String,
        pub by_password: Secret,
        pub by_recovery: Secret,
        pub made_at: i64,
    }
}

entity! {
    /// A private key, as only a secret opens it that the caller of one session holds.
    note_opening = "note_openings" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub session_id: Uuid,
        pub person_id: Uuid,
        pub wrapped: Secret,
        pub until_at: i64,
    }
}

entity! {
    /// A coaching period. What was agreed in it is erased after its end; that it was stays.
    coaching_period = "coaching_periods" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub coach_id: Uuid,
        pub person_id: Uuid,
        pub state: String,
        pub first_on: String,
        pub last_on: String,
        pub retention_days: i64,
        pub reason: Option<String>,
        pub purpose: Option<String>,
        /// The text that both sign, word for word.
        pub words: Option<String>,
        /// Its hash.
        pub document: String,
        /// The public keys for which its notes are sealed.
        pub coach_key: Option<String>,
        pub person_key: Option<String>,
        pub proposed_at: i64,
        pub signed_at: Option<i64>,
        pub ended_on: Option<String>,
        /// The last of its days of which scripts were told.
        pub told_on: Option<String>,
    }
}

entity! {
    /// A note: text, sealed once for each of the two.
    coaching_note = "coaching_notes" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub period_id: Uuid,
        pub written_by: String,
        pub at: i64,
        pub for_coach: Secret,
        pub for_person: Secret,
    }
}
