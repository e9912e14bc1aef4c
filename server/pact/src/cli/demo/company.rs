//! The demo's company: made, or found in the folder, with a password for this run.

use anyhow::{Context, anyhow, bail};
use pact_app::demo::{self, Company};
use pact_app::{App, Refusal};
use pact_core::role::Role;
use pact_store::entity::person;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::voice::Voice;

/// Words of a password: short, plain, easily typed; 64 of them, so each is six bits.
const WORDS: [&str; 64] = [
    "amber", "anchor", "apple", "arrow", "autumn", "barley", "basket", "beacon", "birch", "bridge", "bronze", "candle", "canyon",
    "carbon", "castle", "cedar", "chalk", "cherry", "clover", "cobalt", "comet", "copper", "coral", "cotton", "dune", "ember",
    "falcon", "fennel", "fjord", "garnet", "ginger", "glacier", "granite", "harbor", "hazel", "heron", "island", "ivory",
    "jasper", "juniper", "kelp", "lagoon", "lantern", "linen", "magnet", "maple", "marble", "meadow", "nutmeg", "oak", "olive",
    "orchid", "pebble", "pepper", "quartz", "raven", "saffron", "silver", "sparrow", "thunder", "timber", "velvet", "walnut",
    "willow",
];
/// How many words a password has: 30 bits, behind the throttle of sign-in, for an afternoon on one machine.
const WORDS_IN_PASSWORD: usize = 5;

/// The company of this run, and who shows it.
pub(super) struct Demo {
    /// The password of everybody in this run.
    pub(super) password: SecretString,
    /// The admin's e-mail address.
    pub(super) admin: String,
    people: Vec<person::Model>,
}

/// A lead that still waits for an answer of a person, when the tour is over.
pub(super) struct Open {
    /// The lead.
    pub(super) lead: Uuid,
    /// What it is about.
    pub(super) title: String,
    /// The person to whom it is pushed.
    pub(super) person: Uuid,
}

impl Demo {
    /// Makes the company in an empty store, or finds the one that an earlier demo made; everybody gets a new password.
    pub(super) async fn prepare(app: &App, seed: u64, voice: &Voice) -> anyhow::Result<Self> {
        let company = Company::make(seed, chrono::Utc::now().date_naive())?;
        voice.chapter(&format!("{}: a company that does not exist, made from the number {seed}", company.organisation.name));
        let size = size(&company);
        match demo::fill(app, company).await {
            Ok(()) => voice.say(&size),
            Err(Refusal::NotNow { why }) if demo::is_demo(&app.store).await? => {
                tracing::debug!(why, "the company is there already");
                voice.say("It is here from an earlier demo, with what has happened since.");
            }
            Err(refusal) => bail!("{refusal}"),
        }
        let password = password()?;
        demo::set_demo_password(app, password.clone()).await?;
        app.refresh_organisation().await?;
        let people: Vec<person::Model> = app.organisation().people.values().map(|member| member.row.clone()).collect();
        let admin = with_role(&people, Role::Admin).context("the demo has no admin")?.email.clone();
        Ok(Self { password, admin, people })
    }

    /// A person's name and e-mail address.
    pub(super) fn person(&self, id: Uuid) -> anyhow::Result<&person::Model> {
        self.people.iter().find(|person| person.id == id).context("a lead was pushed to somebody who is not of the demo")
    }

    /// Says where everything is, and how to sign in.
    pub(super) fn say_goodbye(&self, base: &str, open: Option<Open>, voice: &Voice, ends: bool) {
        if ends {
            voice.chapter("That was the tour.");
            return;
        }
        voice.chapter("Look around");
        voice.row("The interface, to try out", &format!("{base}/docs/"));
        voice.row("Its description (OpenAPI 3.1)", &format!("{base}/openapi.json"));
        voice.row("What refusals mean", &format!("{base}/problems"));
        voice.chapter(&format!("Sign in with the password of this run: {}", self.password.expose_secret()));
        let rep = open.as_ref().and_then(|open| self.person(open.person).ok());
        let rep = rep.or_else(|| with_role(&self.people, Role::Rep));
        let others = [Role::Manager, Role::Admin, Role::Auditor].map(|role| with_role(&self.people, role));
        for person in [rep].into_iter().chain(others).flatten() {
            voice.row(&format!("{} ({})", person.name, said_role(person)), &person.email);
        }
        if let (Some(open), Some(rep)) = (open, rep) {
            voice.chapter(&format!("A lead is pushed to {}: \"{}\". Accept it:", rep.name, open.title));
            let password = self.password.expose_secret();
            voice.say(&format!("token=$(curl -s {base}/api/v1/session --json '{{\"method\":\"password\",\"email\":\"{}\",\"password\":\"{password}\"}}' \\", rep.email));
            voice.say("  | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')");
            voice.say(&format!("curl -X POST -H \"Authorization: Bearer $token\" {base}/api/v1/leads/{}/accept", open.lead));
        }
        voice.chapter("Stop with Ctrl-C.");
    }
}

/// The first person with a role, by name; managers who sell before those who do not.
fn with_role(people: &[person::Model], role: Role) -> Option<&person::Model> {
    let with_role = people.iter().filter(|person| person.role == role.as_str() && person.active);
    with_role.min_by_key(|person| (person.team_id.is_none(), person.capacity == Some(0), person.name.as_str()))
}

fn said_role(person: &person::Model) -> &str {
    match person.role.as_str() {
        "auditor" => "auditor, works council",
        role => role,
    }
}

fn size(company: &Company) -> String {
    format!(
        "{} people in {} teams, {} territories on two continents, {} customers with {} contacts; a quarter of history: {} leads, {} cards, {} plans.",
        company.persons.len(),
        company.teams.len(),
        company.territories.len(),
        company.customers.len(),
        company.contacts.len(),
        company.leads.len(),
        company.cards.len(),
        company.plans.len(),
    )
}

/// A password that nobody knows but who sees the terminal of this run.
fn password() -> anyhow::Result<SecretString> {
    let mut random = [0_u8; WORDS_IN_PASSWORD];
    getrandom::fill(&mut random).map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    let words = random.map(|byte| WORDS[usize::from(byte) % WORDS.len()]);
    Ok(words.join("-").into())
}
