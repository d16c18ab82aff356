"""Thresholds whose limit is a distance from what is usual: live, explained, and tried on stored samples."""

import math
import random
import subprocess
import time

import pytest
import requests
from support.processes import BIN, PATIENCE, free_port, scrape_config, wait_until
from support.targets import http_target, page

DAY = 86400


def usual(at):
    return 50 + 30 * math.sin(2 * math.pi * at / DAY)


@pytest.fixture
def stored(tmp_path):
    """Four days of a daily wave of one target, up to now, and its labels: start(port)."""

    def start(port):
        dice = random.Random(5)
        now = int(time.time())
        lines = [f'wave{{instance="127.0.0.1:{port}",job="wave"}} {usual(at) + dice.gauss(0, 2)} {at}' for at in range(now - 4 * DAY, now - 30, 60)]
        (tmp_path / "data.om").write_text("\n".join(lines) + "\n# EOF\n")
        subprocess.run([BIN / "tidemark-analyzer", "import", tmp_path / "data.om", "--storage.path", tmp_path / "data"], check=True, timeout=120)
        return now

    return start


BODY = {"name": "odd", "expr": "wave", "operator": "!=", "baseline": {"window": "4d", "season": "auto", "deviations": {"warning": 4, "critical": 12}}}


def test_what_is_unusual_for_the_time_of_day_fires_and_says_so(analyzer, stored):
    value = {"off": 0.0}
    with http_target(page(lambda: f"wave {usual(time.time()) + value['off']}\n")) as port:
        stored(port)
        run = analyzer(scrape_config({"wave": port}), flags=["--storage.retention=5d"])
        assert run.post_threshold(BODY).status_code == 201
        time.sleep(3)
        assert run.performance("alerts", threshold="odd")["alerts"] == []
        value["off"] = -20
        alert = wait_until(lambda: run.performance("alerts", threshold="odd")["alerts"], 20, "the alert")[0]
        assert alert["severity"] == "warning" and alert["value"] == pytest.approx(usual(time.time()) - 20, abs=1)
        # Four deviations of 2 on both sides of the wave.
        assert alert["expected"]["low"] == pytest.approx(usual(time.time()) - 8, abs=4) and alert["expected"]["high"] == pytest.approx(usual(time.time()) + 8, abs=4)
        assert alert["annotations"]["explanation"].startswith("expected ") and ", saw " in alert["annotations"]["explanation"]
        value["off"] = 60
        wait_until(lambda: run.performance("alerts", threshold="odd")["alerts"][0]["severity"] == "critical", 20, "critical")
        value["off"] = 0
        wait_until(lambda: run.performance("alerts", threshold="odd")["alerts"] == [], 20, "the end")
        changes = [entry["change"] for entry in run.performance("alerts/history", threshold="odd")["history"]]
        assert changes[-1] == "firing" and changes[0] == "resolved" and "escalated" in changes


def test_a_backtest_finds_what_a_fixed_limit_cannot(analyzer, stored, tmp_path):
    port = free_port()
    now = stored(port)
    run = analyzer(scrape_config({}, interval="1m"), flags=["--storage.retention=5d"])
    answer = requests.post(run.url("/api/v1/performance/backtest"), json={"threshold": {**BODY, "for": "2m"}, "window": "24h", "end": now - 60}, timeout=60 * PATIENCE)
    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert got["alerts"] <= 2, "what is usual at its time is no alert"
    assert len(got["sweep"]) >= 20 and got["sweep"][0]["alerts"] >= got["sweep"][-1]["alerts"]
    # A limit in the middle of the wave alerts for half of the day.
    fixed = requests.post(run.url("/api/v1/performance/backtest"), json={"threshold": {"name": "x", "expr": "wave", "operator": ">", "levels": {"warning": 50}}, "window": "24h", "end": now - 60}, timeout=60).json()
    assert fixed["firing_seconds"] > 8 * 3600


def test_nothing_is_unusual_while_nothing_is_known(analyzer):
    run = analyzer()
    run.post_threshold({**BODY, "expr": "vector(5)"})
    wait_until(lambda: run.get("/api/v1/performance/thresholds/odd").json()["last_evaluation"], 10, "an evaluation")
    assert run.performance("alerts", threshold="odd")["alerts"] == [] and run.get("/api/v1/performance/thresholds/odd").json()["last_error"] is None
