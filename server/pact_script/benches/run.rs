//! What a run of the lead push costs: through the pool, as the server does it, and in the engine alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput};
use pact_policy::table::Kind;
use pact_script::cases::{World, id_of};
use pact_script::facts::{Answer, Ask, Facts, Organisation};
use pact_script::plugin::{Std, load, settings};
use pact_script::pool::{Pool, PoolOptions};
use pact_script::run::{Outcome, Run};
use pact_script::unwalled::Unwalled;
use pact_script::value::Value;
use uuid::Uuid;

/// The variable that makes this benchmark a worker.
const WORKER: &str = "PACT_SCRIPT_BENCH_WORKER";

fn main() -> ExitCode {
    if std::env::var_os(WORKER).is_some() {
        return pact_script::worker::main();
    }
    let mut criterion = Criterion::default().configure_from_args().measurement_time(Duration::from_secs(5));
    bench(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}

/// Answers the one question of a push, whose turn it is, without looking anything up: what is measured is the host.
struct Turns(Arc<Organisation>);

fn answer(ask: &Ask) -> Answer {
    match ask {
        Ask::Rotate(rotate) => Answer::Person(rotate.people.first().copied()),
        _ => Answer::Refused("Only whose turn it is.".to_owned()),
    }
}

impl Facts for Turns {
    fn organisation(&self) -> Arc<Organisation> {
        self.0.clone()
    }

    async fn ask(&self, ask: Ask) -> Answer {
        answer(&ask)
    }
}

/// Eight people in four territories, and a lead of a customer.
fn company() -> World {
    let mut text = String::from("[[territory]]\nid = \"Europe\"\n");
    for (n, territory) in ["North", "South", "East", "West"].into_iter().enumerate() {
        text += &format!("[[territory]]\nid = \"{territory}\"\nabove = \"Europe\"\nregion = \"Europe\"\n");
        for half in 0..2 {
            text += &format!(
                "[[person]]\nid = \"p{n}{half}\"\nterritory = \"{territory}\"\nroles = [\"rep\"]\nlanguages = [\"en\", \"de\"]\nskills = [\"heat-pump\"]\n"
            );
        }
    }
    text += "[[customer]]\nid = \"hooli\"\nterritory = \"North\"\n[[contact]]\nid = \"gavin\"\ncustomer = \"hooli\"\nlanguage = \"de\"\n";
    text +=
        "[[lead]]\nid = \"pumps\"\nproduct = \"heat-pump\"\ncustomer = \"hooli\"\ncontact = \"gavin\"\nterritory = \"North\"\n";
    text += "[[customer]]\nid = \"initech\"\nowner = \"p00\"\n[[lead]]\nid = \"fans\"\ncustomer = \"initech\"\n";
    let now: pact_core::time::Instant = "2026-11-24T09:00:00Z".parse().unwrap_or(pact_core::time::Instant::MIN);
    let table = toml::from_str(&text).unwrap_or_default();
    match World::from_toml(&table, now, now.to_utc().date_naive()) {
        Ok(world) => world,
        Err(error) => unreachable!("{error}"),
    }
}

fn push_of(world: &World, lead: &str) -> Run {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/lead-push");
    let loaded = match load(&plugin, &Std::default()) {
        Ok(loaded) => loaded,
        Err(error) => unreachable!("{error}"),
    };
    let given = [(Kind::Lead, lead), (Kind::Customer, "hooli"), (Kind::Customer, "initech"), (Kind::Contact, "gavin")];
    Run {
        scripts: loaded.scripts.clone(),
        call: "on_lead_created".to_owned(),
        args: vec![Value::Ref(Kind::Lead, id_of(lead))],
        now: world.now().millis(),
        today: world.today(),
        zone: chrono_tz::Tz::UTC,
        settings: Arc::new(settings(loaded.manifest(), &BTreeMap::new()).unwrap_or_default()),
        seed: Uuid::nil(),
        given: given
            .into_iter()
            .filter_map(|(kind, handle)| world.record(kind, id_of(handle)))
            .map(|record| (**record).clone())
            .collect(),
    }
}

fn pushed(outcome: &Outcome) {
    assert_eq!(outcome.error, None);
    assert!(!outcome.effects.is_empty());
}

fn bench(criterion: &mut Criterion) {
    let world = company();
    let organisation = world.organisation();
    let facts = Turns(organisation.clone());
    let (asked, owner) = (push_of(&world, "pumps"), push_of(&world, "fans"));
    let mut alone = Unwalled::new((*organisation).clone(), &asked.scripts);
    let mut group = criterion.benchmark_group("lead push");
    group.throughput(Throughput::Elements(1));
    group.bench_function("engine alone, one question", |b| b.iter(|| pushed(&alone.run(&asked, |ask| answer(&ask)))));
    group.bench_function("engine alone, no question", |b| b.iter(|| pushed(&alone.run(&owner, |ask| answer(&ask)))));
    let options = PoolOptions {
        program: std::env::current_exe().unwrap_or_default(),
        args: Vec::new(),
        env: vec![(WORKER.to_owned(), "1".to_owned())],
        workers: 1,
        recycle_runs: u64::MAX,
    };
    let (Ok(pool), Ok(runtime)) = (Pool::start(options), tokio::runtime::Builder::new_current_thread().enable_all().build())
    else {
        unreachable!("no pool")
    };
    group.bench_function("pool, one question", |b| b.iter(|| pushed(&runtime.block_on(pool.run(&asked, &facts)))));
    group.bench_function("pool, no question", |b| b.iter(|| pushed(&runtime.block_on(pool.run(&owner, &facts)))));
    group.finish();
}
