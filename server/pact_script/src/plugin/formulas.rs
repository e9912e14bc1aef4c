//! Formula fields: one expression over `record`, run like any script, whose value comes back as the effect that sets the field.

use pact_policy::engine::parser_engine;
use pact_policy::manifest::Field;
use pact_policy::table::Kind;

use super::hash;
use crate::run::Scripts;

/// The file in which errors of formulas are placed.
const FILE: &str = "formulas.rhai";

/// A formula that can be called with a record; its run gives one [`crate::effect::Effect::Set`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    /// The kind of record that has the field.
    pub on: Kind,
    /// The field.
    pub field: String,
    /// The function to call.
    pub call: String,
}

/// The formulas of a plugin's fields as a script set, and how each is called. A formula that is no single expression is left out;
/// the linter refuses its plugin.
pub fn formulas(plugin: &str, fields: &[Field]) -> (Scripts, Vec<Formula>) {
    let engine = parser_engine();
    let mut text = String::new();
    let mut formulas = Vec::new();
    for field in fields {
        let Some(expression) = field.formula.as_deref().filter(|formula| engine.compile_expression(formula).is_ok()) else {
            continue;
        };
        let call = format!("formula_{}", formulas.len());
        // The expression ends its own line, so that a comment in it ends there too.
        text.push_str(&format!("fn {call}(record) {{ set(record, {:?}, (\n{expression}\n)); }}\n", field.name));
        formulas.push(Formula { on: field.on.kind(), field: field.name.clone(), call });
    }
    let files = vec![(FILE.to_owned(), text)];
    let plugin = format!("{plugin}/formulas");
    (Scripts { hash: hash(&plugin, &files, &[]), plugin, files, modules: Vec::new() }, formulas)
}
