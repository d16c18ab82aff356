"""Who is told of alerts, when, and how: receivers without an Alertmanager, silences, inhibition, acknowledgements."""

import hashlib
import hmac
import json
import subprocess
import time

import pytest
import requests
from support.processes import BIN, free_port, scrape_config, wait_until
from support.receivers import mail_server, webhook
from support.targets import http_target, page

FAST = {"group_wait": "500ms", "group_interval": "1s", "repeat_interval": "1h"}
API = "/api/v1/performance/"


def config_for(receivers, jobs=None, route=None, **alerting):
    return {**scrape_config(jobs or {}), "alerting": {"route": {"receiver": receivers[0]["name"], **FAST, **(route or {})}, "receivers": receivers, **alerting}}


def hook_receiver(hook, name="hook", **fields):
    return {"name": name, "webhook_configs": [{"url": hook.url + "/in", **fields}]}


def threshold(name, expr, **fields):
    return {"name": name, "expr": expr, "operator": ">", "levels": {"warning": 0}, **fields}


def told(hook, name, status):
    return (name, status) in hook.names()


def test_a_webhook_is_told_of_begin_and_end(analyzer):
    with webhook() as hook:
        run = analyzer(config_for([hook_receiver(hook, hmac_secret="top secret")]), flags=["--web.external-url=http://tide.example"])
        run.post_threshold(threshold("a", "vector(5)", labels={"team": "x"}, annotations={"summary": "is {{ $value }}"}))
        wait_until(lambda: told(hook, "a", "firing"), 15, "the notification")
        path, headers, body = hook.requests[0]
        got = json.loads(body)
        assert path == "/in" and headers["Content-Type"] == "application/json"
        assert headers["X-Hub-Signature-256"] == "sha256=" + hmac.new(b"top secret", body, hashlib.sha256).hexdigest() and headers["Idempotency-Key"]
        alert = got["alerts"][0]
        assert alert["labels"] == {"alertname": "a", "severity": "warning", "team": "x"} and alert["annotations"] == {"summary": "is 5"}
        assert alert["generatorURL"].startswith("http://tide.example/graph?g0.expr=") and alert["endsAt"] == "0001-01-01T00:00:00Z"
        assert (got["version"], got["status"], got["receiver"], got["groupLabels"], got["commonLabels"], got["truncatedAlerts"]) == ("4", "firing", "hook", {}, alert["labels"], 0)
        requests.delete(run.url(API + "thresholds/a"), timeout=20)
        wait_until(lambda: told(hook, "a", "resolved"), 15, "its end")
        assert hook.bodies()[-1]["status"] == "resolved"
        time.sleep(3)
        assert len(hook.requests) == 2, "nothing is told twice"
        receivers = run.performance("receivers")["receivers"]
        assert receivers[0]["integrations"][0]["last_success"] and receivers[0]["dead_letters"] == 0


def test_routes_groups_and_repeats(analyzer):
    with webhook() as first, webhook() as second:
        receivers = [hook_receiver(first, "first"), hook_receiver(second, "second", send_resolved=False)]
        route = {"group_by": ["team"], "repeat_interval": "3s", "routes": [{"matchers": ['team=~"b|c"'], "receiver": "second", "group_by": ["..."], "continue": True}, {"matchers": ["team = c"], "receiver": "first", "repeat_interval": "1h"}]}
        run = analyzer(config_for(receivers, route=route))
        for name, team in (("a1", "a"), ("a2", "a"), ("b", "b"), ("c", "c")):
            run.post_threshold(threshold(name, "vector(1)", labels={"team": team}))
        wait_until(lambda: told(first, "c", "firing") and told(second, "b", "firing") and told(second, "c", "firing") and told(first, "a1", "firing") and told(first, "a2", "firing"), 20, "all told")
        assert not told(first, "b", "firing") and {len(body["alerts"]) for body in second.bodies()} == {1}
        assert first.bodies()[0]["groupKey"].startswith("{}")
        wait_until(lambda: len([1 for name, status in first.names() if name == "a1"]) >= 2, 15, "the repeat")
        keys = [headers["Idempotency-Key"] for _, headers, _ in first.requests]
        assert len(set(keys)) == len(keys), "a repeat is another notification"
        requests.delete(run.url(API + "thresholds/b"), timeout=20)
        requests.delete(run.url(API + "thresholds/c"), timeout=20)
        wait_until(lambda: told(first, "c", "resolved"), 15, "the end of c")
        assert not second.names("resolved")


def test_what_fails_is_tried_again_and_what_is_refused_is_kept(analyzer):
    with webhook() as hook, webhook() as refusing:
        hook.answer, refusing.answer = 503, 400
        run = analyzer(config_for([hook_receiver(hook), hook_receiver(refusing, "refusing")], route={"routes": [{"matchers": ["alertname=b"], "receiver": "refusing"}]}))
        run.post_threshold(threshold("a", "vector(1)"))
        run.post_threshold(threshold("b", "vector(1)"))
        failing = lambda: {one["name"]: one for one in run.performance("receivers")["receivers"]}
        wait_until(lambda: failing()["hook"]["integrations"][0]["last_error"], 15, "the failure")
        assert "503" in failing()["hook"]["integrations"][0]["last_error"] and failing()["hook"]["integrations"][0]["waiting"] == 1
        hook.answer = 202
        wait_until(lambda: told(hook, "a", "firing"), 20, "the second try")
        wait_until(lambda: failing()["refusing"]["dead_letters"] == 1, 15, "the dead letter")
        letter = run.performance("receivers/refusing/dead-letters")["dead_letters"][0]
        assert "400" in letter["error"] and letter["notification"]["alerts"][0]["labels"]["alertname"] == "b"
        time.sleep(2)
        assert failing()["refusing"]["dead_letters"] == 1, "what was given up is not tried over and over"
        assert requests.get(run.url(API + "receivers/none/dead-letters"), timeout=20).status_code == 404


def test_nothing_is_lost_or_told_twice_over_kill_9(analyzer):
    port = free_port()
    with webhook(port) as hook:
        config = config_for([hook_receiver(hook)])
        run = analyzer(config)
        for name in ("stays", "ends", "late"):
            run.post_threshold(threshold(name, "vector(1)"))
        wait_until(lambda: {("stays", "firing"), ("ends", "firing")} <= set(hook.names()), 15, "the first notification")
        time.sleep(1.5)
        before = len(hook.requests)
        run.kill()
        again = analyzer(config, data=run.data)
        time.sleep(4)
        assert len(hook.requests) == before, [body for body in hook.bodies()[before:]]
        # The end comes while nobody listens, and the analyzer is killed before it is told.
        hook.answer = 503
        requests.delete(again.url(API + "thresholds/ends"), timeout=20)
        wait_until(lambda: again.performance("receivers")["receivers"][0]["integrations"][0]["last_error"], 15, "a failed try")
        again.kill()
        hook.answer = 200
        analyzer(config, data=run.data)
        wait_until(lambda: told(hook, "ends", "resolved"), 20, "the end, told after all")
        assert not told(hook, "stays", "resolved")


def test_silences(analyzer):
    with webhook() as hook:
        run = analyzer(config_for([hook_receiver(hook)]))
        post = lambda **body: requests.post(run.url(API + "silences"), json=body, timeout=20)
        made = post(matchers=['alertname=~"quiet.*"', {"name": "severity", "value": "critical", "isEqual": False}], duration="1h", comment="maintenance")
        assert made.status_code == 201, made.text
        silence = made.json()
        assert silence["status"]["state"] == "active" and silence["createdBy"] == "127.0.0.1" and made.headers["Location"] == f"{API}silences/{silence['id']}"
        run.post_threshold(threshold("quiet-one", "vector(1)"))
        run.post_threshold(threshold("loud", "vector(1)"))
        wait_until(lambda: told(hook, "loud", "firing"), 15, "the loud one")
        assert run.performance("alerts", threshold="quiet-one")["alerts"][0]["silenced_by"] == [silence["id"]] and not told(hook, "quiet-one", "firing")
        # A silence that was read can be sent back; its end is its expiry; and it survives a kill.
        assert requests.post(run.url(API + "silences"), json={**silence, "comment": "longer"}, timeout=20).status_code == 200
        run.kill()
        again = analyzer(config_for([hook_receiver(hook)]), data=run.data)
        assert again.performance("silences", state="active")["silences"][0]["comment"] == "longer"
        assert requests.delete(again.url(API + "silences/" + silence["id"]), timeout=20).status_code == 204
        wait_until(lambda: told(hook, "quiet-one", "firing"), 20, "the quiet one after the silence")
        assert again.get(API + "silences/" + silence["id"]).json()["status"]["state"] == "expired"
        assert requests.delete(again.url(API + "silences/none"), timeout=20).status_code == 404
        run = again
        never = {"years": ["2001"]}
        recurring = post(matchers=["alertname=loud"], duration="1y", comment="every year", active_during=[never]).json()
        assert recurring["status"]["state"] == "waiting" and recurring["active_during"] == [never]
        assert run.performance("alerts", threshold="loud")["alerts"][0]["silenced_by"] == []


@pytest.mark.parametrize("body, pointer", [
    ({}, "/matchers"), ({"matchers": []}, "/matchers"), ({"matchers": ["x"]}, "/matchers/0"), ({"matchers": ['a=~"("']}, "/matchers/0"), ({"matchers": ['a=~".*"']}, "/matchers"), ({"matchers": [{"name": "a"}]}, "/matchers/0/value"),
    ({"matchers": ["a=b"]}, "/endsAt"), ({"matchers": ["a=b"], "duration": "1h", "endsAt": 5}, "/endsAt"), ({"matchers": ["a=b"], "endsAt": "2001-01-01T00:00:00Z"}, "/endsAt"), ({"matchers": ["a=b"], "duration": "x"}, "/duration"),
    ({"matchers": ["a=b"], "duration": "0s"}, "/duration"), ({"matchers": ["a=b"], "duration": "1h"}, "/comment"), ({"matchers": ["a=b"], "duration": "1h", "comment": "c", "nope": 1}, "/nope"), ([], ""),
    ({"matchers": ["a=b"], "duration": "1h", "comment": "c", "active_during": [{"location": "x"}]}, "/active_during/0/location")])
def test_wrong_silences(analyzer, body, pointer):
    run = analyzer()
    answer = requests.post(run.url(API + "silences"), json=body, timeout=20)
    assert answer.status_code == 422 and pointer in [error["pointer"] for error in answer.json()["errors"]], answer.text
    assert requests.post(run.url(API + "silences"), json={"id": "none", "matchers": ["a=b"], "duration": "1h", "comment": "c"}, timeout=20).status_code == 404


def test_a_target_that_is_down_inhibits_its_others(analyzer):
    with webhook() as hook, http_target(page("level 50\n")) as port:
        run = analyzer(config_for([hook_receiver(hook)], jobs={"app": port}))
        requests.patch(run.url(API + "thresholds/target-down"), json={"for": "0s"}, timeout=20)
        run.post_threshold(threshold("level-high", "level"))
        wait_until(lambda: told(hook, "level-high", "firing"), 15, "the alert of the target")
        alert = run.performance("alerts", threshold="level-high")["alerts"][0]
        assert alert["inhibited_by"] is None
    # The target is gone now.
    with webhook(hook.port) as hook:
        wait_until(lambda: told(hook, "target-down", "firing"), 20, "target-down")
        wait_until(lambda: run.performance("alerts", threshold="level-high")["alerts"][0]["inhibited_by"], 10, "the inhibition")
        alert = run.performance("alerts", threshold="level-high")["alerts"][0]
        assert alert["state"] == "firing", "a dead target does not resolve its alerts by silence"
        time.sleep(3)
        assert not told(hook, "level-high", "resolved") and not told(hook, "level-high", "firing")


def test_an_acknowledged_alert_is_not_repeated(analyzer):
    with webhook() as hook:
        run = analyzer(config_for([hook_receiver(hook)], route={"repeat_interval": "2s"}))
        run.post_threshold(threshold("a", "vector(1)"))
        wait_until(lambda: len(hook.requests) >= 2, 20, "a repeat")
        alert = run.performance("alerts", threshold="a")["alerts"][0]
        assert alert["acknowledged"] is None
        ack = lambda body, id=alert["id"]: requests.post(run.url(f"{API}alerts/{id}/ack"), json=body, timeout=20)
        assert ack({}).status_code == 422 and ack({"comment": "x"}, "none").status_code == 404
        answer = ack({"comment": "I am on it"})
        assert answer.status_code == 200 and answer.json()["acknowledged"]["comment"] == "I am on it"
        time.sleep(1.5)
        count = len(hook.requests)
        time.sleep(4)
        assert len(hook.requests) == count, "no repeat"
        assert requests.delete(run.url(f"{API}alerts/{alert['id']}/ack"), timeout=20).status_code == 204
        wait_until(lambda: len(hook.requests) > count, 15, "repeats again")
        ack({"comment": "again"})
        requests.delete(run.url(API + "thresholds/a"), timeout=20)
        wait_until(lambda: told(hook, "a", "resolved"), 15, "the end is told")


def test_mails(analyzer):
    port = free_port()
    with mail_server(port) as mailbox:
        mail = {"to": "Ada <ada@example.org>, bob@example.org", "from": "Tidemark <tide@example.org>", "smarthost": f"127.0.0.1:{port}", "require_tls": False, "send_resolved": True}
        run = analyzer(config_for([{"name": "mail", "email_configs": [mail]}], route={"group_by": ["alertname"]}))
        run.post_threshold(threshold("hörbar", "vector(1)")).status_code
        run.post_threshold(threshold("disk", "vector(91.5)", labels={"instance": "a:1"}, annotations={"summary": "ist {{ $value }} % voll\r\nBcc: x@y.z", "description": "." * 2000}))
        wait_until(lambda: mailbox.mails, 20, "the mail")
        sender, recipients, message = mailbox.mails[0]
        assert (sender, recipients) == ("tide@example.org", ["ada@example.org", "bob@example.org"])
        assert message["Subject"] == "[FIRING:1] disk on a:1" and message["Message-ID"].endswith("@example.org>") and message["Bcc"] is None
        text = message.get_content()
        assert "ist 91.5 % voll" in text and "." * 2000 in text and "FIRING warning: disk" in text
        requests.delete(run.url(API + "thresholds/disk"), timeout=20)
        wait_until(lambda: any("[RESOLVED] disk" in mail[2]["Subject"] for mail in mailbox.mails), 15, "the end")
        mailbox.refuse = "554 no"
        tested = requests.post(run.url(API + "receivers/mail/test"), timeout=40).json()
        assert tested["delivered"] is False and "554" in tested["integrations"][0]["error"]


def test_mail_needs_tls_unless_told_otherwise(analyzer):
    port = free_port()
    with mail_server(port) as mailbox:
        mail = {"to": "a@example.org", "from": "b@example.org", "smarthost": f"127.0.0.1:{port}"}
        run = analyzer(config_for([{"name": "mail", "email_configs": [mail]}]))
        tested = requests.post(run.url(API + "receivers/mail/test"), timeout=40).json()
        assert tested["delivered"] is False and tested["integrations"][0]["error"] and mailbox.mails == []


def test_commands(analyzer, tmp_path):
    script = tmp_path / "told.sh"
    script.write_text(f"#!/bin/sh\ncat >>{tmp_path}/told.json\necho \"$1\" >>{tmp_path}/arguments\n")
    script.chmod(0o755)
    bad = tmp_path / "bad.sh"
    bad.write_text("#!/bin/sh\necho no such pager >&2\nexit 3\n")
    bad.chmod(0o755)
    slow = tmp_path / "slow.sh"
    slow.write_text(f"#!/bin/sh\nsleep 100 &\necho $! >{tmp_path}/child\nwait\n")
    slow.chmod(0o755)
    receivers = [{"name": "run", "command_configs": [{"command": [str(script), "one; two"]}]}, {"name": "bad", "command_configs": [{"command": [str(bad)]}, {"command": ["/nowhere"]}]},
                 {"name": "slow", "command_configs": [{"command": [str(slow)], "timeout": "1s"}]}]
    run = analyzer(config_for(receivers))
    run.post_threshold(threshold("a", "vector(1)"))
    wait_until(lambda: (tmp_path / "arguments").exists(), 15, "the command")
    body = json.loads((tmp_path / "told.json").read_text().splitlines()[0])
    assert body["alerts"][0]["labels"]["alertname"] == "a" and (tmp_path / "arguments").read_text() == "one; two\n"
    test = lambda name: [one["error"] for one in requests.post(run.url(f"{API}receivers/{name}/test"), timeout=40).json()["integrations"]]
    assert test("run") == [None] and test("bad")[0] == "ended with 3: no such pager" and "/nowhere" in test("bad")[1]
    assert "1000 ms" in test("slow")[0]
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not is_running(child), 5, "what the command started is gone")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("template", ["slack", "pagerduty", "ntfy"])
def test_shipped_bodies(analyzer, template, tmp_path):
    (tmp_path / "key").write_text("R0UTE\n")
    with webhook() as hook:
        run = analyzer(config_for([hook_receiver(hook, template=template, value_files={"routing_key": str(tmp_path / "key")})], route={"group_by": ["alertname"]}))
        run.post_threshold(threshold("disk", "vector(91.5)", levels={"critical": 1}, labels={"instance": "a:1"}, annotations={"summary": 'is "full" \\ \n {{ $value }}'}))
        wait_until(lambda: hook.requests, 15, "the notification")
        requests.delete(run.url(API + "thresholds/disk"), timeout=20)
        wait_until(lambda: len(hook.requests) == 2, 15, "the end")
        (_, headers, firing), (_, _, resolved) = hook.requests
        if template == "slack":
            attachment = json.loads(firing)["attachments"][0]
            assert (attachment["color"], attachment["title"]) == ("danger", "[FIRING:1] disk ") and 'is "full" \\ \n 91.5' in attachment["text"] and json.loads(resolved)["attachments"][0]["color"] == "good"
        elif template == "pagerduty":
            events = [json.loads(firing), json.loads(resolved)]
            assert [event["event_action"] for event in events] == ["trigger", "resolve"] and events[0]["dedup_key"] == events[1]["dedup_key"]
            assert (events[0]["routing_key"], events[0]["payload"]["severity"], events[0]["payload"]["source"]) == ("R0UTE", "critical", "a:1")
        else:
            assert headers["Priority"] == "5" and headers["Title"] == "[FIRING] disk on a:1" and b'firing: disk on a:1: is "full"' in firing


@pytest.mark.parametrize("alerting, message", [
    ({"receivers": [{"name": "a"}]}, "no route"), ({"route": {}}, 'field "receiver" is missing'), ({"route": {"receiver": "a"}}, 'there is no receiver "a"'), ({"receivers": [{"name": "a"}, {"name": "a"}], "route": {"receiver": "a"}}, "comes twice"),
    ({"receivers": [{"name": "a", "webhook_configs": [{"url": "ftp://x"}]}], "route": {"receiver": "a"}}, "http://"), ({"receivers": [{"name": "a", "webhook_configs": [{}]}], "route": {"receiver": "a"}}, "url and url_file"),
    ({"receivers": [{"name": "a", "webhook_configs": [{"url": "http://x", "template": "nothing"}]}], "route": {"receiver": "a"}}, "nothing.yml"), ({"receivers": [{"name": "a", "command_configs": [{"command": "ls"}]}], "route": {"receiver": "a"}}, "list"),
    ({"receivers": [{"name": "a", "command_configs": [{"command": ["ls"]}]}], "route": {"receiver": "a"}}, "absolute path"), ({"receivers": [{"name": "a", "email_configs": [{"to": "a\nb", "from": "c", "smarthost": "d:1"}]}], "route": {"receiver": "a"}}, "control"),
    ({"receivers": [{"name": "a"}], "route": {"receiver": "a", "routes": [{"matchers": ["x"]}]}}, "no matcher"), ({"receivers": [{"name": "a"}], "route": {"receiver": "a", "matchers": ["x=y"]}}, "every alert"),
    ({"receivers": [{"name": "a"}], "route": {"receiver": "a", "mute_time_intervals": ["night"]}}, 'no time interval "night"'), ({"time_intervals": [{"name": "n", "time_intervals": [{"weekdays": ["x"]}]}]}, "/0/weekdays/0"),
    ({"inhibit_rules": [{"source_matchers": ["a=b"]}]}, "target_matchers")])
def test_wrong_configurations(tmp_path, alerting, message):
    path = tmp_path / "config.yml"
    path.write_text(json.dumps({"alerting": alerting}))
    checked = subprocess.run([BIN / "tidemark-analyzer", "check", "config", path], capture_output=True, text=True)
    assert checked.returncode == 1 and message in checked.stderr, checked.stderr


def test_the_configuration_is_shown_without_secrets(analyzer):
    with webhook() as hook:
        run = analyzer(config_for([hook_receiver(hook, hmac_secret="top", values={"key": "value-secret"})]))
        shown = run.get("/api/v1/status/config").json()["data"]["yaml"]
        assert "top" not in shown and "value-secret" not in shown and hook.url not in shown and "<secret>" in shown
