//! The one table of problem types: slug, status, title and page of each.

/// Makes [`ProblemType`] from its table. The page of a type is a file, so a type without a page does not compile.
macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $slug:literal, $title:literal;)+) => {
        /// A kind of problem, as RFC 9457 has it: what went wrong, independent of the request in which it did.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemType {
            $($(#[$doc])* $name,)+
        }

        impl ProblemType {
            /// Every type, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name of the type in its address, `/problems/<slug>`; it never changes.
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The type in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// The page that explains the type, as Markdown.
            pub const fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("../../../../../openapi/problems/", $slug, ".md")),)+
                }
            }
        }
    };
}

problem_types! {
    /// The request is not HTTP that PACT can read: a bad header, path or encoding.
    MalformedRequest = 400, "malformed-request", "The request cannot be read";
    /// The policy refuses a script, field or view.
    PolicyRefused = 422, "policy-refused", "The policy refuses this";
    /// The body is not JSON.
    MalformedJson = 400, "malformed-json", "The body is not JSON";
    /// A query parameter that this operation does not have.
    UnknownParameter = 400, "unknown-parameter", "Unknown query parameter";
    /// A value in the path or the query that cannot be taken.
    InvalidParameter = 400, "invalid-parameter", "A parameter cannot be taken";
    /// `If-Match` does not hold one revision.
    MalformedIfMatch = 400, "malformed-if-match", "If-Match cannot be read";
    /// Nobody is signed in, or the token or key is not valid any more.
    Unauthenticated = 401, "unauthenticated", "Sign in first";
    /// E-mail and password do not belong together.
    SignInFailed = 401, "sign-in-failed", "Sign-in failed";
    /// The caller's role, or the API key's scopes, do not allow it.
    Forbidden = 403, "forbidden", "Not allowed";
    /// There is nothing at this path.
    UnknownPath = 404, "unknown-path", "There is nothing here";
    /// There is no such record, or the caller may not see it.
    NotFound = 404, "not-found", "No such record";
    /// The path exists, but not with this method.
    MethodNotAllowed = 405, "method-not-allowed", "Wrong method";
    /// The body did not arrive in time.
    RequestTimeout = 408, "request-timeout", "The request took too long to arrive";
    /// A record with the same unique value exists.
    Duplicate = 409, "duplicate", "There is one already";
    /// The record is in a state in which this cannot be done.
    NotNow = 409, "not-now", "Not possible at present";
    /// It would do much at once, and nobody has said that this is meant.
    ConfirmationNeeded = 409, "confirmation-needed", "This would do much at once";
    /// Nobody agreed to what a plugin asks for.
    ConsentNeeded = 409, "consent-needed", "Agree to what it asks for first";
    /// The lead is in a state in which this cannot be done.
    LeadNotInState = 409, "lead-not-in-state", "The lead does not allow it now";
    /// The first request with this key is still being worked on.
    IdempotencyInFlight = 409, "idempotency-in-flight", "The same request is being worked on";
    /// The server stopped while it worked on the first request with this key.
    IdempotencyOutcomeUnknown = 409, "idempotency-outcome-unknown", "The outcome of the first request is unknown";
    /// The first request with this key was done, and its answer held a secret.
    IdempotencyAnswerNotKept = 409, "idempotency-answer-not-kept", "The answer held a secret and is not kept";
    /// Somebody changed the record since it was read.
    Stale = 412, "stale", "The record was changed meanwhile";
    /// The body is larger than this operation takes.
    BodyTooLarge = 413, "body-too-large", "The body is too large";
    /// The body is of a type that this operation does not read.
    UnsupportedMediaType = 415, "unsupported-media-type", "The body's type is not supported";
    /// The body is JSON, but not of the form that this operation reads.
    InvalidBody = 422, "invalid-body", "The body does not fit";
    /// A field has the right form and a value that cannot be taken.
    InvalidValue = 422, "invalid-value", "A value cannot be taken";
    /// The same key came with another request.
    IdempotencyKeyReused = 422, "idempotency-key-reused", "The key belongs to another request";
    /// A change without `If-Match`.
    IfMatchMissing = 428, "if-match-missing", "Say which revision you change";
    /// Too many attempts in too short a time.
    TooManyAttempts = 429, "too-many-attempts", "Too many attempts";
    /// The caller was shown who did what in as many places as anybody reads in a day.
    TooManyPlaces = 429, "too-many-places", "Too many places today";
    /// A defect in PACT.
    Internal = 500, "internal", "PACT has a defect";
    /// More is waiting to be written than the server takes.
    Busy = 503, "busy", "The server is busy";
    /// The database does not answer.
    StoreUnavailable = 503, "store-unavailable", "The store does not answer";
}

impl ProblemType {
    /// The type's address, which is also where its page is served.
    pub fn uri(self) -> String {
        format!("/problems/{}", self.slug())
    }

    /// The type with this slug.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// The type that stands for an error status which the web framework chose by itself.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::UnknownPath,
            405 => Self::MethodNotAllowed,
            408 => Self::RequestTimeout,
            412 => Self::Stale,
            413 => Self::BodyTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::TooManyAttempts,
            503 => Self::Busy,
            400..500 => Self::MalformedRequest,
            _ => Self::Internal,
        }
    }
}
