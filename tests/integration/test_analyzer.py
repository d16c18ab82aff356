"""The analyzer as a user meets it: configuration, reload, analyses, report, events, page files."""

import json
import signal
import subprocess
import time

import pytest
import requests
from support.processes import BIN, PATIENCE, ROOT, scrape_config, wait_until
from support.targets import http_target, page


@pytest.mark.parametrize("text, message", [
    ("global: {scrape_intervall: 5s}", "1:28: global.scrape_intervall: unknown field"),
    ("scrape_configs: [{static_configs: []}]", "field \"job_name\" is missing"),
    ("scrape_configs: [{job_name: a, relabel_configs: [{action: jump}]}]", "relabel_configs[0].action: unknown action"),
    ("a: [", "not valid YAML"),
])
def test_check_config_names_file_line_and_field(tmp_path, text, message):
    path = tmp_path / "c.yml"
    path.write_text(text)
    done = subprocess.run([BIN / "tidemark-analyzer", "check", "config", path], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and str(path) in done.stderr and message in done.stderr, done.stderr


def test_check_accepts_what_is_shipped(tmp_path):
    done = subprocess.run([BIN / "tidemark-analyzer", "check", "rules", ROOT / "rules"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0 and "thresholds" in done.stdout, done.stderr
    (tmp_path / "c.yml").write_text(json.dumps(scrape_config({"a": 1})))
    assert subprocess.run([BIN / "tidemark-analyzer", "check", "config", tmp_path / "c.yml"], capture_output=True, timeout=20).returncode == 0


def test_reload_by_signal_and_by_post_keeps_the_old_when_the_new_is_wrong(analyzer):
    with http_target(page("one 1\n")) as one, http_target(page("two 2\n")) as two:
        run = analyzer(scrape_config({"a": one}))
        wait_until(lambda: run.value("one") == 1, what="the first target")
        run.write_config("scrape_configs: [{job_name: a, nope: 1}]")
        answer = requests.post(run.url("/-/reload"), timeout=20)
        assert answer.status_code == 422 and "nope" in answer.json()["detail"]
        assert run.get("/api/v1/targets").json()["data"]["activeTargets"][0]["scrapePool"] == "a"
        run.write_config(scrape_config({"b": two}))
        run.child.send_signal(signal.SIGHUP)
        wait_until(lambda: run.value("two") == 2, what="the second target")
        assert run.query("one") == []
        run.write_config(scrape_config({"a": one, "b": two}))
        assert requests.post(run.url("/-/reload"), timeout=20).ok
        wait_until(lambda: run.value("one") == 1 and run.value("two") == 2, what="both targets")


def test_analyses_see_drift_and_shift(analyzer, tmp_path):
    """A real series with drift and a step, put into the store through a scrape with timestamps would be refused as too old,
    so it is loaded as the conformance tests do."""
    now = int(time.time())
    lines = []
    for i in range(240, 0, -1):
        at = now - i * 30
        usage = 20 + (240 - i) * 0.1 + (i * 7919 % 13) / 13
        memory = (30 if i > 120 else 60) + (i * 104729 % 17) / 17
        lines.append(f'instance:cpu_usage:percent{{instance="h",job="node"}} {usage} {at}')
        lines.append(f'instance:memory_usage:percent{{instance="h",job="node"}} {memory} {at}')
    (tmp_path / "data.om").write_text("\n".join(lines) + "\n# EOF\n")
    subprocess.run([BIN / "tidemark-analyzer", "import", tmp_path / "data.om", "--storage.path", tmp_path / "data"], check=True, timeout=60)
    run = analyzer(flags=["--storage.retention=0"])
    cpu = next(t for t in run.performance("trends", window="2h")["trends"] if t["indicator"] == "cpu_usage")
    assert cpu["verdict"] == "rising" and cpu["p"] < 0.01 and 11 < cpu["slope_per_hour"] < 13
    assert cpu["slope_low"] <= cpu["slope_per_hour"] <= cpu["slope_high"]
    memory = next(r for r in run.performance("regressions", window="1h")["regressions"] if r["indicator"] == "memory_usage")
    assert memory["verdict"] == "regressed" and 29 < memory["shift"] < 31 and memory["effect_size"] > 0.9
    saved = requests.post(run.url("/api/v1/performance/baselines"), json={"name": "before", "window": "30m", "end": str(now - 4000)}, timeout=20)
    assert saved.status_code == 201, saved.text
    assert requests.post(run.url("/api/v1/performance/baselines"), json={"name": "before"}, timeout=20).status_code == 409
    named = run.performance("regressions", window="30m", baseline="before")
    assert next(r for r in named["regressions"] if r["indicator"] == "memory_usage")["verdict"] == "regressed"
    assert run.get("/api/v1/performance/regressions?baseline=none").status_code == 404
    report = run.performance("report", window="2h")
    assert {"health", "alerts", "trends", "regressions", "recommendations"} <= report.keys()
    assert "rising" in run.get("/api/v1/performance/report?format=markdown&window=2h").text
    assert "<table>" in run.get("/api/v1/performance/report?window=2h", headers={"Accept": "text/html"}).text
    assert requests.delete(run.url("/api/v1/performance/baselines/before"), timeout=20).status_code == 204


def test_health_adds_up_and_names_its_reasons(exporter, analyzer):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port, "gone": 1}))
    health = wait_until(lambda: (h := run.performance("health"))["status"] != "unknown" and h["score"] <= 60 and h, 20, "the dead target costing points")
    assert sum(c["points"] for c in health["contributions"]) == 100 - health["score"]
    reason = next(c for c in health["contributions"] if c["factor"] == "target-down")
    assert reason["points"] == 40 and reason["value"] == 1
    assert "target-down" in [r["name"] for r in run.performance("report")["recommendations"]]
    exported = float(next(line for line in run.get("/metrics").text.splitlines() if line.startswith("tidemark_health_score ")).split()[1])
    assert 0 <= exported <= 60.001 + 40


def test_metrics_by_instance_and_service(exporter, analyzer):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port}))
    wanted = {"cpu_usage", "memory_usage", "disk_usage", "disk_read", "network_receive", "pressure_cpu", "service_cpu", "service_memory"}
    metrics = wait_until(lambda: (m := run.performance("metrics")["metrics"]) and wanted <= {x["indicator"] for x in m} and m, 20, "every resource")
    for metric in metrics:
        assert metric["instance"] == f"127.0.0.1:{node.port}" and isinstance(metric["value"], (int, float)) and metric["unit"] and metric["timestamp"].endswith("Z")
    assert next(m for m in metrics if m["indicator"] == "service_memory")["service"] == "node"
    assert all(m["resource"] == "cpu" for m in run.performance("metrics", resource="cpu")["metrics"])


def test_events_arrive_and_listeners_hold_no_worker(analyzer):
    run = analyzer()
    streams = [requests.get(run.url("/api/v1/performance/events"), stream=True, timeout=30 * PATIENCE) for _ in range(40)]
    assert streams[0].headers["Content-Type"] == "text/event-stream"
    assert run.get("/-/healthy").ok
    run.post_threshold({"name": "now", "expr": "vector(1)", "operator": ">", "levels": {"info": 0}})
    for stream in (streams[0], streams[-1]):
        lines = stream.iter_lines(chunk_size=1)
        while next(lines) != b"event: alert":
            pass
        assert json.loads(next(lines).removeprefix(b"data: "))["threshold"] == "now"
    begin = time.monotonic()
    run.stop()
    assert time.monotonic() - begin < 3 * PATIENCE
    for stream in streams:
        stream.close()


def test_two_analyzers_do_not_share_a_directory(analyzer):
    run = analyzer()
    done = subprocess.run([BIN / "tidemark-analyzer", "--web.listen-address=127.0.0.1:0", f"--storage.path={run.data}"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "in use by another analyzer" in done.stderr


def test_openapi_describes_the_paths_that_exist(analyzer):
    run = analyzer()
    document = run.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        if "get" in methods and "{" not in path and not path.endswith("/events"):
            assert run.get(path).status_code in (200, 400), path
