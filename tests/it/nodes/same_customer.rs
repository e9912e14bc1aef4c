//! The same customer asks at two nodes in one moment, and is one customer.

use futures_util::future::join_all;
use pact_tests::server::{Client, Db, TestServer};
use serde_json::{Value, json};

const COMPANIES: usize = 40;

async fn enter(at: &Client, company: usize) -> Value {
    // Found by name, by domain or by the contact's address: whichever of them the other node has not written yet.
    let customer = match company % 3 {
        0 => json!({"name": format!("Globex {company}"), "country": "NL"}),
        1 => {
            json!({"name": format!("Globex {company}"), "country": "NL", "website": format!("https://globex-{company}.example")})
        }
        _ => json!({}),
    };
    let contact = json!({"name": "Jo Doe", "email": format!("jo@globex-{company}.example")});
    let lead = json!({"source": "web form", "product": "heat-pump", "customer": customer, "contact": contact});
    let reply = at.post("/api/v1/leads", &lead).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_make_one_customer_of_one_who_asks_at_both() {
    let here = TestServer::on(Db::Postgres).await;
    let there = here.beside().await;
    let admin = here.admin().await;
    let beside = there.with_token(&admin.token);
    // One company after the other at both nodes at once, and then many at once, which enter together.
    let mut entered = Vec::new();
    for company in 0..COMPANIES / 2 {
        let (one, other) = tokio::join!(enter(&admin, company), enter(&beside, company));
        entered.extend([one, other]);
    }
    let both = (COMPANIES / 2..COMPANIES).flat_map(|company| [enter(&admin, company), enter(&beside, company)]);
    entered.extend(join_all(both).await);

    let count = |word: &str| entered.iter().filter(|one| one["entered_as"] == word).count();
    assert_eq!((count("new"), count("attached")), (COMPANIES, COMPANIES), "each lead entered once and was attached once");
    let mut customers: Vec<&str> = entered.iter().map(|one| one["lead"]["customer_id"].as_str().unwrap()).collect();
    customers.sort_unstable();
    customers.dedup();
    assert_eq!(customers.len(), COMPANIES, "two nodes made two customers of one");
    there.stop().await;
    here.stop().await;
}
