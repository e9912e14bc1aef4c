//! What a new plugin looks like, for each event and for the clock.

use pact_policy::table::EntryPoint;
use pact_script::plugin::MANIFEST_FILE;

/// What differs between new plugins.
pub(super) struct Template {
    /// What is in the manifest after the head.
    manifest: &'static str,
    /// The script.
    script: &'static str,
    /// What calls it, in a case.
    call: &'static str,
    /// What a case needs beside the customer.
    world: &'static str,
    /// What is expected where it acts.
    expect: &'static str,
    /// When it acts, for its page.
    when: &'static str,
    /// How a case leaves it alone: for whom it does nothing.
    otherwise: Otherwise,
}

/// For whom a new plugin does nothing, so that there is a case of that too.
enum Otherwise {
    /// The customer is of another segment.
    OtherSegment,
    /// This world, in which nothing is found; it expects this.
    World(&'static str, &'static str),
}

/// A manifest whose script tells the customer's owner something about customers of one segment.
macro_rules! notifies {
    ($reads:literal) => {
        concat!(
            "reads = [",
            $reads,
            "]\nmay = [\"notify\"]\n\n[settings]\nsegment = { type = \"text\", default = \"key\", title = \"Segment\", help = \"Customers of other \
             segments are left alone.\" }\n"
        )
    };
}

/// A script that tells the customer's owner something.
macro_rules! tells {
    ($head:literal, $record:literal, $words:literal) => {
        concat!(
            "fn ",
            $head,
            " {\n    let customer = ",
            $record,
            ".customer;\n    if customer.segment == setting(\"segment\") {\n        notify(customer.owner, `",
            $words,
            "`, ",
            $record,
            ");\n    }\n}\n"
        )
    };
}

const LEAD: &str =
    "\n[[world.lead]]\nid = \"pumps\"\ntitle = \"Pumps\"\ncustomer = \"hooli\"\nowner = \"ann\"\nstage = \"offer\"\n";
const PUSH: &str = "\n[[world.lead]]\nid = \"pumps\"\ntitle = \"Pumps\"\ncustomer = \"hooli\"\n\n[[world.push]]\nid = \"offer\"\nlead = \"pumps\"\nperson = \"ann\"\nanswer_reason = \"no time\"\n";
const CARD: &str =
    "\n[[world.card]]\nid = \"said\"\ncustomer = \"hooli\"\nkind = \"wish\"\ntext = \"They want it before June.\"\n";

impl Template {
    /// A plugin for an event.
    pub(super) fn of_event(point: EntryPoint) -> Self {
        let lead = |script, call, expect, when| Self {
            manifest: notifies!("\"lead\", \"customer\", \"person\""),
            script,
            call,
            world: LEAD,
            expect,
            when,
            otherwise: Otherwise::OtherSegment,
        };
        match point {
            EntryPoint::LeadCreated => lead(
                tells!("on_lead_created(lead)", "lead", "${customer.name} asks: ${lead.title}"),
                "event = \"lead_created\"\nwith = { lead = \"pumps\" }",
                "text = \"Hooli asks: Pumps\"\nrecord = \"pumps\"",
                "a lead enters",
            ),
            EntryPoint::PushDeclined => Self {
                world: PUSH,
                ..lead(
                    tells!("on_push_declined(lead, push)", "lead", "${customer.name} came back: \"${push.answer_reason}\""),
                    "event = \"push_declined\"\nwith = { lead = \"pumps\", push = \"offer\" }",
                    "text = \"Hooli came back: \\\"no time\\\"\"\nrecord = \"pumps\"",
                    "a push is declined",
                )
            },
            EntryPoint::PushExpired => Self {
                world: PUSH,
                ..lead(
                    tells!("on_push_expired(lead, push)", "lead", "${customer.name} still waits for an answer: ${lead.title}"),
                    "event = \"push_expired\"\nwith = { lead = \"pumps\", push = \"offer\" }",
                    "text = \"Hooli still waits for an answer: Pumps\"\nrecord = \"pumps\"",
                    "a push is not answered in time",
                )
            },
            EntryPoint::LeadOwned => lead(
                tells!("on_lead_owned(lead)", "lead", "${customer.name} has somebody for: ${lead.title}"),
                "event = \"lead_owned\"\nwith = { lead = \"pumps\" }",
                "text = \"Hooli has somebody for: Pumps\"\nrecord = \"pumps\"",
                "somebody owns a lead",
            ),
            EntryPoint::LeadQuiet => Self {
                manifest: "reads = [\"lead\", \"customer\"]\nmay = [\"highlight\"]\n\n[settings]\nquiet_after = { type = \"span\", default = \"5 work days\", title = \"Quiet after\" }\n\
                           segment = { type = \"text\", default = \"key\", title = \"Segment\", help = \"Customers of other segments are left alone.\" }\n",
                script: "fn on_lead_quiet(lead) {\n    if lead.customer.segment == setting(\"segment\") {\n        highlight(lead, `Nothing has happened for ${lead.quiet_for}.`);\n    }\n}\n",
                world: "\n[[world.lead]]\nid = \"pumps\"\ncustomer = \"hooli\"\nquiet_for = \"6 work days\"\n",
                ..lead(
                    "",
                    "event = \"lead_quiet\"\nwith = { lead = \"pumps\" }",
                    "do = \"highlight\"\nlead = \"pumps\"\nbecause = \"Nothing has happened for 6 work days.\"",
                    "a lead is quiet for the set time",
                )
            },
            EntryPoint::StageChanged => lead(
                tells!("on_stage_changed(lead, from, to)", "lead", "${customer.name} is in the stage ${to} now: ${lead.title}"),
                "event = \"stage_changed\"\nwith = { lead = \"pumps\", from = \"talks\", to = \"offer\" }",
                "text = \"Hooli is in the stage offer now: Pumps\"\nrecord = \"pumps\"",
                "a lead goes to another stage",
            ),
            EntryPoint::LeadWon => lead(
                tells!("on_lead_won(lead)", "lead", "${customer.name} said yes: ${lead.title}"),
                "event = \"lead_won\"\nwith = { lead = \"pumps\" }",
                "text = \"Hooli said yes: Pumps\"\nrecord = \"pumps\"",
                "a lead is won",
            ),
            EntryPoint::LeadLost => lead(
                tells!("on_lead_lost(lead)", "lead", "${customer.name} said no: ${lead.title}"),
                "event = \"lead_lost\"\nwith = { lead = \"pumps\" }",
                "text = \"Hooli said no: Pumps\"\nrecord = \"pumps\"",
                "a lead is lost",
            ),
            EntryPoint::CustomerCreated => Self {
                manifest: notifies!("\"customer\", \"person\""),
                script: "fn on_customer_created(customer) {\n    if customer.segment == setting(\"segment\") {\n        notify(customer.owner, `${customer.name} is new.`, customer);\n    }\n}\n",
                world: "",
                ..lead(
                    "",
                    "event = \"customer_created\"\nwith = { customer = \"hooli\" }",
                    "text = \"Hooli is new.\"\nrecord = \"hooli\"",
                    "a customer is new",
                )
            },
            EntryPoint::CardWriting => Self {
                manifest: "reads = [\"card\", \"customer\"]\nmay = [\"suggest\"]\n\n[settings]\nsegment = { type = \"text\", default = \"key\", title = \"Segment\", help = \"Customers of other segments are left alone.\" }\n",
                script: "fn on_card_writing(card) {\n    if card.customer.segment == setting(\"segment\") {\n        suggest(`When does ${card.customer.name} need it?`);\n    }\n}\n",
                world: CARD,
                ..lead(
                    "",
                    "event = \"card_writing\"\nwith = { card = \"said\" }",
                    "do = \"suggest\"\ntext = \"When does Hooli need it?\"",
                    "somebody writes down what a customer says",
                )
            },
            EntryPoint::CardWritten => Self {
                manifest: notifies!("\"card\", \"customer\", \"person\""),
                world: CARD,
                ..lead(
                    tells!("on_card_written(card)", "card", "${customer.name}: ${card.text}"),
                    "event = \"card_written\"\nwith = { card = \"said\" }",
                    "text = \"Hooli: They want it before June.\"\nrecord = \"said\"",
                    "somebody wrote down what a customer said",
                )
            },
            EntryPoint::PlanAnnounced => Self {
                manifest: notifies!("\"plan\", \"customer\", \"person\""),
                world: "\n[[world.plan]]\nid = \"visit\"\ncustomer = \"hooli\"\nperson = \"ann\"\nobjective = \"agree on a date\"\n",
                ..lead(
                    tells!("on_plan_announced(plan)", "plan", "Planned with ${customer.name}: ${plan.objective}"),
                    "event = \"plan_announced\"\nwith = { plan = \"visit\" }",
                    "text = \"Planned with Hooli: agree on a date\"\nrecord = \"visit\"",
                    "a plan is announced",
                )
            },
            EntryPoint::RequestOverdue => Self {
                manifest: notifies!("\"request\", \"customer\", \"person\""),
                world: "\n[[world.request]]\nid = \"question\"\ncustomer = \"hooli\"\nto = \"ann\"\ntext = \"Which size?\"\n",
                ..lead(
                    tells!("on_request_overdue(request)", "request", "${customer.name} still waits for: ${request.text}"),
                    "event = \"request_overdue\"\nwith = { request = \"question\" }",
                    "text = \"Hooli still waits for: Which size?\"\nrecord = \"question\"",
                    "a request is not answered in time",
                )
            },
            EntryPoint::CoachingDay => Self {
                manifest: "reads = [\"coaching\"]\nmay = [\"coaching\"]\ncoaching = true\n",
                script: "fn on_coaching_day(period) {\n    for act in acts(period) {\n        note(period, `${act.what}: ${act.text}`);\n    }\n}\n",
                world: "\n[[world.person]]\nid = \"mia\"\nname = \"Mia\"\n\n[[world.period]]\nid = \"training\"\nperson = \"ann\"\ncoach = \"mia\"\npurpose = \"asking first\"\n\n\
                        [[world.act]]\nperiod = \"training\"\nwhat = \"visit\"\ntext = \"asked what they need before the offer\"\n",
                otherwise: Otherwise::World(
                    "\n[[world.person]]\nid = \"mia\"\nname = \"Mia\"\n\n[[world.period]]\nid = \"training\"\nperson = \"ann\"\ncoach = \"mia\"\npurpose = \"asking first\"\n",
                    "",
                ),
                ..lead(
                    "",
                    "event = \"coaching_day\"\nwith = { period = \"training\" }",
                    "do = \"note\"\nperiod = \"training\"\ntext = \"visit: asked what they need before the offer\"",
                    "a day inside a coaching period has ended; it runs nowhere else",
                )
            },
        }
    }

    /// A plugin for the clock.
    pub(super) fn of_schedule() -> Self {
        Self {
            manifest: "reads = [\"lead\", \"customer\", \"person\"]\nmay = [\"digest\"]\n\n[settings]\nstage = { type = \"choice\", default = \"offer\", options = [\"enquiry\", \"talks\", \"offer\", \"contract\"], title = \"Stage\" }\n\n\
                       [[schedule]]\ncall = \"monday\"\ncron = \"0 7 * * MON\"\nzone = \"person\"\nfor_each = \"person\"\ncatch_up = \"skip\"\n",
            script: "fn monday(person) {\n    let paper = digest(person, \"TITLE\");\n    paper.section(`Your leads in the stage ${setting(\"stage\")}`);\n    \
                     for lead in leads.open().owned_by(person).stage(setting(\"stage\")).by_value().limit(20) {\n        paper.add(lead, `${lead.customer.name}: ${lead.title}`);\n    }\n    send(paper);\n}\n",
            call: "call = \"monday\"\nwith = { person = \"ann\" }",
            world: LEAD,
            expect: "do = \"send\"\nperson = \"ann\"\nlines = [\"# Your leads in the stage offer\", \"Hooli: Pumps\"]",
            when: "the week of a person begins",
            otherwise: Otherwise::World("", "\n[[expect]]\ndo = \"send\"\nperson = \"ann\"\nlines = []\n"),
        }
    }

    /// Names and texts of all files of a plugin of this name.
    pub(super) fn files(&self, name: &str) -> Vec<(String, String)> {
        let title = title(name);
        let act = if self.expect.starts_with("do = ") { "" } else { "do = \"notify\"\nperson = \"ann\"\n" };
        let (world, nothing) = match self.otherwise {
            Otherwise::OtherSegment => (self.world, ""),
            Otherwise::World(world, nothing) => (world, nothing),
        };
        let segment = if matches!(self.otherwise, Otherwise::OtherSegment) { "small" } else { "key" };
        let acts = case("It acts", self.call, "key", self.world);
        let acts = format!("{acts}\n[[expect]]\n{act}{}\n", self.expect);
        let left_alone = case("It leaves the others alone", self.call, segment, world) + nothing;
        vec![
            (MANIFEST_FILE.to_owned(), self.manifest_text(name, &title)),
            (
                format!("{name}.rhai"),
                format!("// {}: called when {}.\n\n{}", title, self.when, self.script.replace("TITLE", &title)),
            ),
            ("cases/acts.toml".to_owned(), acts),
            ("cases/leaves-alone.toml".to_owned(), left_alone),
            ("README.md".to_owned(), self.page(name, &title)),
        ]
    }

    fn manifest_text(&self, name: &str, title: &str) -> String {
        let settings = self.manifest.find("\n[").unwrap_or(self.manifest.len());
        let (declares, rest) = self.manifest.split_at(settings);
        format!(
            "id = \"{name}\"\nversion = \"0.1.0\"\napi = 1\ntitle = \"{title}\"\nsummary = \"Does something when {}.\"\n{}\n{rest}\n[[script]]\nfile = \"{name}.rhai\"\n",
            self.when,
            declares.trim_end()
        )
    }

    fn page(&self, name: &str, title: &str) -> String {
        format!(
            "# {title}\n\nCalled when {}. Say here what it does, in a salesperson's words, and what each setting means.\n\n\
             ```sh\npact plugin test {name} --watch   # runs its cases again at every change\npact lint {name}                  # refuses what would measure people\n```\n",
            self.when
        )
    }
}

/// A case with a customer and their owner.
fn case(title: &str, call: &str, segment: &str, world: &str) -> String {
    format!(
        "title = \"{title}\"\nnow = \"2026-11-24T09:00:00Z\"\n{call}\n\n[[world.person]]\nid = \"ann\"\nname = \"Ann\"\nroles = [\"rep\"]\n\n\
         [[world.customer]]\nid = \"hooli\"\nname = \"Hooli\"\nowner = \"ann\"\nsegment = \"{segment}\"\n{world}"
    )
}

/// `thank-you` as `Thank you`.
fn title(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
