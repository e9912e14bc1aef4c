//! When plugins' functions are due, and which quiet leads plugins were told of.

entity! {
    /// A schedule of a plugin in one zone, with its next tick.
    schedule = "schedules" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plugin_id: String,
        pub call: String,
        pub cron: String,
        /// An IANA name.
        pub zone: String,
        pub next_at: i64,
    }
}

entity! {
    /// A quiet spell of a lead of which a plugin was told.
    quiet_mark = "quiet_marks" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub lead_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        /// What happened last when it was told: the spell itself.
        pub last_event_at: i64,
    }
}

entity! {
    /// How far a plugin's leads were looked through for quiet ones.
    quiet_sweep = "quiet_sweeps" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        /// The span that was looked for, in working minutes.
        pub after_minutes: i64,
        /// Every lead on which nothing happened since then was told of.
        pub swept_until: i64,
    }
}
