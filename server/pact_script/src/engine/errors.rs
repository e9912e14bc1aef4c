//! From Rhai's errors to sentences with a place and, where one was met, a limit.

use rhai::{EvalAltResult, ParseError, ParseErrorType, Position};

use super::desk::Stop;
use crate::run::{Limit, ScriptError};

/// An error of a run; `file_of` tells in which file a function stands.
pub(crate) fn of_run(error: &EvalAltResult, called: &str, file_of: impl Fn(&str) -> Option<String>) -> ScriptError {
    let mut inner = error;
    let mut function = called;
    let mut at = error.position();
    // The innermost call is where it happened; errors in modules keep the place of the import.
    loop {
        match inner {
            EvalAltResult::ErrorInFunctionCall(name, _, cause, position) => {
                // Closures have generated names and stand in the function that made them.
                if !name.starts_with("anon$") {
                    function = name;
                }
                at = if cause.position().is_none() { *position } else { cause.position() };
                inner = cause;
            }
            EvalAltResult::ErrorInModule(_, cause, _) => inner = cause,
            _ => break,
        }
    }
    let (message, limit) = said(inner);
    ScriptError { message, file: file_of(function), at: place(at), limit }
}

/// The functions that were under way at an error, from the one that was called to the innermost, closures among them.
pub(crate) fn calls_of(error: &EvalAltResult, called: &str) -> Vec<String> {
    let mut names = vec![called.to_owned()];
    let mut inner = error;
    loop {
        match inner {
            EvalAltResult::ErrorInFunctionCall(name, _, cause, _) => {
                names.push(name.clone());
                inner = cause;
            }
            EvalAltResult::ErrorInModule(_, cause, _) => inner = cause,
            _ => return names,
        }
    }
}

/// An error of reading a file.
pub(crate) fn of_parse(error: &ParseError, file: &str) -> ScriptError {
    let limit = match error.err_type() {
        ParseErrorType::ExprTooDeep => Some(Limit::ExpressionDepth),
        ParseErrorType::TooManyFunctions => Some(Limit::Functions),
        ParseErrorType::LiteralTooLarge(what, _) => data_limit(what).or(Some(Limit::StringSize)),
        _ => None,
    };
    let message = match limit {
        Some(limit) => limit.explain(),
        None => format!("The script cannot be read: {}.", error.err_type()),
    };
    ScriptError { message, file: Some(file.to_owned()), at: place(error.position()), limit }
}

fn said(error: &EvalAltResult) -> (String, Option<Limit>) {
    let limit = match error {
        EvalAltResult::ErrorTooManyOperations(_) => Limit::Operations,
        EvalAltResult::ErrorStackOverflow(_) => Limit::CallDepth,
        EvalAltResult::ErrorTooManyVariables(_) => Limit::Variables,
        EvalAltResult::ErrorTooManyModules(_) => Limit::Modules,
        EvalAltResult::ErrorDataTooLarge(what, _) => data_limit(what).unwrap_or(Limit::StringSize),
        EvalAltResult::ErrorTerminated(token, _) => return stopped(token),
        EvalAltResult::ErrorRuntime(value, _) => return (value.to_string(), None),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => {
            return (format!("There is no function `{signature}`. Check its name and what it is given."), None);
        }
        EvalAltResult::ErrorVariableNotFound(name, _) => {
            return (format!("There is no variable `{name}`. Define it with `let`, or check its spelling."), None);
        }
        EvalAltResult::ErrorDotExpr(what, _) => return (format!("{what}."), None),
        other => return (plain(other), None),
    };
    (limit.explain(), Some(limit))
}

fn stopped(token: &rhai::Dynamic) -> (String, Option<Limit>) {
    token.read_lock::<Stop>().map_or_else(|| why(&Stop::HostGone), |stop| why(&stop))
}

fn why(stop: &Stop) -> (String, Option<Limit>) {
    match stop {
        Stop::Limit(limit) => (limit.explain(), Some(*limit)),
        Stop::Refused(why) => (why.clone(), None),
        Stop::HostGone => ("The host stopped answering this run.".to_owned(), None),
    }
}

/// A stop whose error did not come through.
pub(crate) fn of_stop(stop: &Stop) -> ScriptError {
    let (message, limit) = why(stop);
    ScriptError { message, file: None, at: None, limit }
}

fn data_limit(what: &str) -> Option<Limit> {
    let what = what.to_ascii_lowercase();
    if what.contains("string") {
        Some(Limit::StringSize)
    } else if what.contains("array") {
        Some(Limit::ArraySize)
    } else if what.contains("map") {
        Some(Limit::MapSize)
    } else {
        None
    }
}

/// Rhai's own sentence without the place, which travels beside it.
fn plain(error: &EvalAltResult) -> String {
    let mut error = error.to_string();
    if let Some(end) = error.rfind(" (line ") {
        error.truncate(end);
    }
    format!("{error}.")
}

fn place(at: Position) -> Option<(u32, u32)> {
    let line = u32::try_from(at.line()?).ok()?;
    Some((line, at.position().and_then(|column| u32::try_from(column).ok()).unwrap_or(1)))
}
