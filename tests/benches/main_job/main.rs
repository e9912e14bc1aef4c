//! What PACT can do on this machine, next to what the machine can do: leads entered and pushed, scripts, imports, digests, quiet leads, dry runs, several nodes,
//! start and memory.
//!
//! `cargo bench -p pact_tests --bench main_job` measures everything on both databases and prints one table, in about ten minutes after the build.
//! Behind `--`: `--seconds N` for each measurement (default 6), `--only limits,ceiling,main,import,digests,quiet,dry,nodes,start` (default: all),
//! `--on sqlite` or `--on postgres`, `--rows N` of the import and the big store (default 100000).
//!
//! Figures of different days and machines say little; ratios within one run do. The ceiling is an HTTP handler that does nothing but one grouped
//! insert through the store's writer: no authentication, no matching, no history, no script.
#![expect(clippy::expect_used, reason = "a measurement that cannot be made stops")]

mod ceiling;
mod company;
mod digests;
mod dry;
mod http;
mod import;
mod limits;
mod measure;
mod nodes;
mod quiet;
mod start;
mod table;

use std::process::{Command, ExitCode};
use std::time::Duration;

use pact_tests::server::Db;

use self::measure::Measured;
use self::table::Table;

/// Numbers of connections that are measured.
const CONNECTIONS: [usize; 3] = [1, 16, 64];

/// What is to be measured.
#[derive(Clone, Debug)]
struct Plan {
    seconds: Duration,
    rows: usize,
    only: Vec<String>,
    databases: Vec<(&'static str, Db)>,
}

fn main() -> ExitCode {
    if let Ok(database) = std::env::var(ceiling::CHILD) {
        return ceiling::serve(&database);
    }
    // Cargo and its users ask every benchmark for its list of tests.
    if std::env::args().any(|argument| argument == "--list" || argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let plan = match Plan::read() {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
    };
    build_server();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut table = Table::default();
    runtime.block_on(async {
        for (name, db) in &plan.databases {
            measure(&plan, name, *db, &mut table).await;
        }
        if plan.wants("nodes") && plan.databases.iter().any(|(_, db)| matches!(db, Db::Postgres)) {
            nodes::measure(&plan, &mut table).await;
        }
        if plan.wants("start") {
            start::measure(&plan, &mut table).await;
        }
    });
    println!("{table}");
    ExitCode::SUCCESS
}

/// Everything on one database.
async fn measure(plan: &Plan, name: &'static str, db: Db, table: &mut Table) {
    let mut row_rate = 0.0;
    if plan.wants("limits") {
        row_rate = limits::measure(plan, name, db, table).await;
    }
    let mut ceilings = Vec::new();
    if plan.wants("ceiling") {
        for connections in CONNECTIONS {
            let measured = ceiling::measure(plan, db, connections).await;
            table.loaded(name, "ceiling: a bare handler, one grouped insert", connections, &measured, "");
            ceilings.push(measured.rate);
        }
    }
    if plan.wants("main") {
        main_job(plan, name, db, row_rate, &ceilings, table).await;
    }
    if plan.wants("import") {
        import::measure(plan, name, db, table).await;
    }
    if plan.wants("digests") {
        digests::measure(plan, name, db, table).await;
    }
    if plan.wants("quiet") {
        quiet::measure(plan, name, db, table).await;
    }
    if plan.wants("dry") {
        dry::measure(plan, name, db, table).await;
    }
}

/// Leads entered through REST and pushed by the script, at full load and at half of it.
async fn main_job(plan: &Plan, name: &'static str, db: Db, row_rate: f64, ceilings: &[f64], table: &mut Table) {
    let mut full = 0.0;
    for (at, connections) in CONNECTIONS.into_iter().enumerate() {
        let entered = company::enter_leads(plan, db, connections, None).await;
        full = entered.pushed_rate;
        let ratios = [("of the ceiling", ceilings.get(at).copied().unwrap_or(0.0)), ("of single-row commits", row_rate)];
        let ratios = ratios.iter().filter(|(_, of)| *of > 0.0);
        let ratios: Vec<String> = ratios.map(|(what, of)| format!("{:.2} {what}", entered.pushed_rate / of)).collect();
        let measured = Measured { rate: entered.pushed_rate, ..entered.answers };
        table.loaded(name, "lead entered and pushed", connections, &measured, &ratios.join(", "));
        table.says(name, "  from entering to the push", &entered.delay.words(), "");
        table.says(
            name,
            "  whole script run, facts to effects",
            &entered.script.words(),
            if connections == 1 { "target: p50 under 100 µs" } else { "" },
        );
    }
    let entered = company::enter_leads(plan, db, 64, Some(full / 2.0)).await;
    table.loaded(name, "lead entered and pushed, half of that load", 64, &entered.answers, "target: p99 under 30 ms");
    table.says(name, "  from entering to the push", &entered.delay.words(), "");
}

/// With the packages and so the features of the benchmark itself, or everything would be built twice.
const BUILD: [&str; 9] = ["build", "--release", "--quiet", "-p", "pact", "-p", "pact_tests", "--bin", "pact"];

/// The server that is measured is the one of this tree.
fn build_server() {
    let Some(cargo) = std::env::var_os("CARGO") else { return };
    let built = Command::new(cargo).args(BUILD).status();
    assert!(built.expect("cargo runs").success(), "the server does not build");
}

impl Plan {
    fn read() -> Result<Self, String> {
        let mut plan = Self {
            seconds: Duration::from_secs(6),
            rows: 100_000,
            only: Vec::new(),
            databases: vec![("SQLite", Db::Sqlite), ("PostgreSQL", Db::Postgres)],
        };
        let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--seconds" => plan.seconds = Duration::from_secs(number(&value()?)?),
                "--rows" => plan.rows = number(&value()?)? as usize,
                "--only" => plan.only = value()?.split(',').map(str::to_owned).collect(),
                "--on" => {
                    let wanted = value()?.to_lowercase();
                    plan.databases
                        .retain(|(name, _)| name.to_lowercase() == wanted || (wanted == "postgres" && *name == "PostgreSQL"));
                }
                other => {
                    return Err(format!("There is no {other}. There are --seconds N, --only PARTS, --on DATABASE and --rows N."));
                }
            }
        }
        Ok(plan)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
