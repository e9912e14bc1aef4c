//! Events, messages, digests and rotations.

entity! {
    /// Something that happened and that scripts are called for, once.
    event = "events" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub record_kind: String,
        pub record_id: Uuid,
        pub payload: Json,
        /// 0: somebody waits; 1: bulk.
        pub lane: i64,
        pub at: i64,
        pub handled_at: Option<i64>,
        pub lease_until: Option<i64>,
        /// Goes up with every claim; who handles must show it.
        pub fence: i64,
        pub attempts: i64,
        pub parked_reason: Option<String>,
    }
}

entity! {
    /// A notification for one person about a record.
    message = "messages" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub kind: String,
        pub record_kind: String,
        pub record_id: Uuid,
        pub text: String,
        pub at: i64,
        pub read_at: Option<i64>,
    }
}

entity! {
    /// What one person needs to plan their day or week.
    digest = "digests" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub title: String,
        pub body: Json,
        pub made_at: i64,
        /// The tick that it belongs to: there is one digest for a person and a tick.
        pub tick: Option<String>,
    }
}

entity! {
    /// When a rotation last gave to a person, as a number in the order of giving.
    rotation = "rotations" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub given_seq: i64,
    }
}
