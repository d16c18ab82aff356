"""Thresholds over HTTP: the life of one, wrong bodies, hostile bodies, and what survives kill -9."""

import json

import pytest
import requests
from support.processes import PATIENCE, wait_until

BODY = {"name": "cpu-saturation", "expr": "instance:cpu_usage:percent", "operator": ">", "levels": {"info": 70, "warning": 85, "critical": 95}, "for": "2m",
        "keep_firing_for": "5m", "clear_margin": 3, "labels": {"team": "infra"},
        "annotations": {"summary": "CPU at {{ $value | humanize }} % on {{ $labels.instance }}"}, "enabled": True}
PATH = "/api/v1/performance/thresholds"


def test_the_life_of_a_threshold(analyzer):
    run = analyzer()
    created = run.post_threshold(BODY)
    assert created.status_code == 201 and created.headers["Location"] == f"{PATH}/cpu-saturation"
    assert run.post_threshold(BODY).status_code == 409
    read = run.get(created.headers["Location"])
    assert {key: read.json()[key] for key in BODY} == BODY and read.headers["ETag"]
    changed = requests.put(run.url(f"{PATH}/cpu-saturation"), json={**read.json(), "for": "1m"}, headers={"If-Match": read.headers["ETag"]}, timeout=20)
    assert changed.status_code == 200 and changed.json()["for"] == "1m"
    stale = requests.put(run.url(f"{PATH}/cpu-saturation"), json=BODY, headers={"If-Match": read.headers["ETag"]}, timeout=20)
    assert stale.status_code == 412
    assert requests.delete(run.url(f"{PATH}/cpu-saturation"), timeout=20).status_code == 204
    assert run.get(f"{PATH}/cpu-saturation").status_code == 404
    assert requests.delete(run.url(f"{PATH}/cpu-saturation"), timeout=20).status_code == 404


def test_short_form_is_effective_by_the_next_evaluation(analyzer):
    run = analyzer()
    assert run.post_threshold({"name": "always", "metric": "tidemark_nothing", "operator": ">", "value": 0, "severity": "info"}).status_code == 201
    assert run.post_threshold({"name": "true", "expr": "vector(1)", "operator": ">", "levels": {"critical": 0}}).status_code == 201
    alert = wait_until(lambda: run.performance("alerts", threshold="true")["alerts"], 5, "the alert")[0]
    assert alert["state"] == "firing" and alert["severity"] == "critical" and alert["value"] == 1
    assert run.performance("alerts", threshold="always")["alerts"] == []
    wait_until(lambda: run.value('ALERTS{alertname="true",alertstate="firing"}') == 1, 5, "the ALERTS series")


def test_a_duration_of_whole_intervals_ends_at_the_interval_however_late_an_evaluation_begins(analyzer):
    run = analyzer()
    assert run.post_threshold({"name": "true", "expr": "vector(1)", "operator": ">", "levels": {"critical": 0}, "for": "2s"}).status_code == 201
    wait_until(lambda: len((run.query('ALERTS{alertname="true",alertstate="firing"}[1m]') or [{"values": []}])[0]["values"]) >= 5, 20 * PATIENCE, "five evaluations")
    pending, firing = ([at for at, _ in run.query(f'ALERTS{{alertname="true",alertstate="{state}"}}[1m]')[0]["values"]] for state in ("pending", "firing"))
    assert all(at == int(at) for at in pending + firing), (pending, firing)
    assert max(pending) < pending[0] + 2 <= firing[0], (pending, firing)


def test_shipped_thresholds_can_be_deleted_and_stay_so(analyzer, tmp_path):
    run = analyzer()
    names = {t["name"]: t["origin"] for t in run.performance("thresholds")["thresholds"]}
    for name in ("cpu-usage", "memory-usage", "disk-space", "disk-inodes", "cpu-iowait", "memory-pressure", "load", "network-errors", "target-down"):
        assert names[name] == "shipped"
    assert requests.delete(run.url(f"{PATH}/load"), timeout=20).status_code == 204
    run.stop()
    again = analyzer(data=run.data)
    assert again.get(f"{PATH}/load").status_code == 404


WRONG = [
    (b"", 400, None), (b"{", 400, None), (b"[]", 422, ""), (b"null", 422, ""), (b'"text"', 422, ""), (b"\xff\xfe", 400, None),
    (b"[" * 100000, 400, None), (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, None),
    (json.dumps({**BODY, "name": "a\0b"}).encode(), 422, "/name"), (json.dumps({**BODY, "name": "../../etc"}).encode(), 422, "/name"),
    (json.dumps({**BODY, "name": "n" * 1000}).encode(), 422, "/name"), (json.dumps({**BODY, "expr": "sum(rate(x[5m])"}).encode(), 422, "/expr"),
    (json.dumps({**BODY, "expr": "(" * 20000}).encode(), 422, "/expr"), (json.dumps({**BODY, "expr": "x" * 100000}).encode(), 422, "/expr"),
    (json.dumps({**BODY, "levels": {"info": 1e400}}).replace("Infinity", "1e400").encode(), 400, None),
    (json.dumps({**BODY, "levels": {"warning": 1, "critical": 0}}).encode(), 422, "/levels"), (json.dumps({**BODY, "operator": "=>"}).encode(), 422, "/operator"),
    (json.dumps({**BODY, "for": "1 hour"}).encode(), 422, "/for"), (json.dumps({**BODY, "color": "red"}).encode(), 422, "/color"),
    (b'{"name": "x\xff"}', 400, None), (json.dumps({**BODY, "labels": {"a": "b" * 10000}}).encode(), 422, "/labels/a"),
    (json.dumps({**BODY, "annotations": {"s": "{{ $value | exec }}"}}).encode(), 422, "/annotations/s"),
]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_wrong_bodies_are_problems_that_name_the_field(analyzer, method):
    run = analyzer()
    url = run.url(PATH if method == "POST" else f"{PATH}/cpu-saturation")
    for body, status, pointer in WRONG:
        answer = requests.request(method, url, data=body, headers={"Content-Type": "application/json"}, timeout=20)
        assert answer.status_code == status, (body[:80], answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status and problem["detail"]
        if pointer is not None:
            assert pointer in [error["pointer"] for error in problem["errors"]], problem
    position = requests.post(run.url(PATH), json={**BODY, "expr": "sum(rate(x[5m])"}, timeout=20).json()["errors"][0]["detail"]
    assert position.startswith("1:16: parse error")
    assert requests.post(run.url(PATH), data=b"a" * 10_000_000, headers={"Content-Type": "application/json"}, timeout=20).status_code == 413
    assert requests.post(run.url(PATH), data="a=b", headers={"Content-Type": "text/plain"}, timeout=20).status_code == 415


def test_no_endpoint_answers_5xx_to_nonsense(analyzer):
    run = analyzer()
    paths = ["/api/v1/performance/" + name for name in ("metrics", "report", "alerts", "health", "thresholds", "trends", "regressions", "baselines", "backtest", "events/x", "nothing",
                                                        "alerts/history", "alerts/x/ack", "thresholds/import", "thresholds/load/history", "thresholds/load/restore", "suggestions", "silences", "silences/x", "receivers", "receivers/x/test", "receivers/x/dead-letters")]
    paths += ["/api/v1/" + name for name in ("query", "query_range", "labels", "label/job/values", "label/%00/values", "series", "targets", "rules", "status/buildinfo", "format_query", "query_exemplars", "metadata", "targets/metadata", "alerts", "alertmanagers", "status/tsdb", "status/config", "status/flags", "status/runtimeinfo")]
    paths.append("/federate")
    paths += ["/", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/%", "/%zz", "//", "/api/v1/performance/thresholds/%2F..%2F", "/api/v1/performance/thresholds/%00", "/\u00e4"]
    queries = ["", "?window=%00", "?window=99999999y", "?end=nan", "?end=1e308", "?start=-1e308&end=1e308&step=1e-300&query=1", "?query=%FF", "?query=" + "(" * 3000, "?format=exe",
               "?match[]={", "?baseline=../x", "?state=%F0%28", "?time=0&query=up", "?a=%", "?limit=-1&cursor=x", "?dry_run=%00", "?name=%FF*&label=%00", "?kind=%FF&false_alarms_per_day=nan", "?format=yaml&level=x"]
    for path in paths:
        for query in queries:
            for method in ("GET", "POST", "DELETE", "PUT", "PATCH"):
                if method in ("DELETE", "PUT", "PATCH") and query:
                    continue
                answer = requests.request(method, run.url(path) + query, timeout=20, data=b"" if method != "GET" else None)
                assert answer.status_code < 500, (method, path, query, answer.text)
                if answer.status_code >= 400 and "/api/v1/performance/" in path:
                    assert answer.headers["Content-Type"] == "application/problem+json", (method, path, query)


def test_every_acknowledged_threshold_survives_kill_9(analyzer):
    rounds = 100 if PATIENCE == 1 else 5
    data = port = None
    acknowledged = set()
    for i in range(rounds):
        run = analyzer(data=data, port=port)
        data, port = run.data, run.port
        stored = {t["name"] for t in run.performance("thresholds")["thresholds"]}
        assert acknowledged <= stored
        name = f"round-{i}"
        assert run.post_threshold({**BODY, "name": name}).status_code == 201
        acknowledged.add(name)
        run.kill()
    final = analyzer(data=data, port=port)
    assert acknowledged <= {t["name"] for t in final.performance("thresholds")["thresholds"]}


def test_alert_state_survives_kill_9(analyzer):
    run = analyzer()
    run.post_threshold({"name": "slow", "expr": "vector(5)", "operator": ">", "levels": {"warning": 1}, "for": "6s"})
    pending = wait_until(lambda: run.performance("alerts", threshold="slow")["alerts"], 5, "pending")[0]
    assert pending["state"] == "pending"
    run.kill()
    again = analyzer(data=run.data)
    firing = wait_until(lambda: [a for a in again.performance("alerts", threshold="slow")["alerts"] if a["state"] == "firing"], 15, "firing")[0]
    assert firing["active_since"] == pending["active_since"]
