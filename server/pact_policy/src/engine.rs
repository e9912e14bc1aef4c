//! The parser settings that the linter and the script host share, so that what is judged is what runs.

use rhai::{Engine, OptimizationLevel};

/// The deepest nesting of expressions and blocks, outside and inside functions.
pub const MAX_EXPRESSION_DEPTH: usize = 96;

/// The most functions, closures among them, that a script may have.
pub const MAX_FUNCTIONS: usize = 256;

/// The most variables that are in scope at once.
pub const MAX_VARIABLES: usize = 256;

/// The most entries of a map: a script cannot write down a longer one, and no run may make one.
pub const MAX_MAP_ITEMS: usize = 2_000;

/// The most elements of an array: a script cannot write down a longer one, and no run may make one.
pub const MAX_ARRAY_ITEMS: usize = 5_000;

/// Applies the parser settings to an engine: no optimiser, looping and shadowing allowed, limits set by hand.
///
/// The optimiser would remove code before it is judged; limits of debug and release builds differ unless they are set.
pub fn apply_parser_options(engine: &mut Engine) {
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH);
    engine.set_max_functions(MAX_FUNCTIONS);
    engine.set_max_variables(MAX_VARIABLES);
    // The parser compares each key of a map with all before it.
    engine.set_max_map_size(MAX_MAP_ITEMS);
    engine.set_max_array_size(MAX_ARRAY_ITEMS);
    engine.set_allow_looping(true);
    engine.set_allow_shadowing(true);
    engine.set_allow_anonymous_fn(true);
    engine.set_strict_variables(false);
}

/// An engine without any function, for parsing alone.
pub fn parser_engine() -> Engine {
    let mut engine = Engine::new_raw();
    apply_parser_options(&mut engine);
    engine
}
