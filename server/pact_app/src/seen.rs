//! The values in scope of a run that failed, as far as its script could have logged them.
//!
//! A variable may hold what the linter lets flow nowhere: how often somebody did something, who is first among people. Whoever throws on purpose would read it
//! here. So what is shown is a sink like the log, and the linter decides: the script is judged once more as it would be if it logged each variable where that was seen. What
//! it would refuse is withheld, and nothing is said of it but its name. The word is remembered for each place of a version, until any plugin changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use pact_policy::Finding;
use pact_script::plugin::STD_PREFIX;
use pact_script::seen::{Logged, Seen, SeenValue, logged};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::evidence::sources::Sources;
use crate::facts::noun;
use crate::plugins::{Installed, Plugins, plugin_of};
use crate::{App, Refusal, judging};

/// Places whose word is remembered.
const REMEMBERED: usize = 1_000;

/// A function that was under way when a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The script's file, or the module.
    pub file: String,
    /// Its name; nothing for a closure.
    pub function: Option<String>,
    /// The line of the statement at which it was.
    pub line: u32,
    /// Its variables, in the order in which they were defined.
    pub variables: Vec<Variable>,
}

/// A variable, as it was when that statement began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it held; nothing where that is withheld.
    pub held: Option<Held>,
}

/// What a variable held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its type, in the words of the interface.
    pub is: String,
    /// Its value, cut where it is long.
    pub value: String,
    /// The record that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<(String, Uuid)>,
}

/// A place: a version, a file and the number of a statement in it.
type Place = (Uuid, String, usize);

/// What the linter said of the variables at places.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The plugins with which it was said.
    with: Arc<Plugins>,
    said: BTreeMap<Place, BTreeMap<String, bool>>,
}

/// What was seen, without what the script could not have logged.
pub(crate) async fn as_far_as_logged(app: &App, plugin: &Installed, seen: Vec<Seen>) -> Vec<Scope> {
    if known(app, plugin, &seen).is_none() {
        match ask(app, plugin, &seen).await {
            Ok(said) => remember(app, plugin, said),
            // Nothing is shown of which nobody knows whether it may be.
            Err(why) => tracing::warn!(plugin = plugin.id, %why, "the values of a failed run are withheld"),
        }
    }
    let known = known(app, plugin, &seen).unwrap_or_default();
    let scope = |seen: Seen| {
        let may = known.get(&place(plugin, &seen));
        let variables = seen.values.into_iter().map(|value| {
            let may = may.is_some_and(|said| said.get(&value.name) == Some(&true));
            let SeenValue { name, is, value, record } = value;
            let held = may.then(|| Held { is, value, record: record.map(|(kind, id)| (noun(kind).to_owned(), id)) });
            Variable { name, held }
        });
        let variables = variables.collect();
        Scope { file: seen.file, function: seen.function, line: seen.line, variables }
    };
    seen.into_iter().map(scope).collect()
}

fn place(plugin: &Installed, seen: &Seen) -> Place {
    (plugin.version, seen.file.clone(), seen.mark)
}

/// What was said of all these places; nothing when something is missing.
fn known(app: &App, plugin: &Installed, seen: &[Seen]) -> Option<BTreeMap<Place, BTreeMap<String, bool>>> {
    let words = app.seen.lock().unwrap_or_else(PoisonError::into_inner);
    if !Arc::ptr_eq(&words.with, &app.plugins()) {
        return None;
    }
    let one = |seen: &Seen| {
        let place = place(plugin, seen);
        let said = words.said.get(&place)?;
        seen.values.iter().all(|value| said.contains_key(&value.name)).then(|| (place, said.clone()))
    };
    seen.iter().map(one).collect()
}

fn remember(app: &App, plugin: &Installed, said: BTreeMap<(String, usize), BTreeMap<String, bool>>) {
    let mut words = app.seen.lock().unwrap_or_else(PoisonError::into_inner);
    let with = app.plugins();
    if !Arc::ptr_eq(&words.with, &with) || words.said.len() >= REMEMBERED {
        *words = Words { with, said: BTreeMap::new() };
    }
    words.said.extend(said.into_iter().map(|((file, mark), names)| ((plugin.version, file, mark), names)));
}

/// Asks the linter what would come of it if the script logged all of this.
async fn ask(app: &App, plugin: &Installed, seen: &[Seen]) -> Result<BTreeMap<(String, usize), BTreeMap<String, bool>>, Refusal> {
    let version = pact_store::plugin::version(app.store.read(), plugin.version).await?;
    let version = version.ok_or(Refusal::NotFound { what: "version" })?;
    let own = Sources::stored(&version).map_err(Refusal::defect)?;
    let mut wanted: BTreeMap<&str, BTreeMap<usize, BTreeSet<&str>>> = BTreeMap::new();
    for one in seen {
        let names = one.values.iter().map(|value| value.name.as_str());
        wanted.entry(&one.file).or_default().entry(one.mark).or_default().extend(names);
    }
    let (mut files, mut logs) = (BTreeMap::new(), BTreeMap::new());
    for (file, marks) in wanted {
        let text = own.file(file).ok_or_else(|| Refusal::defect(format!("the version has no file {file}")))?;
        let names = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        let marks: Vec<(usize, Vec<String>)> = marks.into_iter().map(|(mark, all)| (mark, names(all))).collect();
        let Some((text, places)) = logged(file, text, &marks) else { continue };
        files.insert(file.to_owned(), text);
        logs.insert(file.to_owned(), places);
    }
    let judged = judging::judge(app, &plugin_of(&version).map_err(Refusal::defect)?, &own.with(files)).await?;
    Ok(said(&plugin.id, &judged.report().findings, &logs))
}

/// What findings say of logs: each that stands in one refuses it; any other that stands in this plugin's files refuses all, for nobody knows whose it is.
fn said(
    plugin: &str,
    findings: &[Finding],
    logs: &BTreeMap<String, Vec<Logged>>,
) -> BTreeMap<(String, usize), BTreeMap<String, bool>> {
    let own: Vec<&Finding> = findings.iter().filter(|finding| finding.file.starts_with(&format!("{plugin}/"))).collect();
    let stands_in = |finding: &Finding, file: &str, log: &Logged| {
        let (from, until) = log.columns;
        finding.file == judged_name(plugin, file) && finding.line == log.line && (from..until).contains(&finding.column)
    };
    let all = || logs.iter().flat_map(|(file, logs)| logs.iter().map(move |log| (file, log)));
    let others = own.iter().any(|finding| !all().any(|(file, log)| stands_in(finding, file, log)));
    let mut said: BTreeMap<(String, usize), BTreeMap<String, bool>> = BTreeMap::new();
    for (file, log) in all() {
        let may = !others && !own.iter().any(|finding| stands_in(finding, file, log));
        said.entry((file.clone(), log.mark)).or_default().insert(log.name.clone(), may);
    }
    said
}

/// The name that a file of a plugin has in findings.
fn judged_name(plugin: &str, file: &str) -> String {
    match file.starts_with(STD_PREFIX) {
        true => format!("{plugin}/{file}.rhai"),
        false => format!("{plugin}/{}", file.rsplit('/').next().unwrap_or(file)),
    }
}

/// What is remembered, to be shared by whoever runs scripts.
pub(crate) type Seeing = Arc<Mutex<Words>>;
