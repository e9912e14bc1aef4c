//! A company that sells in four countries, and leads that come in for it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pact_store::entity::{customer, lead};
use pact_store::{Store, record};
use pact_tests::process::{ADMIN, Caller, Place, Process};
use pact_tests::server::Db;
use sea_orm::{ConnectionTrait, QueryResult, Statement};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Plan;
use crate::http::{Target, load};
use crate::measure::{Durations, Measured};

/// The countries, each a territory, with the language in which its customers write.
const COUNTRIES: [(&str, &str); 4] = [("NL", "nl"), ("DE", "de"), ("FR", "fr"), ("GB", "en")];
/// What customers ask for.
const PRODUCTS: [&str; 3] = ["heat-pump", "cooling", "service"];
/// Reps in each country.
const REPS: usize = 8;
/// How long what was entered may wait for its push.
const DRAIN: Duration = Duration::from_secs(120);
/// The plugins of the repository: the script that pushes is the one that is shipped.
pub(crate) const PLUGINS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins");

/// What came of entering leads.
pub(crate) struct Entered {
    /// The answers to the requests.
    pub(crate) answers: Measured,
    /// Leads a second from the first request until the last lead was pushed.
    pub(crate) pushed_rate: f64,
    /// From entering to the push, by the rows' own instants.
    pub(crate) delay: Durations,
    /// Whole runs of the script, as they were recorded.
    pub(crate) script: Durations,
}

/// A server with a company in it.
pub(crate) struct Company {
    pub(crate) server: Process,
    pub(crate) admin: Caller,
    pub(crate) place: Place,
}

impl Company {
    /// Starts it on a database of its own. Everybody works round the clock, so that it does not matter when this is measured.
    pub(crate) async fn on(db: Db) -> Self {
        let place = Place::on(db);
        let mut launch = place.launch(Path::new(PLUGINS));
        launch.filter = "warn";
        let server = launch.start();
        let admin = Caller::sign_in(&server.base, ADMIN).await;
        let europe = admin.make("/api/v1/territories", &json!({"name": "Europe", "rules": []})).await;
        admin.person("Mia Manager", "manager").await;
        for (country, language) in COUNTRIES {
            let body = json!({"name": country, "parent_id": europe["id"], "rules": [{"countries": [country]}]});
            let territory = admin.make("/api/v1/territories", &body).await;
            for n in 0..REPS {
                let skills = [PRODUCTS[n % PRODUCTS.len()], PRODUCTS[(n + 1) % PRODUCTS.len()]];
                rep(&admin, &format!("{country} {n}"), &territory["id"], language, &skills).await;
            }
        }
        Self { server, admin, place }
    }

    fn target(&self) -> Target {
        let address = self.server.base.trim_start_matches("http://").to_owned();
        Target { address, path: "/api/v1/leads", token: self.admin.token.clone(), body: lead_body, next: Arc::default() }
    }
}

async fn rep(admin: &Caller, name: &str, territory: &Value, language: &str, skills: &[&str]) {
    let hours: Vec<Value> = (1..=7).map(|day| json!({"day": day, "from": "00:00", "to": "24:00"})).collect();
    let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    let body = json!({
        "name": name, "email": email, "role": "rep", "territory_id": territory, "languages": [language], "skills": skills,
        "working_hours": hours,
    });
    admin.make("/api/v1/persons", &body).await;
}

/// Enters leads under a load and waits until all of them are pushed.
pub(crate) async fn enter_leads(plan: &Plan, db: Db, connections: usize, rate: Option<f64>) -> Entered {
    let company = Company::on(db).await;
    let target = company.target();
    let store = Store::open(&company.place.url).await.expect("the store opens");
    // Caches fill, scripts are compiled.
    load(&target, connections, plan.seconds / 3, rate).await;
    drained(&store).await;
    let before = count(&store, "SELECT COUNT(*) AS n FROM pushes").await;
    let since = last(&store, "SELECT MAX(started_at) AS n FROM runs").await;
    let begun = Instant::now();
    let answers = load(&target, connections, plan.seconds, rate).await;
    drained(&store).await;
    let pushed = count(&store, "SELECT COUNT(*) AS n FROM pushes").await - before;
    let pushed_rate = pushed as f64 / begun.elapsed().as_secs_f64();
    let entered = count(&store, "SELECT COUNT(*) AS n FROM leads").await;
    let all = count(&store, "SELECT COUNT(*) AS n FROM pushes").await;
    assert_eq!(entered, all, "every lead is pushed once; the server said:\n{}", company.server.log());
    let delay = format!(
        "SELECT p.pushed_at - l.created_at AS n FROM pushes AS p JOIN leads AS l ON l.id = p.lead_id WHERE l.created_at > {since}"
    );
    let delay = durations(&store, &delay, Duration::from_millis).await;
    let script = format!("SELECT duration_us AS n FROM runs WHERE started_at > {since} AND outcome = 'done'");
    let script = durations(&store, &script, Duration::from_micros).await;
    store.close().await;
    Entered { answers, pushed_rate, delay, script }
}

/// Waits until nothing waits for a script.
pub(crate) async fn drained(store: &Store) {
    let until = Instant::now() + DRAIN;
    while count(store, "SELECT COUNT(*) AS n FROM events WHERE handled_at IS NULL").await > 0 {
        assert!(Instant::now() < until, "leads still wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One number.
pub(crate) async fn count(store: &Store, sql: &str) -> i64 {
    last(store, sql).await
}

async fn last(store: &Store, sql: &str) -> i64 {
    rows(store, sql).await.first().and_then(|row| row.try_get::<Option<i64>>("", "n").expect("a number")).unwrap_or(0)
}

async fn durations(store: &Store, sql: &str, unit: fn(u64) -> Duration) -> Durations {
    let rows = rows(store, sql).await;
    let numbers = rows.iter().map(|row| row.try_get::<i64>("", "n").expect("a number"));
    Durations::new(numbers.map(|n| unit(u64::try_from(n).unwrap_or(0))).collect())
}

async fn rows(store: &Store, sql: &str) -> Vec<QueryResult> {
    let conn = store.read();
    conn.query_all_raw(Statement::from_string(conn.get_database_backend(), sql.to_owned())).await.expect("a query")
}

/// The body of a lead that comes in: a company that nobody knew, with a contact.
fn lead_body(n: usize) -> String {
    let (country, language) = COUNTRIES[n % COUNTRIES.len()];
    let name = company_name(n);
    json!({
        "source": "benchmark", "product": PRODUCTS[n % PRODUCTS.len()],
        "message": "We want to replace two boilers before winter, and would like to see what it costs.",
        "customer": {"name": name, "website": format!("{}.example", name.to_lowercase().replace(' ', "-")), "country": country, "city": "Utrecht"},
        "contact": {"name": "Femke de Boer", "email": format!("femke@{}.example", name.to_lowercase().replace(' ', "-")), "language": language},
    })
    .to_string()
}

/// A name that no other company has, nor one like it: the number in syllables, mixed so that neighbours differ much.
pub(crate) fn company_name(n: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "ker", "lo", "min", "tra", "sul", "ve", "dop", "gri", "nax", "fu", "zel", "hor", "wim", "pya", "quo"];
    let mut mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut word = || {
        let mut word = String::new();
        for _ in 0..4 {
            word.push_str(SYLLABLES[(mixed >> 60) as usize]);
            mixed <<= 4;
        }
        word[..1].to_uppercase() + &word[1..]
    };
    format!("{} {} {n}", word(), word())
}

/// Thursday 28 May 2026, when the first customers and leads came.
const BEGAN_MS: i64 = 1_779_969_600_000;

/// A customer, as the store has it.
pub(crate) fn customer_row(n: usize) -> customer::Model {
    let name = company_name(n);
    customer::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        name_key: pact_core::matching::name_key(&name),
        name,
        domain: Some(format!("c{n}.example")),
        phone: None,
        street: None,
        postcode: None,
        city: Some("Utrecht".into()),
        country: Some("NL".into()),
        segment: None,
        industry: None,
        employees: None,
        owner_id: None,
        territory_id: None,
        last_event_at: BEGAN_MS + n as i64,
        merged_into_id: None,
        created_at: BEGAN_MS + n as i64,
    }
}

/// A lead, as the store has it; every second one is won.
pub(crate) fn lead_row(customer: Uuid, n: usize) -> lead::Model {
    let won = n.is_multiple_of(2);
    lead::Model {
        id: Uuid::new_v4(),
        revision: record::new_revision(),
        title: format!("{}: heat-pump", company_name(n)),
        source: "benchmark".into(),
        product: Some("heat-pump".into()),
        state: if won { "won" } else { "waiting" }.into(),
        stage: "enquiry".into(),
        value_minor: Some(1_200_000),
        value_currency: Some("EUR".into()),
        customer_id: customer,
        contact_id: None,
        owner_id: None,
        territory_id: None,
        escalation: 0,
        attempt: 0,
        highlighted: false,
        highlight_reason: None,
        expected_on: None,
        message: Some("We want to replace two boilers before winter, and would like to see what it costs.".into()),
        last_event_at: BEGAN_MS + n as i64,
        created_at: BEGAN_MS + n as i64,
        closed_at: won.then_some(BEGAN_MS + n as i64),
        lost_reason: None,
        merged_into_id: None,
        near_match_id: None,
        external_key: None,
        entered_by: "import".into(),
    }
}
