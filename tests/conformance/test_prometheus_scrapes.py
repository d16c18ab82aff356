"""A real Prometheus scrapes both processes, and finds nothing to complain about."""

import json

import pytest
import requests
from support.processes import free_port, scrape_config, wait_until


@pytest.mark.parametrize("scrapes", [8, pytest.param(150, marks=pytest.mark.slow)])
def test_prometheus_takes_both_pages(exporter, analyzer, peer, tmp_path, scrapes):
    node = exporter()
    brain = analyzer(scrape_config({"node": node.port}))
    port = free_port()
    config = scrape_config({"node": node.port, "tidemark": brain.port})
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    prometheus = peer(["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{port}",
                       f"--storage.tsdb.path={tmp_path / 'tsdb'}"], f"http://127.0.0.1:{port}/-/ready")
    query = lambda expr: requests.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": expr}, timeout=10).json()["data"]["result"]
    wait_until(lambda: query(f"count(up == 1) == 2 and min(count_over_time(up[10m])) >= {scrapes}"), 30 + 2 * scrapes, f"{scrapes} good scrapes of both")
    assert not query("min_over_time(up[10m]) == 0")
    assert "level=warn" not in prometheus.log() and "level=error" not in prometheus.log(), prometheus.log()
    assert query("node_load1") and query("tidemark_health_score")

    # Same counters on both sides of the same target, and the same scrape metrics.
    theirs = {tuple(sorted(s["metric"].items())) for s in query('{job="node"}')}
    ours = {tuple(sorted(s["metric"].items())) for s in brain.query('{job="node",__name__=~"node_.*|up|scrape_.*|process_.*|promhttp_.*"}')}
    assert theirs == ours
