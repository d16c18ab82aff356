#!/usr/bin/env python3
"""CPU of evaluating rules, beside Prometheus: N recording rules over as many series, in ten groups.

Both get the same samples by remote write, an hour of them, and evaluate the same rule file at a short interval; printed are CPU milliseconds of
one evaluation of all rules, and what they are of a core at 30 s. rule_cost.py [--rules N] [--seconds N]
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.processes import Store, cpu_seconds  # noqa: E402
from bench.series_data import make_series  # noqa: E402
from bench.storage_cost import STEP_MS, fill  # noqa: E402
from support.processes import BIN, ROOT, free_port  # noqa: E402

INTERVAL_SECONDS = 2
GROUPS = 10


def start_both(directory, rules):
    groups = [{"name": f"group-{i}", "interval": f"{INTERVAL_SECONDS}s", "rules": rules[i::GROUPS]} for i in range(GROUPS)]
    (directory / "rules.yml").write_text(json.dumps({"groups": groups}))
    config = directory / "config.yml"
    config.write_text(json.dumps({"global": {"scrape_interval": "1h", "evaluation_interval": "1h"}, "rule_files": ["rules.yml"]}))
    port = free_port()
    ours = Store("tidemark", [BIN / "tidemark-analyzer", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={directory / 'tidemark'}", f"--config.file={config}", f"--rules.path={ROOT / 'rules'}"], port, directory / "tidemark")
    port = free_port()
    theirs = Store("prometheus", ["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={directory / 'prometheus'}", "--web.enable-remote-write-receiver"], port, directory / "prometheus")
    return [ours, theirs]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    count, samples = options.rules, 3600_000 // STEP_MS
    labels = [[("__name__", "bench"), ("index", str(i)), ("instance", f"host-{i % 20}:9100"), ("job", "bench")] for i in range(count)]
    rules = [{"record": f"bench:rate{i % 7}", "expr": f'sum by (instance, job) (rate(bench{{index="{i}"}}[5m]))', "labels": {"rule": str(i)}} for i in range(count)]
    stores = start_both(directory, rules)
    try:
        end = int(time.time() * 1000) // STEP_MS * STEP_MS
        fill(stores, labels, make_series(count, samples), end - (samples - 1) * STEP_MS)
        time.sleep(2 * INTERVAL_SECONDS)
        begin = {store.name: cpu_seconds(store.child.pid) for store in stores}
        started = time.monotonic()
        time.sleep(options.seconds)
        evaluations = (time.monotonic() - started) / INTERVAL_SECONDS
        for store in stores:
            recorded = store.query('count({__name__=~"bench:rate.*"})', time=time.time())
            assert recorded and float(recorded[0]["value"][1]) == count, (store.name, recorded)
        print(f"{'':40}" + "".join(f"{store.name:>18}" for store in stores))
        costs = [(cpu_seconds(store.child.pid) - begin[store.name]) / evaluations for store in stores]
        print(f"{'CPU ms of one evaluation':40}" + "".join(f"{cost * 1000:18.2f}" for cost in costs))
        print(f"{'percent of a core at 30 s':40}" + "".join(f"{cost / 30 * 100:18.3f}" for cost in costs))
    finally:
        for store in stores:
            store.child.kill()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
