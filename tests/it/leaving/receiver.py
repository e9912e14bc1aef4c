"""A web server that takes webhooks: it checks each with the independent `standardwebhooks` library, and writes down what came.

Usage: receiver.py FOLDER. It prints its port. FOLDER/secrets holds secrets, one a line; FOLDER/received gets one JSON object a request.
The first word of the path says how it answers: /ok, /gone, /redirect, /endless, /flaky (503, twice for each id), /broken (500 always).
"""

import json
import pathlib
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

FOLDER = pathlib.Path(sys.argv[1])
LOCK = threading.Lock()
SEEN: Counter[str] = Counter()


def good_secrets(body: str, headers: dict[str, str]) -> list[int]:
    """Which of the secrets, by their line, the message is signed with."""
    known = FOLDER / "secrets"
    good = []
    for line, secret in enumerate(known.read_text().split() if known.exists() else []):
        try:
            Webhook(secret).verify(body, headers)
            good.append(line)
        except WebhookVerificationError:
            pass
    return good


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        message = headers.get("webhook-id", "")
        with LOCK:
            SEEN[message] += 1
            times = SEEN[message]
            came = {"path": self.path, "headers": headers, "body": json.loads(body), "signed_with": good_secrets(body, headers)}
            with (FOLDER / "received").open("a") as file:
                file.write(json.dumps(came) + "\n")
        how = self.path.split("/")[1]
        if how == "endless":
            return self.endless()
        status = {"ok": 204, "gone": 410, "redirect": 302, "broken": 500, "flaky": 503 if times < 3 else 204}[how]
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/ok/redirected")
        if status != 204:
            self.send_header("content-length", "12")
        self.end_headers()
        if status != 204:
            self.wfile.write(b"try again\r\n.")

    def endless(self):
        self.send_response(500)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"more " * 1000)
        except OSError:
            with LOCK, (FOLDER / "hung_up").open("a") as file:
                file.write("1")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """Tests kill who posts; a connection that breaks off is no news."""


server = Server(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
