//! The rows of every table, one file for each subject; columns are plain values, and states are the words of `pact_core`.
//!
//! Instants are UTC milliseconds, days `YYYY-MM-DD`, `revision` the random token of a record's present content.

/// Writes down one table: its rows ([`Model`](sea_orm::ModelTrait)), and what SeaORM derives from them.
///
/// No relations are declared: queries say what they join, and the migrations say what belongs together.
macro_rules! entity {
    ($(#[$about:meta])* $name:ident = $table:literal { $($fields:tt)* }) => {
        $(#[$about])*
        pub mod $name {
            #![expect(missing_docs, reason = "the columns are named with the words of mission.md; what is not plain has a comment")]

            use crate::entity::columns::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model { $($fields)* }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

/// What the columns of a table are made of.
mod columns {
    pub(super) use sea_orm::entity::prelude::*;

    pub(super) use crate::value::{Json, Secret, Words};
}

mod access;
mod automations;
mod coaching;
mod customers;
mod events;
mod evidence;
mod imports;
mod leaving;
mod mail;
mod pact;
mod people;
mod schedules;
mod scripts;
mod search;
mod security;
mod talks;
mod views;

pub use access::{api_key, form_key, idempotency_key, refresh_token, signing_key};
pub use automations::{automation, effect_count, effect_limit, plugin_arrival, plugin_failure, plugin_off, script_off};
pub use coaching::{coaching_note, coaching_period, note_key, note_opening};
pub use customers::{contact, customer, handover, lead, lead_event, push};
pub use events::{digest, event, message, rotation};
pub use evidence::{evidence_checkpoint, evidence_entry, evidence_head, evidence_name, evidence_node, evidence_text};
pub use imports::{import, import_mapping, import_row_refused};
pub use leaving::{outbox, outbox_attempt, webhook};
pub use mail::{calendar_feed, link_key, mail_setting};
pub use pact::{pact_signature, pact_version};
pub use people::{absence, holiday, organisation, person, team, territory};
pub use schedules::{quiet_mark, quiet_sweep, schedule};
pub use scripts::{
    custom_field, custom_value, dry_run, dry_run_line, formula_day, formula_reads, formula_stale, formula_sweep, plugin, run,
    run_subject, script_version, settings_version,
};
pub use search::search_doc;
pub use security::{security_access, security_record};
pub use talks::{card, goal, pack, plan, plan_day, request};
pub use views::{view, view_subscription};
