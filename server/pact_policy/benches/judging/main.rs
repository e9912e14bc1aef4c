//! What judging costs: `cargo bench -p pact_policy` prints the figures that the linter promises beside their targets, then
//! measures the same with criterion.

mod company;
mod promises;

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use pact_policy::Judge;
use pact_policy::engine::parser_engine;

fn main() {
    promises::print();
    let mut criterion = Criterion::default().configure_from_args();
    one_script(&mut criterion);
    one_edit(&mut criterion);
    criterion.final_summary();
}

/// A script of middle length: parsed, and judged.
fn one_script(criterion: &mut Criterion) {
    let sources = company::company(1);
    let engine = parser_engine();
    let mut group = criterion.benchmark_group("five scripts");
    group.bench_function("parse", |bench| bench.iter(|| promises::parse_all(&engine, black_box(&sources))));
    group.bench_function("judge", |bench| {
        let mut judge = Judge::default();
        bench.iter(|| {
            judge.retain(|_| false);
            judge.set(black_box(&sources[0]).clone());
            judge.judge()
        });
    });
    group.finish();
}

/// One script edited among five thousand.
fn one_edit(criterion: &mut Criterion) {
    let sources = company::company(promises::PLUGINS);
    let mut judge = promises::judge_of(&sources);
    judge.judge();
    let mut edit = 0;
    let mut group = criterion.benchmark_group("1,000 plugins");
    group.sample_size(20);
    group.bench_function("one edit", |bench| {
        bench.iter_batched(
            || {
                edit += 1;
                company::edited(&sources[(edit * 37) % sources.len()], edit)
            },
            |source| {
                judge.set(source);
                judge.judge()
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}
