//! Expand and contract: how tables change while nodes of two releases work on one database, and how a node knows that it is too old.

use std::collections::BTreeSet;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use crate::{Migrator, MigratorTrait};

/// How the migrations of a database and those of this binary lie to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This binary knows every migration that was done; it may have more to do.
    Known,
    /// A newer release widened the tables, and took nothing away that this one uses: it may work, and has nothing to migrate.
    Newer {
        /// Migrations that this binary does not know.
        unknown: Vec<String>,
    },
    /// A newer release took something away that this one uses: it must not work.
    TooOld {
        /// The migration that a binary must know.
        needs: String,
        /// What was taken away.
        because: String,
    },
    /// Each has migrations that the other lacks; this happens to builds from different branches, never to releases.
    Apart {
        /// Migrations that this binary does not know.
        unknown: Vec<String>,
        /// Migrations of this binary that were not done.
        missing: Vec<String>,
    },
}

/// Says how the database and this binary lie to each other.
///
/// # Errors
/// What the database reports.
pub async fn standing<C: ConnectionTrait>(conn: &C) -> Result<Standing, DbErr> {
    let known: BTreeSet<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
    let done: BTreeSet<String> = texts(conn, "seaql_migrations", "SELECT version AS a, '' AS b FROM seaql_migrations")
        .await?
        .into_iter()
        .map(|(version, _)| version)
        .collect();
    let needs = texts(conn, "schema_needs", "SELECT migration AS a, because AS b FROM schema_needs ORDER BY migration").await?;
    if let Some((needs, because)) = needs.into_iter().find(|(needs, _)| !known.contains(needs)) {
        return Ok(Standing::TooOld { needs, because });
    }
    let unknown: Vec<String> = done.difference(&known).cloned().collect();
    let missing: Vec<String> = known.difference(&done).cloned().collect();
    Ok(match (unknown.is_empty(), missing.is_empty()) {
        (true, _) => Standing::Known,
        (false, true) => Standing::Newer { unknown },
        (false, false) => Standing::Apart { unknown, missing },
    })
}

#[derive(FromQueryResult)]
struct Two {
    a: String,
    b: String,
}

/// Rows of two texts; none when the table does not exist yet.
async fn texts<C: ConnectionTrait>(conn: &C, table: &str, sql: &str) -> Result<Vec<(String, String)>, DbErr> {
    let backend = conn.get_database_backend();
    let exists = match backend {
        DbBackend::Postgres => {
            format!("SELECT CAST(to_regclass('{table}') AS TEXT) AS a, '' AS b WHERE to_regclass('{table}') IS NOT NULL")
        }
        _ => format!("SELECT name AS a, '' AS b FROM sqlite_master WHERE type = 'table' AND name = '{table}'"),
    };
    if Two::find_by_statement(Statement::from_string(backend, exists)).one(conn).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = Two::find_by_statement(Statement::from_string(backend, sql.to_owned())).all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.a, row.b)).collect())
}
