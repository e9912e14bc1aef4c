//! The values in scope of a run that failed: which are seen, that they are those of the moment, and that nobody can do harm with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use pact_script::cases::World;
use pact_script::facts::{Answer, Ask, Facts, Organisation};
use pact_script::limits;
use pact_script::pool::Pool;
use pact_script::run::Run;
use pact_script::seen::Seen;

use crate::support::{outcome, pool, run, script, world};

/// What is seen of a failed run, one line a function: "main 3: n = 1, lead = Lead …".
async fn seen(pool: &Pool, run: &Run, world: &World) -> Vec<String> {
    let (outcome, again) = pool.run_kept(run, world).await;
    let Some(again) = again else { return vec![format!("nothing: {:?}", outcome.error)] };
    pool.see(run, again).await.into_iter().map(said).collect()
}

fn said(seen: Seen) -> String {
    let values: Vec<String> = seen.values.iter().map(|value| format!("{} = {}", value.name, value.value)).collect();
    format!("{} {}: {}", seen.function.as_deref().unwrap_or("|…|"), seen.line, values.join(", "))
}

/// A script with `fn main()`, and what is seen when it has failed.
const CASES: &[(&str, &str, &[&str])] = &[
    ("a variable that nobody read after it was set", "fn main() {\n let n = 0;\n n += 1;\n throw \"no\";\n}", &["main 4: n = 1"]),
    (
        "each kind of value",
        "fn main() {\n let a = \"x\\ny\"; let b = 1.5; let c = true; let d = (); let e = days(2); let f = work_hours(3); let g = money(12, \"EUR\"); let h = today(); let i = leads.open(); let j = |x| x;\n throw \"no\";\n}",
        &[
            "main 3: a = \"x y\", b = 1.5, c = true, d = (), e = 2 days, f = 3 work hours, g = EUR 12.00, h = 2026-11-24, i = a query of Leads, j = a function",
        ],
    ),
    (
        "long and deep values are cut",
        "fn main() {\n let t = \"\"; t.pad(300, \"z\");\n let l = []; for i in 0..12 { l.push(i); }\n let m = #{ a: [1, [2]], b: t };\n throw \"no\";\n}",
        &[
            "main 5: t = \"ZZ…\", l = [0, 1, 2, 3, 4, … 12 altogether], m = #{a: [1, …], b: \"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…\"}",
        ],
    ),
    (
        "the functions inside one another, not the one that had come back",
        "fn inner(x) {\n let y = x * 2;\n throw `no ${y}`;\n}\nfn other(z) {\n let w = z; w\n}\nfn main() {\n let a = 3;\n inner(other(a));\n}",
        &["main 10: a = 3", "inner 3: x = 3, y = 6"],
    ),
    (
        "the one that failed itself, after another had come back",
        "fn other(z) {\n let w = z; w\n}\nfn main() {\n let a = 3;\n a.no_such_function(other(a));\n}",
        &["main 6: a = 3"],
    ),
    (
        "a closure that is one expression",
        "fn main() {\n let n = 2;\n [1, 2, 3].map(|x| x / (x - n));\n}",
        &["main 3: n = 2", "|…| 3: n = 2, x = 2"],
    ),
    (
        "a closure with statements",
        "fn main() {\n [1, 2].map(|x| {\n  let y = x + 1;\n  if y > 2 { throw \"no\"; }\n  y\n });\n}",
        &["main 2: ", "|…| 4: x = 2, y = 3"],
    ),
    (
        "an error that was caught leaves nothing behind",
        "fn bad(x) {\n throw \"caught\";\n}\nfn main() {\n let a = 1;\n try { bad(a); } catch { a = 2; }\n throw \"no\";\n}",
        &["main 7: a = 2"],
    ),
    (
        "the variable that hides another of its name",
        "fn main() {\n let a = 1;\n let a = \"b\";\n throw \"no\";\n}",
        &["main 4: a = \"b\""],
    ),
    (
        "a function of the host that refuses what it is given",
        "fn main() {\n let who = 7;\n notify(who, \"x\", ());\n}",
        &["main 3: who = 7"],
    ),
];

#[tokio::test]
async fn what_was_in_scope_is_seen() {
    let (pool, empty) = (pool(1), world(""));
    for (name, text, wanted) in CASES {
        // Two lines of manifest stand before it, and more: lines are told from there.
        let loaded = script(text);
        let before = loaded.scripts.files[0].1.lines().count() - text.lines().count();
        let found = seen(&pool, &run(&loaded, "main", vec![]), &empty).await;
        let wanted: Vec<String> = wanted
            .iter()
            .map(|line| {
                let (function, rest) = line.split_once(' ').unwrap();
                let (at, values) = rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""));
                let values = values.replace("\"ZZ…\"", &format!("\"{}…\"", "z".repeat(200)));
                format!("{function} {}: {values}", at.trim_end_matches(':').parse::<usize>().unwrap() + before)
            })
            .collect();
        assert_eq!(found, wanted, "{name}");
    }
}

/// Records are told by their kind and id, and the second time nobody is asked anything.
#[tokio::test]
async fn answers_are_those_of_the_first_time() {
    struct Asked(World, AtomicU64);
    impl Facts for Asked {
        fn organisation(&self) -> Arc<Organisation> {
            self.0.organisation()
        }
        async fn ask(&self, ask: Ask) -> Answer {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.ask(ask).await
        }
    }
    let facts = Asked(
        world(
            "[[customer]]\nid = \"hooli\"\nname = \"Hooli\"\n[[lead]]\nid = \"pumps\"\ncustomer = \"hooli\"\n[[lead]]\nid = \"valves\"\ncustomer = \"hooli\"\n",
        ),
        AtomicU64::new(0),
    );
    let pool = pool(1);
    let loaded = script("fn main() {\n for lead in leads.open() {\n  let name = lead.customer.name;\n  throw name;\n }\n}");
    let run = run(&loaded, "main", vec![]);
    let (outcome, again) = pool.run_kept(&run, &facts).await;
    assert_eq!(outcome.error.unwrap().message, "Hooli");
    let asked = facts.1.load(Ordering::Relaxed);
    let seen = pool.see(&run, again.unwrap()).await;
    assert!(asked > 0 && facts.1.load(Ordering::Relaxed) == asked, "it was asked again");
    let [lead, name] = seen[0].values.as_slice() else { panic!("{seen:?}") };
    let (kind, id) = lead.record.unwrap();
    assert_eq!((lead.is.as_str(), &lead.value), ("Lead", &format!("{} {id}", kind.name())));
    assert_eq!((name.is.as_str(), name.value.as_str()), ("text", "\"Hooli\""));
}

/// A run that went well, met a limit, or cannot be told by its marks gives nothing.
#[tokio::test]
async fn only_what_failed_by_itself_is_done_once_more() {
    let (pool, empty) = (pool(1), world(""));
    for text in ["fn main() { log(\"fine\"); }", "fn main() { loop {} }", "fn main() { let s = \"ab\"; loop { s += s; } }"] {
        let (_, again) = pool.run_kept(&run(&script(text), "main", vec![]), &empty).await;
        assert!(again.is_none(), "{text}");
    }
    // Names that look like marks are nobody's variables in a run that is done for the first time.
    let outcome = outcome(&pool, "fn main() { seen_here_0; }").await;
    assert!(outcome.error.unwrap().message.contains("seen_here_0"));
}

/// Scripts that mean harm and fail: each second run ends in time, whatever it shows, and the pool goes on.
#[tokio::test]
async fn hostile_scripts_that_fail_do_no_harm_the_second_time() {
    let (pool, empty) = (pool(1), world(""));
    for text in [
        "fn main() { let n = 0; while n < 150000 { n += 1; } throw \"late\"; }",
        "fn main() { let a = []; for i in 0..4000 { a.push(\"x\" + i); } for i in 0..3000 { let b = i; } throw \"big\"; }",
        "fn main() { let s = \"x\"; s.pad(200000, \"y\"); let a = [s]; for i in 0..2000 { let b = a; } throw s; }",
        "fn main() { let a = #{}; let f = || a; a.f = f; throw \"round\"; }",
        "fn main() { let f = || 1; for i in 0..2000 { let g = f; f = || g; } throw \"chain\"; }",
        "fn main() { let a = #{}; for i in 0..1500 { a = #{ a: a }; } throw \"deep\"; }",
        "fn f(n) { if n == 0 { throw \"down\"; } f(n - 1) } fn main() { f(40); }",
        "fn main() { let a = 1; let f = |x| { a += x; throw \"in\"; }; [1].map(f); }",
    ] {
        let run = run(&script(text), "main", vec![]);
        let (_, again) = pool.run_kept(&run, &empty).await;
        if let Some(again) = again {
            let since = Instant::now();
            let seen = pool.see(&run, again).await;
            // A worker that is stopped and replaced takes its time too; without an end it would take far more.
            assert!(since.elapsed() < limits::WALL + Duration::from_secs(10), "{text}");
            let all: usize = seen.iter().flat_map(|seen| &seen.values).map(|value| value.value.len()).sum();
            assert!(all < 100_000, "{text}");
        }
        assert_eq!(outcome(&pool, "fn main() { log(\"here\"); }").await.log, ["here"], "{text}");
    }
}

/// Of a loop its last turn is seen, and of functions inside one another the innermost.
#[tokio::test]
async fn a_run_is_seen_where_it_ended() {
    let (pool, empty) = (pool(1), world(""));
    let text =
        "fn step(i) {\n if i == 400 { throw \"late\"; }\n}\nfn main() {\n let i = 0;\n while i < 500 { i += 1; step(i); }\n}";
    let found = seen(&pool, &run(&script(text), "main", vec![]), &empty).await;
    assert!(found.len() == 2 && found[0].ends_with(": i = 400") && found[1].ends_with(": i = 400"), "{found:?}");
    let text = "fn f(n) {\n if n == 0 { throw \"down\"; }\n f(n - 1)\n}\nfn main() { f(20); }";
    let found = seen(&pool, &run(&script(text), "main", vec![]), &empty).await;
    assert!(found.len() == 8 && found[7].ends_with("n = 0") && found[0].ends_with("n = 7"), "{found:?}");
}
