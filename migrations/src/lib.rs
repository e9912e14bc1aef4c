//! The tables of PACT, one file a migration, one way, each safe to re-run.
//!
//! Instants are UTC milliseconds (`*_at`, or `at`), days are TEXT `YYYY-MM-DD` (`*_on`, `on_day`), lists are JSON in TEXT, money is minor units
//! and a currency. A record that people change has `revision`: a random token, new with each change, so that no counter of edits exists (`policy.md` §6).

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
mod m0014_views;
mod m0015_evidence;
mod shape;

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
            Box::new(m0014_views::Migration),
            Box::new(m0015_evidence::Migration),
        ]
    }
}
