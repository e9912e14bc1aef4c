//! The engine: Rhai with chosen packages, and the interface registered by looping over the table.
//!
//! Nothing is registered by hand that the table could name, so no function reaches a script without a label. Besides the table
//! there are only the functions of the language that `pact_policy` lists with what they do to labels; [`allow`] hides the rest of
//! Rhai's packages.

mod allow;
mod args;
pub(crate) mod compile;
pub(crate) mod convert;
pub(crate) mod desk;
mod effects;
mod errors;
mod functions;
pub(crate) mod handles;
mod lists;
mod money;
mod narrowing;
mod natives;
pub(crate) mod org;
mod probing;
mod register;
mod resolver;
mod rotating;
pub(crate) mod runner;
mod sorting;
pub(crate) mod watching;

use std::sync::Arc;

use pact_policy::engine::apply_parser_options;
use pact_policy::table::ROOTS;
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage, BasicStringPackage,
    LogicPackage, MoreStringPackage, Package,
};
use rhai::{Dynamic, Engine, Module};

use self::desk::{Host, Stop};
use self::handles::Rows;
use self::resolver::Modules;
use crate::limits;
use crate::run::Limit;

/// Words of Rhai's own syntax that no script may use: they reach around the table, or do what only a host may.
const DISABLED: [&str; 7] = ["eval", "curry", "print", "debug", "is_def_fn", "is_def_var", "is_shared"];

/// Operations between two looks at the clock.
const CLOCK_EVERY: u64 = 128;

/// An engine whose functions work at `host`'s desk.
pub(crate) fn build(host: &Host, modules: &Modules) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(library(host).into());
    register::types(&mut engine);
    natives::register(&mut engine, host);
    sorting::register(&mut engine);
    lists::register(&mut engine, host);
    engine.set_module_resolver(modules.clone());
    restrict(&mut engine);
    watch(&mut engine, host);
    share(&mut engine, host);
    engine
}

/// One module with everything: what the engine looks up first comes first, and one look is all it takes.
fn library(host: &Host) -> Module {
    let mut module = Module::new();
    register::table(&mut module, host);
    let mut bare = Engine::new_raw();
    for package in packages() {
        bare.register_global_module(package);
    }
    allow::hide(&bare, &mut module);
    for package in packages() {
        module.fill_with(&package);
    }
    module
}

fn packages() -> [Arc<Module>; 8] {
    [
        MoreStringPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        ArithmeticPackage::new().as_shared_module(),
    ]
}

fn restrict(engine: &mut Engine) {
    for word in DISABLED {
        engine.disable_symbol(word);
    }
    apply_parser_options(engine);
    // Built-in operators would answer `false` to comparing an amount with a number before ours is asked.
    engine.set_fast_operators(false);
    engine.set_max_operations(limits::OPERATIONS);
    engine.set_max_call_levels(limits::CALL_DEPTH);
    engine.set_max_string_size(limits::STRING_BYTES);
    engine.set_max_modules(limits::MODULES);
}

fn watch(engine: &mut Engine, host: &Host) {
    let clock = Arc::clone(&host.clock);
    engine.on_progress(move |operations| {
        clock.count(operations);
        let over = operations.is_multiple_of(CLOCK_EVERY) && clock.is_over();
        over.then(|| Dynamic::from(Stop::Limit(Limit::WallTime)))
    });
}

/// Lets a closure read a captured variable inside that variable's own chain: `lead.history.filter(|e| e.by == lead.owner)`, and ask
/// for records by a root: `people.filter(|p| leads.owned_by(p).is_empty())`.
///
/// Capturing makes a variable a shared, locked cell, and Rhai holds the lock while it walks the chain. Handing the cell itself
/// out leaves it unlocked until a native function looks in; assignments and methods that change a value still reach the cell.
/// A root is no variable, and Rhai would look for one to share: what is found here it takes as it is. The same holds for marks, which a run has only when
/// it is done once more because it failed.
#[expect(deprecated, reason = "Rhai marks its variable resolver as volatile; the version is pinned")]
fn share(engine: &mut Engine, host: &Host) {
    let (watch, clock) = (Arc::clone(&host.watch), Arc::clone(&host.clock));
    engine.on_var(move |name, _, context| {
        if watch.is_mark(name, &context, clock.operations()) {
            return Ok(Some(Dynamic::UNIT));
        }
        Ok(match context.scope().get(name) {
            Some(value) => (value.is_shared() && !value.is_locked()).then(|| value.clone()),
            None => ROOTS.iter().find(|root| root.name == name).map(|root| Dynamic::from(Rows::all(root.kind))),
        })
    });
}
