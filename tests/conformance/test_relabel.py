"""Targets and series after relabelling, against the real Prometheus with the same configuration."""

import contextlib
import json

import requests
from support.processes import free_port, wait_until
from support.targets import http_target, page

PAGE = """a_total{kind="x",path="/a/b"} 1
a_total{kind="y",path="/c"} 2
b{Mixed="CaSe",drop_me="1"} 3
c{keep="no"} 4
c{keep="yes"} 5
d{le="1",same="v",other="v"} 6
d{le="2",same="v",other="w"} 7
"""

METRIC_RULES = [
    {"source_labels": ["__name__", "keep"], "regex": "c;no", "action": "drop"},
    {"source_labels": ["path"], "regex": "/([a-z])(/.*)?", "target_label": "first", "replacement": "$1"},
    {"source_labels": ["path"], "regex": "/(?P<one>[a-z]).*", "target_label": "named", "replacement": "<${one}>$$1${2}$1x"},
    {"source_labels": ["Mixed"], "target_label": "lower", "action": "lowercase"},
    {"source_labels": ["Mixed"], "target_label": "upper", "action": "uppercase"},
    {"source_labels": ["kind", "path"], "separator": "-", "target_label": "shard", "modulus": 7, "action": "hashmod"},
    {"regex": "(kin)d", "action": "labelmap", "replacement": "mapped_$1"},
    {"regex": "drop_.*|Mixed", "action": "labeldrop"},
    {"source_labels": ["other"], "target_label": "same", "action": "keepequal"},
    {"target_label": "fixed", "replacement": "é\"\\n"},
    {"source_labels": ["__name__"], "regex": "(.*)_total", "target_label": "__name__", "replacement": "renamed_$1"},
    {"target_label": "kind", "replacement": ""},
]


def labels_of(base, expr):
    answer = requests.get(base + "/api/v1/query", params={"query": expr}, timeout=10).json()
    return sorted((json.dumps(s["metric"], sort_keys=True), s["value"][1]) for s in answer["data"]["result"])


def test_relabelling_agrees_with_prometheus(analyzer, peer, tmp_path):
    with http_target(page(PAGE)) as port:
        address = f"127.0.0.1:{port}"
        jobs = [
            {"job_name": "metrics", "static_configs": [{"targets": [address]}], "metric_relabel_configs": METRIC_RULES},
            {"job_name": "targets", "static_configs": [{"targets": [address, "127.0.0.1:9", "dropped:1"], "labels": {"__meta_zone": "z1", "role": "web", "__tmp": "t"}}],
             "params": {"module": ["a", "b"]},
             "relabel_configs": [
                 {"source_labels": ["__address__"], "regex": "dropped.*", "action": "drop"},
                 {"regex": "__meta_(.+)", "action": "labelmap"},
                 {"source_labels": ["__address__"], "target_label": "__param_target"},
                 {"source_labels": ["__param_target"], "target_label": "instance", "replacement": "via-$1"},
                 {"source_labels": ["__address__"], "regex": ".*:9", "target_label": "__address__", "replacement": address},
                 {"target_label": "__metrics_path__", "replacement": "/other"},
                 {"target_label": "__scrape_interval__", "replacement": "2s"},
                 {"source_labels": ["role", "zone"], "target_label": "both"},
             ]},
            {"job_name": "limits", "label_limit": 3, "static_configs": [{"targets": [address]}]},
            {"job_name": "many", "target_limit": 1, "static_configs": [{"targets": [address, "127.0.0.1:9"]}]},
        ]
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
        ours = analyzer(config)
        prometheus_port = free_port()
        (tmp_path / "prometheus.yml").write_text(json.dumps(config))
        peer(["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{prometheus_port}",
              f"--storage.tsdb.path={tmp_path / 'tsdb'}"], f"http://127.0.0.1:{prometheus_port}/-/ready")
        theirs = f"http://127.0.0.1:{prometheus_port}"
        everything = '{__name__!~"scrape_.*|ALERTS",job=~"metrics|targets|limits"}'
        # Each target's first scrape comes at its own time.
        with contextlib.suppress(AssertionError):
            wait_until(lambda: len(labels_of(theirs, everything)) > 20 and labels_of(ours.url(), everything) == labels_of(theirs, everything), 30)
        assert len(labels_of(theirs, everything)) > 20
        assert labels_of(ours.url(), everything) == labels_of(theirs, everything)
        reports = '{__name__=~"scrape_samples.*",job="metrics"}'
        assert labels_of(ours.url(), reports) == labels_of(theirs, reports)

        def targets(base):
            data = requests.get(base + "/api/v1/targets", timeout=10).json()["data"]
            active = sorted((json.dumps(t["labels"], sort_keys=True), json.dumps(t["discoveredLabels"], sort_keys=True), t["scrapeUrl"], t["scrapeInterval"], t["health"])
                            for t in data["activeTargets"] if t["scrapePool"] != "many")
            return active, sorted(json.dumps(t["discoveredLabels"], sort_keys=True) for t in data["droppedTargets"])

        assert targets(ours.url()) == targets(theirs)
