//! Security records, and the requests to open them.

entity! {
    /// Something that happened to an account. It is kept for a while, and shown to the person; to others only as `security_access` says.
    security_record = "security_records" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub at: i64,
        pub what: String,
        /// Where the request came from, and the program that sent it, if a request did.
        pub address: Option<String>,
        pub agent: Option<String>,
        /// What the word alone does not say: the role that was given, the beginning of a key.
        pub detail: Option<String>,
    }
}

entity! {
    /// A request by an admin or an auditor to open something, to be agreed to by one of the other role.
    security_access = "security_accesses" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub opens: String,
        /// Whom it concerns. Who stands behind a pseudonym is written here when both have agreed.
        pub person_id: Option<Uuid>,
        pub entry_number: Option<i64>,
        pub pseudonym: Option<String>,
        pub first_on: Option<String>,
        pub last_on: Option<String>,
        pub reason: String,
        pub state: String,
        pub asker_id: Uuid,
        pub asker_role: String,
        pub asked_at: i64,
        pub other_id: Option<Uuid>,
        pub other_role: Option<String>,
        pub agreed_at: Option<i64>,
        pub until_at: Option<i64>,
        /// When each of the two read it first.
        pub asker_read_at: Option<i64>,
        pub other_read_at: Option<i64>,
        pub closed_at: Option<i64>,
    }
}
