//! Scripts that mean harm, or behave as if they did: each is stopped in time and within its memory, says which limit it met,
//! and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pact_script::limits;
use pact_script::run::{Limit, Outcome};
use pact_script::value::Value;

use crate::support::{outcome, pool, run, script, world};

use Limit::{
    ArraySize, CallDepth, Effects, ExpressionDepth, Functions, LogLines, MapSize, Memory, Operations, ScriptSize, Stack,
    StringSize, Variables, WallTime,
};

/// What must become of a script.
#[derive(Debug)]
enum End {
    /// It meets one of these limits; which one is a matter of speed.
    Limits(&'static [Limit]),
    /// It fails with these words, and meets no limit.
    Words(&'static str),
    /// It does no harm, whether it ends by itself or meets a limit.
    Harmless,
}
use End::{Harmless, Limits, Words};

/// Name, script with `fn main()`, and what must become of it.
const SCRIPTS: &[(&str, &str, End)] = &[
    ("endless loop", "fn main() { loop {} }", Limits(&[Operations, WallTime])),
    ("endless while", "fn main() { let n = 0; while true { n += 1; } }", Limits(&[Operations, WallTime])),
    ("endless loop behind try", "fn main() { loop { try { loop {} } catch { } } }", Limits(&[Operations, WallTime])),
    ("deep recursion", "fn f(n) { f(n + 1) } fn main() { f(0); }", Limits(&[CallDepth])),
    ("recursion by name", "fn f(n) { [n].map(\"f\") } fn main() { f(0); }", Limits(&[CallDepth, Operations])),
    ("recursion in closures", "fn main() { let f = |g, n| g.call(g, n + 1); f.call(f, 0); }", Limits(&[CallDepth])),
    ("two functions calling each other", "fn a(n) { b(n) } fn b(n) { a(n) } fn main() { a(1); }", Limits(&[CallDepth])),
    (
        "sorting without an end",
        "fn f(a, b) { let x = [3, 2, 1]; x.sort(|p, q| f(p, q)); 0 } fn main() { f(1, 2); }",
        Limits(&[CallDepth, Operations]),
    ),
    ("string doubling", "fn main() { let s = \"ab\"; loop { s += s; } }", Limits(&[StringSize])),
    ("string doubling by interpolation", "fn main() { let s = \"ab\"; loop { s = `${s}${s}`; } }", Limits(&[StringSize])),
    ("string padding", "fn main() { let s = \"a\"; s.pad(2000000000, \"b\"); }", Limits(&[StringSize, Memory])),
    (
        "string replacing",
        "fn main() { let s = \"aaaaaaaa\"; loop { s.replace(\"a\", \"aaaaaaaa\"); } }",
        Limits(&[StringSize, Memory, WallTime]),
    ),
    ("texts in translations", "fn main() { let s = \"{a}\"; loop { s = t(s, #{ a: \"{a}{a}\" }); } }", Limits(&[StringSize])),
    ("array bomb", "fn main() { let a = []; loop { a.push(1); } }", Limits(&[ArraySize, Operations, Memory, WallTime])),
    ("array doubling", "fn main() { let a = [1]; loop { a += a; } }", Limits(&[ArraySize])),
    ("arrays in arrays", "fn main() { let a = [1]; loop { a = [a, a]; } }", Limits(&[ArraySize])),
    ("array padding", "fn main() { let a = []; a.pad(2000000000, 1); }", Limits(&[ArraySize, Memory])),
    (
        "big texts in an array",
        "fn main() { let a = []; let s = \"x\"; s.pad(60000, \"y\"); loop { let t = s + a.len(); a.push(t); } }",
        Limits(&[ArraySize, StringSize, Memory, WallTime, Operations]),
    ),
    (
        "map by index",
        "fn main() { let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; } }",
        Limits(&[MapSize, Operations, Memory, WallTime]),
    ),
    (
        "map of texts by index",
        "fn main() { let m = #{}; let s = \"x\"; s.pad(60000, \"y\"); let i = 0; loop { m[`k${i}`] = s + i; i += 1; } }",
        Limits(&[MapSize, StringSize, Operations, Memory, WallTime]),
    ),
    (
        "nested maps",
        "fn main() { let a = #{}; loop { a = #{ a: a }; } }",
        Limits(&[MapSize, Stack, Memory, Operations, WallTime]),
    ),
    (
        "nested maps that are dropped",
        "fn main() { let a = #{}; for i in 0..100000 { a = #{ a: a }; } }",
        Limits(&[MapSize, Stack, Memory, Operations, WallTime]),
    ),
    (
        "nested maps by index",
        "fn main() { let a = #{}; loop { let b = #{}; b[\"a\"] = a; a = b; } }",
        Limits(&[MapSize, Stack, Memory, Operations, WallTime]),
    ),
    (
        "growing closures",
        "fn main() { let f = || 1; loop { let g = f; f = || g; } }",
        Limits(&[Stack, Memory, Operations, WallTime]),
    ),
    ("growing closures that are dropped", "fn main() { let f = || 1; for i in 0..20000 { let g = f; f = || g; } }", Harmless),
    ("closures in closures", "fn main() { let f = || 1; for i in 0..40 { let g = f; let h = f; f = || [g, h]; } }", Harmless),
    (
        "texts in closures",
        "fn main() { let s = \"ab\"; for n in 0..16 { s += s; } let f = || 1; loop { let g = f; let t = s + 1; f = || [g, t]; } }",
        Limits(&[Memory]),
    ),
    ("curry bomb", "fn main() { let f = |x| x; for i in 0..40 { f = f.curry(f); } }", Words("cannot be read")),
    ("reference cycle", "fn main() { let a = #{}; let f = || a; a.f = f; }", Harmless),
    ("reference cycle by assignment", "fn main() { let a = (); let f = || a; a = f; }", Harmless),
    ("reference cycle, printed", "fn main() { let a = #{}; let f = || a; a.f = f; log(`${a}`); }", Harmless),
    ("reference cycle, compared", "fn main() { let a = #{}; let f = || a; a.f = f; a.b = a; log(`${a == a}`); }", Harmless),
    (
        "big arrays compared",
        "fn main() { let a = []; a.pad(4000, [1]); let b = a; loop { a == b; } }",
        Limits(&[Operations, WallTime, ArraySize]),
    ),
    (
        "big arrays searched",
        "fn main() { let a = []; a.pad(4000, \"x\"); loop { a.contains(\"y\"); } }",
        Limits(&[Operations, WallTime]),
    ),
    (
        "big arrays written",
        "fn main() { let a = []; a.pad(4000, \"xxxxxxxxxx\"); loop { a.to_string(); } }",
        Limits(&[Operations, WallTime, StringSize, ArraySize]),
    ),
    ("big powers", "fn main() { let a = parse_decimal(\"1.0000001\"); loop { a ** 2000000000; } }", Harmless),
    ("endless range", "fn main() { let n = 0; for i in 0..9223372036854775807 { n = i; } }", Limits(&[Operations, WallTime])),
    ("a million effects", "fn main() { let c = customers.first(); loop { suggest(\"x\"); } }", Limits(&[Effects])),
    ("large effects", "fn main() { let s = \"x\"; s.pad(60000, \"y\"); loop { suggest(s); } }", Limits(&[Effects])),
    (
        "large payloads",
        "fn main() { let s = \"x\"; s.pad(60000, \"y\"); loop { post(\"hook\", [s, s, s]); } }",
        Limits(&[Effects]),
    ),
    ("deep payload", "fn main() { let a = []; for i in 0..50 { a = [a]; } post(\"hook\", a); }", Words("inside one another")),
    ("log flood", "fn main() { loop { log(\"x\"); } }", Limits(&[LogLines])),
    ("log flood behind try", "fn main() { loop { try { log(\"x\"); } catch { } } }", Limits(&[LogLines])),
    ("effects behind try", "fn main() { loop { try { suggest(\"x\"); } catch { } } }", Limits(&[Effects])),
    (
        "many variables",
        "fn f(n) { let a = n; let b = n; let c = n; let d = n; let e = n; if n > 0 { f(n - 1) } } fn main() { f(1000); }",
        Limits(&[CallDepth, Variables]),
    ),
    ("eval", "fn main() { eval(\"1\"); }", Words("cannot be read")),
    ("sleep", "fn main() { sleep(10); }", Words("no function `sleep")),
    ("exit", "fn main() { exit(); }", Words("no function `exit")),
    ("timestamp", "fn main() { timestamp(); }", Words("no function `timestamp")),
    ("parse_json", "fn main() { parse_json(\"{}\"); }", Words("no function `parse_json")),
    ("import of a file", "import \"/etc/passwd\" as p; fn main() { }", Words("only modules of \"std/\" can")),
    ("import upwards", "import \"std/../../secret\" as p; fn main() { }", Words("only modules of \"std/\" can")),
    ("shadowed host function", "fn push(lead, person) { 1 } fn main() { }", Words("is a name of the host")),
    ("shadowed native function", "fn contains(x, y) { true } fn main() { }", Words("is a name of the host")),
    ("division by zero", "fn main() { 1 / 0; }", Words("ivi")),
    ("overflow", "fn main() { 9223372036854775807 + 1; }", Words("verflow")),
];

/// How much slower than its limit a stopped run may look on a loaded machine.
const PATIENCE: u32 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_is_stopped_and_a_neighbour_answers_meanwhile() {
    let pool = pool(2);
    let neighbour = script("fn main(n) { let sum = 0; for i in 0..n { sum += i; } log(`${sum}`); }");
    let (neighbour, empty) = (run(&neighbour, "main", vec![Value::Int(100)]), world(""));
    for (name, text, end) in SCRIPTS {
        let begun = Instant::now();
        let (stopped, beside) = tokio::join!(outcome(&pool, text), pool.run(&neighbour, &empty));
        let took = begun.elapsed();
        check(name, &stopped, end);
        assert_eq!((beside.error, beside.log), (None, vec!["4950".to_owned()]), "{name}: the neighbour");
        assert!(took < Duration::from_millis(limits::WALL_MS + limits::KILL_GRACE_MS) * PATIENCE, "{name} took {took:?}");
    }
}

/// Resident memory of a process at its highest, in KiB; nothing once it is gone.
fn peak_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok())
}

/// Memory grows by no more than the limit, whatever a script does; what the stack takes comes on top and has its own limit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_within_its_limit() {
    let pool = pool(1);
    for (name, text, _) in SCRIPTS {
        while pool.idle_processes().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let process = pool.idle_processes()[0];
        let before = peak_kib(process).unwrap();
        let ended = Arc::new(AtomicBool::new(false));
        let over = ended.clone();
        let watch = tokio::task::spawn_blocking(move || {
            let mut peak = before;
            while let Some(now) = peak_kib(process) {
                peak = peak.max(now);
                if over.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::sleep(Duration::from_micros(500));
            }
            peak
        });
        let _ = outcome(&pool, text).await;
        ended.store(true, Ordering::Relaxed);
        let grown = (watch.await.unwrap() - before) / 1024;
        assert!(grown <= limits::MEMORY_MIB + limits::STACK_MIB as u64, "{name}: {grown} MiB");
    }
}

fn check(name: &str, outcome: &Outcome, end: &End) {
    match (end, &outcome.error) {
        (Limits(limits), Some(error)) => {
            // On a slow machine, time is what any of them meets first.
            assert!(error.limit.is_some_and(|limit| limit == WallTime || limits.contains(&limit)), "{name}: {error:?}");
            assert_eq!(error.message, error.limit.unwrap().explain(), "{name}");
        }
        (Words(words), Some(error)) => {
            assert!(error.message.contains(words), "{name}: {error:?}");
            assert_eq!(error.limit, None, "{name}");
        }
        (Harmless, _) => {}
        (Limits(_) | Words(_), None) => panic!("{name} was not stopped: {outcome:?}"),
    }
    assert!(outcome.error.is_none() || outcome.effects.is_empty(), "{name} failed and left effects");
}

/// What no limit of the engine counts meets the wall around the process, and is told from other deaths.
#[tokio::test]
async fn memory_that_nobody_counts_meets_the_wall() {
    let pool = pool(1);
    let (_, text, _) = SCRIPTS.iter().find(|(name, ..)| *name == "texts in closures").unwrap();
    for _ in 0..50 {
        match outcome(&pool, text).await.error.and_then(|error| error.limit) {
            Some(Memory) => return,
            // The machine is busy.
            Some(WallTime) => {}
            other => panic!("{other:?}"),
        }
    }
    panic!("the memory's wall was never met");
}

/// Scripts that are too large to begin with.
#[tokio::test]
async fn a_script_that_is_too_large_says_so() {
    let pool = pool(1);
    let deep = format!("fn main() {{ {}1{} }}", "(1 +\n ".repeat(300), ")".repeat(300));
    let many = (0..1_000).map(|n| format!("fn f{n}() {{ {n} }}\n")).collect::<String>();
    for (name, text, limit) in [("deep", deep, ExpressionDepth), ("many functions", many, Functions)] {
        let error = pool.check(&script(&text).scripts).await.expect_err(name);
        assert_eq!(error.limit, Some(limit), "{name}: {error}");
    }
    let mut scripts = (*script("fn main() {}").scripts).clone();
    scripts.files[0].1.push_str(&" ".repeat(limits::SCRIPT_BYTES));
    assert_eq!(pool.check(&scripts).await.expect_err("large").limit, Some(ScriptSize));
}

#[tokio::test]
async fn rows_are_counted_over_all_queries_of_a_run() {
    let pool = pool(1);
    let leads: String = (0..limits::ROWS / 2 + 1).map(|n| format!("[[lead]]\nid = \"l{n}\"\n")).collect();
    let world = world(&leads);
    let once =
        pool.run(&run(&script("fn main() { let n = 0; for l in leads { n += 1; } log(`${n}`); }"), "main", vec![]), &world).await;
    assert_eq!((once.error, once.rows_read), (None, limits::ROWS / 2 + 1));
    let twice = pool
        .run(&run(&script("fn main() { for l in leads { l.id } for l in leads.oldest() { l.id } }"), "main", vec![]), &world)
        .await;
    assert_eq!(twice.error.and_then(|error| error.limit), Some(Limit::Rows));
}

/// Leaks by reference cycles stay in the process, so a worker that keeps memory is replaced before it hurts the next run.
#[tokio::test]
async fn leaks_do_not_add_up() {
    let pool = pool(1);
    let leak = "fn text(i) { let s = `${i}`; for n in 0..17 { s += s; } s }
        fn main() {
            let a = ();
            let b = text(1); let c = text(2); let d = text(3); let e = text(4); let g = text(5); let h = text(6); let i = text(7);
            let f = || [a, b, c, d, e, g, h, i];
            a = f;
        }";
    for round in 0..60 {
        let outcome = outcome(&pool, leak).await;
        assert_eq!(outcome.error, None, "round {round}");
    }
}
