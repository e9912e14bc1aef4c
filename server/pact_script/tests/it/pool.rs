//! The pool: replacement, recycling, many runs at a time, graceful end.

use std::sync::Arc;
use std::time::Duration;

use pact_script::facts::{Answer, Ask, Facts, Organisation};
use pact_script::pool::{Pool, PoolError};
use pact_script::run::Limit;
use pact_script::value::Value;

use crate::support::{options, outcome, pool, run, script, world};

#[tokio::test]
async fn a_worker_is_replaced_after_its_runs() {
    let pool = Pool::start(pact_script::pool::PoolOptions { recycle_runs: 3, ..options(1) }).unwrap();
    for n in 0..10 {
        let outcome = outcome(&pool, &format!("fn main() {{ log(`${{{n}}}`); }}")).await;
        assert_eq!((outcome.error, outcome.log), (None, vec![n.to_string()]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_do_not_mix() {
    let (pool, empty) = (pool(2), Arc::new(world("")));
    let loaded = script("fn main(n) { log(`${n * 2}`); suggest(`${n}`); }");
    let runs = (0..200_i64).map(|n| {
        let (pool, empty, run) = (pool.clone(), empty.clone(), run(&loaded, "main", vec![Value::Int(n)]));
        tokio::spawn(async move { (n, pool.run(&run, &*empty).await) })
    });
    for handle in runs.collect::<Vec<_>>() {
        let (n, outcome) = handle.await.unwrap();
        assert_eq!((outcome.error, outcome.log, outcome.effects.len()), (None, vec![(n * 2).to_string()], 1));
    }
}

#[tokio::test]
async fn a_dropped_run_does_not_cost_its_worker_for_long() {
    let (pool, empty) = (pool(1), world(""));
    let endless = run(&script("fn main() { loop {} }"), "main", vec![]);
    let dropped = tokio::time::timeout(Duration::from_millis(20), pool.run(&endless, &empty)).await;
    assert!(dropped.is_err());
    assert_eq!(outcome(&pool, "fn main() { log(\"here\"); }").await.log, ["here"]);
}

#[tokio::test]
async fn a_pool_that_stops_lets_runs_end_and_takes_no_more() {
    let pool = pool(2);
    assert_eq!(outcome(&pool, "fn main() { log(\"here\"); }").await.log, ["here"]);
    pool.stop(Duration::from_secs(5)).await;
    let late = outcome(&pool, "fn main() { log(\"here\"); }").await;
    assert!(late.error.is_some_and(|error| error.message.contains("stopping")));
}

#[test]
fn a_program_that_is_no_worker_is_told_from_one() {
    let program = std::path::PathBuf::from("/bin/false");
    let result = Pool::start(pact_script::pool::PoolOptions { program, ..options(1) });
    assert!(matches!(result, Err(PoolError::Refused(_))), "{result:?}");
    let program = std::path::PathBuf::from("/nowhere/pact");
    let result = Pool::start(pact_script::pool::PoolOptions { program, ..options(1) });
    assert!(matches!(result, Err(PoolError::Start(_))), "{result:?}");
}

/// A host that takes its time.
struct Slow(Duration);

impl Facts for Slow {
    fn organisation(&self) -> Arc<Organisation> {
        Arc::new(Organisation::default())
    }

    async fn ask(&self, ask: Ask) -> Answer {
        tokio::time::sleep(self.0).await;
        match ask {
            Ask::Count(_) => Answer::Count(3),
            _ => Answer::Refused("This host only counts.".to_owned()),
        }
    }
}

#[tokio::test]
async fn the_clock_stands_still_while_the_host_answers() {
    let loaded = script("fn main() { log(`${leads.len()}`); log(`${customers.len()}`); }");
    let slow = Slow(Duration::from_millis(pact_script::limits::WALL_MS + 100));
    let outcome = pool(1).run(&run(&loaded, "main", vec![]), &slow).await;
    assert_eq!((outcome.error, outcome.log), (None, vec!["3".to_owned(), "3".to_owned()]));
}

#[tokio::test]
async fn a_refused_question_ends_the_run_with_its_sentence() {
    let loaded = script("fn main() { try { for lead in leads { lead.id } } catch { log(\"caught\"); } }");
    let outcome = pool(1).run(&run(&loaded, "main", vec![]), &Slow(Duration::ZERO)).await;
    assert_eq!(outcome.error.map(|error| error.message).as_deref(), Some("This host only counts."));
    assert!(outcome.log.is_empty());
}

#[tokio::test]
async fn a_new_organisation_reaches_the_worker() {
    let pool = pool(1);
    let count = script("fn main() { log(`${people.len()}`); }");
    for people in 0..3 {
        let text: String = (0..people).map(|n| format!("[[person]]\nid = \"p{n}\"\n")).collect();
        let outcome = pool.run(&run(&count, "main", vec![]), &world(&text)).await;
        assert_eq!(outcome.log, [people.to_string()]);
    }
}

/// The limits of Rhai are compiled in: its feature `unchecked`, switched on by any crate of the build, would take them away.
#[tokio::test]
async fn limits_of_the_engine_are_there() {
    let error = outcome(&pool(1), "fn main() { let s = \"ab\"; loop { s += s; } }").await.error.unwrap();
    assert_eq!(error.limit, Some(Limit::StringSize));
}

#[tokio::test]
async fn a_worker_that_died_while_idle_costs_no_run() {
    let pool = pool(1);
    for process in pool.idle_processes() {
        let process = nix::unistd::Pid::from_raw(i32::try_from(process).unwrap());
        nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(outcome(&pool, "fn main() { log(\"here\"); }").await.log, ["here"]);
}

/// Whether every thread of a process has been stopped by a signal.
fn all_stopped(process: nix::unistd::Pid) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    })
}

#[tokio::test]
async fn a_worker_that_does_not_answer_is_ended() {
    let (pool, empty) = (pool(1), world(""));
    let run = run(&script("fn main() { log(\"here\"); }"), "main", vec![]);
    assert_eq!(pool.run(&run, &empty).await.log, ["here"]);
    let process = nix::unistd::Pid::from_raw(i32::try_from(pool.idle_processes()[0]).unwrap());
    nix::sys::signal::kill(process, nix::sys::signal::Signal::SIGSTOP).unwrap();
    while !all_stopped(process) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let outcome = pool.run(&run, &empty).await;
    assert_eq!(outcome.error.and_then(|error| error.limit), Some(Limit::WallTime));
    assert_eq!(pool.run(&run, &empty).await.log, ["here"]);
}

#[tokio::test]
async fn workers_end_with_their_pool() {
    let pool = pool(2);
    while pool.idle_processes().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let processes = pool.idle_processes();
    drop(pool);
    let alive = |process: &u32| std::path::Path::new(&format!("/proc/{process}/exe")).exists();
    for _ in 0..200 {
        if !processes.iter().any(alive) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("workers outlive their pool");
}
