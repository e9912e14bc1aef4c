//! Documents of JUnit, read by a parser of XML and held against a schema (`tests/data/junit.schema.toml`).

mod schema;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use self::schema::Schema;

/// An element, its attributes, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    pub text: String,
}

impl Element {
    /// An attribute.
    pub fn get(&self, name: &str) -> &str {
        self.attributes.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The elements of this name in it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root of a document that is well formed, holds to the schema, and counts its cases rightly; else what is wrong.
pub fn read(xml: &str) -> Result<Element, String> {
    let root = parse(xml)?;
    Schema::of_junit().check(&root)?;
    for suite in root.all("testsuite") {
        let cases: Vec<&Element> = suite.all("testcase").collect();
        let with = |name: &str| cases.iter().filter(|case| case.all(name).next().is_some()).count();
        for (attribute, count) in [("tests", cases.len()), ("failures", with("failure")), ("errors", with("error"))] {
            if suite.get(attribute) != count.to_string() {
                return Err(format!("{} is {:?}, and there are {count}", attribute, suite.get(attribute)));
            }
        }
    }
    Ok(root)
}

fn parse(xml: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut open = vec![Element::default()];
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        let inside = open.last_mut().ok_or("it closes more than it opens")?;
        match event {
            Event::Start(start) => open.push(element(&start)?),
            Event::Empty(start) => inside.children.push(element(&start)?),
            Event::End(_) => {
                let closed = open.pop().ok_or("it closes more than it opens")?;
                open.last_mut().ok_or("it closes more than it opens")?.children.push(closed);
            }
            Event::Text(text) => inside.text += &text.xml10_content().map_err(|error| error.to_string())?,
            Event::GeneralRef(named) => {
                let name = named.decode().map_err(|error| error.to_string())?;
                let sign = named.resolve_char_ref().map_err(|error| error.to_string())?.map(String::from);
                let known = || quick_xml::escape::resolve_xml_entity(&name).map(str::to_owned);
                inside.text += &sign.or_else(known).ok_or_else(|| format!("nobody knows &{name};"))?;
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => return Err(format!("{other:?} has no place in it")),
        }
    }
    match (open.len(), open.pop()) {
        (1, Some(Element { mut children, text, .. })) if children.len() == 1 && text.trim().is_empty() => Ok(children.remove(0)),
        _ => Err("it has not exactly one root".to_owned()),
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, String> {
    let name = std::str::from_utf8(start.name().into_inner()).map_err(|error| error.to_string())?.to_owned();
    let mut attributes: Vec<(String, String)> = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = std::str::from_utf8(attribute.key.into_inner()).map_err(|error| error.to_string())?.to_owned();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?.into_owned();
        attributes.push((key, value));
    }
    Ok(Element { name, attributes, ..Element::default() })
}

/// A schema that lets everything pass would hold nothing: each of these is one step away from a good document.
#[test]
fn what_does_not_hold_to_the_schema_is_noticed() {
    let good = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite id=\"0\" package=\"p\" name=\"n\" timestamp=\"2026-11-24T09:00:00\" \
                hostname=\"localhost\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"0.120\">\n    <properties/>\n    <testcase name=\"a\" classname=\"n\" time=\"0.1\"/>\n    \
                <testcase name=\"b\" classname=\"n\" time=\"0.02\"><failure message=\"m\" type=\"t\">why &lt;&#10;</failure></testcase>\n    <system-out/>\n    <system-err/>\n  \
                </testsuite>\n</testsuites>\n";
    let root = read(good).unwrap();
    let failure = &root.children[0].children[2].children[0];
    assert_eq!((failure.text.as_str(), failure.get("message")), ("why <\n", "m"));
    for (from, to, why) in [
        ("tests=\"2\"", "tests=\"3\"", "tests is \"3\", and there are 2"),
        ("failures=\"1\"", "failures=\"0\"", "failures is \"0\", and there are 1"),
        ("errors=\"0\"", "errors=\"no\"", "\"no\" is no count"),
        ("errors=\"0\"", "errors=\"-1\"", "\"-1\" is no count"),
        (" errors=\"0\"", "", "lacks errors"),
        ("hostname", "host", "has no attribute host"),
        ("time=\"0.120\"", "time=\"1 s\"", "is no seconds"),
        ("T09:00:00", "T09:00:00Z", "is no stamp"),
        ("T09:00:00", " 09:00", "is no stamp"),
        ("name=\"n\"", "name=\"\"", "is no token"),
        ("<properties/>\n", "", "lacks properties"),
        ("    <system-out/>\n    <system-err/>", "    <system-err/>\n    <system-out/>", "lacks system-out"),
        ("<properties/>", "<properties/><properties/>", "lacks system-out"),
        ("type=\"t\"", "kind=\"t\"", "has no attribute kind"),
        (" type=\"t\"", "", "lacks type"),
        ("</failure>", "</failure><error type=\"t\"/>", "more than one"),
        ("why &lt;", "why <b/>", "b"),
        ("why &lt;", "why &nbsp;", "nbsp"),
        ("<properties/>", "<properties/>text", "holds text"),
        ("</testsuites>\n", "", "root"),
        ("</testsuites>\n", "</testsuites><testsuites/>", "root"),
        ("</failure>", "</failures>", "failure"),
        ("<testsuites>", "<testsuites name=\"x\">", "has no attribute name"),
        ("message=\"m\"", "message=\"m\" message=\"m\"", "duplicate"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        let said = read(&bad).expect_err(to);
        assert!(said.contains(why), "{from} -> {to}: {said}");
    }
}
