"""Reads a calendar with an implementation that is not ours, refuses what breaks RFC 5545, and says what stands in it as JSON."""

import json
import sys

from icalendar import Calendar
from icalendar.prop import vDuration

TEXT = sys.stdin.buffer.read()


def must(holds, what):
    if not holds:
        print(f"RFC 5545 is broken: {what}")
        sys.exit(1)


def text(component, name):
    value = component.get(name)
    return None if value is None else str(value)


lines = TEXT.split(b"\r\n")
must(lines[-1] == b"" and b"\n" not in b"".join(lines), "lines end with CRLF, all of them")
for line in lines:
    must(len(line) <= 75, f"a line has {len(line)} octets: {line!r}")
    must(all(octet >= 0x20 or octet == 0x09 for octet in line), f"a control character in {line!r}")

calendar = Calendar.from_ical(TEXT)
must(calendar.name == "VCALENDAR" and not calendar.errors, f"errors: {calendar.errors}")
must(text(calendar, "VERSION") == "2.0" and text(calendar, "PRODID"), "VERSION and PRODID")
events = []
for event in calendar.walk("VEVENT"):
    must(not event.errors, f"errors: {event.errors}")
    for name in ("UID", "DTSTAMP", "DTSTART"):
        must(event.get(name) is not None and not isinstance(event.get(name), list), f"{name} once")
    must(event["DTSTART"].params.get("VALUE") == "DATE" and event["DTEND"].params.get("VALUE") == "DATE", "whole days")
    must(event["DTEND"].dt > event["DTSTART"].dt, "the end is after the start")
    must(str(event["DTSTAMP"].dt.tzinfo) == "UTC", "DTSTAMP is in UTC")
    events.append(
        {
            "uid": text(event, "UID"),
            "start": event["DTSTART"].dt.isoformat(),
            "end": event["DTEND"].dt.isoformat(),
            "stamp": event["DTSTAMP"].dt.isoformat(),
            "summary": text(event, "SUMMARY"),
            "description": text(event, "DESCRIPTION"),
            "status": text(event, "STATUS"),
            "sequence": text(event, "SEQUENCE"),
        }
    )
must(len({event["uid"] for event in events}) == len(events), "each UID once")
must(calendar["REFRESH-INTERVAL"].params.get("VALUE") == "DURATION", "REFRESH-INTERVAL is a duration")
refresh = vDuration.from_ical(text(calendar, "REFRESH-INTERVAL"))
must(text(calendar, "X-PUBLISHED-TTL") == text(calendar, "REFRESH-INTERVAL"), "both say how often to look")
# Read and written again, it says the same.
must(Calendar.from_ical(calendar.to_ical()) == calendar, "it survives a round trip")
print(
    json.dumps(
        {
            "method": text(calendar, "METHOD"),
            "zone": text(calendar, "X-WR-TIMEZONE"),
            "refresh": int(refresh.total_seconds()),
            "events": events,
        }
    )
)
