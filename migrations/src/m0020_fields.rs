//! Custom fields, whole: what new records begin with, who reads and writes, what was removed, and formulas that are to be made anew.
//!
//! That a formula's value is out of date is noted by the database itself, in the transaction that changes what it reads: so no way of writing can
//! forget it, on whichever node, and a node need not know yet that the formula is there. `formula_reads` says which changes matter; while it is empty,
//! the triggers do nothing. In the same way new records get the defaults of their fields.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::shape::Shape;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Tables whose rows are records that formulas read, with the word for their kind.
const READ: [(&str, &str); 5] =
    [("customers", "customer"), ("contacts", "contact"), ("leads", "lead"), ("plans", "plan"), ("cards", "card")];
/// Tables whose rows belong to a customer: when one goes, the customer's formulas may change.
const OF_CUSTOMER: [&str; 4] = ["contacts", "leads", "plans", "cards"];
/// Tables with few rows that many records' formulas may read: these are all looked through again.
const FEW: [(&str, &str); 4] = [("persons", "person"), ("teams", "team"), ("territories", "territory"), ("packs", "pack")];
/// Tables whose records have custom fields.
const WITH_FIELDS: [(&str, &str); 5] =
    [("customers", "customer"), ("contacts", "contact"), ("leads", "lead"), ("plans", "plan"), ("persons", "person")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        columns(manager).await?;
        Shape::bare("formula_reads").text("on_record").text("reads").key(["on_record", "reads"]).create(manager).await?;
        Shape::bare("formula_stale")
            .uuid("record_id")
            .text("kind")
            .yes_no("touched")
            .uuid("token")
            .key(["record_id"])
            .create(manager)
            .await?;
        Shape::bare("formula_sweeps").text("on_record").maybe_uuid("after").key(["on_record"]).create(manager).await?;
        Shape::bare("formula_days").text("day").key(["day"]).create(manager).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => postgres(manager).await,
            _ => sqlite(manager).await,
        }
    }
}

async fn columns(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.has_column("custom_fields", "read_by").await? {
        return Ok(());
    }
    for column in [
        "default_text TEXT",
        "default_lookup TEXT",
        "default_number DOUBLE PRECISION",
        "removed_at BIGINT",
        "removed_name TEXT",
        "acts BOOLEAN NOT NULL DEFAULT FALSE",
        "failure TEXT",
        "sealed TEXT",
        "read_by TEXT NOT NULL DEFAULT '[]'",
        "write_by TEXT NOT NULL DEFAULT '[]'",
    ] {
        run(manager, &format!("ALTER TABLE custom_fields ADD COLUMN {column}")).await?;
    }
    Ok(())
}

async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// Every trigger: its name, the table, when, under which condition, and what it does; both databases take these words.
fn triggers(random: &str) -> Vec<(String, &'static str, &'static str, String, String)> {
    let mut all = Vec::new();
    let stale = |id: &str, kind: &str| {
        format!(
            "INSERT INTO formula_stale (record_id, kind, touched, token) VALUES ({id}, '{kind}', TRUE, {random}) \
             ON CONFLICT (record_id) DO UPDATE SET touched = TRUE, token = {random}"
        )
    };
    let read = |kind: &str| format!("EXISTS (SELECT 1 FROM formula_reads WHERE reads = '{kind}')");
    for (table, kind) in READ {
        for when in ["INSERT", "UPDATE"] {
            all.push((format!("{table}_touched_{}", when.to_lowercase()), table, when, read(kind), stale("NEW.id", kind)));
        }
    }
    for table in OF_CUSTOMER {
        all.push((format!("{table}_gone"), table, "DELETE", read("customer"), stale("OLD.customer_id", "customer")));
    }
    for (table, kind) in FEW {
        for when in ["INSERT", "UPDATE"] {
            let sweep = format!(
                "INSERT INTO formula_sweeps (on_record, after) SELECT DISTINCT on_record, NULL{} FROM formula_reads WHERE reads = '{kind}' \
                 ON CONFLICT (on_record) DO UPDATE SET after = NULL",
                if random.starts_with("gen") { "::uuid" } else { "" }
            );
            all.push((format!("{table}_touched_{}", when.to_lowercase()), table, when, read(kind), sweep));
        }
    }
    for (table, kind) in WITH_FIELDS {
        let begin = format!(
            "INSERT INTO custom_values (record_id, field_id, text_value, lookup, number_value, updated_at) \
             SELECT NEW.id, id, default_text, default_lookup, default_number, 0 FROM custom_fields \
             WHERE on_record = '{kind}' AND default_text IS NOT NULL AND removed_at IS NULL ON CONFLICT (record_id, field_id) DO NOTHING"
        );
        all.push((format!("{table}_begin"), table, "INSERT", "TRUE".to_owned(), begin));
    }
    for (when, row) in [("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")] {
        let stale = format!(
            "INSERT INTO formula_stale (record_id, kind, touched, token) SELECT {row}.record_id, on_record, TRUE, {random} FROM custom_fields \
             WHERE id = {row}.field_id AND EXISTS (SELECT 1 FROM formula_reads WHERE reads = custom_fields.on_record) \
             ON CONFLICT (record_id) DO UPDATE SET touched = TRUE, token = {random}"
        );
        let any = "EXISTS (SELECT 1 FROM formula_reads)".to_owned();
        all.push((format!("custom_values_touched_{}", when.to_lowercase()), "custom_values", when, any, stale));
    }
    all
}

async fn sqlite(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (name, table, when, condition, action) in triggers("randomblob(16)") {
        let sql = format!("CREATE TRIGGER IF NOT EXISTS {name} AFTER {when} ON {table} WHEN {condition} BEGIN {action}; END");
        run(manager, &sql).await?;
    }
    Ok(())
}

async fn postgres(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for (name, table, when, condition, action) in triggers("gen_random_uuid()") {
        let function = format!(
            "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF {condition} THEN {action}; END IF; RETURN NULL; END $$"
        );
        run(manager, &function).await?;
        run(manager, &format!("DROP TRIGGER IF EXISTS {name} ON {table}")).await?;
        run(manager, &format!("CREATE TRIGGER {name} AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")).await?;
    }
    Ok(())
}
