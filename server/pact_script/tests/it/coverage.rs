//! Coverage, and runs that are written down as cases: through real workers.

use pact_script::cases::record::{RecordError, Recorder, recorded};
use pact_script::cases::{Case, id_of};
use pact_script::coverage::{Branch, Coverage, Way};
use pact_script::plugin::Loaded;
use pact_script::pool::{COVERAGE, Pool};
use pact_script::value::Value;

use crate::support::{options, pool, run, script, world};

/// A pool whose workers count what probes tell.
fn probed() -> Pool {
    let mut options = options(1);
    options.env.push((COVERAGE.to_owned(), "1".to_owned()));
    Pool::start(options).unwrap()
}

const BRANCHES: &str = r#"
fn main() {
    let said = [];
    for number in 0..4 {
        said.push(word(number));
    }
    while said.len() > 3 { said.pop(); }
    log(said.map(|word| if word == "two" { word.to_upper() } else { word }).join(" "));
    // { not a statement; }
    let text = `a ${if said.is_empty() { "none" } else { "some" }} b`;
}
fn word(number) {
    if number == 0 {
        return "zero";
    } else if number > 90 {
        log("never"); log("twice on one line");
    }
    switch number {
        1 => "one",
        2 if number > 1 => { "two" }
        7 => { log("never"); "seven" },
        _ => `many, ${ number }`
    }
}
fn not_called() {
    log("never");
}
"#;

/// Lines before the first line of a script in these tests: the manifest.
const HEAD_LINES: u32 = 4;

#[tokio::test]
async fn lines_and_branches_that_are_not_reached_are_named() {
    let (plain, probed, loaded) = (pool(1), probed(), script(BRANCHES));
    let mut coverage = Coverage::of(&loaded.scripts);
    let mut run = run(&loaded, "main", vec![]);
    let outcome = plain.run(&run, &world("")).await;
    run.scripts = coverage.scripts().clone();
    let (again, reached) = probed.run_probed(&run, &world("")).await;
    assert_eq!((&again.log, &again.error), (&outcome.log, &None), "probes change nothing");
    assert_eq!(outcome.log, ["zero one TWO"]);
    assert!(again.operations > outcome.operations, "and cost something, in tests alone");
    coverage.add(&reached);
    let [file] = &coverage.files()[..] else { panic!("one file") };
    let at = |line: u32| line + HEAD_LINES;
    let never: Vec<_> = file.lines.iter().filter(|(_, times)| **times == 0).map(|(line, _)| *line).collect();
    assert_eq!(never, [at(16), at(21), at(26)], "{:?}", file.lines);
    assert_eq!(file.lines[&at(5)], 4);
    let branch = |line, way, taken| Branch { line: at(line), way, taken };
    for wanted in [
        branch(7, Way::True, 1),
        branch(7, Way::False, 1),
        branch(8, Way::True, 1),
        branch(8, Way::False, 2),
        branch(13, Way::True, 1),
        branch(13, Way::False, 3),
        branch(15, Way::True, 0),
        branch(15, Way::False, 3),
        branch(18, Way::Arm(at(19)), 1),
        branch(18, Way::Arm(at(20)), 1),
        branch(18, Way::Arm(at(21)), 0),
        branch(18, Way::Arm(at(22)), 1),
    ] {
        assert!(file.branches.contains(&wanted), "{wanted:?} in {:?}", file.branches);
    }
    let missed = file.missed();
    assert_eq!(
        missed,
        [
            format!("never reached: line {}, lines {} to {}", at(16), at(21), at(26)),
            format!("line {}: the condition is never true", at(15)),
            format!("line {}: the arm is never taken", at(21)),
        ]
    );
    assert!(file.lcov("plugins/a".as_ref()).starts_with(&format!("SF:plugins/a/test.rhai\nBRDA:{},0,0,1\n", at(7))));
}

/// Every script of this repository does the same with probes as without, in all of its cases.
#[tokio::test]
async fn probes_change_nothing() {
    use crate::support::repository;
    use pact_script::plugin::{Std, case_files, load_all};
    let (probed, std) = (probed(), Std::load(&repository("scripts/std")).unwrap());
    let (mut lines, mut all) = (0, 0);
    for folder in ["plugins", "scripts"] {
        for (path, loaded) in load_all(&repository(folder), &std) {
            let loaded = loaded.unwrap();
            let mut coverage = Coverage::of(&loaded.scripts);
            for file in case_files(&path, loaded.manifest()).unwrap() {
                let case = file.case.unwrap();
                let (outcome, reached) = probed.run_probed(&case.run(coverage.scripts()), &case.world).await;
                let different = case.compare(&outcome);
                assert!(different.is_empty(), "{}\n{different}", file.path.display());
                coverage.add(&reached);
            }
            for file in coverage.files() {
                let (reached, counted) = file.line_counts();
                assert!(counted > 0, "{} has probes", path.display());
                (lines, all) = (lines + reached, all + counted);
            }
        }
    }
    assert!(lines * 100 >= all * 95, "the cases of what is shipped reach {lines} of {all} lines");
}

#[tokio::test]
async fn a_worker_without_coverage_has_no_probes() {
    let loaded = script("fn main() { log(\"a\"); }");
    let mut run = run(&loaded, "main", vec![]);
    run.scripts = Coverage::of(&loaded.scripts).scripts().clone();
    let (outcome, reached) = pool(1).run_probed(&run, &world("")).await;
    assert!(reached.is_empty() && outcome.error.is_some(), "{outcome:?}");
}

/// A company with much that does not matter.
const COMPANY: &str = r#"
[[territory]]
id = "top"
name = "Europe"
[[territory]]
id = "n"
name = "North"
region = "Europe"
above = "top"
[[person]]
id = "p1"
name = "Ann Ångström"
roles = ["rep"]
territory = "n"
languages = ["en"]
[[person]]
id = "p2"
name = "Bo"
roles = ["rep"]
territory = "n"
[[person]]
id = "p3"
name = "Cy"
roles = ["manager"]
[[customer]]
id = "c1"
name = "Hooli, Inc."
owner = "p1"
territory = "n"
segment = "key"
fields = { budget = { amount = "5000 EUR" }, contract_ends_on = 2027-02-01, employees = 12.5 }
[[customer]]
id = "c2"
name = "Globex"
[[lead]]
id = "l1"
title = "Pumps"
customer = "c1"
value = "12000 EUR"
stage = "offer"
owner = "p2"
quiet_for = "6 work days"
created_at = "2026-11-01T08:00:00Z"
[[lead]]
id = "l2"
title = "Old"
customer = "c1"
state = "won"
closed_at = "2026-11-20T08:00:00Z"
[[lead]]
id = "l3"
title = "Other"
customer = "c2"
[[push]]
id = "q1"
lead = "l1"
person = "p1"
answer = "declined"
[[card]]
id = "k1"
customer = "c1"
kind = "complaint"
theme = "noise"
text = "Too \"loud\"."
author = "p1"
said_on = 2026-11-20
[[card]]
id = "k2"
customer = "c1"
kind = "complaint"
theme = "noise"
text = "Still loud."
author = "p2"
said_on = 2026-11-21
[turns]
field = ["p1"]
"#;

/// Scripts whose runs are written down, and whether the case leaves Globex and its lead out, as it should.
const RECORDED: [&str; 6] = [
    "fn main(lead) { notify(lead.customer.owner, `${lead.customer.name}: ${lead.value}, quiet for ${lead.quiet_for}`, lead); }",
    "fn main(lead) { let next = rotation(\"field\", people.with_role(\"rep\").in_territory(lead.territory ?? territories.named(\"North\").first())).with_room().next(); transfer(lead, next, `${lead.customer.leads.won().len()} won since ${lead.created_at}`); }",
    "fn main(lead) { for card in cards.of_customer(lead.customer).since(today() - days(7)) { log(card.text); } for row in tally(cards, |card| card.theme).rows() { log(`${row.key} ${row.count}`); } }",
    "fn main(lead) { let customer = lead.customer; set(customer, \"x\", customer.field(\"budget\") * 2); log(`${customer.field(\"contract_ends_on\")} ${customer.field(\"employees\")} ${now().hour()}`); }",
    "fn main(lead) { log(pick([\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\"])); for other in leads.won_since(today() - days(30)) { log(other.title); } }",
    "fn main(lead) { lead.title.nothing_like_that(); }",
];

fn of_lead(loaded: &Loaded) -> pact_script::run::Run {
    let mut run = run(loaded, "on_lead_created", vec![Value::Ref(pact_policy::table::Kind::Lead, id_of("l1"))]);
    run.zone = chrono_tz::Europe::Amsterdam;
    run
}

#[tokio::test]
async fn a_run_becomes_a_case_that_holds() {
    let (pool, world) = (pool(1), world(COMPANY));
    for text in RECORDED {
        let text =
            format!("//! may = [\"notify\", \"transfer\", \"set\"]\n{}", text.replace("main(lead)", "on_lead_created(lead)"));
        let loaded = script(&text);
        let run = of_lead(&loaded);
        let recorder = Recorder::new(&world);
        let outcome = pool.run(&run, &recorder).await;
        let written = recorded(&pool, loaded.manifest(), "As it was", &run, &outcome, &recorder).await;
        let written = written.unwrap_or_else(|error| panic!("{text}\n{error}"));
        let case =
            Case::read("recorded", &written, loaded.manifest(), |_| None).unwrap_or_else(|error| panic!("{written}\n{error}"));
        let different = case.check(&pool, &loaded.scripts).await;
        assert!(different.is_empty(), "{written}\n{different}");
        assert!(case.says_what_is_expected(), "{written}");
        assert!(!written.contains("globex") && !written.contains("manager"), "what does not matter is left out: {written}");
        assert!(!written.contains(&id_of("l1").to_string()), "handles are names: {written}");
    }
}

#[tokio::test]
async fn a_run_that_no_world_can_tell_is_refused() {
    let (pool, world) = (pool(1), world(COMPANY));
    let loaded = script("fn on_lead_created(lead) { log(lead.id); }");
    let run = of_lead(&loaded);
    let recorder = Recorder::new(&world);
    let outcome = pool.run(&run, &recorder).await;
    let written = recorded(&pool, loaded.manifest(), "As it was", &run, &outcome, &recorder).await;
    assert!(matches!(written, Err(RecordError::Differs(_))), "{written:?}");
}
