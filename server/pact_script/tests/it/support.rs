//! Pools whose workers are this test binary, and small worlds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pact_core::time::Instant;
use pact_policy::manifest::Plugin;
use pact_policy::manifest::plugin::File;
use pact_script::cases::World;
use pact_script::plugin::{Loaded, Std, ready};
use pact_script::pool::{Pool, PoolOptions};
use pact_script::run::{Outcome, Run};
use pact_script::value::Value;
use uuid::Uuid;

/// The variable that makes this test binary a worker.
pub(crate) const WORKER: &str = "PACT_SCRIPT_TEST_WORKER";

pub(crate) fn options(workers: usize) -> PoolOptions {
    PoolOptions {
        program: std::env::current_exe().unwrap(),
        args: ["worker_entry", "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned).to_vec(),
        env: vec![(WORKER.to_owned(), "1".to_owned())],
        workers,
        recycle_runs: 1_000,
    }
}

pub(crate) fn pool(workers: usize) -> Pool {
    Pool::start(options(workers)).unwrap()
}

pub(crate) fn now() -> Instant {
    "2026-11-24T09:00:00Z".parse().unwrap()
}

pub(crate) fn world(toml: &str) -> World {
    World::from_toml(&toml::from_str(toml).unwrap(), now(), now().to_utc().date_naive()).unwrap()
}

/// A single script with a manifest that allows everything; the manifest does not matter to the host.
pub(crate) fn script(text: &str) -> Loaded {
    let manifest = "//! id = \"test\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Test\"\n";
    let file = File::checked("test.rhai", format!("{manifest}{text}")).unwrap();
    ready(PathBuf::from("test.rhai"), Plugin::from_script(file).unwrap(), &Std::default())
}

pub(crate) fn run(loaded: &Loaded, call: &str, args: Vec<Value>) -> Run {
    Run {
        scripts: loaded.scripts.clone(),
        call: call.to_owned(),
        args,
        now: now().millis(),
        today: now().to_utc().date_naive(),
        zone: chrono_tz::Tz::UTC,
        settings: Arc::new(BTreeMap::new()),
        seed: Uuid::from_u128(7),
        given: Vec::new(),
    }
}

/// What a script's `main()` gives in an empty world.
pub(crate) async fn outcome(pool: &Pool, text: &str) -> Outcome {
    pool.run(&run(&script(text), "main", Vec::new()), &world("")).await
}

/// A folder of this repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
