#!/usr/bin/env python3
"""Bytes, memory and CPU of storing the same samples, beside Prometheus and VictoriaMetrics.

24 h of 500 counters and 500 gauges at 30 s go to each by remote write, in the order of time; then each answers some
queries, and is stopped. Printed: size of the data directory after the stop, per sample; resident memory two seconds after the
queries; CPU of taking the samples, per million.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.processes import Store, cpu_seconds, directory_bytes, resident_mib  # noqa: E402
from bench.series_data import KINDS, make_series  # noqa: E402
from support.processes import BIN, ROOT, free_port  # noqa: E402
from support.remote_write import field, post, series, snappy  # noqa: E402

STEP_MS = 30_000
SAMPLES_PER_REQUEST = 10


def start_all(directory):
    stores = []
    (directory / "prometheus.yml").write_text("global: {}\n")
    (directory / "tidemark.yml").write_text("scrape_configs: []\nglobal: {scrape_interval: 1h, scrape_timeout: 10s, evaluation_interval: 1h}\n")
    port = free_port()
    stores.append(Store("tidemark", [BIN / "tidemark-analyzer", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={directory / 'tidemark'}", "--storage.retention=48h",
                                     f"--config.file={directory / 'tidemark.yml'}", f"--rules.path={ROOT / 'rules'}"], port, directory / "tidemark"))
    port = free_port()
    stores.append(Store("prometheus", ["prometheus", f"--config.file={directory / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={directory / 'prometheus'}",
                                       "--web.enable-remote-write-receiver"], port, directory / "prometheus"))
    port = free_port()
    stores.append(Store("victoria-metrics", ["victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={directory / 'vm'}", "-retentionPeriod=1"], port, directory / "vm"))
    return stores


def fill(stores, labels, values, begin):
    """Sends the series to every store, in the order of time; `begin`: of the first sample, in ms."""
    samples = len(values[0])
    for at in range(0, samples, SAMPLES_PER_REQUEST):
        body = snappy(b"".join(field(1, series(labels[i], [(begin + k * STEP_MS, values[i][k]) for k in range(at, min(samples, at + SAMPLES_PER_REQUEST))])) for i in range(len(values))))
        for store in stores:
            answer = post(store.write_url, body)
            assert answer.status_code == 204, (store.name, answer.status_code, answer.text)


def wait_for_samples(store, total, at):
    """Until a query at `at` (seconds) counts that many of the last 25 hours."""
    wait = time.monotonic() + 30
    while (counted := store.query("sum(count_over_time({job='bench'}[25h]))", time=at)) in ([],) or float(counted[0]["value"][1]) != total:
        assert time.monotonic() < wait, (store.name, counted, total)
        time.sleep(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--hours", type=float, default=24)
    options = parser.parse_args()
    samples = int(options.hours * 3600_000 / STEP_MS)
    values = make_series(options.series, samples)
    labels = [[("__name__", f"bench_{KINDS[i % len(KINDS)].replace(' ', '_')}"), ("index", str(i)), ("instance", f"host-{i % 20}:9100"), ("job", "bench")] for i in range(options.series)]
    total = options.series * samples
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    stores = start_all(directory)
    end = int(time.time() * 1000) // STEP_MS * STEP_MS
    begin = end - samples * STEP_MS
    try:
        fill(stores, labels, values, begin)
        rows = []
        time.sleep(5)
        for store in stores:
            store.ingest_cpu = cpu_seconds(store.child.pid) - store.begin_cpu
        for store in stores:
            at = (end - STEP_MS) / 1000
            wait_for_samples(store, total, at)
            for expr in ("sum by (instance) (rate(bench_requests[5m]))", "quantile_over_time(0.9, bench_percent[24h])", "topk(5, bench_memory)"):
                store.query(expr, time=at)
            time.sleep(2)
            rss = resident_mib(store.child.pid)
            store.child.terminate()
            store.child.wait(60)
            rows.append((store.name, directory_bytes(store.data) / total, rss, store.ingest_cpu / total * 1e6))
        print(f"{options.series} series, {samples} samples each, {total} in all")
        print(f"{'':18}{'bytes/sample':>14}{'RSS MiB':>10}{'CPU s/M samples':>18}")
        for name, per_sample, rss, cpu in rows:
            print(f"{name:18}{per_sample:14.2f}{rss:10.1f}{cpu:18.3f}")
    finally:
        for store in stores:
            store.child.kill()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
