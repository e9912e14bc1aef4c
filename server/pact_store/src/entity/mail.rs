//! What mail people want, the key that signs links in it, and the addresses under which calendars are read.

entity! {
    /// What mail a person wants; who has no row gets all of it.
    mail_setting = "mail_settings" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub digests: bool,
        pub pushes: bool,
    }
}

entity! {
    /// The key that signs links in mail. It stays: a link that ends mail must work as long as the mail is kept.
    link_key = "link_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub key: Secret,
        pub created_at: i64,
    }
}

entity! {
    /// The secret address under which a person's calendar is read, known by its hash.
    calendar_feed = "calendar_feeds" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub person_id: Uuid,
        pub address_hash: Secret,
        pub made_at: i64,
        /// What the calendar said when it was last read.
        pub content_hash: Option<String>,
        /// When it was first read with that content.
        pub changed_at: i64,
    }
}
