"""check rules and test rules give promtool's verdicts, on the shipped rules and on wrong ones."""

import json
import pathlib
import re
import subprocess

import pytest
from support.processes import BIN, ROOT

ALERTS = {"groups": [{"name": "g", "rules": [
    {"record": "job:up:sum", "expr": "sum by (job) (up)", "labels": {"team": "infra"}},
    {"alert": "Down", "expr": "up == 0", "for": "1m", "keep_firing_for": "2m", "labels": {"severity": "page"}, "annotations": {"summary": "{{ $labels.instance }} of {{ $externalLabels.region }} is {{ $value }}"}},
    {"alert": "Absent", "expr": "absent(up)"},
]}]}


def run(program, *arguments, cwd):
    done = subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def both(cwd, *arguments):
    return run(BIN / "tidemark-analyzer", *arguments, cwd=cwd), run("promtool", *arguments, cwd=cwd)


def group(*rules, **fields):
    return {"groups": [{"name": "g", "rules": list(rules), **fields}]}


FILES = {
    "good": ALERTS,
    "no groups": {"groups": []},
    "nothing": "",
    "no rules": {"groups": [{"name": "g"}]},
    "a group without a name": {"groups": [{"rules": []}]},
    "a group twice": {"groups": [{"name": "a"}, {"name": "a"}]},
    "an unknown field": {"groups": [], "nope": 1},
    "an unknown field of a group": group(nope=1),
    "an unknown field of a rule": group({"record": "a", "expr": "up", "nope": 1}),
    "neither record nor alert": group({"expr": "up"}),
    "both record and alert": group({"record": "a", "alert": "b", "expr": "up"}),
    "no expression": group({"record": "a"}),
    "a wrong expression": group({"record": "a", "expr": "sum("}),
    "a string": group({"record": "a", "expr": '"text"'}),
    "a range vector": group({"record": "a", "expr": "up[5m]"}),
    "a scalar": group({"record": "a", "expr": "1"}),
    "a wrong record": group({"record": "a b", "expr": "up"}),
    "a record with for": group({"record": "a", "expr": "up", "for": "1m"}),
    "a record with for 0": group({"record": "a", "expr": "up", "for": "0s"}),
    "a record that keeps firing": group({"record": "a", "expr": "up", "keep_firing_for": "1m"}),
    "a record with annotations": group({"record": "a", "expr": "up", "annotations": {"a": "b"}}),
    "a wrong label": group({"alert": "a", "expr": "up", "labels": {"1x": "b"}}),
    "the metric name as a label": group({"alert": "a", "expr": "up", "labels": {"__name__": "b"}}),
    "a wrong annotation": group({"alert": "a", "expr": "up", "annotations": {"a-b": "b"}}),
    "a wrong template": group({"alert": "a", "expr": "up", "annotations": {"a": "{{ $nope }}"}}),
    "a wrong template in a label": group({"alert": "a", "expr": "up", "labels": {"a": "{{ nope }}"}}),
    "an open action": group({"alert": "a", "expr": "up", "annotations": {"a": "{{ if true }}"}}),
    "the level of a threshold": group({"alert": "a", "expr": "up", "annotations": {"a": "{{ $level }}"}}),
    "a template that fails only when it runs": group({"alert": "a", "expr": "up", "annotations": {"a": '{{ query "sum(" | first }}'}}),
    "a template in a record": group({"record": "a", "expr": "up", "labels": {"a": "{{ nope }}"}}),
    "a wrong duration": group({"alert": "a", "expr": "up", "for": "1 minute"}),
    "a duration without a unit": group({"alert": "a", "expr": "up", "for": "5"}),
    "a wrong interval": group(interval="x"),
    "a limit": group({"record": "a", "expr": "up"}, limit=5),
    "a wrong limit": group(limit="x"),
    "a number as a label's value": group({"alert": "a", "expr": "up", "labels": {"a": 1}}),
    "no value of a label": group({"alert": "a", "expr": "up", "labels": {"a": None}}),
    "a list as a label's value": group({"alert": "a", "expr": "up", "labels": {"a": []}}),
    "an alert without a name": group({"alert": "", "expr": "up"}),
    "an empty expression": group({"alert": "a", "expr": ""}),
    "no YAML": "groups: [",
    "a list": "[]",
    "a text": "x",
    "two rules alike": group({"record": "a", "expr": "up"}, {"record": "a", "expr": "down"}),
    "two alike but for a label": group({"record": "a", "expr": "up"}, {"record": "a", "expr": "down", "labels": {"a": "b"}}),
    "two alerts alike": group({"alert": "a", "expr": "up"}, {"alert": "a", "expr": "down"}),
    "an alert and a record alike": group({"alert": "a", "expr": "up"}, {"record": "a", "expr": "down"}),
}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.mark.parametrize("name", FILES)
def test_verdicts_on_rule_files(tmp_path, name):
    write(tmp_path / "rules.yml", FILES[name])
    for flags in ([], ["--lint-fatal"], ["--lint=none"]):
        ours, theirs = both(tmp_path, "check", "rules", *flags, "rules.yml")
        assert ours[:2] == theirs[:2], ours[2] + theirs[2]
        if theirs[0] == 1:
            assert "rules.yml:" in ours[2], "no place"


def test_several_files(tmp_path):
    for name in ("good", "no expression", "two rules alike"):
        write(tmp_path / f"{name}.yml", FILES[name])
    ours, theirs = both(tmp_path, "check", "rules", "--lint-fatal", "two rules alike.yml", "no expression.yml", "good.yml")
    assert ours[:2] == theirs[:2] and theirs[0] == 1


def alert_test(name, at, *instances, **fields):
    return {"alertname": name, "eval_time": at, "exp_alerts": list(instances), **fields}


SERIES = [{"series": 'up{job="a",instance="x"}', "values": "1 0x20"}, {"series": 'up{job="a",instance="y"}', "values": "1+0x20"}]
DOWN = {"exp_labels": {"job": "a", "instance": "x", "severity": "page"}, "exp_annotations": {"summary": "x of eu is 0"}}
TESTS = {
    "all well": {"interval": "1m", "input_series": SERIES, "external_labels": {"region": "eu"}, "name": "first",
                 "alert_rule_test": [alert_test("Down", "1m"), alert_test("Down", "2m", DOWN), alert_test("Down", "150s", DOWN), alert_test("Absent", "5m"), alert_test("None", "1m")],
                 "promql_expr_test": [{"expr": "job:up:sum", "eval_time": "3m", "exp_samples": [{"labels": 'job:up:sum{job="a",team="infra"}', "value": 1}]},
                                      {"expr": "1", "exp_samples": [{"value": 1}]}, {"expr": "up == 5", "eval_time": "1m"}, {"expr": "count(ALERTS)", "eval_time": "1m", "exp_samples": [{"labels": "{}", "value": 1}]}]},
    "an alert that should fire": {"interval": "1m", "input_series": SERIES, "alert_rule_test": [alert_test("Down", "1m", DOWN)]},
    "an alert that should not fire": {"interval": "1m", "input_series": SERIES, "external_labels": {"region": "eu"}, "alert_rule_test": [alert_test("Down", "10m")], "name": "named"},
    "another label": {"interval": "1m", "input_series": SERIES, "external_labels": {"region": "eu"}, "alert_rule_test": [alert_test("Down", "10m", {**DOWN, "exp_labels": {"job": "b"}})]},
    "another annotation": {"interval": "1m", "input_series": SERIES, "alert_rule_test": [alert_test("Down", "10m", DOWN)]},
    "another value": {"interval": "1m", "input_series": SERIES, "promql_expr_test": [{"expr": "job:up:sum", "eval_time": "3m", "exp_samples": [{"labels": 'job:up:sum{job="a",team="infra"}', "value": 1.5}]}]},
    "no sample": {"promql_expr_test": [{"expr": "job:up:sum", "eval_time": "3m", "exp_samples": [{"labels": "x", "value": 1}]}]},
    "a sample too many": {"interval": "1m", "input_series": SERIES, "promql_expr_test": [{"expr": "up", "eval_time": "3m", "exp_samples": []}]},
    "a wrong query": {"promql_expr_test": [{"expr": "up{", "eval_time": "3m"}]},
    "wrong labels of a sample": {"promql_expr_test": [{"expr": "up", "eval_time": "3m", "exp_samples": [{"labels": "x{", "value": 1}]}]},
    "a wrong series": {"input_series": [{"series": "up{", "values": "1"}]},
    "wrong values": {"input_series": [{"series": "up", "values": "1 y"}]},
    "values": {"interval": "30s", "input_series": [{"series": "v", "values": "1 _ 2 _x2 3x2 0+5x3 10-2x2 stale -1 -1-1x2 1e3 NaN Inf 1.5+0.5x2"}],
               "promql_expr_test": [{"expr": f"v @ {30 * i}", "eval_time": "13m", "exp_samples": []} for i in range(26)] + [{"expr": "count_over_time(v[1h] @ 3600)", "eval_time": "13m", "exp_samples": [{"value": 0}]}]},
    "the end of keep_firing_for": {"interval": "1m", "input_series": [{"series": 'up{job="a"}', "values": "0 0 0 1 1 1 1 1"}], "alert_rule_test": [alert_test("Down", f"{i}m") for i in range(8)]},
    "a series that vanishes": {"interval": "1m", "input_series": [{"series": "up", "values": "0 0 0 stale"}], "alert_rule_test": [alert_test("Down", f"{i}m") for i in range(9)] + [alert_test("Absent", f"{i}m") for i in range(9)]},
    "no interval": {"input_series": SERIES, "alert_rule_test": [alert_test("Down", "10m")]},
    "an unknown field": {"nope": 1},
    "nothing": {},
    "times in no order": {"interval": "1m", "input_series": SERIES, "alert_rule_test": [alert_test("Down", "3m"), alert_test("Down", "1m"), alert_test("Down", "2m")]},
    "an external URL": {"external_url": "http://x/y", "input_series": SERIES},
}
FILE_FIELDS = {"plain": {}, "fine": {"evaluation_interval": "15s"}, "ordered": {"group_eval_order": ["g"]}}


def comparable(text):
    """Without what the parsers put in words of their own."""
    text = re.sub(r"(err: ).*", r"\1", text)
    return "\n".join("FAULT" if re.match(r"(\d+:\d+: |tests.yml|yaml:|  line \d|.*parse error)", line) else line for line in text.splitlines())


@pytest.mark.parametrize("fields", FILE_FIELDS)
@pytest.mark.parametrize("name", TESTS)
def test_verdicts_on_unit_tests(tmp_path, name, fields):
    write(tmp_path / "rules.yml", ALERTS)
    write(tmp_path / "tests.yml", {"rule_files": ["rules.yml"], "evaluation_interval": "1m", **FILE_FIELDS[fields], "tests": [TESTS[name]]})
    ours, theirs = both(tmp_path, "test", "rules", "tests.yml")
    assert ours[0] == theirs[0], ours[2] + theirs[2]
    if "FAULT" in comparable(theirs[2]):  # one fault there may be one of several lines
        assert "tests.yml:" in ours[2]
    else:
        assert ours[1] == theirs[1]
        assert comparable(ours[2]) == comparable(theirs[2])


def test_failing_rules_fail_the_test(tmp_path):
    write(tmp_path / "rules.yml", group({"record": "a", "expr": "up"}, {"record": "a", "expr": "up + 1"}))
    write(tmp_path / "tests.yml", {"rule_files": ["rules.yml"], "tests": [{"input_series": SERIES, "promql_expr_test": [{"expr": "1", "eval_time": "5m", "exp_samples": [{"value": 1}]}]}]})
    ours, theirs = both(tmp_path, "test", "rules", "tests.yml")
    assert ours == theirs and theirs[0] == 1


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.yml")), ids=lambda path: path.name)
def test_shipped_rules(path):
    if "groups:" in path.read_text():
        ours, theirs = both(ROOT / "rules", "check", "rules", "--lint-fatal", path.name)
        assert ours == theirs and theirs[0] == 0


@pytest.mark.parametrize("path", sorted((ROOT / "rules/tests").glob("*.yml")), ids=lambda path: path.name)
def test_unit_tests_of_shipped_rules(path):
    ours, theirs = both(ROOT / "rules/tests", "test", "rules", path.name)
    assert ours == theirs and theirs[0] == 0, ours[2] + theirs[2]


def test_every_shipped_rule_has_a_unit_test():
    tested = "".join(path.read_text() for path in (ROOT / "rules/tests").glob("*.yml"))
    for path in ("recording.yml", "alerts.yml"):
        names = re.findall(r"(?:record|alert): (\S+)", pathlib.Path(ROOT / "rules" / path).read_text())
        assert names and [name for name in names if name not in tested] == []
