"""A real Prometheus sends to the analyzer, also over its death."""

import json
import time

import pytest
import requests
from support.processes import free_port, scrape_config, wait_until


@pytest.mark.parametrize("seconds, kills", [(12, 2), pytest.param(600, 8, marks=pytest.mark.slow)])
def test_prometheus_and_the_analyzer_hold_the_same_samples(exporter, analyzer, peer, tmp_path, seconds, kills):
    node = exporter()
    port = free_port()
    run = analyzer(port=port)
    config = scrape_config({"node": node.port})
    config["remote_write"] = [{"url": run.url("/api/v1/write"), "queue_config": {"batch_send_deadline": "500ms", "max_backoff": "500ms"}}]
    (tmp_path / "prometheus.yml").write_text(json.dumps(config))
    prometheus_port = free_port()
    prometheus = peer(["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{prometheus_port}",
                       f"--storage.tsdb.path={tmp_path / 'tsdb'}"], f"http://127.0.0.1:{prometheus_port}/-/ready")
    begin = time.time()
    for _ in range(kills):
        time.sleep(seconds / (kills + 1))
        run.kill()
        run = analyzer(port=port)
    time.sleep(seconds / (kills + 1))

    def raw(base, window_end):
        # Sample for sample, series for series.
        answer = requests.get(base + "/api/v1/query", params={"query": f'{{job="node",__name__=~"node_.*|up|scrape_.*"}}[{int(window_end - begin) + 5}s]', "time": window_end}, timeout=60).json()
        return {json.dumps(s["metric"], sort_keys=True): s["values"] for s in answer["data"]["result"]}

    end = time.time()
    theirs = raw(f"http://127.0.0.1:{prometheus_port}", end)
    assert len(theirs) > 100

    def equal():
        ours = raw(run.url(), end)
        return ours.keys() == theirs.keys() and all(ours[key] == values for key, values in theirs.items())

    try:
        wait_until(equal, 40, "the same samples on both sides")
    except AssertionError:
        ours = raw(run.url(), end)
        wrong = {key: (sorted(set(map(tuple, values)) - set(map(tuple, ours.get(key, [])))), sorted(set(map(tuple, ours.get(key, []))) - set(map(tuple, values)))) for key, values in theirs.items() if ours.get(key) != values}
        raise AssertionError(f"{len(wrong)} of {len(theirs)} series differ, {len(ours.keys() - theirs.keys())} are only here; missing and too much of some: {dict(list(wrong.items())[:3])}\n{run.log()[-1500:]}") from None
    assert "non-recoverable error" not in prometheus.log()
