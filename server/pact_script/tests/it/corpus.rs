//! Every script of the corpus that the policy lets pass runs here, in a small company: what is judged can also be run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pact_policy::table::{EntryPoint, Kind, Ty};
use pact_script::cases::id_of;
use pact_script::plugin::{Loaded, Std, load_all, settings};
use pact_script::value::Value;

use crate::support::{pool, repository, run, world};

/// Folders of the corpus with scripts that pass.
const FOLDERS: [&str; 2] = ["tests/corpus/worked/pass", "tests/corpus/own/pass"];

/// Functions and arguments with which a script is called.
fn calls(loaded: &Loaded) -> Vec<(String, Vec<Value>)> {
    let at_events = loaded.entry_points.iter().map(|point| {
        let args = point.entry().params.iter().map(|(_, ty)| argument(*point, *ty));
        (point.entry().name.to_owned(), args.collect())
    });
    let by_schedule = loaded.manifest().schedules.iter().map(|schedule| {
        let person = (schedule.zone == "person").then(|| Value::Ref(Kind::Person, id_of("ann")));
        (schedule.call.clone(), person.into_iter().collect())
    });
    at_events.chain(by_schedule).collect()
}

fn argument(point: EntryPoint, ty: Ty) -> Value {
    let record = |kind, handle| Value::Ref(kind, id_of(handle));
    match ty {
        Ty::Record(Kind::Lead) if point == EntryPoint::LeadCreated => record(Kind::Lead, "pumps"),
        Ty::Record(Kind::Lead) => record(Kind::Lead, "fans"),
        Ty::Record(Kind::Push) => record(Kind::Push, "first-push"),
        Ty::Record(Kind::Customer) => record(Kind::Customer, "hooli"),
        Ty::Record(Kind::Card) => record(Kind::Card, "noise"),
        Ty::Record(Kind::Plan) => record(Kind::Plan, "visit"),
        Ty::Record(Kind::Request) => record(Kind::Request, "stock"),
        Ty::Record(Kind::Period) => record(Kind::Period, "coaching-bo"),
        _ => Value::from("talks"),
    }
}

#[tokio::test]
async fn what_passes_runs() {
    let (pool, world) = (pool(1), world(include_str!("company.toml")));
    let (mut ran, mut effects) = (0, 0);
    let std = Std::load(&repository("scripts/std")).unwrap();
    for folder in FOLDERS.map(repository) {
        for (path, loaded) in load_all(&folder, &std) {
            let name = path.file_name().map(Path::new).unwrap_or(&path).display();
            let loaded = loaded.unwrap_or_else(|error| panic!("{name}: {error}"));
            pool.check(&loaded.scripts).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            for (call, args) in calls(&loaded) {
                let mut run = run(&loaded, &call, args);
                run.settings = Arc::new(settings(loaded.manifest(), &BTreeMap::new()).unwrap());
                let outcome = pool.run(&run, &world).await;
                assert_eq!(outcome.error, None, "{name}, {call}");
                ran += 1;
                effects += outcome.effects.len();
            }
        }
    }
    assert!(ran >= 30 && effects >= 30, "{ran} runs, {effects} effects");
}
