"""A CPU burner drives an alert through its states, and health falls and recovers with reasons."""

import os
import subprocess

import pytest
from support.processes import scrape_config, wait_until


@pytest.mark.serial
def test_a_cpu_burner_drives_an_alert_through_its_states(exporter, analyzer, tmp_path):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port}))
    # Over five seconds, so that the test need not wait for the shipped rule's 90.
    usage = '100 * (1 - sum(rate(node_cpu_seconds_total{mode="idle"}[5s])) / sum(rate(node_cpu_seconds_total[5s])))'
    body = {"name": "burn", "expr": usage, "operator": ">", "levels": {"info": 30, "warning": 40, "critical": 90}, "for": "3s", "clear_margin": 2}
    assert run.post_threshold(body).status_code == 201
    alert = lambda state="all": next(iter(run.performance("alerts", threshold="burn", state=state)["alerts"]), None)
    wait_until(lambda: (run.value(usage) or 100) < 25, 60, "a quiet machine")
    wait_until(lambda: alert("active") is None, 20, "no alert at first")
    healthy = run.performance("health")["score"]

    def burn(cpus):
        return subprocess.Popen(["stress-ng", "--cpu", str(cpus), "--timeout", "100s", "--quiet"], start_new_session=True)

    half = burn(os.cpu_count() // 2 or 1)
    try:
        wait_until(lambda: alert() and alert()["state"] == "pending", 20, "pending")
        firing = wait_until(lambda: (a := alert()) and a["state"] == "firing" and a, 20, "firing")
        assert firing["severity"] == "warning"
        full = burn(os.cpu_count())
        try:
            wait_until(lambda: alert()["severity"] == "critical" and alert()["state"] == "firing", 30, "critical")
            fallen = wait_until(lambda: (h := run.performance("health"))["score"] < healthy and h, 60, "health falling")
            assert any(c["points"] > 0 and c["factor"] in ("critical-alerts", "cpu-usage", "cpu-pressure", "load") for c in fallen["contributions"])
        finally:
            full.terminate()
            full.wait()
        wait_until(lambda: alert()["severity"] == "warning", 30, "de-escalation without resolving")
        assert alert()["firing_since"] == firing["firing_since"]
    finally:
        half.terminate()
        half.wait()
    wait_until(lambda: alert()["state"] == "resolved", 30, "resolved")
    wait_until(lambda: run.performance("health")["score"] > fallen["score"], 120, "health recovering")
