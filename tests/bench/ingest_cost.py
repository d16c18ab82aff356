#!/usr/bin/env python3
"""CPU of the whole way from scrape to stored sample, beside Prometheus: the same pages, every second, at the same time.

Printed: CPU seconds per million samples, the ratio, and resident memory at the end.
"""

import argparse
import http.server
import json
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.processes import Store, cpu_seconds, resident_mib  # noqa: E402
from support.processes import BIN, ROOT, free_port, scrape_config  # noqa: E402

VERSIONS = 8


def make_pages(series):
    """A few versions of a page like an exporter's, so that values change from scrape to scrape."""
    rng = random.Random(1)
    lines = []
    for i in range(series):
        if i % 50 == 0:
            lines.append((f"# HELP node_family_{i // 50}_total What this family counts.\n# TYPE node_family_{i // 50}_total counter\n", None))
        lines.append((f'node_family_{i // 50}_total{{device="disk{i % 50}",mode="read",path="/dev/disk/by-id/{i % 50}"}} ', rng.randint(0, 10**9)))
    return ["".join(text if value is None else f"{text}{value + version * (i % 97)}\n" for i, (text, value) in enumerate(lines)).encode() for version in range(VERSIONS)]


def serve(pages):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = pages[int(time.time()) % VERSIONS]
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 256

        def handle_error(self, *_):
            """Connections that are kept end with the scraper's process."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--series", type=int, default=2000, help="of each target")
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    server = serve(make_pages(options.series))
    config = scrape_config({})
    config["global"]["evaluation_interval"] = "1h"
    config["scrape_configs"] = [{"job_name": "bench", "static_configs": [{"targets": [f"127.0.0.1:{server.server_port}"], "labels": {"instance": f"host-{i}"}} for i in range(options.targets)]}]
    (directory / "scrape.yml").write_text(json.dumps(config))
    stores = []
    try:
        port = free_port()
        stores.append(Store("tidemark", [BIN / "tidemark-analyzer", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={directory / 'tidemark'}", f"--config.file={directory / 'scrape.yml'}",
                                         f"--rules.path={ROOT / 'rules'}"], port, directory / "tidemark"))
        port = free_port()
        stores.append(Store("prometheus", ["prometheus", f"--config.file={directory / 'scrape.yml'}", f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={directory / 'prometheus'}"], port,
                            directory / "prometheus"))
        time.sleep(3)
        for store in stores:
            while not store.query(f"sum(up) == {options.targets}"):
                time.sleep(0.5)
        count = "sum(sum_over_time(scrape_samples_scraped{job='bench'}[1h]))"
        before = [(cpu_seconds(store.child.pid), float(store.query(count)[0]["value"][1])) for store in stores]
        time.sleep(options.seconds)
        cpu = [cpu_seconds(store.child.pid) for store in stores]
        after = [float(store.query(count)[0]["value"][1]) for store in stores]
        print(f"{options.targets} targets of {options.series} series, every second, {options.seconds} s")
        print(f"{'':12}{'samples':>10}{'CPU s/M samples':>18}{'RSS MiB':>10}")
        costs = []
        for store, (cpu_before, samples_before), cpu_after, samples_after in zip(stores, before, cpu, after):
            costs.append((cpu_after - cpu_before) / (samples_after - samples_before) * 1e6)
            print(f"{store.name:12}{samples_after - samples_before:10.0f}{costs[-1]:18.3f}{resident_mib(store.child.pid):10.1f}")
        print(f"ratio {costs[0] / costs[1]:.3f}")
    finally:
        for store in stores:
            store.child.kill()
            store.child.wait()
        server.shutdown()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
