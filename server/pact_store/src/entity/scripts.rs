//! Custom fields, plugins, scripts and runs.

entity! {
    /// A field that a plugin or an admin adds to a record.
    custom_field = "custom_fields" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub on_record: String,
        pub name: String,
        pub label: String,
        #[sea_orm(column_name = "type")]
        pub field_type: String,
        pub helps: String,
        pub because: String,
        pub about: Option<String>,
        pub help: Option<String>,
        pub options: Words,
        pub required: bool,
        pub kind: Option<String>,
        pub formula: Option<String>,
        pub plugin_id: Option<String>,
        /// What a new record has in it: the encoded value, the part of it that the index holds, and its number.
        pub default_text: Option<String>,
        pub default_lookup: Option<String>,
        pub default_number: Option<f64>,
        /// The folded words by which search finds the default.
        pub default_words: Option<String>,
        /// When it was removed; its values are kept for a while, and nobody sees them.
        pub removed_at: Option<i64>,
        /// The name that it had: another field may have it since.
        pub removed_name: Option<String>,
        /// Whether scripts store in it what tells of acts of staff: no list is chosen or ordered by it.
        pub acts: bool,
        /// Why the formula gave no value when it was computed last.
        pub failure: Option<String>,
        /// Of which words and by which rules it was accepted; a formula of others is not computed.
        pub sealed: Option<String>,
        /// Roles that read it; empty for everybody who may read the record.
        pub read_by: Words,
        /// Roles that write it; empty for everybody who may change the record.
        pub write_by: Words,
    }
}

entity! {
    /// The value of a custom field of one record.
    custom_value = "custom_values" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub field_id: Uuid,
        pub text_value: Option<String>,
        /// The first part of `text_value`, which the index holds; the store fills it.
        pub lookup: Option<String>,
        pub number_value: Option<f64>,
        /// The folded words by which search finds it: empty when there is nothing to find, null as long as nobody has looked.
        pub words: Option<String>,
        pub updated_at: i64,
    }
}

entity! {
    /// A record whose formulas are to be made anew; written by the database itself when something that they read changes.
    formula_stale = "formula_stale" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
        pub kind: String,
        /// Whether the record itself changed, so that others may read something new in it.
        pub touched: bool,
        /// Another one with each change.
        pub token: Uuid,
    }
}

entity! {
    /// What formulas on one kind of record read.
    formula_reads = "formula_reads" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub on_record: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub reads: String,
    }
}

entity! {
    /// A kind of record that is looked through, so that each one's formulas are made anew; in the order of ids.
    formula_sweep = "formula_sweeps" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub on_record: String,
        pub after: Option<Uuid>,
    }
}

entity! {
    /// The day for which formulas that read it were made.
    formula_day = "formula_days" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub day: String,
    }
}

entity! {
    /// An installed plugin; its key is the manifest's id.
    plugin = "plugins" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub revision: String,
        pub title: String,
        pub summary: String,
        pub version: String,
        pub enabled: bool,
        pub settings: Json,
        pub installed_at: i64,
    }
}

entity! {
    /// One version of a plugin's manifest and scripts, kept whole.
    script_version = "script_versions" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plugin_id: String,
        pub version: String,
        /// TOML.
        pub manifest: String,
        /// File name to source.
        pub files: Json,
        pub hash: String,
        /// The linter's certificate, by which it may run.
        pub certificate: Option<Json>,
        pub created_at: i64,
        pub created_by_id: Option<Uuid>,
        /// Which of its plugin's versions it is, from 1; the database counts where zero is written.
        pub number: i64,
    }
}

entity! {
    /// What a plugin was set to, from one change to the next.
    settings_version = "settings_versions" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plugin_id: String,
        pub settings: Json,
        /// `installed`, `set`, `restored`.
        pub how: String,
        pub created_at: i64,
        pub created_by_id: Option<Uuid>,
        /// Which of its plugin's settings it is, from 1; the database counts where zero is written.
        pub number: i64,
    }
}

entity! {
    /// One run of a script: what called it, what it cost, what came of it.
    run = "runs" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub plugin_id: String,
        pub script_version_id: Option<Uuid>,
        pub event_id: Option<Uuid>,
        pub call: String,
        pub started_at: i64,
        pub duration_us: i64,
        pub operations: i64,
        pub rows_read: i64,
        /// `done`, `failed`, `limit`.
        pub outcome: String,
        pub effects: Json,
        pub log: Json,
        pub error: Option<Json>,
        /// Memory that its worker took for it, in KiB.
        pub memory_kib: Option<i64>,
        /// What it was given and read, by reference.
        pub facts: Option<Json>,
    }
}

entity! {
    /// A record that a run was about.
    run_subject = "run_subjects" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub run_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
    }
}

entity! {
    /// A dry run, for as long as its result is kept.
    dry_run = "dry_runs" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// What it is, how far it is and what came of it.
        pub told: Json,
        /// What was asked for, where that can be written down as a case.
        pub asked: Option<Json>,
        pub cancelled: bool,
        /// When the node that does it was last heard of.
        pub seen_at: i64,
        pub ended_at: Option<i64>,
    }
}

entity! {
    /// Some of the lines that came of a dry run, from `first` on, which counts from zero.
    dry_run_line = "dry_run_lines" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub dry_run_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub first: i64,
        pub lines: Json,
    }
}
