//! Imports: `std/NAME`, from the modules that came with the script set, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position};

use super::desk::fail;

/// The modules of the script set at hand.
#[derive(Clone, Default)]
pub(crate) struct Modules(Arc<Mutex<ByName>>);

/// Modules by name (`std/text`).
pub(crate) type ByName = Arc<BTreeMap<String, Arc<Module>>>;

impl Modules {
    pub(crate) fn set(&self, modules: ByName) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = modules;
    }
}

impl ModuleResolver for Modules {
    fn resolve(&self, _: &Engine, _: Option<&str>, path: &str, pos: Position) -> Result<Arc<Module>, Box<EvalAltResult>> {
        let modules = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        modules.get(path).cloned().ok_or_else(|| {
            let known = modules.keys().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { String::new() } else { format!(" Here there are {known}.") };
            let mut error = fail(format!("\"{path}\" cannot be imported: only modules of \"std/\" can.{known}"));
            error.set_position(pos);
            error
        })
    }
}
