//! What is judged, and the verdict.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::judge::Judge;
use crate::manifest::{Field, File, Plugin, Unreadable};
use crate::view::{Release, View};

/// Something to be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// A plugin, or a single script with its leading manifest.
    Plugin(Box<Plugin>),
    /// A module that scripts may import, by the name in `import "std/NAME"`.
    Module {
        /// The name, `std/…`.
        name: String,
        /// Its text.
        file: File,
        /// The id of the plugin that was installed with it and alone imports it; `None` where every plugin does.
        of: Option<String>,
    },
    /// Field definitions without a plugin around them, as admins make them.
    Fields {
        /// The name of the file that holds them.
        file: File,
        /// The definitions.
        fields: Vec<Field>,
    },
    /// Saved views without a plugin around them.
    Views {
        /// The file that holds them.
        file: File,
        /// The views.
        views: Vec<View>,
    },
}

/// The verdict on all sources together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How many scripts, field definitions and views were judged.
    pub checked: usize,
    /// What is refused.
    pub findings: Vec<Finding>,
    /// What could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<NotRead>,
    /// What each stored field reveals by what scripts write into it, for certificates.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// The stored fields that show acts of staff or count anything of them: no list may be chosen or ordered by one.
    #[serde(skip)]
    pub acts: BTreeSet<String>,
    /// How each view that is not refused is released, by its file and name.
    #[serde(skip)]
    pub views: BTreeMap<(String, String), Release>,
}

/// A file that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRead {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong, and what to do next.
    pub message: String,
}

impl From<Unreadable> for NotRead {
    fn from(it: Unreadable) -> Self {
        Self { file: it.file, line: it.line, column: it.column, message: it.message }
    }
}

impl Source {
    /// The name of its file: of the manifest, for a plugin.
    pub fn name(&self) -> &str {
        match self {
            Self::Plugin(plugin) => &plugin.manifest_file.name,
            Self::Module { file, .. } | Self::Fields { file, .. } | Self::Views { file, .. } => &file.name,
        }
    }
}

/// Judges all sources together: scripts, fields, formulas and views, against each other.
///
/// The verdict does not depend on their order. Who judges again after an edit keeps a [`Judge`].
pub fn lint(sources: &[Source]) -> Report {
    let mut judge = Judge::default();
    for source in sources {
        judge.add(source.clone());
    }
    judge.judge()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

    use super::*;
    use crate::manifest::parse_fields;

    const HEAD: &str =
        "id = \"plans\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Plans\"\nreads = [\"customer\", \"plan\"]\nmay = [\"set\"]\n";
    const SEATS: &str = "[[field]]\non = \"customer\"\nname = \"seats\"\nlabel = \"Seats\"\ntype = \"number\"\nhelps = \"sale\"\n\
                         because = \"It says what an offer is worth.\"\n";

    fn plugin(value: &str) -> Source {
        let lines = |text: &str| text.lines().map(|line| format!("//! {line}\n")).collect::<String>();
        let script = format!("fn on_customer_created(customer) {{ set(customer, \"seats\", {value}); }}\n");
        let text = format!("{}{}\n{script}", lines(HEAD), lines(SEATS));
        Source::Plugin(Box::new(Plugin::from_script(File { name: "plans.rhai".to_owned(), text }).unwrap()))
    }

    /// A formula of an admin.
    fn defined(formula: &str) -> Source {
        let text = SEATS.replace("seats", "all_seats").replace("Seats", "Seats on both floors").replace("number", "formula")
            + format!("formula = '{formula}'\n").as_str();
        let fields = parse_fields(&text).unwrap();
        Source::Fields { file: File { name: "field/customer.all_seats".to_owned(), text }, fields }
    }

    #[test]
    fn a_formula_outside_plugins_is_judged_by_what_these_store() {
        let doubled = || defined("record.field(\"seats\") * 2");
        let of_field = |report: &Report| report.findings.iter().filter(|it| it.file.starts_with("field/")).count();
        let harmless = lint(&[plugin("12"), doubled()]);
        assert_eq!((harmless.findings.len(), harmless.unreadable.len()), (0, 0), "{harmless:?}");
        assert!(harmless.acts.is_empty(), "{:?}", harmless.acts);
        let counting = lint(&[plugin("customer.plans.len()"), doubled()]);
        assert!(counting.acts.contains("customer.seats") && counting.acts.contains("customer.all_seats"), "{:?}", counting.acts);
        assert_eq!(of_field(&lint(&[defined("record.plans.len()")])), 1, "a formula is labelled as a script is");
        // A kept judge says the same after the plugin changed.
        let mut judge = crate::Judge::default();
        for source in [plugin("12"), doubled(), plugin("customer.plans.len()")] {
            judge.set(source);
            judge.judge();
        }
        assert_eq!(judge.judge(), counting);
    }
}
