//! The ceiling: a handler that does nothing but one insert through the store's writer, in a process of its own as the server is.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};
use pact_store::{Store, StoreError, record};
use pact_tests::process::Place;
use pact_tests::server::Db;
use uuid::Uuid;

use crate::Plan;
use crate::company::{customer_row, lead_row};
use crate::http::{Target, load};
use crate::measure::Measured;

/// The variable that makes this program the ceiling's server: the address of its database.
pub(crate) const CHILD: &str = "PACT_BENCH_CEILING";

/// Measures the ceiling on a database of its own.
pub(crate) async fn measure(plan: &Plan, db: Db, connections: usize) -> Measured {
    let place = Place::on(db);
    let mut child = Command::new(std::env::current_exe().expect("a running program has a path"))
        .env(CHILD, &place.url)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the ceiling's server starts");
    let mut address = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut address).expect("it says where it listens");
    let target = Target {
        address: address.trim().to_owned(),
        path: "/",
        token: String::new(),
        body: |n| format!("{{\"n\":{n}}}"),
        next: Arc::default(),
    };
    load(&target, connections, plan.seconds / 3, None).await;
    let measured = load(&target, connections, plan.seconds, None).await;
    end(child);
    measured
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// Serves until it is killed.
pub(crate) fn serve(database: &str) -> ExitCode {
    actix_web::rt::System::new().block_on(async {
        let store = Store::open(database).await.expect("the store opens");
        store.migrate().await.expect("the tables are made");
        let customer = customer_row(0);
        let id = customer.id;
        store.write(async move |tx| record::insert(tx, customer.clone()).await).await.expect("a customer");
        let server = HttpServer::new(move || {
            App::new().app_data(web::Data::new(store.clone())).app_data(web::Data::new(id)).route("/", web::post().to(insert))
        });
        let server = server.workers(2).bind("127.0.0.1:0").expect("a free port");
        println!("{}", server.addrs()[0]);
        server.run().await.expect("the server runs");
    });
    ExitCode::SUCCESS
}

async fn insert(store: web::Data<Store>, customer: web::Data<Uuid>, body: web::Json<serde_json::Value>) -> HttpResponse {
    let row = lead_row(**customer, body["n"].as_u64().unwrap_or(0) as usize);
    match store.write(async move |tx| record::insert(tx, row.clone()).await).await {
        Ok(()) => HttpResponse::Created().json(serde_json::json!({"done": true})),
        Err(StoreError::Busy) => HttpResponse::ServiceUnavailable().finish(),
        Err(error) => panic!("{error}"),
    }
}
