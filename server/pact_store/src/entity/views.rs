//! Saved views and reports, and who gets them by mail.

entity! {
    /// A saved view.
    view = "views" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        pub title: String,
        /// What its rows are: `leads`, `customers`, `cards` or `goals`.
        pub source: String,
        /// The view itself, as JSON.
        pub definition: Json,
        /// By which rules it was judged, and how it is released.
        pub verdict: Json,
        /// The plugin that brought it along.
        pub plugin_id: Option<String>,
        pub made_by_id: Option<Uuid>,
        pub created_at: i64,
    }
}

entity! {
    /// Somebody gets a view by mail.
    view_subscription = "view_subscriptions" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub view_id: Uuid,
        pub person_id: Uuid,
        /// `day` or `week`.
        pub every: String,
        pub next_at: i64,
    }
}
