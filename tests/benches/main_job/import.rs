//! Importing a file of leads: read, matched, entered and pushed.

use std::fmt::Write;
use std::time::{Duration, Instant};

use pact_store::Store;
use pact_tests::server::Db;

use crate::Plan;
use crate::company::{Company, company_name, count, drained};
use crate::measure::{Durations, short};
use crate::table::Table;

/// Rows of each customer: the later ones match the first.
const ROWS_EACH: usize = 4;
/// How long an import may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(600);
/// How often a person looks at the leads meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Imports a file and waits until its leads are pushed.
pub(crate) async fn measure(plan: &Plan, name: &str, db: Db, table: &mut Table) {
    let company = Company::on(db).await;
    let store = Store::open(&company.place.url).await.expect("the store opens");
    let admin = &company.admin;
    let begun = Instant::now();
    let url = format!("{}/api/v1/imports", admin.base);
    let started = admin.http.post(url).bearer_auth(&admin.token).header("content-type", "text/csv").body(file(plan.rows));
    let started = started.send().await.expect("an answer");
    assert_eq!(started.status(), 201, "{}", started.text().await.unwrap_or_default());
    let path = started.headers()["location"].to_str().expect("an address").to_owned();
    let mut looks = Vec::new();
    let done = loop {
        assert!(begun.elapsed() < PATIENCE, "the import does not end");
        let looked = Instant::now();
        let import = admin.get(&path).await;
        looks.push(looked.elapsed());
        match import["status"].as_str() {
            Some("queued" | "running") => tokio::time::sleep(LOOK_EVERY).await,
            _ => break import,
        }
    };
    let entered = begun.elapsed();
    assert_eq!(done["status"], "done", "{done}");
    drained(&store).await;
    let pushed_in = begun.elapsed();
    let leads = count(&store, "SELECT COUNT(*) AS n FROM leads").await;
    let pushed =
        count(&store, "SELECT COUNT(*) AS n FROM leads AS l WHERE EXISTS (SELECT 1 FROM pushes AS p WHERE p.lead_id = l.id)")
            .await;
    let words = format!("{} until entered, {} until pushed", short(entered), short(pushed_in));
    let remark = format!("{leads} leads, {pushed} pushed; target: 100000 in 60 s");
    table.says(name, &format!("import of {} rows", plan.rows), &words, &remark);
    table.says(name, "  answers to somebody who looks meanwhile", &Durations::new(looks).words(), "");
    store.close().await;
}

fn file(rows: usize) -> String {
    let mut file = String::from("Company;Country;City;Contact;E-mail;Language;Product;Message\n");
    for n in 0..rows {
        let (name, (country, language)) =
            (company_name(n / ROWS_EACH), [("NL", "nl"), ("DE", "de"), ("FR", "fr"), ("GB", "en")][(n / ROWS_EACH) % 4]);
        let product = ["heat-pump", "cooling", "service", "controls"][n % ROWS_EACH];
        let domain = name.to_lowercase().replace(' ', "-");
        let line = writeln!(
            file,
            "{name};{country};Utrecht;Femke de Boer;femke@{domain}.example;{language};{product};Please call us about this."
        );
        line.expect("text takes more text");
    }
    file
}
