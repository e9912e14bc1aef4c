//! The tables of PACT, one file a migration, one way, each safe to re-run.
//!
//! Instants are UTC milliseconds (`*_at`, or `at`), days are TEXT `YYYY-MM-DD` (`*_on`, `on_day`), lists are JSON in TEXT, money is minor units
//! and a currency. A record that people change has `revision`: a random token, new with each change, so that no counter of edits exists (`policy.md` §6).
//!
//! # Expand and contract
//! Nodes of two releases work on one database while an upgrade rolls over them. So:
//! 1. A release may **expand**: add a table, a column that may be empty or has a default, an index. The release before it works on as if nothing were.
//!    What a new column holds is not relied on in rows that the older release writes.
//! 2. A later release may **contract**: drop or rename what no release since the expansion uses, or forbid what it does not write. Its migration adds a row to
//!    `schema_needs` (`INSERT INTO schema_needs (migration, because) …`) with the name of the *expanding* migration: a binary that does not know that one still
//!    uses what is gone.
//! 3. A node that starts asks [`standing`]: it migrates what it knows of; it works, and says so in its log, on a database that was only expanded by a newer
//!    release, so that an old node that is restarted in the middle of an upgrade is no loss; it refuses to start on one that was contracted beyond it.
//!
//! The migrations before `m0013` are older than the first release, and follow no such rule.

use sea_orm_migration::prelude::*;

mod m0001_organisation;
mod m0002_customers;
mod m0003_talks;
mod m0004_scripts;
mod m0005_events;
mod m0006_access;
mod m0007_imports;
mod m0008_search;
mod m0009_outbox;
mod m0010_schedules;
mod m0011_digests;
mod m0012_time;
mod m0013_nodes;
mod m0014_views;
mod m0015_evidence;
mod m0016_plugin_life;
mod m0017_runs;
mod m0018_pact;
mod m0019_coaching;
mod m0020_fields;
mod m0021_team_hours;
mod m0022_coaching_days;
mod m0023_settings_versions;
mod m0024_security;
mod m0025_field_words;
mod m0026_versions_dry_runs;
mod m0027_name_neighbours;
mod needs;
mod shape;

pub use needs::{Standing, standing};
pub use sea_orm_migration::MigratorTrait;

/// Every migration, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_organisation::Migration),
            Box::new(m0002_customers::Migration),
            Box::new(m0003_talks::Migration),
            Box::new(m0004_scripts::Migration),
            Box::new(m0005_events::Migration),
            Box::new(m0006_access::Migration),
            Box::new(m0007_imports::Migration),
            Box::new(m0008_search::Migration),
            Box::new(m0009_outbox::Migration),
            Box::new(m0010_schedules::Migration),
            Box::new(m0011_digests::Migration),
            Box::new(m0012_time::Migration),
            Box::new(m0013_nodes::Migration),
            Box::new(m0014_views::Migration),
            Box::new(m0015_evidence::Migration),
            Box::new(m0016_plugin_life::Migration),
            Box::new(m0017_runs::Migration),
            Box::new(m0018_pact::Migration),
            Box::new(m0019_coaching::Migration),
            Box::new(m0020_fields::Migration),
            Box::new(m0021_team_hours::Migration),
            Box::new(m0022_coaching_days::Migration),
            Box::new(m0023_settings_versions::Migration),
            Box::new(m0024_security::Migration),
            Box::new(m0025_field_words::Migration),
            Box::new(m0026_versions_dry_runs::Migration),
            Box::new(m0027_name_neighbours::Migration),
        ]
    }
}
