//! One way to write a table down, so that a migration reads like the list of its columns.
//!
//! Both databases get the same plain types: ids UUID, instants BIGINT (UTC milliseconds), days and lists TEXT.

use sea_orm_migration::prelude::*;

/// A table and its indexes, as a migration states them.
pub(crate) struct Shape {
    name: &'static str,
    table: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
}

impl Shape {
    /// Starts a table without an id (its key is stated with [`Shape::key`]).
    pub(crate) fn bare(name: &'static str) -> Self {
        let table = Table::create().table(name).if_not_exists().take();
        Self { name, table, indexes: Vec::new() }
    }

    /// Starts a table whose key is a UUID named `id`.
    pub(crate) fn new(name: &'static str) -> Self {
        let mut shape = Self::bare(name);
        shape.table.col(ColumnDef::new("id").uuid().not_null().primary_key());
        shape
    }

    /// Starts a table of records that people change: it has an `id` and a `revision`, the random token that changes with every change.
    pub(crate) fn record(name: &'static str) -> Self {
        Self::new(name).text("revision")
    }

    fn col(mut self, mut column: ColumnDef, required: bool) -> Self {
        if required {
            column.not_null();
        } else {
            column.null();
        }
        self.table.col(column);
        self
    }

    /// A text that every row has.
    pub(crate) fn text(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).text().take(), true)
    }

    /// A text that a row may lack.
    pub(crate) fn maybe_text(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).text().take(), false)
    }

    /// A whole number.
    pub(crate) fn int(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).big_integer().take(), true)
    }

    /// A whole number that a row may lack.
    pub(crate) fn maybe_int(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).big_integer().take(), false)
    }

    /// A number with a fraction that a row may lack.
    pub(crate) fn maybe_double(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).double().take(), false)
    }

    /// Yes or no.
    pub(crate) fn yes_no(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).boolean().take(), true)
    }

    /// An id that points at nothing the database could check.
    pub(crate) fn uuid(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).uuid().take(), true)
    }

    /// An id that points at nothing the database could check, and that a row may lack.
    pub(crate) fn maybe_uuid(self, name: &'static str) -> Self {
        self.col(ColumnDef::new(name).uuid().take(), false)
    }

    /// The id of the row that this row belongs to; it goes when that row goes.
    pub(crate) fn part_of(self, name: &'static str, table: &'static str) -> Self {
        self.uuid(name).foreign(name, table, ForeignKeyAction::Cascade)
    }

    /// The id of a row that may not go while this row points at it.
    pub(crate) fn link(self, name: &'static str, table: &'static str) -> Self {
        self.uuid(name).foreign(name, table, ForeignKeyAction::Restrict)
    }

    /// The id of another row, emptied when that row goes.
    pub(crate) fn maybe_link(self, name: &'static str, table: &'static str) -> Self {
        self.maybe_uuid(name).foreign(name, table, ForeignKeyAction::SetNull)
    }

    fn foreign(mut self, name: &'static str, table: &'static str, gone: ForeignKeyAction) -> Self {
        let mut key = ForeignKey::create()
            .name(format!("{}_{name}_fk", self.name))
            .from(self.name, name)
            .to(table, "id")
            .on_delete(gone)
            .take();
        self.table.foreign_key(&mut key);
        self
    }

    /// A key that is not `id`.
    pub(crate) fn key<const N: usize>(mut self, columns: [&'static str; N]) -> Self {
        let mut key = Index::create();
        for column in columns {
            key.col(column);
        }
        self.table.primary_key(&mut key);
        self
    }

    /// An index on these columns, in this order.
    pub(crate) fn index<const N: usize>(self, columns: [&'static str; N]) -> Self {
        self.indexed(columns, false)
    }

    /// An index on these columns that lets no two rows be equal.
    pub(crate) fn unique<const N: usize>(self, columns: [&'static str; N]) -> Self {
        self.indexed(columns, true)
    }

    fn indexed<const N: usize>(mut self, columns: [&'static str; N], unique: bool) -> Self {
        let mut index =
            Index::create().if_not_exists().name(format!("{}_by_{}", self.name, columns.join("_"))).table(self.name).take();
        for column in columns {
            index.col(column);
        }
        if unique {
            index.unique();
        }
        self.indexes.push(index);
        self
    }

    /// Creates the table and its indexes where they are not there yet.
    pub(crate) async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.table).await?;
        for index in self.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
