//! What the linter promises, measured in one run and printed beside the target.

use std::time::{Duration, Instant};

use pact_policy::engine::parser_engine;
use pact_policy::manifest::{File, Plugin, parse_fields};
use pact_policy::{Judge, Source};
use rhai::Engine;

use crate::company::{SCRIPTS_A_PLUGIN, company, edited, lawful_scripts};

/// Plugins that are judged together.
pub(crate) const PLUGINS: usize = 1_000;

/// How often each script is parsed and judged for the ratio; the fastest counts, as the least disturbed.
const TURNS: usize = 7;

/// Edits that are measured.
const EDITS: usize = 60;

/// A judge that these sources were given to.
pub(crate) fn judge_of(sources: &[Source]) -> Judge {
    let mut judge = Judge::default();
    sources.iter().for_each(|source| judge.set(source.clone()));
    judge
}

/// Parses every script with Rhai and the settings of the host, and nothing else.
pub(crate) fn parse_all(engine: &Engine, sources: &[Source]) -> usize {
    let plugins = sources.iter().filter_map(|source| match source {
        Source::Plugin(plugin) => Some(plugin),
        Source::Module { .. } | Source::Fields { .. } | Source::Views { .. } => None,
    });
    plugins.flat_map(|plugin| plugin.files.values()).filter(|text| engine.compile(text.as_str()).is_ok()).count()
}

/// Prints every promise.
pub(crate) fn print() {
    let row = |what: &str, measured: String, target: &str| println!("{what:<58} {measured:>12}   {target}");
    row("", "measured".to_owned(), "target");
    let sources = company(PLUGINS);
    let mut judge = judge_of(&sources);
    let start = Instant::now();
    let report = judge.judge();
    let together = start.elapsed();
    assert_eq!(report.checked, PLUGINS * SCRIPTS_A_PLUGIN, "every script is judged");
    row(&format!("{PLUGINS} plugins, {} scripts, judged together", report.checked), seconds(together), "< 2 s");
    let edits = edits(&mut judge, &sources);
    row("one script edited among them, judged again: median", millis(edits[EDITS / 2]), "< 20 ms");
    row("                                            slowest", millis(edits[EDITS - 1]), "");
    let defined = definitions(&mut judge);
    row("a field with a formula defined among them: median", millis(defined[EDITS / 2]), "< 50 ms");
    row("                                            slowest", millis(defined[EDITS - 1]), "");
    if let Some(most) = most_memory() {
        row("memory at most, sources and report among it", format!("{most} MiB"), "< 300 MiB");
    }
    let engine = parser_engine();
    let parsing = fastest(3, || parse_all(&engine, &sources));
    row("  the same scripts parsed with Rhai", seconds(parsing), "");
    row("  judging together ÷ parsing", format!("{:.2}", together.as_secs_f64() / parsing.as_secs_f64()), "≤ 3");
    let (alone, parsed) = one_by_one(&engine);
    row(
        "one script judged alone ÷ parsed: all of the corpus",
        format!("{:.2}", alone.as_secs_f64() / parsed.as_secs_f64()),
        "≤ 3",
    );
    println!("{:<58} {:>12}", "a script so many times as long", "µs a KiB");
    for times in [1, 4, 16, 64] {
        let (bytes, took) = longer(times);
        row(
            &format!("  {times:>3} times ({bytes} bytes)"),
            format!("{:.0}", took.as_secs_f64() * 1e6 * 1024.0 / bytes as f64),
            "",
        );
    }
    println!();
}

fn edits(judge: &mut Judge, sources: &[Source]) -> Vec<Duration> {
    let mut took: Vec<_> = (0..EDITS)
        .map(|edit| {
            let source = edited(&sources[(edit * 37) % sources.len()], edit);
            let start = Instant::now();
            judge.set(source);
            let report = judge.judge();
            assert_eq!(report.checked, PLUGINS * SCRIPTS_A_PLUGIN, "every script is judged");
            start.elapsed()
        })
        .collect();
    took.sort_unstable();
    took
}

/// How long it takes to judge a definition together with everything, each time another one.
fn definitions(judge: &mut Judge) -> Vec<Duration> {
    let mut took: Vec<_> = (0..EDITS)
        .map(|number| {
            let text = format!(
                "[[field]]\non = \"customer\"\nname = \"size_{number}\"\nlabel = \"Size\"\ntype = \"formula\"\nhelps = \"sale\"\n\
                 because = \"It says what an offer is worth.\"\nformula = \"record.leads.open().len() + {number}\"\n"
            );
            let fields = parse_fields(&text).unwrap_or_default();
            let file = File { name: "field".to_owned(), text };
            let start = Instant::now();
            judge.set(Source::Fields { file, fields });
            let report = judge.judge();
            assert_eq!(report.checked, PLUGINS * SCRIPTS_A_PLUGIN + 1, "every script and the definition are judged");
            start.elapsed()
        })
        .collect();
    judge.remove("field");
    took.sort_unstable();
    took
}

/// How long all single scripts of the corpus take, judged one by one, and parsed.
fn one_by_one(engine: &Engine) -> (Duration, Duration) {
    let mut judge = Judge::default();
    let (mut judging, mut parsing) = (Duration::ZERO, Duration::ZERO);
    for plugin in lawful_scripts() {
        let source = [Source::Plugin(Box::new(plugin))];
        parsing += fastest(TURNS, || parse_all(engine, &source));
        judging += (0..TURNS)
            .map(|_| {
                judge.retain(|_| false);
                judge.set(source[0].clone());
                let start = Instant::now();
                judge.judge();
                start.elapsed()
            })
            .min()
            .unwrap_or_default();
    }
    (judging, parsing)
}

/// A script with so many times the same functions, and how long judging it takes.
fn longer(times: usize) -> (usize, Duration) {
    let head = "//! id = \"long\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"Long\"\n//! reads = [\"lead\", \"customer\", \"person\"]\n//! may = [\"highlight\"]\n\n";
    let part = |n: usize| {
        format!(
            "fn part_{n}(lead, text) {{\n    let words = [];\n    for word in text.split(\" \") {{\n        if word.len() > {n} {{\n            words.push(word.to_upper());\n        }}\n    }}\n    if lead.stage == \"offer\" && words.len() > 2 {{\n        highlight(lead, `${{lead.customer.name}}: ${{words[0]}}`);\n    }}\n    words\n}}\n\n"
        )
    };
    let parts: String = (0..times).map(part).collect();
    let calls: String = (0..times).map(|n| format!("    part_{n}(lead, lead.title);\n")).collect();
    let text = format!("{head}{parts}fn on_lead_created(lead) {{\n{calls}}}\n");
    let bytes = text.len();
    let file = File { name: "long.rhai".to_owned(), text };
    let Ok(plugin) = Plugin::from_script(file) else { return (bytes, Duration::ZERO) };
    let source = Source::Plugin(Box::new(plugin));
    let took = (0..TURNS).map(|_| {
        let mut judge = judge_of(std::slice::from_ref(&source));
        let start = Instant::now();
        judge.judge();
        start.elapsed()
    });
    (bytes, took.min().unwrap_or_default())
}

fn fastest<T>(turns: usize, work: impl Fn() -> T) -> Duration {
    let took = (0..turns).map(|_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    });
    took.min().unwrap_or_default()
}

/// The most memory that this process has had, in MiB, where the system tells.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

fn millis(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1e3)
}
