//! The pact: its versions, and who signed which.

entity! {
    /// A version of the pact, as it was proposed; it never changes but for coming into force.
    pact_version = "pact_versions" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// From 1; the highest that is in force holds.
        pub number: i64,
        pub words: String,
        pub settings: Json,
        /// Hash of number, words and settings, as the audit log has it.
        pub document: String,
        /// In what it is weaker than the version that was in force when it was proposed.
        pub weaker: Words,
        pub proposed_at: i64,
        pub in_force_at: Option<i64>,
    }
}

entity! {
    /// A person's signature under a version of the pact.
    pact_signature = "pact_signatures" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        /// Hash of what was signed.
        pub document: String,
        pub signed_at: i64,
        pub withdrawn_at: Option<i64>,
    }
}
