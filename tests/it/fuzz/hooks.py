"""Leads Schemathesis deeper than its random values would: to records that exist, with the revisions that they have."""

import os
import random
import uuid

import requests
import schemathesis

BASE = os.environ["PACT_BASE"]
SESSION = requests.Session()
SESSION.trust_env = False
SESSION.headers["Authorization"] = "Bearer " + os.environ["PACT_TOKEN"]
CHOICE = random.Random(20261124)

# Ids of records by the noun in the path, as a list shows them at times.
KNOWN: dict[str, list[str]] = {}
ASKED = 0


def known(noun: str) -> list[str]:
    """Ids of a noun's records; looked up again now and then, because requests make more."""
    global ASKED
    ASKED += 1
    if noun not in KNOWN or ASKED % 50 == 0:
        answer = SESSION.get(f"{BASE}/api/v1/{noun}", params={"limit": 20}, timeout=10)
        items = answer.json().get("items", []) if answer.status_code == 200 else []
        KNOWN[noun] = [item["id"] for item in items if "id" in item]
    return KNOWN[noun]


@schemathesis.hook
def map_case(context, case):
    """Half of the requests are about a record that exists, and most of these know its revision."""
    headers = case.headers
    if headers and "Idempotency-Key" in headers and CHOICE.random() < 0.9:
        # The example's key would make all requests but the first a repetition.
        headers["Idempotency-Key"] = str(uuid.UUID(int=CHOICE.getrandbits(128)))
    parts = case.path.split("/")
    if parts[3:4] == ["webhooks"] and isinstance(case.body, dict) and str(case.body.get("url", "")).startswith("http"):
        # Nothing leaves this machine: at this address nobody listens.
        case.body["url"] = "http://127.0.0.1:1/hook"
    if len(parts) < 5 or parts[4] != "{id}" or CHOICE.random() < 0.5:
        return case
    ids = known(parts[3])
    if not ids or not case.path_parameters:
        return case
    case.path_parameters["id"] = CHOICE.choice(ids)
    if headers and "If-Match" in headers and CHOICE.random() < 0.8:
        answer = SESSION.get(f"{BASE}/api/v1/{parts[3]}/{case.path_parameters['id']}", timeout=10)
        if "etag" in answer.headers:
            headers["If-Match"] = answer.headers["etag"]
    return case


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """`fields=` shows a part of a record: what is left out is no violation."""
    sparse = bool(case.query) and "fields" in case.query
    return not (sparse and type(failure).__name__ == "JsonSchemaError")
