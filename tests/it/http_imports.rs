//! Files of leads through the HTTP door, worked off as the server's jobs do, on both databases.

use std::time::Duration;

use pact_app::ops::import::{CHUNK_ROWS, run_import, sweep_imports};
use pact_core::role::Role;
use pact_store::entity::{customer, import, lead};
use pact_tests::server::{Client, Db, Reply, TestServer};
use reqwest::multipart::{Form, Part};
use rstest::rstest;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

const IMPORTS: &str = "/api/v1/imports";

async fn send(client: &Client, query: &str, kind: &str, body: impl Into<reqwest::Body>) -> Reply {
    client.send(client.request("POST", &format!("{IMPORTS}{query}")).header("content-type", kind).body(body)).await
}

/// Works an import off, as the job does.
async fn work_off(server: &TestServer, id: Uuid) -> import::Model {
    let (_stop, stopped) = watch::channel(false);
    for _ in 0..200 {
        if let Some(row) = run_import(&server.app, id, stopped.clone()).await.expect("the import goes on") {
            return row;
        }
        // The reader of an aborted run has not let the file go yet.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody lets the file go");
}

/// Imports a file to its end, and returns what the server says about it then.
async fn import(server: &TestServer, client: &Client, query: &str, body: impl Into<reqwest::Body>) -> Value {
    let sent = send(client, query, "text/csv", body).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert_eq!(sent.header("location"), format!("{IMPORTS}/{}", sent.id()));
    assert_eq!(sent.body["status"], "queued");
    work_off(server, sent.id()).await;
    let done = client.get(&format!("{IMPORTS}/{}", sent.id())).await;
    assert_eq!(done.body["status"], "done", "{}", done.text);
    done.body
}

fn counts(report: &Value) -> [i64; 4] {
    ["rows_done", "accepted", "merged", "refused"].map(|name| report[name].as_i64().unwrap())
}

async fn leads(server: &TestServer) -> Vec<lead::Model> {
    lead::Entity::find().all(server.app.store.read()).await.unwrap()
}

async fn refused(client: &Client, report: &Value) -> Vec<(i64, String)> {
    let page = client.get(&format!("{IMPORTS}/{}/refused?limit=200", report["id"].as_str().unwrap())).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let rows = page.body["items"].as_array().unwrap();
    rows.iter().map(|row| (row["line"].as_i64().unwrap(), row["reason"].as_str().unwrap().to_owned())).collect()
}

#[rstest]
#[tokio::test]
async fn a_file_becomes_leads_and_says_what_became_of_each_row(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let text = "Firma;Ansprechpartner;E-Mail;PLZ;Ort;Land;Wert;Nachricht;Produkt\r\n\
        M\u{fc}ller GmbH;J\u{f6}rg K\u{f6}nig;joerg@mueller.example;50667;K\u{f6}ln;Deutschland;\"12.000,50\";\"Zwei\r\nZeilen\";Pumpe\r\n\
        M\u{fc}ller GmbH;J\u{f6}rg K\u{f6}nig;joerg@mueller.example;50667;K\u{f6}ln;Deutschland;;nochmal;pumpe\r\n\
        Caf\u{e9} Zo\u{eb};;kein-at;;Wien;\u{d6}sterreich;;x\r\n\
        ;;;;Bonn;;;niemand\r\n\
        Globex;Bo;bo@globex.example;1012;Amsterdam;Atlantis;;y\r\n\
        =1+1;Cy;cy@formel.example;;;;;=HYPERLINK(\"http://x\")\r\n";
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let report = import(&server, &admin, "?name=messe.csv&source=Messe", latin).await;
    assert_eq!(counts(&report), [6, 2, 1, 3], "{report}");
    assert_eq!(
        (&report["encoding"], &report["delimiter"], &report["total_rows"]),
        (&json!("windows-1252"), &json!(";"), &json!(6))
    );
    assert_eq!((&report["name"], &report["source"]), (&json!("messe.csv"), &json!("Messe")));

    let leads = leads(&server).await;
    let of = |name: &str| leads.iter().find(|lead| lead.title.starts_with(name)).unwrap_or_else(|| panic!("no lead {name}"));
    let first = of("M\u{fc}ller GmbH");
    assert_eq!((first.value_minor, first.value_currency.as_deref()), (Some(1_200_050), Some("EUR")));
    assert_eq!(first.message.as_deref(), Some("Zwei\nZeilen\n\nnochmal"));
    assert_eq!((first.source.as_str(), first.entered_by.as_str()), ("Messe", "import"));
    assert_eq!(of("=1+1").message.as_deref(), Some("=HYPERLINK(\"http://x\")"));

    let refused = refused(&admin, &report).await;
    let wanted = [(5, "Column \"E-Mail\""), (6, "does not say who asks"), (7, "Column \"Land\": \"Atlantis\"")];
    assert_eq!(refused.len(), wanted.len());
    for ((line, why), (wanted_line, says)) in refused.iter().zip(wanted) {
        assert!(*line == wanted_line && why.contains(says), "{line}: {why}");
    }
    let page = admin.get(&format!("{IMPORTS}/{}/refused?limit=2", report["id"].as_str().unwrap())).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    let rest = admin.get(&format!("{IMPORTS}/{}/refused?limit=2&cursor={cursor}", report["id"].as_str().unwrap())).await;
    assert_eq!((rest.body["items"][0]["line"].as_i64(), &rest.body["next_cursor"]), (Some(7), &Value::Null));
}

#[rstest]
#[tokio::test]
async fn refused_rows_are_mended_and_sent_again(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let report =
        import(&server, &admin, "", "Company,Email,Phone\nGlobex,bo(at)globex.example,+31 20 1\nAcme,ann@acme.example,\n").await;
    assert_eq!(counts(&report), [2, 1, 0, 1]);
    let file = admin.get(&format!("{IMPORTS}/{}/refused.csv", report["id"].as_str().unwrap())).await;
    assert_eq!((file.status, file.header("content-type").as_str()), (200, "text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").starts_with("attachment"), "{:?}", file.headers);
    assert!(file.text.contains("Globex,bo(at)globex.example,'+31 20 1,2,"), "{}", file.text);
    let report = import(&server, &admin, "", file.text.replace("(at)", "@")).await;
    assert_eq!(counts(&report), [1, 1, 0, 0], "{report}");
    assert_eq!(leads(&server).await.len(), 2);
}

/// Rows for so many customers, each with two leads that differ and one that came twice.
fn many_rows(customers: usize) -> String {
    let mut text = "company,email,product,message\n".to_owned();
    for round in ["pump", "boiler", "pump"] {
        for number in 0..customers {
            text.push_str(&format!("Company {number:05} Ltd,ann@company{number}.example,{round},please {round}\n"));
        }
    }
    text
}

#[rstest]
#[tokio::test]
async fn an_aborted_import_goes_on_and_no_row_enters_twice(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    const CUSTOMERS: usize = 2 * CHUNK_ROWS;
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let sent = send(&admin, "", "text/csv", many_rows(CUSTOMERS)).await;
    let (_stop, stopped) = watch::channel(false);
    let mut seen = 0;
    // Killed again and again, each time a little further.
    for round in 1..=4 {
        let (app, id, stopped) = (server.app.clone(), sent.id(), stopped.clone());
        let run = tokio::spawn(async move { run_import(&app, id, stopped).await });
        let far = i64::try_from(round * CHUNK_ROWS).unwrap();
        loop {
            let row = pact_store::import::get(server.app.store.read(), sent.id()).await.unwrap();
            if row.next_row >= far || run.is_finished() {
                break;
            }
            tokio::task::yield_now().await;
        }
        run.abort();
        let _ = run.await;
        let row = pact_store::import::get(server.app.store.read(), sent.id()).await.unwrap();
        assert!(row.next_row >= seen, "it never goes back");
        assert_eq!(row.accepted + row.merged + row.refused, row.next_row);
        seen = row.next_row;
    }
    let done = work_off(&server, sent.id()).await;
    let rows = i64::try_from(3 * CUSTOMERS).unwrap();
    assert_eq!((done.status.as_str(), done.next_row, done.total), ("done", rows, Some(rows)));
    let leads = leads(&server).await;
    assert_eq!(leads.len(), 2 * CUSTOMERS);
    assert_eq!((done.accepted, done.merged, done.refused), (rows * 2 / 3, rows / 3, 0));
    assert_eq!(customer::Entity::find().all(server.app.store.read()).await.unwrap().len(), CUSTOMERS);
    assert!(
        leads.iter().all(|lead| lead.message.as_deref().is_some_and(|said| said.matches("please").count() == 1)),
        "nothing was attached twice"
    );
}

#[rstest]
#[tokio::test]
async fn one_bad_row_stops_nothing(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let bodies: [(&str, Vec<u8>, &str); 9] = [
        ("an open quote", b"\"Globex,a@globex.example,x".to_vec(), "quote"),
        ("a megabyte in one cell", [b"Globex,a@globex.example,".to_vec(), vec![b'x'; 1_000_000]].concat(), "characters"),
        ("more than a megabyte", [b"Globex,a@globex.example,".to_vec(), vec![b'x'; 2_000_000]].concat(), "longer than"),
        ("a NUL", b"Glo\0bex,a@globex.example,x".to_vec(), "hidden character"),
        ("too many cells", b"Globex,a@globex.example,x,y,z".to_vec(), "5 cells"),
        ("a thousand cells", b",".repeat(1_000), "more than 500 cells"),
        ("nobody", b",,who?".to_vec(), "who asks"),
        ("an override of the direction of reading", "Glo\u{202e}bex,a@globex.example,x".into(), "hidden character"),
        ("damaged bytes", b"Glob\xffex,a@globex.example,x".to_vec(), "damaged"),
    ];
    for (what, body, says) in bodies {
        // Enough good letters, so that one damaged byte makes no other encoding.
        let good = |name: &str| {
            format!("{name} \u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9},{name}@x.example,ok\n")
                .into_bytes()
        };
        let file = [b"Company,Email,Message\n".to_vec(), good("before"), body, b"\n".to_vec(), good("after")].concat();
        let report = import(&server, &admin, "?encoding=utf-8", file).await;
        let [rows, accepted, merged, _] = counts(&report);
        assert_eq!((rows, accepted + merged), (3, 2), "{what}: {report}");
        let refused = refused(&admin, &report).await;
        assert!(refused.len() == 1 && refused[0].0 == 3 && refused[0].1.contains(says), "{what}: {refused:?}");
        let file = admin.get(&format!("{IMPORTS}/{}/refused.csv", report["id"].as_str().unwrap())).await;
        assert_eq!(file.status, 200, "{what}");
    }
}

#[rstest]
#[tokio::test]
async fn rows_that_belong_together_find_each_other(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let rows = "company,email,product,lead id\n\
        Initech,ann@initech.example,pump,L-1\n\
        Initech,ann@initech.example,pump,L-2\n\
        Initech Inc.,bo@initech.example,boiler,L-3\n\
        Initech,,fan,L-1\n";
    let report = import(&server, &admin, "", rows).await;
    let [rows_done, accepted, merged, refused] = counts(&report);
    assert_eq!((rows_done, refused), (4, 0), "{report}");
    assert_eq!(customer::Entity::find().all(server.app.store.read()).await.unwrap().len(), 1, "one company");
    assert_eq!(leads(&server).await.len() as i64, accepted);
    let again = import(&server, &admin, "", rows).await;
    assert_eq!(counts(&again), [4, 0, 4, 0], "the same keys from outside again: {again}");
    assert!(merged >= 1);
}

#[rstest]
#[tokio::test]
async fn an_import_is_stopped_and_goes_on(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let sent = send(&admin, "", "text/csv", many_rows(CHUNK_ROWS)).await;
    let path = format!("{IMPORTS}/{}", sent.id());
    let stopped = admin.post(&format!("{path}/stop"), &Value::Null).await;
    assert_eq!((stopped.status, &stopped.body["status"]), (200, &json!("stopped")), "{}", stopped.text);
    assert_eq!(work_off(&server, sent.id()).await.next_row, 0, "nothing enters while it is stopped");
    assert_eq!(admin.post(&format!("{path}/stop"), &Value::Null).await.problem(), "not-now");
    sweep_imports(&server.app).await.expect("files are swept");
    assert_eq!(admin.post(&format!("{path}/resume"), &Value::Null).await.body["status"], "queued");
    assert_eq!(work_off(&server, sent.id()).await.status, "done");
    assert_eq!(admin.post(&format!("{path}/resume"), &Value::Null).await.problem(), "not-now");
    let listed = admin.get(&format!("{IMPORTS}?status=done&fields=id,status")).await;
    assert_eq!(listed.body["items"], json!([{"id": sent.id(), "status": "done"}]));
    assert_eq!(std::fs::read_dir(server.app.files.join("imports")).unwrap().count(), 0, "the file is gone");
}

#[rstest]
#[tokio::test]
async fn a_preview_shows_how_a_file_would_be_read_and_writes_nothing(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let body = "Ragione sociale\tReferente\tE-mail\tNazione\tColore\nAcme\tAnna\tanna@acme.example\tItalia\trosso\nGlobex\tBo\tkaputt\tItalia\tblu\n";
    let seen = send(&admin, "/preview?source=fiera", "text/csv", body).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    assert_eq!(
        (&seen.body["delimiter"], &seen.body["encoding"], &seen.body["header"]),
        (&json!("\t"), &json!("UTF-8"), &json!(true))
    );
    let fields: Vec<&Value> = seen.body["columns"].as_array().unwrap().iter().map(|column| &column["field"]).collect();
    assert_eq!(
        fields,
        [&json!("customer.name"), &json!("contact.name"), &json!("contact.email"), &json!("customer.country"), &Value::Null]
    );
    assert_eq!(seen.body["columns"][4]["examples"], json!(["rosso", "blu"]));
    assert_eq!(seen.body["rows"][0]["says"]["customer.country"], "IT");
    assert_eq!(seen.body["rows"][0]["says"]["source"], "fiera");
    assert!(seen.body["rows"][1]["refused"].as_str().unwrap().contains("Column \"E-mail\""), "{}", seen.text);
    assert_eq!(leads(&server).await.len(), 0);
    assert_eq!(admin.get(IMPORTS).await.body["items"], json!([]));
}

#[rstest]
#[tokio::test]
async fn mappings_are_saved_used_and_removed(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let mappings = format!("{IMPORTS}/mappings");
    let wish = json!({"name": "Old CRM", "mapping": {"columns": {"K1": "customer.name", "K2": "contact.email", "K3": null}, "source": "old CRM"}});
    assert_eq!(admin.post(&mappings, &wish).await.status, 200);
    let again = admin.post(&mappings, &wish).await;
    assert_eq!((again.status, &again.body["mapping"]["source"]), (200, &json!("old CRM")));
    assert_eq!(admin.get(&mappings).await.body["items"].as_array().unwrap().len(), 1);

    let file = "K1|K2|K3\nAcme|ann@acme.example|x\n";
    let report = import(&server, &admin, "?mapping=Old%20CRM", file).await;
    assert_eq!((counts(&report), &report["source"]), ([1, 1, 0, 0], &json!("old CRM")));
    let inline = Form::new()
        .text("mapping", json!({"columns": {"K1": "contact.name"}}).to_string())
        .text("source", "by hand")
        .part("file", Part::text(file).file_name("C:\\exports\\k.csv").mime_str("application/vnd.ms-excel").unwrap());
    let sent = admin.send(admin.request("POST", IMPORTS).multipart(inline)).await;
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert_eq!((&sent.body["name"], &sent.body["source"]), (&json!("k.csv"), &json!("by hand")));

    let refusals = [
        ("?mapping=Unknown", file, "invalid-value", "mapping"),
        ("?mapping=Old%20CRM", "A|B\nx|y\n", "invalid-value", "mapping"),
        ("", "K1|K3\nAcme|x\n", "invalid-value", "mapping"),
        ("?mapping=%7B%22columns%22:%7B%22K1%22:%22customer.nickname%22%7D%7D", file, "invalid-body", "columns.K1"),
        ("?currency=XXX", file, "invalid-value", "currency"),
        ("?encoding=klingon", file, "invalid-value", "mapping"),
        ("?format=xml", file, "invalid-value", "format"),
        ("?header=maybe", file, "invalid-parameter", "query"),
        ("?colour=red", file, "unknown-parameter", "colour"),
    ];
    for (query, body, problem, field) in refusals {
        let refused = send(&admin, query, "text/csv", body).await;
        assert_eq!((refused.problem(), refused.field()), (problem, field), "{query}: {}", refused.text);
    }
    let nothing = json!({"name": "Nothing", "mapping": {"columns": {"K1": null}}});
    assert_eq!(admin.post(&mappings, &nothing).await.field(), "mapping.columns");
    let gone = admin.send(admin.request("DELETE", &format!("{mappings}/Old%20CRM"))).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    assert_eq!(admin.send(admin.request("DELETE", &format!("{mappings}/Old%20CRM"))).await.problem(), "not-found");
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_what_to_do(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let cases: [(&str, &[u8], u16, &str); 6] = [
        ("text/csv", b"", 422, "holds no row"),
        ("application/octet-stream", b"PK\x03\x04zip", 422, "Save it as CSV"),
        ("application/x-ndjson", b"[{\"company\": \"Acme\"}]", 422, "one object a line"),
        ("text/csv", b"colour,size\nred,3\n", 422, "No column says who asks"),
        ("application/json", b"{}", 415, "text/csv"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\nfair\r\n--x--\r\n",
            422,
            "no part \"file\"",
        ),
    ];
    for (kind, body, status, says) in cases {
        let refused = send(&admin, "", kind, body.to_vec()).await;
        assert_eq!(refused.status, status, "{kind}: {}", refused.text);
        assert!(refused.text.replace("\\\"", "\"").contains(says), "{kind}: {}", refused.text);
        assert_eq!(send(&admin, "/preview", kind, body.to_vec()).await.status, status, "{kind}");
    }
    let packed = admin.request("POST", IMPORTS).header("content-type", "text/csv").header("content-encoding", "gzip").body("x");
    assert_eq!(admin.send(packed).await.problem(), "unsupported-media-type");
    assert_eq!(std::fs::read_dir(server.app.files.join("imports")).unwrap().count(), 0, "nothing is left behind");

    let rep = server.person("rep", Role::Rep).await;
    let (auditor, nobody) = (server.person("auditor", Role::Auditor).await, server.nobody());
    let some = Uuid::new_v4();
    let paths = [
        ("GET", IMPORTS.to_owned()),
        ("POST", IMPORTS.to_owned()),
        ("POST", format!("{IMPORTS}/preview")),
        ("GET", format!("{IMPORTS}/{some}")),
        ("GET", format!("{IMPORTS}/{some}/refused")),
        ("GET", format!("{IMPORTS}/{some}/refused.csv")),
        ("POST", format!("{IMPORTS}/{some}/stop")),
        ("POST", format!("{IMPORTS}/{some}/resume")),
        ("GET", format!("{IMPORTS}/mappings")),
        ("DELETE", format!("{IMPORTS}/mappings/x")),
    ];
    for (method, path) in &paths {
        let ask = async |client: &Client| {
            client.send(client.request(method, path).header("content-type", "text/csv").body("company\nAcme\n")).await
        };
        assert_eq!(ask(&nobody).await.status, 401, "{method} {path}");
        assert_eq!(ask(&rep).await.status, 403, "{method} {path}");
        assert_eq!(ask(&auditor).await.status, 403, "{method} {path}");
        if path.contains(&some.to_string()) || *method == "DELETE" {
            assert_eq!(ask(&admin).await.problem(), "not-found", "{method} {path}");
        }
    }
    assert_eq!(leads(&server).await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn rows_of_json_are_leads_too(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let server = TestServer::on(db).await;
    let admin = server.admin().await;
    let body = "{\"title\": \"Two pumps\", \"customer\": {\"name\": \"Acme\", \"country\": \"NL\"}, \"contact\": {\"email\": \"ann@acme.example\"}, \"value\": {\"amount\": \"1200.00\", \"currency\": \"USD\"}}\nnot json\n";
    let sent = send(&admin, "", "application/x-ndjson", body).await;
    assert_eq!((sent.status, &sent.body["format"]), (201, &json!("ndjson")), "{}", sent.text);
    let done = work_off(&server, sent.id()).await;
    assert_eq!((done.accepted, done.refused), (1, 1));
    let lead = leads(&server).await.remove(0);
    assert_eq!(
        (lead.title.as_str(), lead.value_minor, lead.value_currency.as_deref()),
        ("Two pumps", Some(120_000), Some("USD"))
    );
}
