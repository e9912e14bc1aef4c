//! A schema as data: which elements stand in which, in which order, with which attributes of which types.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use serde_json::Value;

use super::Element;

/// The schema.
pub(super) struct Schema {
    root: String,
    elements: BTreeMap<String, Rule>,
}

/// What one element may be.
struct Rule {
    /// Elements in this order, each with how often: the least, and the most.
    holds: Vec<(String, usize, usize)>,
    one_of: Vec<String>,
    /// Attributes with their types, and whether they must be there.
    attributes: BTreeMap<String, (String, bool)>,
    text: bool,
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

impl Schema {
    /// What documents of JUnit hold to.
    pub(super) fn of_junit() -> Self {
        let text = include_str!("../../data/junit.schema.toml");
        let data: Value = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
        let elements = data["element"].as_object().unwrap().iter().map(|(name, rule)| (name.clone(), Rule::read(rule)));
        Self { root: data["root"].as_str().unwrap().to_owned(), elements: elements.collect() }
    }

    /// What is wrong with a document, if anything is.
    pub(super) fn check(&self, root: &Element) -> Result<(), String> {
        if root.name != self.root {
            return Err(format!("the root is {} and not {}", root.name, self.root));
        }
        self.element(root)
    }

    fn element(&self, element: &Element) -> Result<(), String> {
        let name = &element.name;
        let rule = self.elements.get(name).ok_or_else(|| format!("there is no element {name}"))?;
        rule.attributes(element)?;
        rule.children(element)?;
        if !rule.text && !element.text.trim().is_empty() {
            return Err(format!("{name} holds text: {:?}", element.text));
        }
        element.children.iter().try_for_each(|child| self.element(child))
    }
}

impl Rule {
    fn read(data: &Value) -> Self {
        let often = |held: String| match (held.strip_suffix('*'), held.strip_suffix('?')) {
            (Some(name), _) => (name.to_owned(), 0, usize::MAX),
            (_, Some(name)) => (name.to_owned(), 0, 1),
            (None, None) => (held, 1, 1),
        };
        let attributes = [("must", true), ("may", false)].into_iter().flat_map(|(key, must)| {
            let named = data[key].as_object().into_iter().flatten();
            named.map(move |(name, ty)| (name.clone(), (ty.as_str().unwrap().to_owned(), must)))
        });
        Self {
            holds: texts(&data["holds"]).into_iter().map(often).collect(),
            one_of: texts(&data["one_of"]),
            attributes: attributes.collect(),
            text: data["text"] == true,
        }
    }

    fn attributes(&self, element: &Element) -> Result<(), String> {
        for (name, value) in &element.attributes {
            let (ty, _) = self.attributes.get(name).ok_or_else(|| format!("{} has no attribute {name}", element.name))?;
            if !is_a(ty, value) {
                return Err(format!("{name} of {}: {value:?} is no {ty}", element.name));
            }
        }
        let missing =
            self.attributes.iter().find(|(name, (_, must))| *must && !element.attributes.iter().any(|(has, _)| has == *name));
        missing.map_or(Ok(()), |(name, _)| Err(format!("{} lacks {name}", element.name)))
    }

    fn children(&self, element: &Element) -> Result<(), String> {
        let mut left = element.children.iter().map(|child| child.name.as_str()).peekable();
        if !self.one_of.is_empty() {
            let chosen = left.next_if(|name| self.one_of.iter().any(|one| one == name));
            if chosen.is_some() && left.peek().is_some_and(|name| self.one_of.iter().any(|one| one == name)) {
                return Err(format!("{} holds more than one of {:?}", element.name, self.one_of));
            }
        }
        for (name, least, most) in &self.holds {
            let mut count = 0;
            while count < *most && left.next_if_eq(&name.as_str()).is_some() {
                count += 1;
            }
            if count < *least {
                return Err(format!("{} lacks {name} where it should stand", element.name));
            }
        }
        left.next().map_or(Ok(()), |name| Err(format!("{} holds {name} where it has no place", element.name)))
    }
}

/// Whether a value is of a type.
fn is_a(ty: &str, value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match ty {
        "text" => true,
        "token" => !value.trim().is_empty(),
        "count" => digits(value),
        "seconds" => value.split_once('.').map_or(digits(value), |(whole, part)| digits(whole) && digits(part)),
        // An instant in UTC without a zone, to the second.
        "stamp" => NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S").is_ok(),
        other => panic!("the schema has no type {other}"),
    }
}
