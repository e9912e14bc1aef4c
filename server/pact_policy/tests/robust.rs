//! Bad input: named precisely, judged beside the good, without a crash or a hang.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use pact_policy::manifest::{File, Plugin};
use pact_policy::report::{Format, Texts};
use pact_policy::{Report, Rule, Source, explain, lint};

const HEAD: &str = "//! id = \"x\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"X\"\n//! reads = [\"lead\", \"person\", \"plan\", \"card\", \"request\"]\n//! may = [\"highlight\"]\n\n";

fn judge(body: &str) -> Report {
    let file = File::checked("x.rhai", format!("{HEAD}{body}")).unwrap();
    lint(&[Source::Plugin(Box::new(Plugin::from_script(file).unwrap()))])
}

#[test]
fn files_that_are_no_text_are_named() {
    let rows: [(Vec<u8>, &str); 4] = [
        (vec![0xff, 0xfe, 0x00, 0x01], "UTF-8"),
        (b"fn a() {}\0".to_vec(), "zero byte"),
        (vec![b'a'; 10 * 1024 * 1024], "bytes"),
        (vec![b'a'; 30_000], "characters"),
    ];
    for (bytes, word) in rows {
        let error = File::from_bytes("bad.rhai", bytes).unwrap_err();
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn scripts_that_do_not_parse_leave_the_others_judged() {
    let bad = judge("fn on_lead_won(lead) { highlight(lead, ");
    assert_eq!(bad.unreadable.len(), 1);
    assert!(bad.unreadable[0].line >= 8, "{:?}", bad.unreadable);
    let deep = format!("fn on_lead_won(lead) {{ let x = {}1{}; }}", "(".repeat(3000), ")".repeat(3000));
    assert_eq!(judge(&deep).unreadable.len(), 1);
}

#[test]
fn hidden_characters_are_refused() {
    for c in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{00ad}'] {
        let report = judge(&format!("fn on_lead_won(lead) {{ highlight(lead, \"a{c}b\"); }}"));
        assert!(report.findings.iter().any(|f| f.rule == Rule::NoHiddenFlow && f.line == 8), "{c:?}");
    }
}

/// Scripts that would take a naive analysis for ever; each is judged or refused.
#[test]
fn nothing_hangs() {
    let calls: String = (0..40).map(|n| format!("fn f{n}(a) {{ f{m}(a); f{m}(a + 1) }}\n", m = n + 1)).collect();
    let loops = format!(
        "fn on_lead_won(lead) {{ {} highlight(lead, \"x\"); {} }}",
        "for l in leads { let a = l.value; ".repeat(20),
        "}".repeat(20)
    );
    let closures =
        "fn on_lead_won(lead) { let f = || 1; for i in 0..9 { let g = f; f = || g.call(); } highlight(lead, `${f.call()}`); }";
    let maps = "fn on_lead_won(lead) { let a = #{}; for i in 0..9 { a = #{a: a, b: a}; } highlight(lead, `${a}`); }";
    let branches = format!(
        "fn on_lead_won(lead) {{ let x = 0; {} highlight(lead, `${{x}}`); }}",
        "if lead.stage == \"a\" { x += 1; } ".repeat(400)
    );
    for body in [
        format!("{calls}fn f40(a) {{ a }}\nfn on_lead_won(lead) {{ f0(lead) }}"),
        loops,
        closures.to_owned(),
        maps.to_owned(),
        branches,
    ] {
        let report = judge(&body);
        assert!(report.unreadable.len() + report.findings.len() < 100, "{report:?}");
    }
}

#[test]
fn every_rule_has_a_page_and_every_format_renders() {
    for rule in Rule::ALL {
        let page = explain(rule.id()).unwrap();
        assert!(page.contains("Why") && page.contains("Instead"), "{page}");
    }
    let body = "fn on_lead_won(lead) {\n    for person in people.all() {\n        let n = plans.of_person(person).len();\n        log(`${person.name}: ${n}`);\n    }\n}\n";
    let report = judge(body);
    let texts = Texts::from([("x.rhai".to_owned(), format!("{HEAD}{body}"))]);
    let text = report.render(Format::Text, &texts, false);
    assert!(text.contains("error[no-activity-metric]") && text.contains("x.rhai:11:9"), "{text}");
    assert!(!text.contains('\u{1b}'), "plain text has no colours");
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json, &texts, false)).unwrap();
    assert_eq!(json["findings"][0]["rule"], "no-activity-metric");
    assert_eq!(json["findings"][0]["line"], 11);
    assert!(json["findings"][0]["path"].as_array().unwrap().len() >= 3);
    let sarif: serde_json::Value = serde_json::from_str(&report.render(Format::Sarif, &texts, false)).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "no-activity-metric");
    assert!(result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len() >= 3);
    assert!(result["partialFingerprints"]["pactSink/v1"].is_string());
    assert!(report.render(Format::Github, &texts, false).starts_with("::error file=x.rhai,line=11"));
}

/// A finding's fingerprint survives edits elsewhere in the file.
#[test]
fn fingerprints_do_not_move_with_lines() {
    let print = |before: &str| {
        let body =
            format!("{before}fn on_lead_won(lead) {{\n    log(`${{plans.of_person(people.named(\"a\").first()).len()}}`);\n}}\n");
        let report = judge(&body);
        let texts = Texts::from([("x.rhai".to_owned(), format!("{HEAD}{body}"))]);
        let sarif: serde_json::Value = serde_json::from_str(&report.render(Format::Sarif, &texts, false)).unwrap();
        sarif["runs"][0]["results"][0]["partialFingerprints"]["pactSink/v1"].as_str().unwrap().to_owned()
    };
    assert_eq!(print(""), print("// a comment\n\n"));
}
