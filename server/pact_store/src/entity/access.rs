//! Tokens, keys and what makes a POST safe to repeat.

entity! {
    /// A refresh token, known by its hash; used once, then replaced by the next of its family.
    refresh_token = "refresh_tokens" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub family: Uuid,
        pub token_hash: Secret,
        pub issued_at: i64,
        pub expires_at: i64,
        pub used_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }
}

entity! {
    /// A person's own key for scripts and clients, known by its hash.
    api_key = "api_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub name: String,
        pub prefix: String,
        pub key_hash: Secret,
        pub scopes: Words,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub revoked_at: Option<i64>,
    }
}

entity! {
    /// A key that signs access tokens; `seed` is sealed.
    signing_key = "signing_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub kid: String,
        pub seed: Secret,
        pub public: String,
        pub created_at: i64,
        pub retires_at: Option<i64>,
    }
}

entity! {
    /// The key of a public web form, known by its hash.
    form_key = "form_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub revision: String,
        pub name: String,
        pub key_hash: Secret,
        pub prefix: String,
        pub source: String,
        pub product: Option<String>,
        pub allowed_origins: Words,
        pub active: bool,
        pub created_at: i64,
    }
}

entity! {
    /// A POST that may be repeated: what was asked, and what was answered.
    idempotency_key = "idempotency_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        pub scope: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub request_hash: String,
        pub status: Option<i64>,
        pub body: Option<String>,
        pub headers: Option<Json>,
        pub created_at: i64,
    }
}
