"""Thresholds from the command line, against a running analyzer and on stored samples; suggestions."""

import json
import random
import subprocess
import time

import pytest
import requests
from support.processes import BIN, ROOT, scrape_config

BODY = {"name": "busy", "expr": "vector(5)", "operator": ">", "levels": {"warning": 3}}
STEP = 60


def command(*arguments, **kwargs):
    return subprocess.run([BIN / "tidemark-analyzer", *map(str, arguments)], capture_output=True, text=True, timeout=120, **kwargs)


@pytest.fixture
def thresholds(analyzer):
    run = analyzer()

    def call(*arguments, **kwargs):
        return command("thresholds", *arguments[:1], "--url", run.url(), *arguments[1:], **kwargs)

    call.run = run
    return call


def test_a_threshold_from_the_command_line(thresholds, tmp_path):
    rows = [line.split() for line in thresholds("list").stdout.splitlines()]
    assert ["cpu-usage", ">", "70/85/95", "2m", "yes", "shipped"] in [row[:6] for row in rows] and thresholds("list", "cpu-*", "-o", "name").stdout.split() == ["cpu-iowait", "cpu-pressure", "cpu-usage"]
    (tmp_path / "busy.yml").write_text("name: busy\nexpr: vector(5)\noperator: '>'\nlevels: {warning: 3}\n")
    tried = thresholds("set", "-f", tmp_path / "busy.yml", "--dry-run")
    assert tried.returncode == 0 and thresholds("get", "busy").returncode == 1
    assert thresholds("set", "-f", tmp_path / "busy.yml").returncode == 0
    changed = thresholds("set", "busy", "levels.critical=4.5", "for=2m", "labels.team=infra", "-o", "json")
    got = json.loads(changed.stdout)
    assert (got["levels"], got["for"], got["labels"]) == ({"warning": 3, "critical": 4.5}, "2m", {"team": "infra"})
    shown = thresholds("get", "busy")
    assert shown.returncode == 0 and "2m" in shown.stdout
    refused = thresholds("set", "busy", "levels.warning=9", "nope=1")
    assert refused.returncode == 1 and "/levels" in refused.stderr and "/nope" in refused.stderr and refused.stdout == ""
    assert thresholds("rm", "busy").returncode == 0 and thresholds("rm", "busy").returncode == 1
    assert "no threshold \"busy\"" in thresholds("get", "busy").stderr


def test_sets_and_standard_input(thresholds):
    both = {"thresholds": [BODY, {**BODY, "name": "other", "expr": "nothing_there"}]}
    got = thresholds("set", "-f", "-", input=json.dumps(both))
    assert got.stdout.splitlines() == ["created: busy", "created: other", "unchanged: 0"] and "nothing_there" in got.stderr
    assert thresholds("set", "-f", ROOT / "rules/thresholds.yml").stdout.startswith("unchanged")
    for wrong in ("a: [", "{}", "[]", "thresholds: 5"):
        assert thresholds("set", "-f", "-", input=wrong).returncode == 1
    for arguments in (["set"], ["set", "busy"], ["set", "busy", "x"], ["get"], ["rm"], ["nothing"], ["list", "-o", "xml"]):
        assert thresholds(*arguments).returncode != 0, arguments


def test_backtests_and_suggestions_are_shown(thresholds):
    thresholds("set", "-f", "-", input=json.dumps(BODY))
    got = thresholds("backtest", "busy", "--window", "1h")
    assert got.returncode == 0 and "label sets" in got.stdout and "VALUE" in got.stdout, got.stderr
    assert json.loads(thresholds("backtest", "-f", "-", "-o", "json", input=json.dumps(BODY)).stdout)["threshold"]["name"] == "busy"
    assert thresholds("suggest").returncode == 0 and thresholds("backtest", "none").returncode == 1


def test_no_analyzer_to_ask():
    got = command("thresholds", "list", "--url", "http://127.0.0.1:9")
    assert got.returncode == 1 and "is the analyzer running?" in got.stderr
    assert "must begin with http" in command("thresholds", "list", "--url", "localhost:1").stderr


def test_with_user_and_password(analyzer, tmp_path):
    made = subprocess.run(["/usr/bin/python3", "-W", "ignore", "-c", "import crypt; print(crypt.crypt('secret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))"], capture_output=True, text=True, check=True)
    (tmp_path / "web.yml").write_text(json.dumps({"basic_auth_users": {"ada": made.stdout.strip()}}))
    run = analyzer(flags=[f"--web.config.file={tmp_path / 'web.yml'}"], auth=("ada", "secret"))
    (tmp_path / "client.yml").write_text("basic_auth: {username: ada, password_file: password}\n")
    (tmp_path / "password").write_text("secret\n")
    assert command("thresholds", "list", "--url", run.url()).returncode == 1
    assert command("thresholds", "list", "--url", run.url(), "--http.config.file", tmp_path / "client.yml").returncode == 0


@pytest.fixture
def samples(tmp_path):
    """A day of two hosts as a file: one calm, one with ten spikes."""
    dice = random.Random(3)
    last = int(time.time()) // STEP * STEP - STEP
    lines = []
    for host in ("calm", "spiky"):
        for step in range(1440):
            value = 20 + dice.gauss(0, 1) + (70 if host == "spiky" and step % 144 in (70, 71, 72) else 0)
            lines.append(f'instance:cpu_steal:percent{{instance="{host}",job="node"}} {value:.3f} {last - (1439 - step) * STEP}')
    (tmp_path / "samples.om").write_text("\n".join(lines) + "\n# EOF\n")
    return tmp_path / "samples.om", last


def test_a_backtest_without_an_analyzer(samples, tmp_path):
    file, last = samples
    (tmp_path / "thresholds.yml").write_text(json.dumps({"thresholds": [{"name": "steal", "expr": "instance:cpu_steal:percent", "operator": ">", "levels": {"warning": 60}}, {"name": "never", "expr": "instance:cpu_steal:percent", "operator": ">", "levels": {"warning": 600}}]}))
    base = ["backtest", tmp_path / "thresholds.yml", "--samples", file, "--interval", "1m"]
    got = command(*base)
    assert got.returncode == 0, got.stderr
    rows = {line.split()[0]: line.split() for line in got.stdout.splitlines()}
    assert rows["steal"][1:3] == ["2", "10"] and rows["never"][1:3] == ["2", "0"]
    assert command(*base, "--max-alerts", 10).returncode == 0 and command(*base, "--max-alerts", 9).returncode == 3
    report = json.loads(command(*base, "--json", "--from", last - 7200, "--to", last).stdout)
    assert report[0]["alerts"] < 10 and report[0]["series"][0]["labels"]["instance"] == "spiky"
    # The same from a store, and the same as a running analyzer says.
    assert command("import", file, "--storage.path", tmp_path / "data").returncode == 0
    stored = command("backtest", tmp_path / "thresholds.yml", "--storage.path", tmp_path / "data", "--interval", "1m")
    assert stored.stdout == got.stdout
    for arguments in (["backtest", "/none.yml"], [*base[:2], "--storage.path", tmp_path / "nowhere"], [*base, "--from", last, "--to", last - 10], [*base, "--interval", "0s"], [*base[:2], "--samples", "/none"]):
        assert command(*arguments).returncode == 1, arguments


def test_suggestions_can_be_sent_as_they_are(analyzer, samples, tmp_path):
    file, last = samples
    assert command("import", file, "--storage.path", tmp_path / "data").returncode == 0
    run = analyzer(scrape_config({}, interval="1m"), data=tmp_path / "data", flags=["--storage.retention=48h"])
    ask = lambda **params: run.performance("suggestions", **params)["suggestions"]
    missing = ask(indicator="cpu_steal", end=last)
    assert [one["kind"] for one in missing] == ["missing"]
    one = missing[0]
    value = one["threshold"]["levels"]["warning"]
    assert 20 < value <= 100 and "cpu" in one["reason"].lower() and one["backtest"]["label_sets"] == 2 and one["backtest"]["sweep"]
    assert one["request"] == {"method": "POST", "path": "/api/v1/performance/thresholds"}
    assert run.post_threshold(one["threshold"]).status_code == 201, one["threshold"]
    # One that is there and does well is not spoken of; one that alerts all the time, or never could, is.
    noisy = {**one["threshold"], "levels": {"warning": 20}, "for": "0s"}
    path = run.url("/api/v1/performance/thresholds/" + one["threshold"]["name"])
    requests.put(path, json=noisy, timeout=20)
    better = ask(indicator="cpu_steal", end=last)[0]
    assert better["kind"] == "noisy" and better["request"]["method"] == "PUT" and better["backtest"]["alerts"] < 30
    assert requests.put(run.url(better["request"]["path"]), json=better["threshold"], timeout=20).status_code == 200
    requests.put(path, json={**noisy, "levels": {"warning": 5000}}, timeout=20)
    assert ask(indicator="cpu_steal", end=last)[0]["kind"] == "never_near" and ask(indicator="cpu_steal", end=last, kind="noisy") == []
    for params in ({"kind": "x"}, {"false_alarms_per_day": "0"}, {"false_alarms_per_day": "x"}, {"window": "x"}):
        answer = run.get("/api/v1/performance/suggestions", params=params)
        assert answer.status_code == 400 and answer.json()["errors"][0]["pointer"] == "/" + next(iter(params))


def test_completion_for_bash(thresholds):
    script = ROOT / "deploy/completion/tidemark-analyzer.bash"
    url = thresholds.run.url()

    def complete(line):
        words = line.split(" ")
        run = f'source "{script}"; COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; _tidemark_analyzer; printf "%s\\n" "${{COMPREPLY[@]}}"'
        got = subprocess.run(["bash", "-c", run], capture_output=True, text=True, env={"PATH": f"{BIN}:/usr/bin:/bin"}, timeout=30)
        assert got.returncode == 0 and got.stderr == "", got.stderr
        return got.stdout.split()

    assert {"serve", "check", "thresholds", "backtest"} <= set(complete("tidemark-analyzer "))
    assert complete("tidemark-analyzer thresholds s") == ["set", "suggest"]
    assert complete(f"tidemark-analyzer thresholds get --url {url} cpu-u") == ["cpu-usage"]
    assert "--dry-run" in complete("tidemark-analyzer thresholds set --")
    assert "--storage.path" in complete("tidemark-analyzer --storage.p")
