//! What scripts can say, and what it gives.

use pact_policy::table::Kind;
use pact_script::cases::id_of;
use pact_script::value::Value;

use crate::support::{outcome, pool, run, script, world};

/// Each expression is logged; the right side is what the log must hold.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("now()", "2026-11-24T09:00:00.000Z"),
    ("today()", "2026-11-24"),
    ("today() - days(3)", "2026-11-21"),
    ("today() + weeks(2)", "2026-12-08"),
    ("today() - (today() - days(30))", "30 days"),
    ("now() + hours(3)", "2026-11-24T12:00:00.000Z"),
    ("now() - (now() - minutes(90))", "90 minutes"),
    ("work_days(5) + work_hours(4)", "5 work days 4 hours"),
    ("work_days(5) > work_hours(39)", "true"),
    ("days(2) * 3", "6 days"),
    ("-days(1)", "-1 day"),
    ("days(1) < hours(23)", "false"),
    ("days(1) == hours(24)", "true"),
    ("today() == ()", "false"),
    ("today() < ()", "false"),
    ("() != now()", "true"),
    ("money(12000.5, \"EUR\")", "EUR 12,000.50"),
    ("money(10, \"EUR\") + money(5, \"EUR\")", "EUR 15.00"),
    ("money(100, \"EUR\") * 30 / 100", "EUR 30.00"),
    ("money(10, \"EUR\") * 0.333", "EUR 3.33"),
    ("money(10, \"JPY\") / 4", "JPY 3"),
    ("money(10, \"EUR\") / money(4, \"EUR\")", "2.5"),
    ("money(10, \"EUR\") > 0", "true"),
    ("0 < money(10, \"EUR\")", "true"),
    ("money(10, \"EUR\") == 10", "true"),
    ("0 + money(10, \"EUR\")", "EUR 10.00"),
    ("() * 3", ""),
    ("().name", ""),
    ("().owner.manager == ()", "true"),
    ("#{ a: 1 }[\"b\"] ?? 7", "7"),
    ("\"abc\" in [\"abc\"]", "true"),
    ("[1, 2, 3].contains(2)", "true"),
    ("\"a b\".split(\" \").len()", "2"),
    ("switch () { () => 1, _ => 2 }", "1"),
    ("t(\"Quiet for {span}.\", #{ span: work_days(2) })", "Quiet for 2 work days."),
    ("pick([1, 2, 3]) == pick([1, 2, 3]) || true", "true"),
    ("parse_int(\"42\") + 1", "43"),
    ("[3, 1, 2].filter(|n| n > 1)", "[3, 2]"),
    ("max(2, 3)", "3"),
    ("now().hour() * 60 + now().minute()", "540"),
    ("now().format(\"%d.%m.%Y %H:%M\")", "24.11.2026 09:00"),
    ("today().format(\"%A\")", "Tuesday"),
    ("[3, 1, 2].min() + [3, 1, 2].max()", "4"),
    ("[days(3), hours(5)].max()", "3 days"),
    ("[].min() == ()", "true"),
    // What reads a list reads a query.
    ("leads.some(|l| true) || plans.any(|p| true)", "false"),
    ("leads.all(|l| l.value > 0)", "true"),
    ("people.find(|p| p.on_duty) == ()", "true"),
    ("people.reduce(|sum, p| sum + 1, 0)", "0"),
    ("leads.last() == ()", "true"),
    ("leads.order_by(|a, b| a.value < b.value).len()", "0"),
    // Roots inside closures, and inside closures of closures.
    ("people.filter(|p| leads.owned_by(p).is_empty()).len()", "0"),
    ("[1].map(|n| n + leads.open().len())", "[1]"),
    ("[1].map(|n| [n].map(|m| m + plans.len()))", "[[1]]"),
];

#[tokio::test]
async fn expressions_give_what_people_expect() {
    let pool = pool(1);
    for (expression, wanted) in EXPRESSIONS {
        let outcome = outcome(&pool, &format!("fn main() {{ log(`${{{expression}}}`); }}")).await;
        assert_eq!(outcome.error, None, "{expression}");
        assert_eq!(outcome.log, [*wanted], "{expression}");
    }
}

/// Each script fails with these words, on this line.
const FAILURES: &[(&str, &str, u32)] = &[
    ("fn main() {\n  today() < days(1);\n}", "A Day and a Span cannot be compared", 2),
    ("fn main() {\n  now() + work_days(1);\n}", "Working time has no place on the calendar", 2),
    ("fn main() {\n  money(1, \"EUR\") + money(1, \"USD\");\n}", "different currencies", 2),
    ("fn main() {\n  money(1, \"EUR\") + 2;\n}", "2 has no currency", 2),
    ("fn main() {\n  money(1, \"Euros\");\n}", "is no currency", 2),
    ("fn main() {\n  setting(\"colour\");\n}", "There is no setting \"colour\"", 2),
    ("fn main() {\n\n  push((), ());\n}", "push: `lead` is (), and a Lead is wanted", 3),
    ("fn main() {\n  leads.overdue();\n}", "A query of Lead cannot be narrowed with `overdue`", 2),
    ("fn main() {\n  leads.stage(3);\n}", "stage: a whole number is no text", 2),
    ("fn main() {\n  nobody_knows();\n}", "There is no function `nobody_knows", 2),
    ("fn main() {\n  now().format(\"%Q\");\n}", "is no pattern", 2),
    ("fn main() {\n  today().format(\"%H\");\n}", "a day has none", 2),
    ("fn main() {\n  leads.shift();\n}", "There is no function `shift", 2),
    ("fn main() {\n  unknown + 1;\n}", "There is no variable `unknown`", 2),
    ("fn helper() {\n  throw \"oh no\";\n}\nfn main() {\n  helper();\n}", "oh no", 2),
    ("fn main() {\n  eval(\"1\");\n}", "cannot be read", 2),
    ("fn main() {\n  let f = |x| x;\n  f.curry(f);\n}", "cannot be read", 3),
    ("fn main() {\n  print(1);\n}", "cannot be read", 2),
    ("fn main() {\n  sleep(1);\n}", "There is no function `sleep", 2),
    ("fn main() {\n  exit();\n}", "There is no function `exit", 2),
    ("fn main() {\n  timestamp();\n}", "There is no function `timestamp", 2),
    ("fn main() {\n  parse_json(\"{}\");\n}", "There is no function `parse_json", 2),
    ("fn main() {\n  let x = 1;\n  x.tag = 3;\n}", "tag", 3),
    ("fn main() {\n  import \"/etc/passwd\" as p;\n}", "only modules of \"std/\" can", 2),
    ("fn main() {\n  log(15);\n}", "a text is wanted", 2),
    ("fn main() {\n  rotation(\"r\", [people.first()]);\n}", "`people` is array, and a query, or list of records is wanted", 2),
    ("fn main() {\n  exp(1.5);\n}", "There is no function `exp", 2),
];

#[tokio::test]
async fn failures_say_what_and_where() {
    let pool = pool(1);
    for (text, words, line) in FAILURES {
        let error = outcome(&pool, text).await.error.expect(text);
        assert!(error.message.contains(words), "{text}\n{error}");
        // Four lines of manifest stand before the text.
        assert_eq!(error.at.map(|(line, _)| line), Some(line + 4), "{text}\n{error}");
        assert_eq!(error.file.as_deref(), Some("test.rhai"), "{text}");
        assert_eq!(error.limit, None, "{text}");
    }
}

/// Scripts that are refused before they run.
const REFUSED: &[(&str, &str)] = &[
    ("fn len(x) { 1 }\nfn main() {}", "`len` is a name of the host"),
    ("fn push(a, b) { 1 }\nfn main() {}", "`push` is a name of the host"),
    ("fn waiting() { 1 }\nfn main() {}", "`waiting` is a name of the host"),
    ("fn leads() { 1 }\nfn main() {}", "`leads` is a name of the host"),
    ("fn main() {}\nlog(\"hello\");", "Only functions, constants and imports"),
    ("let x = 1;\nfn main() {}", "Only functions, constants and imports"),
    ("fn main( {}", "cannot be read"),
];

#[tokio::test]
async fn a_set_that_cannot_run_is_refused_when_it_is_checked() {
    let pool = pool(1);
    for (text, words) in REFUSED {
        let error = pool.check(&script(text).scripts).await.expect_err(text);
        assert!(error.message.contains(words), "{text}\n{error}");
    }
    let functions = pool.check(&script("const A = 1;\nfn main() { [1].map(|x| x) }\nfn two(a, b) {}").scripts).await.unwrap();
    assert_eq!(functions, [("main".to_owned(), 0), ("two".to_owned(), 2)]);
}

const COMPANY: &str = r#"
[[territory]]
id = "north"
[[territory]]
id = "coast"
above = "north"
region = "north"
[[team]]
id = "field"
[[person]]
id = "ann"
territory = "coast"
team = "field"
roles = ["rep", "product manager"]
skills = ["Refrigeration"]
languages = ["de", "nl"]
fields = { car = "blue" }
[[person]]
id = "bo"
territory = "north"
team = "field"
manager = "ann"
roles = ["rep"]
languages = ["en"]
on_duty = false
[[customer]]
id = "hooli"
owner = "ann"
territory = "coast"
fields = { employees = 300 }
[[contact]]
id = "gavin"
customer = "hooli"
language = "de"
[[lead]]
id = "pumps"
customer = "hooli"
contact = "gavin"
owner = "ann"
territory = "coast"
stage = "offer"
value = "12000 EUR"
quiet_for = "6 work days"
[[lead]]
id = "fans"
customer = "hooli"
owner = "bo"
stage = "talks"
[[lead_event]]
lead = "pumps"
what = "accepted"
by = "ann"
at = "2026-11-20T10:00:00Z"
[[lead_event]]
lead = "pumps"
what = "priced"
by = "bo"
at = "2026-11-21T10:00:00Z"
"#;

/// Each expression over [`COMPANY`] with `lead` (pumps), and its log.
const OVER_RECORDS: &[(&str, &str)] = &[
    ("lead", "pumps"),
    ("lead.value", "EUR 12,000.00"),
    ("lead.customer.name", "hooli"),
    ("lead.owner.name", "ann"),
    ("lead.owner.manager == ()", "true"),
    ("lead.owner == people.named(\"ann@example.com\").first()", "true"),
    ("lead.contact.language", "de"),
    ("lead.customer.field(\"employees\") + 1", "301"),
    ("lead.customer.field(\"unknown\") ?? \"none\"", "none"),
    ("lead.owner.field(\"car\")", "blue"),
    ("lead.quiet_for > work_days(5)", "true"),
    ("leads.len()", "2"),
    ("leads.open().owned_by(lead.owner).len()", "1"),
    ("leads.by_value().first().title", "pumps"),
    ("leads.by_value().limit(1).map(|l| l.title)", "[\"pumps\"]"),
    ("leads.quiet_over(work_days(5)).len()", "1"),
    ("leads.in_territory(territories.named(\"north\").first()).len()", "1"),
    ("sum(leads, |l| l.value)", "EUR 12,000.00"),
    ("sum(leads, |l| l.value * 30 / 100)", "EUR 3,600.00"),
    ("sum(leads.won(), |l| l.value)", "0"),
    ("people.with_role(\"product manager\").len()", "1"),
    ("people.with_skill(\"refrigeration\").len()", "1"),
    ("people.speaking(lead.contact.language).on_duty().len()", "1"),
    ("people.in_territory(lead.territory).len()", "2"),
    ("people.in_territory(()).len()", "0"),
    ("people.speaking(()).is_empty()", "true"),
    ("territories.in_region(\"north\").map(|t| t.name)", "[\"coast\"]"),
    ("teams.first().members.len()", "2"),
    ("lead.customer.leads.len()", "2"),
    ("lead.history.len()", "2"),
    // A closure that captures a record may read it inside the record's own query.
    ("lead.history.filter(|e| e.by == lead.owner).len()", "1"),
    ("lead.history.map(|e| lead.history.filter(|f| f.by == e.by && lead.title != \"\").len())", "[1, 1]"),
    ("rotation(\"r\", people).next().name", "ann"),
    ("rotation(\"r\", people.filter(|p| p.name == \"ann\")).next().name", "ann"),
    ("rotation(\"r\", people.filter(|p| p.name == \"nobody\")).next() == ()", "true"),
    ("rotation(\"r\", people).except(lead.owner).on_duty().next() == ()", "true"),
    ("[lead, lead.customer].contains(lead)", "true"),
    ("switch lead.owner { () => \"nobody\", _ => \"somebody\" }", "somebody"),
    ("type_of(lead)", "Record"),
];

#[tokio::test]
async fn records_and_queries_read_like_the_table_says() {
    let (pool, world) = (pool(1), world(COMPANY));
    for (expression, wanted) in OVER_RECORDS {
        let loaded = script(&format!("fn main(lead) {{ log(`${{{expression}}}`); }}"));
        let outcome = pool.run(&run(&loaded, "main", vec![Value::Ref(Kind::Lead, id_of("pumps"))]), &world).await;
        assert_eq!(outcome.error, None, "{expression}");
        assert_eq!(outcome.log, [*wanted], "{expression}");
    }
}

async fn outcome_of(text: &str) -> pact_script::run::Outcome {
    outcome(&pool(1), text).await
}

#[tokio::test]
async fn a_captured_variable_can_be_assigned() {
    let text = "fn main(lead) {
        let desk = people.named(\"nobody\").first();
        let is_desk = |person| person == desk;
        desk = lead.owner;
        log(`${people.filter(is_desk).len()} ${desk.name}`);
        let query = leads;
        let narrower = || query.len();
        query = query.stage(\"offer\");
        log(`${narrower.call()}`);
    }";
    let outcome = pool(1).run(&run(&script(text), "main", vec![Value::Ref(Kind::Lead, id_of("pumps"))]), &world(COMPANY)).await;
    assert_eq!((outcome.error, outcome.log), (None, vec!["1 ann".to_owned(), "1".to_owned()]));

    let text = "fn main() {
        let words = #{ a: 5, b: 1 };
        let often = words.keys().filter(|word| words[word] > 3);
        words.c = 9;
        words[\"d\"] = 1;
        words[\"d\"] += 1;
        let list = [1];
        let sum = 0;
        let long = || list.len();
        list.for_each(|| sum += this);
        list.push(2);
        list += [3];
        list[0] = 7;
        let word = \"abc\";
        let said = || word;
        word += \"d\";
        word[0] = 'x';
        sum *= 10;
        log(`${often} ${words.d} ${words.len()} ${list} ${long.call()} ${sum} ${said.call()}`);
    }";
    let outcome = outcome_of(text).await;
    assert_eq!((outcome.error, outcome.log), (None, vec!["[\"a\"] 2 4 [7, 2, 3] 3 10 xbcd".to_owned()]));
}

/// Hours are those of the clock where the run's day is.
#[tokio::test]
async fn hours_are_told_by_the_clock_of_the_runs_zone() {
    let pool = pool(1);
    let loaded = script("fn main() { log(`${now().hour()} ${now().date()} ${(now() + days(200)).hour()}`); }");
    let run = pact_script::run::Run { zone: chrono_tz::Tz::Europe__Amsterdam, ..run(&loaded, "main", Vec::new()) };
    let outcome = pool.run(&run, &world("")).await;
    assert_eq!(outcome.error, None);
    // In summer the clocks there are an hour further ahead.
    assert_eq!(outcome.log, ["10 2026-11-24 11"]);
}

/// The words of events are written in two places: where they happen, and in the interface's table.
#[test]
fn events_have_the_names_of_the_table() {
    let words: Vec<&str> = pact_core::event::EventName::ALL.iter().map(|event| event.as_str()).collect();
    let table: Vec<&str> = pact_policy::table::ENTRY_POINTS.iter().map(|entry| entry.event).collect();
    assert_eq!(words, table);
}
