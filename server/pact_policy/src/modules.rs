//! Modules that scripts import, and which of them a plugin reaches.

use std::collections::HashMap;

use crate::ir::{Program, Sym};
use crate::lint::Source;
use crate::read::Read;
use crate::words::Named;

/// A module that can be read.
pub(crate) struct Module<'a> {
    pub(crate) name: Sym,
    pub(crate) program: &'a Program,
    pub(crate) file: Named<'a>,
    /// When it was changed last.
    pub(crate) changed: u64,
    imports: &'a [Sym],
}

/// All modules by name, under the plugin that was installed with them; under "" those that are there for all.
pub(crate) struct Modules<'a>(HashMap<&'a str, HashMap<&'a str, Module<'a>>>);

impl<'a> Modules<'a> {
    /// The modules among these sources.
    pub(crate) fn of(sources: impl Iterator<Item = (&'a Source, Option<&'a Read>, u64)>) -> Self {
        let mut modules: HashMap<&str, HashMap<&str, Module<'_>>> = HashMap::new();
        for (source, read, changed) in sources {
            let (Source::Module { name, file, of }, Some(read)) = (source, read) else { continue };
            let Some(script) = read.scripts.first() else { continue };
            let Ok(program) = &script.program else { continue };
            let file = Named { name: &file.name, text: &file.text };
            let module = Module { name: name.as_str().into(), program, file, changed, imports: &script.imports };
            modules.entry(of.as_deref().unwrap_or("")).or_default().insert(name, module);
        }
        Self(modules)
    }

    /// The modules that a plugin reaches by these imports and those of what it imports, in the order of their names.
    ///
    /// A module that was installed with the plugin comes before one of the same name that is there for all.
    pub(crate) fn reached<'m>(&'m self, plugin: &str, imports: &[Sym]) -> Vec<&'m Module<'a>> {
        let mut reached: Vec<&Module<'a>> = Vec::new();
        let mut todo: Vec<Sym> = imports.to_vec();
        while let Some(name) = todo.pop() {
            let find = |of| self.0.get(of).and_then(|modules| modules.get(&*name));
            if let Some(module) = find(plugin).or_else(|| find(""))
                && !reached.iter().any(|known| known.name == module.name)
            {
                reached.push(module);
                todo.extend_from_slice(module.imports);
            }
        }
        reached.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        reached
    }
}
