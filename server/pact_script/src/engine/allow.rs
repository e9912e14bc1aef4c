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
}
#[cfg(test)]
mod probe {
    #[test]
    fn missing() {
        use super::super::desk::Host;
        use super::super::resolver::Modules;
        let engine = super::super::build(&Host::default(), &Modules::default());
        let have = super::natives(&engine);
        for native in pact_policy::table::natives::NATIVES {
            let arities: std::collections::BTreeSet<usize> = have.iter().filter(|(n, _)| n == native.name).map(|(_, t)| t.len()).collect();
            let missing: Vec<u8> = (native.arity.0..=native.arity.1).filter(|a| !arities.contains(&usize::from(*a))).collect();
            if !missing.is_empty() { println!("MISSING {} {:?} has {:?}", native.name, missing, arities); }
        }
    }
}
