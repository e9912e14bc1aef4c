//! The log of policy acts, and what stands beside it.

entity! {
    /// The one row that says how far the log is: all of its tree that appending needs. Whoever appends holds it until the commit, so numbers have no gaps.
    evidence_head = "evidence_head" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        pub size: i64,
        /// The roots of the complete parts of the tree, largest first.
        pub peaks: Words,
    }
}

entity! {
    /// One entry of the log, by its place; never changed, never removed.
    evidence_entry = "evidence_entries" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        /// The kind of act, as `body` has it.
        pub kind: String,
        /// The entry byte for byte.
        pub body: String,
        /// Its hash as a leaf.
        pub leaf: String,
    }
}

entity! {
    /// A hash of the tree at a kept level above the leaves: level 1 over 256 entries, level 2 over 65,536 …
    evidence_node = "evidence_nodes" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub level: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub hash: String,
    }
}

entity! {
    /// A checkpoint as it was signed, with the signatures of witnesses that came later.
    evidence_checkpoint = "evidence_checkpoints" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub size: i64,
        pub note: String,
    }
}

entity! {
    /// A text that entries name by its hash: the sources that were judged, and the reports of refusals.
    evidence_text = "evidence_texts" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: String,
        pub body: String,
    }
}

entity! {
    /// Whom a pseudonym of the log stands for; once the row is erased, nobody can tell.
    evidence_name = "evidence_names" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub pseudonym: String,
        pub salt: Secret,
        pub person_id: Uuid,
    }
}
