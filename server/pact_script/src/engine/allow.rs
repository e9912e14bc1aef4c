//! What Rhai's own packages may give to scripts: the functions that the policy has labels for, and nothing else.

use std::any::TypeId;
use std::sync::Arc;

use pact_policy::table::natives::NATIVES;
use rhai::{Dynamic, Engine, EvalAltResult, FuncRegistration, Module, Position, RhaiFunc};

/// A function's name and its parameters' types.
pub(super) type Signature = (String, Vec<TypeId>);

/// Every native function that an engine has now.
pub(super) fn natives(engine: &Engine) -> Vec<Signature> {
    engine.collect_fn_metadata(None, |info| Some((info.metadata.name.to_string(), info.metadata.param_types.to_vec())), true)
}

/// Whether the policy has a label for what a name means with this many values; operators pass labels on.
pub(super) fn is_labelled(name: &str, values: usize) -> bool {
    let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    if !is_word {
        return true;
    }
    NATIVES
        .iter()
        .any(|native| native.name == name && (usize::from(native.arity.0)..=usize::from(native.arity.1)).contains(&values))
}

/// Puts a refusal in front of every function of the packages that has no label; gives what was hidden.
///
/// Packages come whole. Switching a word off in the parser would take it away as a variable's name too.
pub(super) fn hide(packages: &Engine, module: &mut Module) -> Vec<Signature> {
    let hidden: Vec<Signature> = natives(packages).into_iter().filter(|(name, types)| !is_labelled(name, types.len())).collect();
    for (name, types) in &hidden {
        let shown = name.trim_start_matches("get$").trim_start_matches("set$").to_owned();
        let refuse = move |_: Option<rhai::NativeCallContext>, _: &mut [&mut Dynamic]| -> Result<Dynamic, Box<EvalAltResult>> {
            Err(EvalAltResult::ErrorFunctionNotFound(shown.clone(), Position::NONE).into())
        };
        let func = RhaiFunc::Method { func: Arc::new(refuse), has_context: false, is_pure: true, is_volatile: true };
        FuncRegistration::new(name.as_str()).in_global_namespace().set_into_module_raw(module, types, func);
    }
    hidden
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pact_policy::table::{FUNCTIONS, MEMBERS, NARROWS};

    use super::super::desk::Host;
    use super::super::resolver::Modules;
    use super::super::{build, packages};
    use super::*;

    /// A function that the engine has and the policy does not know would be a way around every label.
    #[test]
    fn no_function_is_without_a_label() {
        let mut bare = Engine::new_raw();
        for package in packages() {
            bare.register_global_module(package);
        }
        let hidden: BTreeSet<Signature> = hide(&bare, &mut Module::new()).into_iter().collect();
        let named = |name: &str| {
            FUNCTIONS.iter().any(|function| function.name == name)
                || NARROWS.iter().any(|narrow| narrow.name == name)
                || name.strip_prefix("get$").is_some_and(|member| MEMBERS.iter().any(|known| known.name == member))
        };
        let engine = build(&Host::default(), &Modules::default());
        for (name, types) in natives(&engine) {
            let known = named(&name) || is_labelled(&name, types.len()) || hidden.contains(&(name.clone(), types.clone()));
            assert!(known, "{name} with {} values has no label", types.len());
        }
        assert!(hidden.iter().any(|(name, _)| name == "exp"), "nothing is hidden");
    }

    #[test]
    fn what_is_hidden_cannot_be_called() {
        let engine = build(&Host::default(), &Modules::default());
        for call in ["exp(1.0)", "sin(1.0)", "PI()", "bits(5)", "\"abc\".chars", "[1].len", "log(2.0, 3.0)", "5.to_radians()"] {
            assert!(engine.eval_expression::<Dynamic>(call).is_err(), "{call}");
        }
        assert_eq!(engine.eval_expression::<i64>("[1].len()").ok(), Some(1));
    }

    /// Words that the engine answers itself, without a function.
    const KEYWORDS: [&str; 1] = ["type_of"];

    /// A function that the policy knows and the engine lacks would pass the linter and fail at night.
    #[test]
    fn every_label_has_a_function() {
        let engine = build(&Host::default(), &Modules::default());
        let there = natives(&engine);
        for native in NATIVES.iter().filter(|native| !KEYWORDS.contains(&native.name)) {
            for values in native.arity.0..=native.arity.1 {
                let found = there.iter().any(|(name, types)| name == native.name && types.len() == usize::from(values));
                assert!(found, "no `{}` with {values} values", native.name);
            }
        }
        for keyword in KEYWORDS {
            assert!(engine.eval_expression::<Dynamic>(&format!("{keyword}(1)")).is_ok(), "{keyword}");
        }
    }

    /// What the policy says to read queries does so in the engine, and nothing else does but the interface's own methods.
    #[test]
    fn what_reads_queries_is_there() {
        let engine = build(&Host::default(), &Modules::default());
        let there: BTreeSet<Signature> = natives(&engine).into_iter().collect();
        for native in NATIVES {
            let own = |values: usize| {
                FUNCTIONS.iter().any(|it| {
                    it.name == native.name && it.on == Some(pact_policy::table::Ty::AnyQuery) && it.params.len() + 1 == values
                })
            };
            for values in usize::from(native.arity.0)..=usize::from(native.arity.1) {
                let on_queries = there.iter().any(|(name, types)| {
                    name == native.name && types.len() == values && types[0] == TypeId::of::<super::super::handles::Rows>()
                });
                let narrows = NARROWS.iter().any(|it| it.name == native.name && it.params.len() + 1 == values);
                let other = native.name.starts_with("to_") || narrows || own(values);
                let agree = if native.reads_queries() { on_queries } else { other || !on_queries };
                assert!(agree, "`{}` with {values} values", native.name);
            }
        }
    }
}
