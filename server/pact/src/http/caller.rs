//! Who calls, and what they may do: rights as types in a handler's signature.
//!
//! A handler that takes `caller: may::ManageOrganisation` is reached only by a caller whose role, and whose API key's scopes,
//! allow it; the table of roles and scopes is `pact_core::role`. [`Anyone`] is any signed-in person, [`SignedIn`] one without an
//! API key. Each derefs to the [`Caller`] and gives the [`Actor`] for an operation.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use pact_app::access::{By, Presented, rights};
use pact_app::{Actor, App, Caller, Refusal};
use pact_core::role::{Right, Role};
use pact_store::Scope;
use uuid::Uuid;

use super::problem::Problem;

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// Any person who is signed in or presents an API key, whatever their role.
#[derive(Debug)]
pub struct Anyone(pub Caller);

/// A person who signed in themselves, not an API key: for passwords, keys and the session.
#[derive(Debug)]
pub struct SignedIn {
    /// The person.
    pub caller: Caller,
    /// The session, which signing out ends.
    pub session: Uuid,
}

/// Who presents the token or key of this request; looked up once a request.
///
/// # Errors
/// No token or key, or one that is not valid (any more).
pub async fn presented(request: &HttpRequest) -> Result<Presented, Problem> {
    if let Some(known) = request.extensions().get::<Presented>() {
        return Ok(known.clone());
    }
    let app = app_of(request)?;
    let credential = bearer(request).ok_or_else(|| Refusal::Unauthenticated {
        why: "Sign in at POST /api/v1/session and send the access token as Authorization: Bearer …".into(),
    })?;
    let presented = app.access.presented(&app, credential).await?;
    request.extensions_mut().insert(presented.clone());
    Ok(presented)
}

/// The application behind a request.
///
/// # Errors
/// A server built without it, which is a defect.
pub fn app_of(request: &HttpRequest) -> Result<App, Problem> {
    request
        .app_data::<web::Data<App>>()
        .map(|app| app.get_ref().clone())
        .ok_or_else(|| Problem::internal("no App in this server"))
}

fn bearer(request: &HttpRequest) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

impl FromRequest for Anyone {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(Self(presented(&request).await?.caller)) })
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Presented { caller, by } = presented(&request).await?;
            match by {
                By::Session(session) => Ok(Self { caller, session }),
                By::ApiKey(_) => Err(Refusal::forbidden("An API key may not do this. Sign in with your password.").into()),
            }
        })
    }
}

/// Whose eyes a caller's queries are for.
fn scope(caller: &Caller) -> Scope {
    match caller.role {
        Role::Rep | Role::Manager | Role::Admin | Role::Auditor => Scope::Staff(caller.person_id),
        Role::Partner => Scope::Partner(caller.person_id),
    }
}

impl Deref for Anyone {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.0
    }
}

impl Deref for SignedIn {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl Anyone {
    /// The same as who acts in an operation.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.0.clone())
    }

    /// Whose eyes the queries of this request are for.
    pub fn scope(&self) -> Scope {
        scope(&self.0)
    }
}

impl SignedIn {
    /// The same as who acts in an operation.
    pub fn actor(&self) -> Actor {
        Actor::Person(self.caller.clone())
    }

    /// Whose eyes the queries of this request are for.
    pub fn scope(&self) -> Scope {
        scope(&self.caller)
    }
}

/// One extractor for each right: a parameter of this type lets only those in who have the right.
pub mod may {
    use super::*;

    macro_rules! rights {
        ($($right:ident)+) => {
            $(
                #[doc = concat!("A caller who has the right [`Right::", stringify!($right), "`].")]
                #[derive(Debug)]
                pub struct $right(pub Caller);

                impl FromRequest for $right {
                    type Error = Problem;
                    type Future = Extracted<Self>;

                    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                        let request = request.clone();
                        Box::pin(async move {
                            let caller = presented(&request).await?.caller;
                            rights::allow(&caller, Right::$right)?;
                            Ok(Self(caller))
                        })
                    }
                }

                impl Deref for $right {
                    type Target = Caller;

                    fn deref(&self) -> &Caller {
                        &self.0
                    }
                }

                impl $right {
                    /// The same as who acts in an operation.
                    pub fn actor(&self) -> Actor {
                        Actor::Person(self.0.clone())
                    }

                    /// Whose eyes the queries of this request are for.
                    pub fn scope(&self) -> Scope {
                        scope(&self.0)
                    }
                }
            )+

            /// Fails to compile when a right has no extractor.
            const fn _all_rights(right: Right) {
                match right { $(Right::$right => (),)+ }
            }
        };
    }

    rights! {
        ReadLeads EnterLeads OwnLeads ManageLeads ImportLeads ReadCustomers WriteCustomers MergeRecords ReadCards WriteCards
        ReadPlans AnnouncePlans ReadRequests AskRequests AnswerRequests ReadPacks WritePacks ReadGoals WriteGoals
        ReadOrganisation ManageOrganisation AnnounceAbsence ReadViews WriteViews ReadPlugins ManagePlugins ReadRuns ManageForms ManageOutbox ReadAuditLog
        OpenSecurityRecords ManageOwnKeys
    }
}
