//! Imports of leads.

entity! {
    /// An import of leads and how far it is.
    import = "imports" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        /// `queued`, `running`, `done`, `failed`, `stopped`.
        pub status: String,
        pub format: String,
        pub encoding: Option<String>,
        pub delimiter: Option<String>,
        pub mapping: Json,
        pub total: Option<i64>,
        pub next_row: i64,
        pub accepted: i64,
        pub merged: i64,
        pub refused: i64,
        pub created_at: i64,
        pub finished_at: Option<i64>,
        pub created_by_id: Option<Uuid>,
        pub file_path: String,
        /// Why the whole import failed.
        pub failure: Option<String>,
    }
}

entity! {
    /// A row that an import refused, and why.
    import_row_refused = "import_rows_refused" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub import_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub line: i64,
        pub reason: String,
        pub raw: String,
    }
}

entity! {
    /// A saved mapping of column names.
    import_mapping = "import_mappings" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub mapping: Json,
    }
}
