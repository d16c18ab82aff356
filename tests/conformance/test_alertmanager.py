"""Alerts of rules and thresholds in a real Alertmanager, as a real Prometheus brings them."""

import json
import re
import time

import pytest
import requests
from support.processes import Analyzer, Process, Prometheus, free_port, scrape_config, wait_until
from support.receivers import webhook
from support.targets import http_target, page


class Alertmanager(Process):
    def __init__(self, tmp_path, port=None, config=None):
        self.port = port or free_port()
        path = tmp_path / f"alertmanager-{self.port}.yml"
        path.write_text(json.dumps(config or {"route": {"receiver": "none", "group_wait": "1s"}, "receivers": [{"name": "none"}]}))
        super().__init__(tmp_path, ["prometheus-alertmanager", f"--config.file={path}", f"--storage.path={tmp_path / f'am-{self.port}'}", f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="], "alertmanager")
        self.wait_ready(self.url("/-/ready"))

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def alerts(self, **params):
        """By name and severity; what has ended is not among them."""
        answer = requests.get(self.url("/api/v2/alerts"), params=params, timeout=20)
        assert answer.status_code == 200, answer.text
        return {(alert["labels"]["alertname"], alert["labels"].get("severity")): alert for alert in answer.json()}


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(kind, *args, **kwargs):
        running.append(kind(tmp_path, *args, **kwargs))
        return running[-1]

    yield begin
    for process in reversed(running):
        process.stop()


def config_for(*alertmanagers, jobs=None, **alerting):
    return {**scrape_config(jobs or {}), "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{port}" for port in alertmanagers]}], "timeout": "2s"}], **alerting}}


RULES = [{"alert": "Plain", "expr": "vector(7)", "labels": {"severity": "page", "who": "{{ $externalLabels.region }}"}, "annotations": {"summary": "is {{ $value }} <&>"}},
         {"alert": "Waits", "expr": "vector(1)", "for": "1h"}, {"alert": "Dropped", "expr": "vector(1)", "labels": {"drop": "me"}}, {"alert": "Renamed", "expr": "vector( 1 )  + on()vector(2)>1", "labels": {"old": "x y"}}]


def test_an_alertmanager_shows_what_prometheus_would_bring(start, tmp_path):
    # Prometheus knows its Alertmanagers after five seconds, and says nothing again for a minute.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [{"for": "8s", **rule} for rule in RULES]}]}))
    ours_at, theirs_at = start(Alertmanager), start(Alertmanager)
    relabel = [{"source_labels": ["drop"], "regex": "me", "action": "drop"}, {"source_labels": ["old"], "regex": "(.+)", "target_label": "new"}, {"regex": "old", "action": "labeldrop"}]
    configs = [config_for(at.port, alert_relabel_configs=relabel) for at in (ours_at, theirs_at)]
    for config in configs:
        config["global"]["external_labels"] = {"region": "eu", "severity": "not this"}
    flags = ["--web.external-url=http://tide.example/mark"]
    ours, theirs = start(Analyzer, configs[0], flags=flags), start(Prometheus, configs[1], flags=[*flags, "--web.route-prefix=/"])
    names = {"Plain", "Renamed"}
    shown = []
    for at in (ours_at, theirs_at):
        wait_until(lambda: {name for name, _ in at.alerts()} >= names, 30, "alerts in the Alertmanager")
        # Those of shipped rules and thresholds are ours alone.
        shown.append({key: alert for key, alert in at.alerts().items() if key[0] in names | {"Waits", "Dropped"}})
    assert shown[0].keys() == shown[1].keys() == {("Plain", "page"), ("Renamed", "not this")}
    for key in shown[0]:
        our_alert, their_alert = shown[0][key], shown[1][key]
        for field in ("labels", "annotations", "generatorURL", "status"):
            assert our_alert[field] == their_alert[field], field
        ends = [seconds(alert["endsAt"]) - seconds(alert["updatedAt"]) for alert in (our_alert, their_alert)]
        assert abs(ends[0] - ends[1]) < 10, "for how long it counts without further word"
    for base, at in ((ours.url(), ours_at), (theirs.url(), theirs_at)):
        data = requests.get(base + "/api/v1/alertmanagers", timeout=20).json()["data"]
        assert data == {"activeAlertmanagers": [{"url": at.url("/api/v2/alerts")}], "droppedAlertmanagers": []}


def seconds(text):
    from datetime import datetime
    return datetime.fromisoformat(text[:19] + "+00:00").timestamp()


def test_a_threshold_escalates_and_ends(start, tmp_path):
    (tmp_path / "rules.yml").write_text("groups: []")
    level = [50]
    with http_target(page(lambda: f"level {level[0]}\n")) as port:
        at = start(Alertmanager)
        run = start(Analyzer, config_for(at.port, jobs={"level": port}))
        body = {"name": "level", "expr": "level", "operator": ">", "levels": {"warning": 60, "critical": 90}, "labels": {"team": "infra"}, "annotations": {"summary": "{{ $value }} is {{ $level }}"}}
        assert run.post_threshold(body).status_code == 201
        mine = lambda: {severity for name, severity in at.alerts() if name == "level"}
        level[0] = 70
        wait_until(lambda: mine() == {"warning"}, 20, "a warning")
        alert = at.alerts()["level", "warning"]
        assert alert["labels"]["team"] == "infra" and alert["labels"]["job"] == "level" and alert["annotations"] == {"summary": "70 is warning"}
        level[0] = 95
        wait_until(lambda: mine() == {"critical"}, 20, "the critical one in its place")
        level[0] = 10
        wait_until(lambda: mine() == set(), 20, "its end")
        level[0] = 95
        wait_until(lambda: mine() == {"critical"}, 20, "another one")
        assert requests.delete(run.url("/api/v1/performance/thresholds/level"), timeout=20).status_code == 204
        wait_until(lambda: mine() == set(), 20, "its end, with its threshold")


def test_alertmanagers_that_are_gone_lose_nothing(start, tmp_path):
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": RULES[:1]}]}))
    dead, late = free_port(), free_port()
    alive = start(Alertmanager)
    run = start(Analyzer, config_for(dead, alive.port, late))
    wait_until(lambda: ("Plain", "page") in alive.alerts(), 20, "the one that is there has it")
    failed = re.compile(r'tidemark_notifications_errors_total\{alertmanager="http://127.0.0.1:%d/api/v2/alerts"\} [1-9]' % late)
    wait_until(lambda: failed.search(run.get("/metrics").text), 20, "a failed delivery")
    # What it missed comes when it is back, without waiting for the next time that is due.
    back = start(Alertmanager, late)
    wait_until(lambda: ("Plain", "page") in back.alerts(), 35, "the late one has it too")
    assert f"127.0.0.1:{dead}" in run.log()
    # Restarted without its state, it hears of what goes on within a minute.
    alive.kill()
    (tmp_path / f"am-{alive.port}").rename(tmp_path / "gone")
    again = start(Alertmanager, alive.port)
    assert ("Plain", "page") not in again.alerts()
    wait_until(lambda: ("Plain", "page") in again.alerts(), 75, "word of an alert that goes on")


def test_an_alertmanager_that_hangs_holds_nothing_up(start, tmp_path):
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": RULES[:1]}]}))
    alive = start(Alertmanager)

    def hang(request):
        time.sleep(30)

    with http_target(hang) as port:
        run = start(Analyzer, config_for(port, alive.port))
        wait_until(lambda: ("Plain", "page") in alive.alerts(), 20, "the other one has it")
        assert run.get("/-/ready").status_code == 200
    begin = time.monotonic()
    run.stop()
    assert time.monotonic() - begin < 10


def test_wrong_configurations_name_their_place(tmp_path):
    import subprocess

    from support.processes import BIN
    for alerting, place in (({"alertmanagers": [{"scheme": "ftp"}]}, "scheme"), ({"alertmanagers": [{"api_version": "v1"}]}, "api_version"), ({"alertmanagers": [{"nope": 1}]}, "nope"),
                            ({"alertmanagers": [{"static_configs": [{"targets": ["http://x/y"]}]}]}, "targets"), ({"alert_relabel_configs": [{"regex": "("}]}, "regex"), ({"x": 1}, "x")):
        (tmp_path / "c.yml").write_text(json.dumps({"alerting": alerting}))
        done = subprocess.run([BIN / "tidemark-analyzer", "check", "config", tmp_path / "c.yml"], capture_output=True, text=True, timeout=20)
        assert done.returncode == 1 and place in done.stderr, (alerting, done.stderr)


ROUTE = {"group_wait": "1s", "group_interval": "2s", "repeat_interval": "1h", "group_by": ["alertname"], "routes": [{"matchers": ['team=~"b|c"'], "receiver": "second", "continue": True}, {"matchers": ['team="c"'], "receiver": "first", "group_by": ["..."]}]}


def receivers_for(first, second):
    return [{"name": "first", "webhook_configs": [{"url": first.url, "max_alerts": 2}]}, {"name": "second", "webhook_configs": [{"url": second.url, "send_resolved": False}]}]


def test_our_own_receivers_are_told_what_alertmanager_tells_them(start, tmp_path):
    """The same alerts to an Alertmanager with some routes, and to our own receivers with the same."""
    # All begin with the first sample: what begins on its own may make a notification of its own, here or there.
    names = {"A": "a", "B": "b", "C": "c", "Quiet": "a"}
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [
        *({"alert": name, "expr": "lit == 1" if name == "A" else "vector(1) and on () lit", "labels": {"team": team}, "annotations": {"summary": f"{name} is {{{{ $value }}}}"}} for name, team in names.items()),
        {"alert": "A", "expr": "vector(2) and on () lit", "labels": {"team": "a", "n": "2"}}, {"alert": "A", "expr": "vector(3) and on () lit", "labels": {"team": "a", "n": "3"}}]}]}))
    inhibit = [{"source_matchers": ['alertname="B"'], "target_matchers": ['alertname="Quiet"'], "equal": ["missing"]}]
    on = [1]
    with http_target(page(lambda: f"lit {on[0]}\n")) as port, webhook() as our_first, webhook() as our_second, webhook() as their_first, webhook() as their_second:
        at = start(Alertmanager, config={"route": {"receiver": "first", **ROUTE}, "receivers": receivers_for(their_first, their_second), "inhibit_rules": inhibit})
        config = config_for(at.port, jobs={"lit": port}, route={"receiver": "first", **ROUTE}, receivers=receivers_for(our_first, our_second), inhibit_rules=inhibit)
        start(Analyzer, config)
        hooks = (our_first, our_second, their_first, their_second)
        mine = lambda hook: [body for body in hook.bodies() if body["commonLabels"].get("alertname") in names]
        settled = lambda: {body["commonLabels"]["alertname"] for body in mine(our_first)} == {body["commonLabels"]["alertname"] for body in mine(their_first)} == {"A", "C"} and len(mine(our_second)) >= 2 and len(mine(their_second)) >= 2
        wait_until(settled, 30, "both told of the beginning")
        time.sleep(3)
        on[0] = 0
        ended = lambda hook: any(alert["status"] == "resolved" for body in mine(hook) for alert in body["alerts"])
        wait_until(lambda: ended(our_first) and ended(their_first), 30, "both told of the end")

        def told(hook):
            bodies = []
            for body in mine(hook):
                for alert in body["alerts"]:
                    if alert["status"] == "resolved":
                        alert["endsAt"] = "then"
                    alert["startsAt"] = "then"
                body["alerts"].sort(key=lambda alert: alert["fingerprint"])
                # What comes first among more than max_alerts is not said by either.
                if body["truncatedAlerts"]:
                    body["alerts"] = len(body["alerts"])
                body.pop("externalURL")
                bodies.append(json.dumps(body, sort_keys=True))
            return set(bodies)

        assert told(our_first) == told(their_first) and told(our_second) == told(their_second)
        assert all(not any(alert["labels"]["alertname"] == "Quiet" for alert in body["alerts"]) for hook in hooks for body in hook.bodies())


def test_a_clear_margin_stops_a_flapping_series_from_telling_over_and_over(start, tmp_path):
    (tmp_path / "rules.yml").write_text("groups: []")
    begin = time.monotonic()
    # Two seconds above the limit, two just below it.
    wave = page(lambda: f"wave {61 if int(time.monotonic() - begin) % 4 < 2 else 58}\n")
    with http_target(wave) as port, webhook() as hook:
        at = start(Alertmanager, config={"route": {"receiver": "hook", "group_by": ["alertname"], "group_wait": "0s", "group_interval": "1s"}, "receivers": [{"name": "hook", "webhook_configs": [{"url": hook.url}]}]})
        run = start(Analyzer, config_for(at.port, jobs={"wave": port}))
        for name, margin in (("plain", 0), ("calm", 5), ("share", "10%")):
            assert run.post_threshold({"name": name, "expr": "wave", "operator": ">", "levels": {"warning": 60}, "clear_margin": margin}).status_code == 201
        wait_until(lambda: hook.names().count(("plain", "firing")) >= 4, 60, "notifications of the one without a margin")
        told = {name: len([1 for other, _ in hook.names() if other == name]) for name in ("plain", "calm", "share")}
        assert told["plain"] >= 7 and told["calm"] == 1 and told["share"] == 1, told
