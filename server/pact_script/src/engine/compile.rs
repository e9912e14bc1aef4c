//! From a script set's texts to what can be called.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use pact_policy::table::natives::NATIVES;
use pact_policy::table::{FUNCTIONS, NARROWS, ROOTS};
use rhai::{AST, ASTFlags, Engine, Module, Scope, Stmt};

use super::errors::{of_parse, of_run};
use super::resolver::{ByName, Modules};
use crate::limits;
use crate::run::{Limit, ScriptError, Scripts};
use crate::seen::marks::Mark;

/// A script set, compiled.
pub(crate) struct Compiled {
    pub(crate) ast: AST,
    /// Whether constants or imports stand outside functions, which are made anew at each call.
    pub(crate) has_top: bool,
    pub(crate) modules: ByName,
    /// Functions that a host may call, with their numbers of parameters.
    pub(crate) functions: BTreeSet<(String, usize)>,
    /// What the marks stand for, in a set that has some.
    pub(crate) marks: Arc<[Mark]>,
    files: HashMap<String, String>,
}

impl Compiled {
    /// The same, where these marks were put in.
    pub(crate) fn with_marks(self, marks: Vec<Mark>) -> Self {
        Self { marks: marks.into(), ..self }
    }

    /// The file in which a function stands.
    pub(crate) fn file_of(&self, function: &str) -> Option<String> {
        self.files.get(function).cloned()
    }
}

/// Names that scripts may not give to functions of their own, because these would take the place of the host's.
pub(crate) fn reserved_names() -> BTreeSet<String> {
    let mut names: BTreeSet<String> = NATIVES.iter().map(|native| native.name.to_owned()).collect();
    names.extend(FUNCTIONS.iter().map(|function| function.name.to_owned()));
    names.extend(NARROWS.iter().map(|narrow| narrow.name.to_owned()));
    names.extend(ROOTS.iter().map(|root| root.name.to_owned()));
    names
}

/// Compiles a set: its modules first, then all files as one namespace.
pub(crate) fn compile(
    engine: &Engine,
    modules: &Modules,
    reserved: &BTreeSet<String>,
    scripts: &Scripts,
) -> Result<Compiled, ScriptError> {
    check_size(scripts)?;
    let compiled = compile_modules(engine, modules, reserved, scripts)?;
    let mut ast = AST::empty();
    let mut files = HashMap::new();
    let mut functions = BTreeSet::new();
    for (file, text) in &scripts.files {
        let one = compile_file(engine, reserved, file, text)?;
        for function in one.iter_functions() {
            let twice = !functions.insert((function.name.to_owned(), function.params.len()));
            if twice && files.get(function.name) != Some(file) {
                return Err(refuse(file, format!("The function `{}` is in two files of the plugin. Rename one.", function.name)));
            }
            files.insert(function.name.to_owned(), file.clone());
        }
        ast.combine(one);
    }
    functions.retain(|(name, _)| !name.starts_with("anon$"));
    Ok(Compiled { has_top: !ast.statements().is_empty(), ast, modules: compiled, functions, marks: Arc::default(), files })
}

fn check_size(scripts: &Scripts) -> Result<(), ScriptError> {
    let all = || scripts.files.iter().chain(&scripts.modules);
    if all().count() > limits::SCRIPT_FILES {
        let message = Limit::ScriptSize.explain();
        return Err(ScriptError { message, file: None, at: None, limit: Some(Limit::ScriptSize) });
    }
    match all().find(|(_, text)| text.len() > limits::SCRIPT_BYTES) {
        Some((file, _)) => Err(ScriptError { limit: Some(Limit::ScriptSize), ..refuse(file, Limit::ScriptSize.explain()) }),
        None => Ok(()),
    }
}

fn refuse(file: &str, message: String) -> ScriptError {
    ScriptError { message, file: Some(file.to_owned()), at: None, limit: None }
}

fn compile_modules(
    engine: &Engine,
    resolver: &Modules,
    reserved: &BTreeSet<String>,
    scripts: &Scripts,
) -> Result<ByName, ScriptError> {
    let mut modules: BTreeMap<String, Arc<Module>> = BTreeMap::new();
    for (name, text) in &scripts.modules {
        // A module sees those before it, so that there can be no cycle.
        resolver.set(Arc::new(modules.clone()));
        let ast = compile_file(engine, reserved, name, text)?;
        let module =
            Module::eval_ast_as_new(Scope::new(), &ast, engine).map_err(|error| of_run(&error, "", |_| Some(name.clone())))?;
        modules.insert(name.clone(), module.into());
    }
    let modules = Arc::new(modules);
    resolver.set(modules.clone());
    Ok(modules)
}

fn compile_file(engine: &Engine, reserved: &BTreeSet<String>, file: &str, text: &str) -> Result<AST, ScriptError> {
    let mut ast = engine.compile(text).map_err(|error| of_parse(&error, file))?;
    ast.set_source(file);
    for function in ast.iter_functions() {
        if reserved.contains(function.name) {
            let message =
                format!("`{}` is a name of the host; a function of this name would take its place. Rename it.", function.name);
            return Err(refuse(file, message));
        }
    }
    for statement in ast.statements() {
        let harmless = match statement {
            Stmt::Noop(_) | Stmt::Import(..) => true,
            Stmt::Var(_, flags, _) => flags.contains(ASTFlags::CONSTANT),
            _ => false,
        };
        if !harmless {
            let position = statement.position();
            let at = position
                .line()
                .map(|line| (u32::try_from(line).unwrap_or(0), u32::try_from(position.position().unwrap_or(1)).unwrap_or(1)));
            let message =
                "Only functions, constants and imports may stand outside functions. Put this into a function.".to_owned();
            return Err(ScriptError { at, ..refuse(file, message) });
        }
    }
    Ok(ast)
}
