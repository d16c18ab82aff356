#!/usr/bin/env python3
"""Wall time of queries, beside Prometheus and VictoriaMetrics: the median of whole HTTP calls, in turn.

1,000 series of 24 h at 30 s go to each by remote write. Caches of results are off. The client is the standard library's, over a
connection that is kept: an empty call takes it a tenth of a millisecond. query_cost.py [--rounds N] [--hours H] [--gzip]
"""

import argparse
import gzip
import http.client
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from bench.series_data import make_series  # noqa: E402
from bench.storage_cost import STEP_MS, fill, start_all, wait_for_samples  # noqa: E402

SERIES = 1000

#: (name, expression, whether it is a range query over all the time at steps of 60 s)
QUERIES = [
    ("an empty call", "1", False),
    ("instant, 1,000 series", "bench", False),
    ("instant, one series", 'bench{index="7"}', False),
    ("rate, one series, 24 h", 'rate(bench{index="0"}[5m])', True),
    ("avg by (mode)(rate), 64 series, 24 h", 'avg by (mode) (rate(bench{part="1"}[5m]))', True),
    ("quantile_over_time, 24 h", 'quantile_over_time(0.9, bench{index="5"}[24h])', False),
    ("predict_linear, 6 h, 8 series", 'predict_linear(bench{octet="3"}[6h], 3600)', False),
    ("topk(10, rate), 500 series", 'topk(10, rate(bench{half="0"}[5m]))', False),
    ("sum(rate), 500 series, 24 h", 'sum(rate(bench{half="0"}[5m]))', True),
]


def call(connection, headers, store, expression, is_range, begin, end):
    params = {"query": expression, "nocache": 1}
    params |= {"start": begin, "end": end, "step": 60} if is_range else {"time": end}
    path = f"/api/v1/{'query_range' if is_range else 'query'}?{urllib.parse.urlencode(params)}"
    started = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    seconds = time.perf_counter() - started
    body = json.loads(content)
    assert body["status"] == "success" and (expression == "1" or body["data"]["result"]), (store.name, expression, body)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--gzip", action="store_true", help="ask for compressed answers, as browsers do")
    options = parser.parse_args()
    samples = int(options.hours * 3600_000 / STEP_MS)
    labels = [[("__name__", "bench"), ("half", str(i % 2)), ("index", str(i)), ("instance", f"host-{i % 20}:9100"), ("job", "bench"), ("mode", f"m{i % 8}"), ("octet", str(i // 8)), ("part", str(i // 64))] for i in range(SERIES)]
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    stores = start_all(directory)
    end = int(time.time() * 1000) // STEP_MS * STEP_MS
    begin = end - samples * STEP_MS
    try:
        fill(stores, labels, make_series(SERIES, samples), begin)
        connections = {store.name: http.client.HTTPConnection("127.0.0.1", store.port, timeout=120) for store in stores}
        headers = {"Accept-Encoding": "gzip"} if options.gzip else {}
        for store in stores:
            wait_for_samples(store, SERIES * samples, (end - STEP_MS) / 1000)
        print(f"{'median ms':40}" + "".join(f"{store.name:>18}" for store in stores) + f"{'P / T':>8}{'VM / T':>8}")
        for name, expression, is_range in QUERIES:
            times = {store.name: [] for store in stores}
            for _ in range(options.rounds + 1):
                for store in stores:
                    times[store.name].append(call(connections[store.name], headers, store, expression, is_range, begin / 1000, (end - STEP_MS) / 1000))
            medians = [statistics.median(times[store.name][1:]) * 1000 for store in stores]  # the first call fills caches of files
            print(f"{name:40}" + "".join(f"{median:18.2f}" for median in medians) + f"{medians[1] / medians[0]:8.2f}{medians[2] / medians[0]:8.2f}", flush=True)
    finally:
        for store in stores:
            store.child.kill()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
