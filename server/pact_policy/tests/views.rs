//! Views, judged: the page's example and its lawful twin, where findings point, and what a view may ask at all.

#![expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]

use pact_policy::manifest::File;
use pact_policy::report::{Format, Texts};
use pact_policy::view::{Release, parse_views};
use pact_policy::{Report, Rule, Source, lint};

fn judged(text: &str) -> Report {
    let views = parse_views(text).unwrap();
    lint(&[Source::Views { file: File { name: "x.view.toml".to_owned(), text: text.to_owned() }, views }])
}

#[test]
fn the_page_shows_what_is_refused_and_its_lawful_twin() {
    let page = Rule::NoActivityView.page();
    let refused = judged(page.refused);
    assert_eq!(refused.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Rule::NoActivityView]);
    assert_eq!(judged(page.lawful).findings, []);
}

#[test]
fn a_finding_points_at_the_part_and_tells_the_way_there() {
    let text =
        "[[view]]\nname = \"x\"\ntitle = \"X\"\nof = \"cards\"\ngroup = [\"theme\", \"customer.owner\"]\nmeasure = [\"count\"]\n";
    let report = judged(text);
    let finding = &report.findings[0];
    assert_eq!((finding.line, finding.column, finding.end_column), (5, 20, 34), "{finding:?}");
    let steps: Vec<(u32, &str)> = finding.path.iter().map(|step| (step.line, step.what.as_str())).collect();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(steps[0] == (4, "`cards`: each was written by somebody, so their number counts acts"), "{steps:?}");
    assert!(steps[1] == (5, "reads `customer.owner`, which tells one person from another"), "{steps:?}");
    let texts = Texts::from([("x.view.toml".to_owned(), text.to_owned())]);
    let shown = report.render(Format::Text, &texts, false);
    assert!(shown.contains("error[no-activity-view]") && shown.contains("group = [\"theme\", \"customer.owner\"]"), "{shown}");
    let sarif: serde_json::Value = serde_json::from_str(&report.render(Format::Sarif, &texts, false)).unwrap();
    let flow = &sarif["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    assert_eq!(flow.as_array().map(Vec::len), Some(3), "{sarif}");
}

#[test]
fn what_is_shown_is_released_as_its_labels_ask() {
    let view = |rest: &str| format!("[[view]]\nname = \"x\"\ntitle = \"X\"\n{rest}");
    let release = |with_k, conceal| Release { with_k, conceal };
    for (rest, wanted) in [
        ("of = \"leads\"\ngroup = [\"territory\"]\nmeasure = [\"count\"]", release(false, false)),
        ("of = \"cards\"\ngroup = [\"customer.territory\"]\nmeasure = [\"count\"]", release(true, false)),
        ("of = \"cards\"\ngroup = [\"author.team\"]\nmeasure = [\"count\"]", release(true, false)),
        ("of = \"cards\"\ngroup = [\"customer.field.advisor\"]\nmeasure = [\"count\"]", release(true, false)),
        ("of = \"cards\"\ngroup = [\"theme\"]\nmeasure = [\"count\"]", release(false, false)),
        ("of = \"cards\"\ncolumns = [\"text\", \"customer.owner\"]", release(false, true)),
        ("of = \"leads\"\ncolumns = [\"title\", \"owner\", \"quiet_for\"]", release(false, true)),
        ("of = \"leads\"\ncolumns = [\"title\", \"owner\", \"value\"]", release(false, false)),
    ] {
        let report = judged(&view(rest));
        assert_eq!(report.findings, [], "{rest}");
        assert_eq!(report.views.values().collect::<Vec<_>>(), [&wanted], "{rest}");
    }
}

#[test]
fn a_view_that_asks_for_what_is_not_there_is_told_so() {
    let view = |rest: &str| format!("[[view]]\nname = \"x\"\ntitle = \"X\"\n{rest}\n");
    for (rest, line, says) in [
        ("of = \"people\"\ncolumns = [\"name\"]", 4, "unknown variant"),
        ("of = \"leads\"\ncolumns = [\"titel\"]", 5, "a lead has no `titel`; it has id, title"),
        ("of = \"customers\"\ncolumns = [\"cards\"]", 5, "holds many records"),
        ("of = \"leads\"\ncolumns = [\"title.name\"]", 5, "there is nothing below `title`"),
        ("of = \"leads\"", 4, "a view shows something"),
        ("of = \"leads\"\ngroup = [\"stage\"]", 4, "needs a `measure`"),
        ("of = \"leads\"\ncolumns = [\"title\"]\nmeasure = [\"count\"]", 4, "either `columns`"),
        ("of = \"leads\"\ngroup = [\"created_at\"]\nmeasure = [\"count\"]", 5, "month(created_at)"),
        ("of = \"leads\"\ngroup = [\"value\"]\nmeasure = [\"count\"]", 5, "too many values"),
        ("of = \"leads\"\nmeasure = [\"sum(title)\"]", 5, "is no number"),
        ("of = \"leads\"\nmeasure = [\"median(value)\"]", 5, "is no measure"),
        ("of = \"goals\"\nmeasure = [\"customers\"]", 5, "leads and cards"),
        ("of = \"leads\"\nmeasure = [\"count\"]\nsort = [\"stage\"]", 6, "sorted by what it shows"),
        ("of = \"leads\"\ncolumns = [\"title\"]\nfilter = [{ by = \"stage\", op = \"is\" }]", 6, "needs a value"),
        ("of = \"leads\"\ncolumns = [\"title\"]\nfilter = [{ by = \"value\", op = \"at_least\", value = 5 }]", 6, "10000 EUR"),
        (
            "of = \"leads\"\ncolumns = [\"title\"]\nfilter = [{ by = \"created_at\", op = \"below\", value = \"soon\" }]",
            6,
            "90 days ago",
        ),
        (
            "of = \"leads\"\ncolumns = [\"title\"]\nfilter = [{ by = \"quiet_for\", op = \"at_least\", value = \"long\" }]",
            6,
            "no span",
        ),
        (
            "of = \"leads\"\ncolumns = [\"title\"]\nfilter = [{ by = \"stage\", op = \"like\", value = \"x\" }]",
            6,
            "unknown variant",
        ),
        ("of = \"leads\"\ncolumns = [\"title\"]\nlimit = 5", 6, "unknown field"),
    ] {
        let error = parse_views(&view(rest)).unwrap_err();
        assert!(error.message.contains(says), "{rest}: {error}");
        assert_eq!(error.line, line, "{rest}: {error}");
    }
    let twice = format!("{0}{0}", view("of = \"leads\"\ncolumns = [\"title\"]"));
    assert!(parse_views(&twice).unwrap_err().message.contains("twice"));
}
