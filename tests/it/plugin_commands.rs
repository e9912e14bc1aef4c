//! Plugins as admins handle them at a desk: one file, dropped into a folder or sent, agreed to, and removed; and the switch for everything.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use pact_tests::process::{ADMIN, Caller, PASSWORD, Place, Process, pact_binary};
use pact_tests::server::Db;
use rstest::rstest;
use serde_json::{Value, json};

/// How long something may take to be seen.
const PATIENCE: Duration = Duration::from_secs(60);

const MANIFEST: &str = "id = \"notes\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Notes\"\nsummary = \"Notes new customers.\"\nreads = [\"customer\"]\n\
    [[script]]\nfile = \"notes.rhai\"\n[[field]]\non = \"customer\"\nname = \"size\"\nlabel = \"Size\"\ntype = \"text\"\nhelps = \"sale\"\nbecause = \"An offer has the right size from the start.\"\n";

struct Desk {
    folder: std::path::PathBuf,
    server: String,
    key: String,
}

impl Desk {
    /// A desk with a key that an admin made.
    async fn of(admin: &Caller, server: &str, folder: &Path) -> Self {
        let wish = json!({"name": "desk", "scopes": ["plugins_read", "plugins_write"]});
        let key = admin.make("/api/v1/api-keys", &wish).await["key"].as_str().unwrap().to_owned();
        Self { folder: folder.to_owned(), server: server.to_owned(), key }
    }

    /// Runs a command with the key of an admin, and says how it ended and what it said.
    fn pact(&self, arguments: &[&str]) -> (bool, String) {
        let output: Output = Command::new(pact_binary())
            .current_dir(&self.folder)
            .args(arguments)
            .env("PACT_SERVER", &self.server)
            .env("PACT_API_KEY", &self.key)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.success(), said)
    }

    #[track_caller]
    fn says(&self, arguments: &[&str], works: bool, wanted: &[&str]) {
        let (worked, said) = self.pact(arguments);
        assert_eq!(worked, works, "{arguments:?}: {said}");
        for words in wanted {
            assert!(said.contains(words), "{arguments:?} does not say {words:?}: {said}");
        }
    }
}

/// A server with an empty folder of plugins and these settings, its admin, and a desk beside it.
async fn served(place: &Place, settings: &[(&'static str, &str)]) -> (Process, Caller, Desk) {
    let plugins = place.folder().join("plugins");
    std::fs::create_dir(&plugins).unwrap();
    let launch = settings.iter().fold(place.launch(&plugins), |launch, (name, value)| launch.with(name, *value));
    let server = launch.start();
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let desk = Desk::of(&admin, &server.base, place.folder()).await;
    (server, admin, desk)
}

/// What waits in the folder, once something is so.
async fn arrivals(admin: &Caller, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let items = admin.get("/api/v1/plugin-arrivals").await["items"].as_array().unwrap().clone();
        if is_so(&items) {
            return items;
        }
        assert!(Instant::now() < until, "{what} did not happen: {items:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The same caller over a new connection: while commands run at the desk, an idle one is closed.
fn anew(caller: &Caller) -> Caller {
    Caller { http: reqwest::Client::builder().no_proxy().build().unwrap(), ..caller.clone() }
}

fn write_plugin(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("plugin.toml"), MANIFEST).unwrap();
    std::fs::write(folder.join("notes.rhai"), "fn on_customer_created(customer) { log(customer.name); }\n").unwrap();
}

#[rstest]
#[tokio::test]
async fn a_plugin_is_packed_dropped_agreed_to_and_removed(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let place = Place::on(db);
    let plugins = place.folder().join("plugins");
    let (_server, admin, desk) = served(&place, &[("PACT_TRUST_PLUGINS", "false")]).await;
    write_plugin(&place.folder().join("notes"));

    desk.says(&["plugin", "pack", "notes"], true, &["notes-1.0.0.plugin.tar.gz", "notes 1.0.0"]);
    desk.says(&["plugin", "pack", "notes", "-o", "again.plugin.tar.gz"], true, &["again.plugin.tar.gz"]);
    let read = |name: &str| std::fs::read(place.folder().join(name)).unwrap();
    assert_eq!(read("notes-1.0.0.plugin.tar.gz"), read("again.plugin.tar.gz"), "the same folder is the same file");
    desk.says(&["plugin", "pack", "plugins"], false, &["plugin.toml"]);

    // Dropped while the server runs: it waits, and a bad one beside it stops nothing.
    std::fs::copy(place.folder().join("again.plugin.tar.gz"), plugins.join("notes.plugin.tar.gz")).unwrap();
    std::fs::write(plugins.join("bad.plugin.tar.gz"), "no archive").unwrap();
    let waiting = arrivals(&admin, "both", |items| items.len() == 2).await;
    assert_eq!((&waiting[0]["name"], &waiting[0]["state"]), (&json!("bad.plugin.tar.gz"), &json!("refused")));
    assert_eq!((&waiting[1]["plugin_id"], &waiting[1]["state"]), (&json!("notes"), &json!("waits")));
    assert_eq!(admin.get("/api/v1/plugins").await["items"], json!([]));

    // Sent from the desk: shown, not agreed to, agreed to.
    let archive = "notes-1.0.0.plugin.tar.gz";
    let asks = [
        "notes 1.0.0 (is not installed)",
        "+ Reads customers and their contacts.",
        "+ Has the field \"Size\" (text) on each customer.",
    ];
    desk.says(&["plugin", "install", archive, "--preview"], true, &asks);
    desk.says(&["plugin", "install", archive], false, &["nobody agreed"]);
    assert_eq!(admin.get("/api/v1/plugins").await["items"], json!([]));
    desk.says(&["plugin", "install", "notes", "--yes"], true, &[asks[1], "notes 1.0.0 is installed."]);
    assert_eq!(admin.get("/api/v1/plugins/notes").await["version"], "1.0.0");
    let left = arrivals(&admin, "the bad one alone", |items| items.len() == 1).await;
    assert_eq!(left[0]["name"], "bad.plugin.tar.gz");
    desk.says(&["plugin", "install", archive], true, &["nothing is new", "is installed."]);

    desk.says(&["automation", "state"], true, &["Automation runs.", "mail 200"]);
    desk.says(&["automation", "stop", "--because", "A look."], true, &["Automation is stopped since", ": A look."]);
    assert_eq!(admin.get("/api/v1/automation").await["running"], false);
    desk.says(&["automation", "start", "--waiting", "skip"], true, &["Automation runs."]);
    desk.says(&["automation", "start"], false, &["runs already"]);

    desk.says(&["plugin", "remove", "notes", "--fields", "remove"], false, &["customer.size goes", "not removed"]);
    desk.says(&["plugin", "remove", "notes", "--fields", "keep", "--yes"], true, &["customer.size stays", "notes is removed."]);
    assert_eq!(admin.get("/api/v1/fields").await["items"][0]["plugin_id"], Value::Null);
    desk.says(&["plugin", "remove", "notes", "--fields", "keep", "--yes"], false, &["There is no plugin"]);
}

/// Recipes are installed as they lie in `scripts/`, with one command; what was packed on the way installs the same.
#[rstest]
#[tokio::test]
async fn a_recipe_is_installed_with_one_command(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let place = Place::on(db);
    let (_server, admin, desk) = served(&place, &[]).await;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts");
    let recipe = repository.join("big-deal-four-eyes.rhai");
    let (recipe, std) = (recipe.to_str().unwrap(), repository.join("std"));
    let std = ["--std", std.to_str().unwrap()];
    let with = |arguments: &[&'static str]| -> Vec<String> {
        arguments.iter().map(|one| if *one == "RECIPE" { recipe } else { one }).chain(std).map(str::to_owned).collect()
    };
    let said = |arguments: &[&'static str], works: bool, wanted: &[&str]| {
        let arguments = with(arguments);
        desk.says(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), works, wanted);
    };
    said(&["plugin", "install", "RECIPE"], false, &["+ Asks", "nobody agreed"]);
    said(&["plugin", "install", "RECIPE", "--yes"], true, &["big-deal-four-eyes 1.0.0 is installed."]);
    let versions = "/api/v1/plugins/big-deal-four-eyes/versions";
    let listed = anew(&admin).get(versions).await["items"].as_array().unwrap().clone();
    assert_eq!((listed.len(), &listed[0]["verdict"]["accepted"]), (1, &json!(true)), "{listed:?}");
    let shown = anew(&admin).get(&format!("{versions}/{}", listed[0]["id"].as_str().unwrap())).await;
    let files: Vec<&str> = shown["files"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(files, ["big-deal-four-eyes.rhai", "std/amounts", "std/people"]);
    assert!(shown["manifest"].as_str().unwrap().trim_start().starts_with("id = \"big-deal-four-eyes\""), "{shown}");
    assert_eq!(anew(&admin).get("/api/v1/plugins/big-deal-four-eyes").await["left_out"], Value::Null, "it runs");

    // The archive of it is the same plugin, and holds what its cases need.
    said(&["plugin", "pack", "RECIPE", "-o", "recipe.plugin.tar.gz"], true, &["big-deal-four-eyes 1.0.0"]);
    desk.says(&["plugin", "install", "recipe.plugin.tar.gz"], true, &["nothing is new", "is installed."]);
    assert_eq!(anew(&admin).get(versions).await["items"].as_array().unwrap().len(), 1, "the same files are the same version");
    let unpacked = Command::new("tar").args(["xf", "recipe.plugin.tar.gz"]).current_dir(place.folder()).status().unwrap();
    assert!(unpacked.success());
    desk.says(&["plugin", "test", "big-deal-four-eyes", "--std", "big-deal-four-eyes/std"], true, &["5 passed, 0 failed"]);

    // Over REST one script needs no manifest beside it, and several do.
    let text = |id: &str| {
        format!("//! id = \"{id}\"\n//! version = \"1.0.0\"\n//! api = 1\n//! title = \"One\"\n\nfn on_lead_won(lead) {{ }}\n")
    };
    let one = json!({"files": {"one.rhai": text("one")}});
    let made = anew(&admin).make("/api/v1/plugins", &one).await;
    assert_eq!((&made["id"], &made["version"]), (&json!("one"), &json!("1.0.0")));
    let two = json!({"files": {"one.rhai": text("one"), "two.rhai": text("two")}});
    for (body, field) in [(two, "manifest"), (json!({"files": {"one.rhai": "fn f() { }"}}), "manifest")] {
        let refused = anew(&admin).post("/api/v1/plugins", &body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(field)), "{}", refused.body);
    }
    std::fs::write(place.folder().join("bare.rhai"), "fn f() { }").unwrap();
    desk.says(&["plugin", "install", "bare.rhai", "--yes"], false, &["bare.rhai:1:1"]);
}

const SWEEPER: &str = "id = \"sweeper\"\nversion = \"1.0.0\"\napi = 1\ntitle = \"Sweeper\"\nreads = [\"lead\"]\nmay = [\"highlight\"]\n\
    [settings]\nshow = { type = \"yes_no\", default = false, title = \"Show leads\" }\nwords = { type = \"text\", default = \"Look.\" }\nafter = { type = \"span\" }\n\
    [[script]]\nfile = \"sweeper.rhai\"\n[[schedule]]\ncall = \"sweep\"\ncron = \"0 3 1 * *\"\n";
const SWEEP: &str = "fn sweep() { if setting(\"show\") { for lead in leads.open() { highlight(lead, setting(\"words\")); } } }";

/// Settings are shown, set, looked back on and brought back; much at once is confirmed, as over REST.
#[rstest]
#[tokio::test]
async fn settings_are_versions_at_the_desk_too(#[values(Db::Sqlite, Db::Postgres)] db: Db) {
    let place = Place::on(db);
    let (_server, admin, desk) = served(&place, &[("PACT_CONFIRM_ABOVE", "0")]).await;
    let settings = |more: &[&'static str]| [&["plugin", "settings", "sweeper"], more].concat();
    let set = async || anew(&admin).get("/api/v1/plugins/sweeper").await["settings"].clone();
    desk.says(&settings(&[]), false, &["There is no plugin"]);
    anew(&admin).make("/api/v1/plugins", &json!({"manifest": SWEEPER, "files": {"sweeper.rhai": SWEEP}})).await;
    let lead = json!({"source": "trade fair", "product": "heat-pump", "customer": {"name": "Globex", "country": "NL"}});
    anew(&admin).make("/api/v1/leads", &lead).await;

    desk.says(&settings(&[]), true, &["# after is not set\n# Show leads\n# show = false\n# words = \"Look.\"\n"]);
    desk.says(&settings(&["--history"]), true, &["It was never set to anything."]);
    // A text that looks like a number is a text.
    desk.says(
        &settings(&["--set", "words=5", "--set", "after=2 work days"]),
        true,
        &["after: its default → 2 work days\nwords: its default → 5"],
    );
    assert_eq!(set().await, json!({"after": "2 work days", "words": "5"}));
    // (options, what is wrong with them)
    for (wrong, why) in [
        (&["--set", "colour=red"][..], "no such setting"),
        (&["--set", "show=perhaps"], "settings.show"),
        (&["--set", "words"], "NAME=VALUE"),
        (&["--set", "words=x", "--default", "words"], "one of the two"),
        (&["--set", "words=x", "--restore", "1"], "cannot be used with"),
        (&["--restore", "9"], "It has: 1, 2"),
        (&["--file", "nowhere.toml"], "nowhere.toml cannot be read"),
    ] {
        desk.says(&settings(wrong), false, &[why]);
    }
    assert_eq!(set().await, json!({"after": "2 work days", "words": "5"}));

    // One lead would be shown at once, so that is confirmed first.
    let show = settings(&["--set", "show=true"]);
    desk.says(&show, false, &["It would do this at once: 1 × highlight", "say --confirm 1"]);
    desk.says(&[&show[..], &["--confirm", "7"]].concat(), false, &["say --confirm 1"]);
    desk.says(&[&show[..], &["--confirm", "1"]].concat(), true, &["show: its default → true"]);
    desk.says(&show, true, &["Nothing changed"]);

    // What is shown can be given back: what it leaves out goes back to its default.
    let (_, shown) = desk.pact(&settings(&[]));
    assert_eq!(shown, "after = \"2 work days\"\n# Show leads\nshow = true\nwords = \"5\"\n");
    std::fs::write(place.folder().join("edited.toml"), shown.replace("show = true\n", "")).unwrap();
    desk.says(&settings(&["--file", "edited.toml"]), true, &["show: true → its default"]);
    assert_eq!(set().await, json!({"after": "2 work days", "words": "5"}));
    desk.says(&settings(&["--default", "after", "--set", "words=6"]), true, &["after: 2 work days → its default\nwords: 5 → 6"]);

    let (_, history) = desk.pact(&settings(&["--history"]));
    let rows: Vec<(&str, &str)> =
        history.lines().map(|line| (line.trim().split("  ").next().unwrap(), line.split_once(": ").unwrap().1)).collect();
    let wanted = [
        ("5", "after: 2 work days → its default, words: 5 → 6"),
        ("4", "show: true → its default"),
        ("3", "show: its default → true"),
        ("2", "after: its default → 2 work days, words: its default → 5"),
        ("1", "nothing"),
    ];
    assert_eq!(rows, wanted, "{history}");
    let me = anew(&admin).get("/api/v1/persons").await["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(history.matches(&format!(" set by {me}: ")).count(), 4, "{history}");

    let back = settings(&["--restore", "3"]);
    desk.says(&back, false, &["1 × highlight", "say --confirm 1"]);
    let wanted = ["after: its default → 2 work days\nshow: its default → true\nwords: 6 → 5"];
    desk.says(&[&back[..], &["--confirm", "1"]].concat(), true, &wanted);
    assert_eq!(set().await, json!({"after": "2 work days", "show": true, "words": "5"}));
    desk.says(&settings(&["--history"]), true, &["  6  ", "  restored by"]);
    desk.says(&settings(&["--restore", "1"]), true, &["words: 5 → its default"]);
    assert_eq!(set().await, json!({}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_gets_a_key_at_the_terminal() {
    let place = Place::on(Db::Sqlite);
    let server = place.launch(&pact_tests::process::test_plugins("mini")).start();
    let desk = |key: &str| Desk { folder: place.folder().to_owned(), server: server.base.clone(), key: key.to_owned() };
    let secret = place.folder().join("secret");
    std::fs::write(&secret, format!("{PASSWORD}\nnever read\n")).unwrap();
    let secret = secret.to_str().unwrap();
    let (made, key) = desk("").pact(&["key", "--email", ADMIN, "--name", "my desk", "--password-file", secret]);
    assert!(made && key.starts_with("pact_") && key.lines().count() == 1, "the key and nothing else: {key}");
    desk(key.trim()).says(&["automation", "state"], true, &[]);
    desk(key.trim()).says(&["plugin", "install", "nowhere"], false, &["nowhere"]);
    let admin = Caller::sign_in(&server.base, ADMIN).await;
    let keys = admin.get("/api/v1/api-keys").await;
    let shown = &keys["items"][0];
    assert_eq!((&shown["name"], &shown["scopes"]), (&json!("my desk"), &json!(["plugins_read", "plugins_write"])), "{keys}");
    assert!(shown["expires_at"].is_string(), "it ends by itself: {shown}");

    std::fs::write(place.folder().join("wrong"), "five words in a row").unwrap();
    let wrong = place.folder().join("wrong");
    desk("").says(&["key", "--email", ADMIN, "--password-file", wrong.to_str().unwrap()], false, &["password"]);
    desk("").says(&["key", "--email", ADMIN, "--scope", "everything", "--password-file", secret], false, &["everything"]);
    desk("no key").says(&["automation", "state"], false, &[]);
}
