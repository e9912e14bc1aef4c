//! What the OpenAPI document says is what the server holds: unknown paths, wrong methods and unknown query parameters are
//! answered from the document, so that the two cannot drift apart.

use std::collections::{BTreeMap, HashMap};

use actix_web::body::MessageBody;
use actix_web::dev::{ResourceDef, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, ResponseError, web};
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use super::problem::{Problem, ProblemType};

/// The operations of the server, by path.
pub struct Operations {
    /// Those at paths that are always the same.
    fixed: HashMap<String, Methods>,
    /// Those at paths with an id or a key in them.
    patterns: Vec<(ResourceDef, Methods)>,
}

/// The methods that a path has, with the query parameters that each takes.
type Methods = BTreeMap<&'static str, Vec<String>>;

impl Operations {
    /// The operations that a document describes.
    pub fn of(document: &OpenApi) -> Self {
        let mut operations = Self { fixed: HashMap::new(), patterns: Vec::new() };
        for (path, item) in &document.paths.paths {
            let methods = methods(item).map(|(name, operation)| (name, query(operation))).collect();
            if path.contains('{') {
                operations.patterns.push((ResourceDef::new(path.as_str()), methods));
            } else {
                operations.fixed.insert(path.clone(), methods);
            }
        }
        operations
    }

    /// A fixed path wins over a pattern, as in the router: `/forms/keys` before `/forms/{key}`.
    fn at(&self, path: &str) -> Option<&Methods> {
        let by_pattern = || self.patterns.iter().find(|(pattern, _)| pattern.is_match(path)).map(|(_, methods)| methods);
        self.fixed.get(path).or_else(by_pattern)
    }

    fn allow(&self, path: &str) -> Option<String> {
        self.at(path).map(allowed)
    }

    /// Refuses a method that a fixed path does not have: the router would take `/imports/preview` for an import's id.
    fn refuse_other_methods(&self, request: &ServiceRequest) -> Result<(), Problem> {
        match self.fixed.get(request.path()) {
            Some(methods) if request.method() != Method::OPTIONS && !methods.contains_key(request.method().as_str()) => {
                Err(wrong_method(request.method(), allowed(methods)))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn refuse_unknown_parameters(&self, request: &ServiceRequest) -> Result<(), Problem> {
        if request.query_string().is_empty() {
            return Ok(());
        }
        let Some(known) = self.at(request.path()).and_then(|methods| methods.get(request.method().as_str())) else {
            return Ok(());
        };
        let given = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).map_err(|_| {
            Problem::new(ProblemType::MalformedRequest, "The query after ? cannot be read. Write it as name=value&name=value.")
        })?;
        for (at, (name, value)) in given.iter().enumerate() {
            if value.contains('\0') {
                return Err(Problem::parameter(name, "it holds the character U+0000, which no text needs. Leave it out."));
            }
            if !known.contains(name) {
                let choice = if known.is_empty() { "It takes none".to_owned() } else { format!("It takes {}", known.join(", ")) };
                return Err(Problem::new(
                    ProblemType::UnknownParameter,
                    format!("This operation has no query parameter {name:?}. {choice}."),
                )
                .with_field(name, "unknown parameter"));
            }
            if given[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::parameter(name, "it is given twice. Give it once."));
            }
        }
        Ok(())
    }
}

/// Methods as the header `Allow` says them.
fn allowed(methods: &Methods) -> String {
    let methods: Vec<&str> = methods.keys().copied().collect();
    format!("{}, OPTIONS", methods.join(", "))
}

/// The methods that a path has, with what each does.
pub fn methods(item: &PathItem) -> impl Iterator<Item = (&'static str, &Operation)> {
    [("DELETE", &item.delete), ("GET", &item.get), ("PATCH", &item.patch), ("POST", &item.post), ("PUT", &item.put)]
        .into_iter()
        .filter_map(|(name, operation)| operation.as_ref().map(|operation| (name, operation)))
}

fn query(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query) => Some(parameter.name.clone()),
            RefOr::T(_) | RefOr::Ref(_) => None,
        })
        .collect()
}

/// Middleware: refuses query parameters that the operation does not have; a filter that is silently ignored shows wrong lists.
/// Refuses methods that a fixed path does not have, too.
///
/// # Errors
/// Those of the inner service.
pub async fn refuse_unknown_parameters(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let refused = request.app_data::<web::Data<Operations>>().and_then(|operations| {
        operations.refuse_other_methods(&request).and_then(|()| operations.refuse_unknown_parameters(&request)).err()
    });
    match refused {
        Some(problem) => Ok(request.into_response(problem.error_response()).map_into_right_body()),
        None => next.call(request).await.map(ServiceResponse::map_into_left_body),
    }
}

/// What no route takes: an unknown path, a known path with another method, or a question for the methods.
///
/// # Errors
/// Always, but for `OPTIONS` on a known path.
pub async fn nothing_here(request: HttpRequest, operations: web::Data<Operations>) -> Result<HttpResponse, Problem> {
    match operations.allow(request.path()) {
        Some(allow) if request.method() == Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish())
        }
        Some(allow) => Err(wrong_method(request.method(), allow)),
        None => Err(Problem::new(
            ProblemType::UnknownPath,
            "There is nothing at this path. The operations are listed at /docs and in /openapi.json.",
        )),
    }
}

fn wrong_method(method: &Method, allow: String) -> Problem {
    let said = format!("{method} is not possible here. This path takes {allow}.");
    Problem::new(ProblemType::MethodNotAllowed, said).with_allow(allow)
}
