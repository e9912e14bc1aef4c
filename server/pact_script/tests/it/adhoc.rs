use crate::support::*;
use pact_script::plugin::*;
use pact_script::cases::id_of;
use pact_script::value::Value;
use pact_policy::table::*;
use std::sync::Arc;
#[tokio::test]
async fn adhoc() {
    let Ok(dir) = std::env::var("CASES_DIR") else { return };
    let pool = pool(1);
    let world = world(include_str!("company.toml"));
    for (path, loaded) in load_all(std::path::Path::new(&dir), &Std::default()) {
        let loaded = loaded.unwrap();
        let functions = pool.check(&loaded.scripts).await;
        if let Err(e) = &functions { println!("{path:?}: CHECK {e}"); continue; }
        let mut calls: Vec<(String, Vec<Value>)> = vec![];
        let r = |k, h: &str| Value::Ref(k, id_of(h));
        for point in &loaded.entry_points {
            let args: Vec<Value> = point.entry().params.iter().map(|(n, ty)| match ty {
                Ty::Record(Kind::Lead) => if *point == EntryPoint::LeadQuiet { r(Kind::Lead, "fans") } else { r(Kind::Lead, "pumps") },
                Ty::Record(Kind::Push) => r(Kind::Push, "first-push"),
                Ty::Record(Kind::Card) => r(Kind::Card, if path.to_string_lossy().contains("ask-supply") { "when" } else { "noise" }),
                Ty::Record(Kind::Period) => r(Kind::Period, "coaching-bo"),
                Ty::Record(k) => panic!("{k:?} {n}"),
                _ => Value::from("talks"),
            }).collect();
            calls.push((point.entry().name.to_owned(), args));
        }
        for s in &loaded.manifest().schedules {
            calls.push((s.call.clone(), if s.zone == "person" { vec![r(Kind::Person, "ann")] } else { vec![] }));
        }
        for (call, args) in calls {
            let mut run = run(&loaded, &call, args);
            run.settings = Arc::new(settings(loaded.manifest(), &Default::default()).unwrap());
            let out = pool.run(&run, &world).await;
            println!("== {} {call}: ops {} rows {} error {:?} log {:?}", path.file_name().unwrap().to_string_lossy(), out.operations, out.rows_read, out.error, out.log);
            for e in &out.effects { println!("     {}", serde_json::to_string(&e.effect).unwrap().chars().take(420).collect::<String>()); }
        }
    }
}
