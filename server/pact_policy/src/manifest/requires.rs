//! What a plugin needs beside itself: other plugins in some range of versions, and a version of the script interface.
//!
//! ```toml
//! api = ">=1, <3"          # or one version: api = 1
//!
//! [requires]
//! lead-push = "^1.2"
//! ```

use std::collections::BTreeMap;

use semver::{Version, VersionReq};
use serde::Deserialize;

use super::check::is_id;
use super::parse::{ManifestError, Written, at};
use crate::table::API_VERSION;

/// The most plugins that one may need.
pub const MAX_REQUIRED: usize = 32;

/// For which versions of the script interface a plugin is.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Api {
    /// One version.
    One(u32),
    /// A range of versions, as semver has it.
    Range(String),
}

impl Api {
    /// Whether this release speaks it.
    pub(super) fn check(&self) -> Result<(), String> {
        let (speaks, asked) = match self {
            Self::One(version) => (*version == API_VERSION, version.to_string()),
            Self::Range(range) => {
                let read = VersionReq::parse(range).map_err(|error| {
                    format!("the range of versions \"{range}\" cannot be read ({error}); write `api = 1`, or \">=1, <3\"")
                })?;
                (read.matches(&Version::new(API_VERSION.into(), 0, 0)), range.clone())
            }
        };
        if speaks {
            return Ok(());
        }
        Err(format!("this PACT speaks version {API_VERSION} of the script interface, and the manifest asks for {asked}"))
    }
}

/// Whether a version, as a manifest has it, lies in a range.
pub fn is_within(version: &str, range: &VersionReq) -> bool {
    Version::parse(version).is_ok_and(|version| range.matches(&version))
}

/// The plugins that a manifest needs.
pub(super) fn read(text: &str, written: &Written) -> Result<BTreeMap<String, VersionReq>, ManifestError> {
    let mut requires = BTreeMap::new();
    for (id, range) in &written.requires {
        let wrong = |message: String| at(text, range.span().start, message);
        if !is_id(id) {
            return Err(wrong(format!("`requires` names \"{id}\", which is no plugin's id")));
        }
        if id == written.id.get_ref() {
            return Err(wrong("a plugin cannot need itself; take it out of `requires`".to_owned()));
        }
        if requires.len() >= MAX_REQUIRED {
            return Err(wrong(format!("a plugin may need at most {MAX_REQUIRED} others; put some together")));
        }
        let range = VersionReq::parse(range.get_ref()).map_err(|error| {
            wrong(format!(
                "the range of versions of \"{id}\" cannot be read ({error}); write one such as \"^1.2\" or \">=1.2, <3\""
            ))
        })?;
        requires.insert(id.clone(), range);
    }
    Ok(requires)
}

/// A way from a plugin over what each needs back to itself; `needs` says what every plugin needs, by id.
pub fn cycle<'a>(from: &'a str, needs: &'a BTreeMap<String, Vec<String>>) -> Option<Vec<&'a str>> {
    fn walk<'a>(from: &str, at: &'a str, needs: &'a BTreeMap<String, Vec<String>>, way: &mut Vec<&'a str>) -> bool {
        for next in needs.get(at).into_iter().flatten() {
            if next == from {
                return true;
            }
            if !way.contains(&next.as_str()) {
                way.push(next);
                if walk(from, next, needs, way) {
                    return true;
                }
                way.pop();
            }
        }
        false
    }
    let mut way = vec![from];
    walk(from, from, needs, &mut way).then_some(way)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::cycle;

    #[test]
    fn a_cycle_is_found_and_named() {
        let needs = |edges: &[(&str, &str)]| {
            let mut needs: BTreeMap<String, Vec<String>> = BTreeMap::new();
            edges.iter().for_each(|(from, to)| needs.entry((*from).to_owned()).or_default().push((*to).to_owned()));
            needs
        };
        /// Which plugin needs which, and the circle that they make.
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a [&'a str]>);
        let cases: [Case<'_>; 5] = [
            (&[], None),
            (&[("a", "b"), ("b", "c"), ("a", "c")], None),
            (&[("a", "b"), ("b", "a")], Some(&["a", "b"])),
            (&[("a", "b"), ("b", "c"), ("c", "a")], Some(&["a", "b", "c"])),
            // A cycle of others is theirs.
            (&[("a", "b"), ("b", "c"), ("c", "b")], None),
        ];
        for (edges, wanted) in cases {
            assert_eq!(cycle("a", &needs(edges)).as_deref(), wanted, "{edges:?}");
        }
    }
}
