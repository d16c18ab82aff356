"""Receivers of notifications: an HTTP server and a mail server that remember what they were told."""

import contextlib
import email
import email.policy
import http.server
import json
import threading
import time

from aiosmtpd.controller import Controller


class Hook:
    """What came to a webhook; `answer` is the status of the next answers."""

    def __init__(self):
        self.requests = []
        self.answer = 200
        self.delay = 0

    def bodies(self):
        return [json.loads(body) for _, _, body in list(self.requests)]

    def names(self, status=None):
        """(alert name, status) of every alert in every notification, in order."""
        return [(alert["labels"]["alertname"], alert["status"]) for body in self.bodies() for alert in body["alerts"] if status in (None, alert["status"])]


@contextlib.contextmanager
def webhook(port=0):
    hook = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(hook.delay)
            if hook.answer < 400:
                hook.requests.append((self.path, dict(self.headers), body))
            with contextlib.suppress(OSError):
                self.send_response(hook.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook.port = server.server_port
    hook.url = f"http://127.0.0.1:{hook.port}"
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()


class Mailbox:
    """Mails by SMTP, each with its envelope."""

    def __init__(self):
        self.mails = []
        self.refuse = None

    async def handle_DATA(self, _server, _session, envelope):
        if self.refuse:
            return self.refuse
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=email.policy.default)))
        return "250 OK"


@contextlib.contextmanager
def mail_server(port, **kwargs):
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **kwargs)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
