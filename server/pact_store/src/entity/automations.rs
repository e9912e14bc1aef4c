//! What may run, what waits to be installed, and how much effects there may be.

entity! {
    /// All automation; the one row is named `all`.
    automation = "automation" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub running: bool,
        pub because: Option<String>,
        pub changed_at: i64,
        /// Runs of one plugin that may fail one after the other …
        pub max_failures: i64,
        /// … in so many minutes, before it is switched off.
        pub within_minutes: i64,
    }
}

entity! {
    /// A script of a plugin that is switched off; a script without a row is on.
    script_off = "scripts_off" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub file: String,
        pub at: i64,
    }
}

entity! {
    /// Why PACT itself switched a plugin off.
    plugin_off = "plugins_off" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        pub because: String,
        pub at: i64,
    }
}

entity! {
    /// How many runs of a plugin failed one after the other, and since when; a plugin whose last run went well has no row.
    plugin_failure = "plugin_failures" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        pub in_row: i64,
        pub since: i64,
    }
}

entity! {
    /// Something that lies in the folder of plugins and is not installed as it lies there.
    plugin_arrival = "plugin_arrivals" {
        /// The name of the folder or file.
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub plugin_id: Option<String>,
        pub version: Option<String>,
        /// `waits` for consent, or `refused`.
        pub state: String,
        pub why: String,
        /// The manifest, the scripts and the modules, of one that waits.
        pub content: Option<Json>,
        /// Of what lies there.
        pub hash: String,
        pub seen_at: i64,
    }
}

entity! {
    /// How many effects of a kind a plugin may have in an hour; -1 is as many as it likes. `*` stands for every plugin without a row of its own.
    effect_limit = "effect_limits" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub capability: String,
        pub an_hour: i64,
    }
}

entity! {
    /// How many effects of a kind a plugin had in a few minutes.
    effect_count = "effect_counts" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub plugin_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub capability: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub since: i64,
        pub count: i64,
    }
}
