//! The text of a calendar: whole days, each with an id that stays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Duration, NaiveDate};
use chrono_tz::Tz;
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};
use pact_core::time::Instant;
use pact_policy::table::Kind;
use pact_store::entity::{customer, pack, plan, request};
use pact_store::record;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::Refusal;
use crate::access::hash_secret;
use crate::digests::shortened;
use crate::relay::mail::record_path;
use crate::texts::Texts;

/// What made the calendar, as programs see it.
const PRODUCT: &str = "-//PACT//PACT//EN";
/// How often programs are asked to look again.
const REFRESH: Duration = Duration::hours(1);
/// The longest line of the text, in octets without its end (RFC 5545, 3.1).
const LINE_OCTETS: usize = 75;
/// The longest heading of an item, in characters.
const SUMMARY_CHARS: usize = 160;

/// What stands in a calendar.
pub(super) struct Content {
    texts: Texts,
    zone: Tz,
    base: Option<String>,
    names: BTreeMap<Uuid, String>,
    items: Vec<Item>,
}

/// Something on one day.
#[derive(Debug)]
struct Item {
    id: Uuid,
    kind: Kind,
    day: NaiveDate,
    summary: String,
    description: String,
    cancelled: bool,
}

impl Content {
    pub(super) fn new(texts: Texts, zone: Tz, base: Option<String>) -> Self {
        Self { texts, zone, base, names: BTreeMap::new(), items: Vec::new() }
    }

    /// Looks up what customers and packs are called.
    pub(super) async fn load_names(
        &mut self,
        conn: &impl ConnectionTrait,
        plans: &[plan::Model],
        requests: &[request::Model],
    ) -> Result<(), Refusal> {
        let customers: BTreeSet<Uuid> =
            plans.iter().map(|row| row.customer_id).chain(requests.iter().map(|row| row.customer_id)).collect();
        let packs: BTreeSet<Uuid> = plans.iter().filter_map(|row| row.pack_id).collect();
        for row in record::many::<customer::Model>(conn, customers).await? {
            self.names.insert(row.id, row.name);
        }
        for row in record::many::<pack::Model>(conn, packs).await? {
            self.names.insert(row.id, row.title);
        }
        Ok(())
    }

    /// Adds a plan.
    pub(super) fn plan(&mut self, row: &plan::Model) {
        let name = |id: Uuid| self.names.get(&id).map_or("", String::as_str);
        let mut about = vec![row.objective.clone()];
        about.extend(row.pack_id.map(|pack| self.texts.say("pack", &[("title", name(pack))])));
        about.extend(row.bring.as_deref().map(|what| self.texts.say("bring", &[("what", what)])));
        let summary = format!("{}: {}", name(row.customer_id), row.objective);
        self.add(Kind::Plan, row.id, &row.on_day, summary, about.join("\n"), row.withdrawn);
    }

    /// Adds a request that is due; one that was answered is not any more.
    pub(super) fn request(&mut self, row: &request::Model) {
        let Some(day) = &row.due_on else { return };
        let name = self.names.get(&row.customer_id).map_or("", String::as_str);
        let summary = format!("{} ({name}): {}", self.texts.say("due", &[]), row.text);
        self.add(Kind::Request, row.id, day, summary, row.text.clone(), row.answered_at.is_some());
    }

    fn add(&mut self, kind: Kind, id: Uuid, day: &str, summary: String, description: String, cancelled: bool) {
        let Ok(day) = day.parse() else { return };
        let (summary, description) = (shortened(&one_line(&summary), SUMMARY_CHARS), plain(&description));
        self.items.push(Item { id, kind, day, summary, description, cancelled });
    }

    /// A hash of all that is said, without when.
    pub(super) fn hash(&self) -> String {
        let said = format!("{:?} {:?} {:?} {:?}", self.texts.language, self.zone, self.base, self.items);
        hash_secret(&said.into())
    }

    /// The text of the calendar, stamped with one instant.
    pub(super) fn text(&self, stamp: Instant) -> String {
        let mut calendar = Calendar::empty();
        for (name, value) in [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN"), ("METHOD", "PUBLISH")] {
            calendar.append_property(Property::new(name, value));
        }
        calendar.name(&self.texts.say("calendar", &[]));
        calendar.append_property(Property::new("DESCRIPTION", self.texts.say("calendar_about", &[])));
        calendar.timezone(self.zone.name()).ttl(&REFRESH);
        for item in &self.items {
            calendar.push(self.event(item, stamp));
        }
        refolded(&calendar.to_string())
    }

    fn event(&self, item: &Item, stamp: Instant) -> Event {
        let mut event = Event::new();
        event.uid(&item.id.to_string()).summary(&item.summary).description(&item.description);
        // Whole days, which are the same on every clock, so no zone is needed; the end is the day after.
        event.starts(item.day).ends(item.day.succ_opt().unwrap_or(item.day));
        event.timestamp(stamp.to_utc()).last_modified(stamp.to_utc());
        // Nobody is busy all day because of a plan.
        event.add_property("TRANSP", "TRANSPARENT");
        event.status(if item.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
        if let (Some(base), Some(path)) = (&self.base, record_path(item.kind, item.id)) {
            event.url(&format!("{base}{path}"));
        }
        event.done()
    }
}

/// A text on one line.
fn one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text without the control characters that a calendar may not hold.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

/// The text with its lines folded to the octet: the crate lets a last part become one octet too long.
fn refolded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").split_terminator("\r\n") {
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > LINE_OCTETS {
                folded.push_str("\r\n ");
                octets = 1;
            }
            folded.push(c);
            octets += c.len_utf8();
        }
        folded.push_str("\r\n");
    }
    folded
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot unwrap has failed")]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_to_the_octet_and_read_back_whole() {
        for length in 1..400 {
            let line: String = (0..length).map(|n| ["a", " ", "ü", "老", "🦀"][n % 5]).collect();
            let text = format!("SUMMARY:{line}\r\nEND:VEVENT\r\n");
            let folded = refolded(&text);
            assert!(folded.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{length}");
            assert_eq!(folded.replace("\r\n ", ""), text);
            assert_eq!(refolded(&folded), folded);
        }
    }

    #[test]
    fn a_calendar_says_the_same_the_same_way() {
        let texts = Texts::of(&["de".into()]).unwrap();
        let mut content = Content::new(texts, Tz::Europe__Berlin, Some("https://pact.example.com".into()));
        content.add(
            Kind::Plan,
            Uuid::from_u128(1),
            "2026-11-26",
            "Globex, Bonn; \\ neu\r\nZeile".into(),
            "a\r\nb\u{7}".into(),
            false,
        );
        content.add(Kind::Request, Uuid::from_u128(2), "no day", "x".into(), "y".into(), false);
        let hash = content.hash();
        let text = content.text(Instant::from_millis(1_795_510_800_000));
        assert_eq!(text, content.text(Instant::from_millis(1_795_510_800_000)));
        for line in [
            "METHOD:PUBLISH",
            "X-WR-TIMEZONE:Europe/Berlin",
            "REFRESH-INTERVAL;VALUE=DURATION:PT3600S",
            "UID:00000000-0000-0000-0000-000000000001",
            "DTSTAMP:20261124T090000Z",
            "LAST-MODIFIED:20261124T090000Z",
            "DTSTART;VALUE=DATE:20261126",
            "DTEND;VALUE=DATE:20261127",
            "SUMMARY:Globex\\, Bonn\\; \\\\ neu Zeile",
            "DESCRIPTION:a\\nb",
            "STATUS:CONFIRMED",
            "URL:https://pact.example.com/at/plans/00000000-0000-0000-0000-000000000001",
        ] {
            assert!(text.replace("\r\n ", "").split("\r\n").any(|one| one == line), "{line} is not in {text}");
        }
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
        assert!(!text.contains("SEQUENCE"), "it would count edits");
        content.items[0].cancelled = true;
        assert_ne!(content.hash(), hash);
        assert!(content.text(Instant::from_millis(0)).contains("STATUS:CANCELLED"));
    }
}
