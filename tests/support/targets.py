"""Scrape targets that misbehave, each on a port of its own."""

import contextlib
import http.server
import socket
import threading
import time


@contextlib.contextmanager
def http_target(handle):
    """Serves GET by handle(request_handler)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(OSError):
                handle(self)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def page(text, content_type="text/plain; version=0.0.4", status=200):
    """A handler that answers with one page; text may be a function."""

    def handle(request):
        body = (text() if callable(text) else text).encode()
        request.send_response(status)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return handle


def drip(request):
    """Headers at once, then one byte a second for ever."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        request.wfile.write(b"#")
        time.sleep(1)


def endless(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    while True:
        request.wfile.write(b"# more and more and more\n" * 1000)


@contextlib.contextmanager
def silent_target():
    """Accepts connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]
