//! What search finds.

entity! {
    /// The folded words of one record; see [`crate::search`].
    search_doc = "search_docs" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
        pub kind: String,
        pub title: String,
        pub body: String,
        /// Three-letter pieces of a name's words.
        pub grams: String,
    }
}
