//! What became of cases, as JUnit XML: one suite a plugin, for the programs that show test results beside a change.
//!
//! The elements and attributes are those that the schemas of Ant and of Jenkins have in common; suites come in `testsuites`.

use std::fmt::Write;
use std::time::Duration;

use super::suite::{Ran, Suite, Tested, Verdict};

/// The whole document; `stamp` is when the suite was run, in UTC without a zone.
pub(super) fn xml(suite: &Suite, stamp: &str) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (id, tested) in suite.tested.iter().enumerate() {
        plugin(&mut xml, id, tested, stamp);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn plugin(xml: &mut String, id: usize, tested: &Tested, stamp: &str) {
    let count = |is: fn(&Verdict) -> bool| tested.cases.iter().filter(|case| is(&case.result)).count();
    let broken = usize::from(tested.broken.is_some());
    let (failures, errors) =
        (count(|it| matches!(it, Verdict::Differs(_))), broken + count(|it| matches!(it, Verdict::Unreadable(_))));
    let seconds = tested.cases.iter().map(|case| case.took).sum::<Duration>().as_secs_f64();
    let (name, package) = (attribute(&tested.name), attribute(&tested.path.display().to_string()));
    let _ = writeln!(
        xml,
        "  <testsuite id=\"{id}\" package=\"{package}\" name=\"{name}\" timestamp=\"{stamp}\" hostname=\"localhost\" tests=\"{}\" \
         failures=\"{failures}\" errors=\"{errors}\" time=\"{seconds:.3}\">\n    <properties/>",
        tested.cases.len() + broken
    );
    if let Some(why) = &tested.broken {
        let line = attribute(why.lines().next().unwrap_or_default());
        let _ = writeln!(
            xml,
            "    <testcase name=\"can be run\" classname=\"{name}\" time=\"0.000\">\n      <error message=\"{line}\" type=\"cannot be run\">{}</error>\n    \
             </testcase>",
            escaped(why)
        );
    }
    for case in &tested.cases {
        one(xml, &name, case);
    }
    xml.push_str("    <system-out/>\n    <system-err/>\n  </testsuite>\n");
}

fn one(xml: &mut String, class: &str, case: &Ran) {
    let name = attribute(&format!("{}: {}", case.name, case.title));
    let head = format!("    <testcase name=\"{name}\" classname=\"{class}\" time=\"{:.3}\"", case.took.as_secs_f64());
    let _ = match &case.result {
        Verdict::Holds => writeln!(xml, "{head}/>"),
        Verdict::Differs(differences) => writeln!(
            xml,
            "{head}>\n      <failure message=\"It differs from what is expected.\" type=\"differs\">{}</failure>\n    </testcase>",
            escaped(&differences.to_string())
        ),
        Verdict::Unreadable(why) => writeln!(
            xml,
            "{head}>\n      <error message=\"The case cannot be read.\" type=\"unreadable\">{}</error>\n    </testcase>",
            escaped(why)
        ),
    };
}

/// A text as XML holds it; characters that XML cannot hold at all become a question mark.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

/// The same in an attribute, where a bare end of line would be read as a space.
fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\t', "&#9;")
}
