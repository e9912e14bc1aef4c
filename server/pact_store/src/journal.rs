//! New rows that come in numbers: they are collected and written with one statement for many rows, in the order of the jobs.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};

use crate::entity;
use crate::notice::Notice;

/// Rows of one multi-row insert at most. Inserts are cut into powers of two, so that few different statements exist and each stays prepared.
pub(crate) const ROWS_PER_INSERT: usize = 64;

/// A new row of a table in which many are written.
pub trait Journal: sealed::Collect {}

mod sealed {
    use super::{Notice, Pending};

    pub trait Collect: Sized {
        fn collect(self, pending: &mut Pending);
        fn notice(&self) -> Option<Notice>;
    }
}

macro_rules! journals {
    ($($table:ident: $entity:ident, $write:expr, $notice:expr;)*) => {
        /// Rows that wait to be written, by table, in the order in which the tables must be written.
        #[derive(Debug, Default)]
        pub struct Pending { $($table: Vec<entity::$entity::Model>,)* }

        /// How many rows of each table waited at some moment.
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct Mark { $($table: usize,)* }

        impl Mark {
            pub(crate) fn len(self) -> usize {
                0 $(+ self.$table)*
            }
        }

        impl Pending {
            pub(crate) fn mark(&self) -> Mark {
                Mark { $($table: self.$table.len(),)* }
            }

            /// Forgets what was collected since `mark`.
            pub(crate) fn truncate(&mut self, mark: Mark) {
                $(self.$table.truncate(mark.$table);)*
            }

            pub(crate) fn len(&self) -> usize {
                0 $(+ self.$table.len())*
            }

            /// Whether a statement speaks of a table for which rows wait. Table names stand in quotation marks in every statement of this crate
            /// and in all that SeaORM makes. A false alarm only costs an early insert.
            pub(crate) fn mentioned_in(&self, sql: &str) -> bool {
                false $(|| (!self.$table.is_empty() && sql.contains(concat!("\"", stringify!($table), "\""))))*
            }

            pub(crate) async fn write(self, conn: &impl ConnectionTrait) -> Result<(), DbErr> {
                $($write(self.$table, conn).await?;)*
                Ok(())
            }
        }

        $(
            impl sealed::Collect for entity::$entity::Model {
                fn collect(self, pending: &mut Pending) {
                    pending.$table.push(self);
                }

                fn notice(&self) -> Option<Notice> {
                    let notice: fn(&Self) -> Option<Notice> = $notice;
                    notice(self)
                }
            }

            impl Journal for entity::$entity::Model {}
        )*
    };
}

journals! {
    customers: customer, insert_all::<entity::customer::Entity, _>, |_| None;
    contacts: contact, insert_all::<entity::contact::Entity, _>, |_| None;
    leads: lead, insert_all::<entity::lead::Entity, _>, |_| None;
    runs: run, insert_all::<entity::run::Entity, _>, |_| None;
    run_subjects: run_subject, insert_all::<entity::run_subject::Entity, _>, |_| None;
    pushes: push, insert_all::<entity::push::Entity, _>, |_| None;
    lead_events: lead_event, insert_all::<entity::lead_event::Entity, _>, |_| None;
    search_docs: search_doc, crate::search::write_docs, |_| None;
    events: event, insert_all::<entity::event::Entity, _>, |row| (row.handled_at.is_none() && row.parked_reason.is_none()).then_some(Notice::EventAppended { id: row.id, lane: row.lane });
    outbox: outbox, insert_all::<entity::outbox::Entity, _>, |row| Some(Notice::OutboxAppended { id: row.id });
    outbox_attempts: outbox_attempt, insert_all::<entity::outbox_attempt::Entity, _>, |_| None;
    messages: message, insert_all::<entity::message::Entity, _>, |row| Some(Notice::MessageAppended { id: row.id, person_id: row.person_id });
}

pub(crate) async fn insert_all<E, C>(rows: Vec<E::Model>, conn: &C) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    write_all::<E, C>(rows, None, conn).await
}

/// Writes rows; what is to happen to those that are there already is said by `again`.
pub(crate) async fn insert_or_update<E, C>(rows: Vec<E::Model>, again: &OnConflict, conn: &C) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    write_all::<E, C>(rows, Some(again), conn).await
}

async fn write_all<E, C>(rows: Vec<E::Model>, again: Option<&OnConflict>, conn: &C) -> Result<(), DbErr>
where
    C: ConnectionTrait,
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let take = largest_power_of_two(left);
        let mut insert = E::insert_many::<E::ActiveModel, _>(rows.by_ref().take(take).map(IntoActiveModel::into_active_model));
        if let Some(again) = again {
            insert = insert.on_conflict(again.clone());
        }
        insert.exec_without_returning(conn).await?;
        left -= take;
    }
    Ok(())
}

/// How many of `count` rows go into the next statement.
pub(crate) fn largest_power_of_two(count: usize) -> usize {
    1 << count.clamp(1, ROWS_PER_INSERT).ilog2()
}
