"""Thresholds as people and tools keep them: conditions, dry runs, patches, sets, exports, history, and what files say."""

import json
import subprocess

import requests
from support.processes import BIN, scrape_config, wait_until

PATH = "/api/v1/performance/thresholds"
BODY = {"name": "busy", "expr": "up", "operator": ">", "levels": {"info": 70, "warning": 85, "critical": 95}, "for": "2m", "labels": {"team": "infra"},
        "annotations": {"summary": "at {{ $value | humanize }}, {{ $level }}"}}


def call(run, method, path="", **kwargs):
    return requests.request(method, run.url(PATH + path), timeout=30, **kwargs)


def names(run, **params):
    return [threshold["name"] for threshold in call(run, "GET", params=params).json()["thresholds"]]


def test_conditions(analyzer):
    run = analyzer()
    created = call(run, "PUT", "/busy", json=BODY, headers={"If-None-Match": "*"})
    assert created.status_code == 201 and created.headers["Location"] == f"{PATH}/busy"
    assert call(run, "PUT", "/busy", json=BODY, headers={"If-None-Match": "*"}).status_code == 412
    etag = created.headers["ETag"]
    assert created.json()["etag"] == etag
    unchanged = call(run, "GET", "/busy", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.text, unchanged.headers["ETag"]) == (304, "", etag)
    assert call(run, "GET", "/busy", headers={"If-None-Match": '"1", W/"2"'}).status_code == 200
    assert call(run, "PUT", "/busy", json=BODY, headers={"If-Match": f'"1", {etag}'}).status_code == 200
    for method, extra in (("PUT", {"json": BODY}), ("PATCH", {"json": {}}), ("DELETE", {})):
        assert call(run, method, "/busy", headers={"If-Match": etag}, **extra).status_code == 412, method
    shipped = call(run, "GET", "/load")
    assert call(run, "DELETE", "/load", headers={"If-Match": '"0"'}).status_code == 412
    assert call(run, "DELETE", "/load", headers={"If-Match": shipped.headers["ETag"]}).status_code == 204


def test_patches_merge(analyzer):
    run = analyzer()
    call(run, "POST", json=BODY)
    got = call(run, "PATCH", "/busy", json={"levels": {"info": None, "critical": 99}, "labels": {"tier": "1"}, "enabled": False}, headers={"Content-Type": "application/merge-patch+json"})
    assert got.status_code == 200, got.text
    assert (got.json()["levels"], got.json()["labels"], got.json()["enabled"], got.json()["for"]) == ({"warning": 85, "critical": 99}, {"team": "infra", "tier": "1"}, False, "2m")
    for patch, pointer in (({"levels": {"warning": 100}}, "/levels"), ({"name": "other"}, "/name"), ({"expr": None}, "/expr"), ([1], ""), ({"nope": 1}, "/nope")):
        wrong = call(run, "PATCH", "/busy", json=patch)
        assert wrong.status_code == 422 and wrong.json()["errors"][0]["pointer"] == pointer, wrong.text
    assert call(run, "PATCH", "/none", json={}).status_code == 404
    off = call(run, "PATCH", "/cpu-usage", json={"enabled": False}).json()
    assert (off["origin"], off["overrides"], off["enabled"]) == ("api", "shipped", False)
    assert call(run, "DELETE", "/cpu-usage").status_code == 204
    back = call(run, "GET", "/cpu-usage").json()
    assert (back["origin"], back["overrides"], back["enabled"]) == ("shipped", None, True)


def test_dry_runs_change_nothing(analyzer):
    run = analyzer()
    tried = call(run, "POST", json={**BODY, "expr": "no_such_metric + up"}, params={"dry_run": "true"})
    assert tried.status_code == 200 and tried.json()["for"] == "2m" and "version" not in tried.json() and "ETag" not in tried.headers
    assert any("no_such_metric" in warning for warning in tried.json()["warnings"])
    assert call(run, "GET", "/busy").status_code == 404
    assert call(run, "POST", json={**BODY, "expr": "("}, params={"dry_run": "true"}).status_code == 422
    assert call(run, "POST", json=BODY, params={"dry_run": "maybe"}).status_code == 400
    etag = call(run, "POST", json=BODY).headers["ETag"]
    assert call(run, "PATCH", "/busy", json={"for": "9m"}, params={"dry_run": "true"}).json()["for"] == "9m"
    assert call(run, "PUT", "/busy", json={**BODY, "for": "9m"}, params={"dry_run": "true"}).json()["for"] == "9m"
    assert call(run, "DELETE", "/busy", params={"dry_run": "true"}).status_code == 204
    assert call(run, "GET", "/busy").headers["ETag"] == etag
    assert [change["action"] for change in call(run, "GET", "/busy/history").json()["changes"]] == ["created"]


def test_lists_are_filtered_and_paged(analyzer):
    run = analyzer()
    shipped = names(run)
    for i in range(5):
        run.post_threshold({**BODY, "name": f"mine-{i}", "labels": {"team": "a" if i % 2 else "b"}, "levels": {"critical": 0} if i == 3 else {"info": 5}, "enabled": i != 4})
    assert names(run, name="mine-*") == [f"mine-{i}" for i in range(5)] and names(run, name="mine-?") and names(run, name="*[*") == []
    assert names(run, origin="api") == names(run, name="mine-*") and names(run, origin="shipped") == shipped
    assert names(run, label="team=a") == ["mine-1", "mine-3"] and names(run, label='team=~"a|b"', level="critical") == ["mine-3"]
    assert names(run, enabled="false") == ["mine-4"]
    pages, cursor = [], ""
    while True:
        page = call(run, "GET", params={"limit": 2, "cursor": cursor, "name": "mine-*"}).json()
        pages.append([threshold["name"] for threshold in page["thresholds"]])
        cursor = page.get("next_cursor")
        if not cursor:
            break
    assert pages == [["mine-0", "mine-1"], ["mine-2", "mine-3"], ["mine-4"]]
    for params in ({"level": "high"}, {"state": "on"}, {"origin": "x"}, {"limit": "0"}, {"limit": "x"}, {"enabled": "1"}, {"label": "team"}, {"label": 'a=~"("'}, {"format": "xml"}):
        wrong = call(run, "GET", params=params)
        assert wrong.status_code == 400 and wrong.json()["errors"][0]["pointer"] == "/" + next(iter(params)), (params, wrong.text)


def test_a_source_owns_its_set(analyzer):
    run = analyzer()
    run.post_threshold({**BODY, "name": "by-hand"})
    one, two = {**BODY, "name": "git-1"}, {**BODY, "name": "git-2"}
    tried = call(run, "PUT", json={"source": "gitops", "thresholds": [one, two]}, params={"dry_run": "true"}).json()
    assert (tried["created"], tried["deleted"], tried["dry_run"]) == (["git-1", "git-2"], [], True) and names(run, source="gitops") == []
    assert call(run, "PUT", json={"source": "gitops", "thresholds": [one, two]}).json()["created"] == ["git-1", "git-2"]
    got = call(run, "PUT", json={"source": "gitops", "thresholds": [one, {**two, "for": "1m"}]}).json()
    assert (got["updated"], got["unchanged"]) == (["git-2"], 1)
    taken = call(run, "PUT", json={"source": "gitops", "thresholds": [two, {**BODY, "name": "by-hand"}]})
    assert taken.status_code == 409 and taken.json()["errors"][0]["pointer"] == "/thresholds/1/name"
    assert names(run, source="gitops") == ["git-1", "git-2"], "as a whole or not at all"
    assert call(run, "PUT", json={"source": "other", "thresholds": [one]}).status_code == 409
    assert call(run, "PUT", json={"thresholds": []}).json()["errors"][0]["pointer"] == "/source"
    wrong = call(run, "PUT", json={"source": "gitops", "thresholds": [one, one, {**two, "expr": "sum("}]})
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/thresholds/1/name", "/thresholds/2/expr"]
    # One that is shipped can be owned; it comes back when the set no longer has it.
    call(run, "PUT", json={"source": "gitops", "thresholds": [one, {**BODY, "name": "load"}]})
    assert call(run, "GET", "/load").json()["source"] == "gitops" and call(run, "GET", "/git-2").status_code == 404
    got = call(run, "PUT", json={"source": "gitops", "thresholds": []}).json()
    assert got["deleted"] == ["git-1", "load"] and call(run, "GET", "/load").json()["origin"] == "shipped" and call(run, "GET", "/by-hand").status_code == 200


def test_export_and_import(analyzer, tmp_path):
    run = analyzer()
    call(run, "POST", json={**BODY, "clear_margin": "5%", "for": {"critical": "1m"}, "labels": {"team": "true", "n": "5", "odd": "\ufffe\x01\u2028: 🌊"},
                            "active_during": [{"years": [2030, "2031:2040"], "months": [5]}]})
    call(run, "POST", json={"name": "odd", "expr": "up", "operator": "!=", "baseline": {"deviations": 4}})
    before = call(run, "GET").json()["thresholds"]
    text = call(run, "GET", params={"format": "yaml"}).text
    assert call(run, "GET", headers={"Accept": "application/yaml"}).text == text
    other = analyzer(data=tmp_path / "other")
    got = call(other, "POST", "/import", data=text, headers={"Content-Type": "application/yaml"})
    assert got.status_code == 200 and got.json()["created"] == ["busy", "odd"] and got.json()["unchanged"] == len(before) - 2, got.text
    strip = lambda thresholds: [{key: value for key, value in one.items() if key not in ("version", "etag", "updated_at", "last_evaluation", "last_error")} for one in thresholds]
    assert strip(call(other, "GET").json()["thresholds"]) == strip(before)
    for wrong in (b"thresholds: [{name: \xff, expr: up, operator: '>', levels: {info: 1}}]", "a: [", "thresholds: 5", "- 1", "x: 1", "a: &a [1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
                  "e: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\nthresholds: [*f,*f,*f,*f,*f,*f,*f,*f]"):
        assert call(other, "POST", "/import", data=wrong, headers={"Content-Type": "application/yaml"}).status_code == 422, wrong


def test_prometheus_rules_out_and_in(analyzer, tmp_path):
    run = analyzer()
    call(run, "POST", json={**BODY, "expr": "node_load1 / 2", "for": {"warning": "5m", "critical": "1m"}})
    call(run, "POST", json={"name": "odd", "expr": "up", "operator": "!=", "baseline": {"deviations": 4}})
    text = call(run, "GET", params={"format": "prometheus"}).text
    assert "# odd has a baseline" in text
    rules = tmp_path / "rules.yml"
    rules.write_text(text)
    checked = subprocess.run(["promtool", "check", "rules", rules], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "(node_load1 / 2) > 85 unless (node_load1 / 2) > 95" in text
    # Back again: conditions, levels and times are the same.
    other = analyzer(data=tmp_path / "other")
    got = call(other, "POST", "/import", data=text, headers={"Content-Type": "application/yaml"})
    assert got.status_code == 200, got.text
    back = call(other, "GET", "/busy").json()
    assert (back["operator"], back["levels"], back["for"], back["labels"]) == (">", BODY["levels"], {"info": "0s", "warning": "5m", "critical": "1m"}, {"team": "infra"})
    assert call(other, "GET", "/cpu-usage").json()["levels"] == call(run, "GET", "/cpu-usage").json()["levels"]


def test_rules_that_no_threshold_can_say(analyzer):
    run = analyzer()
    rules = {"groups": [{"name": "g", "rules": [
        {"alert": "A", "expr": "0.5 > up and on (job) vector(1)", "labels": {"severity": "page"}}, {"record": "r", "expr": "up"},
        {"alert": "B", "expr": "absent(up)"}, {"alert": "C", "expr": "up > 1", "labels": {"x": "{{ $labels.job }}"}}, {"alert": "D d", "expr": "up > -1"}, {"alert": "D d", "expr": "up > 2"}]}]}
    got = call(run, "POST", "/import", data=json.dumps(rules), headers={"Content-Type": "application/yaml"})
    assert got.status_code == 422 and [error["pointer"] for error in got.json()["errors"]] == [f"/groups/0/rules/{i}" for i in (2, 3, 5)], got.text
    rules["groups"][0]["rules"] = [rules["groups"][0]["rules"][i] for i in (0, 1, 4)]
    assert call(run, "POST", "/import", data=json.dumps(rules), headers={"Content-Type": "application/yaml"}).json()["created"] == ["A", "D-d"]
    a = call(run, "GET", "/A").json()
    assert (a["expr"], a["operator"], a["levels"], a["labels"]) == ("(up) and on (job) vector(1)", "<", {"warning": 0.5}, {"rule_severity": "page"})


def test_history_tells_who_and_what_and_restores(analyzer):
    run = analyzer()
    call(run, "PATCH", "/load", json={"for": "9m"})
    call(run, "PATCH", "/load", json={"for": "8m"})
    call(run, "DELETE", "/load")
    changes = call(run, "GET", "/load/history").json()["changes"]
    assert [change["action"] for change in changes] == ["deleted", "updated", "updated"] and {change["author"] for change in changes} == {"127.0.0.1"}
    assert (changes[1]["before"]["for"], changes[1]["after"]["for"], changes[0]["after"]["for"]) == ("9m", "8m", "5m")
    assert all(change["at"].startswith("20") for change in changes)
    restored = call(run, "POST", "/load/restore", json={"version": changes[2]["version"]})
    assert restored.status_code == 200 and restored.json()["for"] == "9m"
    assert call(run, "POST", "/load/restore", json={"version": 0}).json()["origin"] == "shipped"
    assert call(run, "POST", "/load/restore", json={"version": 1}).status_code == 404
    for body in ({}, {"version": "x"}, {"version": -1}, {"version": 1, "y": 2}, []):
        assert call(run, "POST", "/load/restore", json=body).status_code == 422, body
    page = call(run, "GET", "/load/history", params={"limit": 2}).json()
    rest = call(run, "GET", "/load/history", params={"limit": 5, "cursor": page["next_cursor"]}).json()
    assert len(page["changes"]) == 2 and len(rest["changes"]) == 3 and "next_cursor" not in rest
    assert call(run, "GET", "/none/history").status_code == 404


def test_the_author_is_the_user(analyzer, tmp_path):
    made = subprocess.run(["/usr/bin/python3", "-W", "ignore", "-c", "import crypt; print(crypt.crypt('secret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))"], capture_output=True, text=True, check=True)
    web = tmp_path / "web.yml"
    web.write_text(json.dumps({"basic_auth_users": {"ada": made.stdout.strip()}}))
    run = analyzer(flags=[f"--web.config.file={web}"], auth=("ada", "secret"))
    assert call(run, "PATCH", "/load", json={"for": "9m"}, auth=("ada", "secret")).status_code == 200
    assert call(run, "GET", "/load/history", auth=("ada", "secret")).json()["changes"][0]["author"] == "ada"


def test_files_of_thresholds(analyzer, tmp_path):
    files = tmp_path / "thresholds.d"
    files.mkdir()
    (files / "a.yml").write_text(json.dumps({"thresholds": [{**BODY, "name": "from-file"}, {**BODY, "name": "load", "for": "7m"}]}))
    config = {**scrape_config({}), "threshold_files": [str(files / "*.yml")]}
    run = analyzer(config)
    assert {name: call(run, "GET", f"/{name}").json()["origin"] for name in ("from-file", "load", "cpu-usage")} == {"from-file": "file", "load": "file", "cpu-usage": "shipped"}
    call(run, "PATCH", "/from-file", json={"for": "1m"})
    (files / "a.yml").write_text(json.dumps({"thresholds": [{**BODY, "name": "from-file", "for": "30m"}]}))
    assert requests.post(run.url("/-/reload"), timeout=30).status_code == 200
    got = call(run, "GET", "/from-file").json()
    assert (got["for"], got["overrides"]) == ("1m", "file"), "a reload loses no change over HTTP"
    assert call(run, "GET", "/load").json()["origin"] == "shipped"
    call(run, "DELETE", "/from-file")
    assert call(run, "GET", "/from-file").json()["for"] == "30m"
    (files / "b.yml").write_text("thresholds: [{name: hours, expr: up, operator: <, levels: {info: 1}, active_during: [{years: [2030], days_of_month: [1, -1], months: [5]}]}]")
    assert requests.post(run.url("/-/reload"), timeout=30).status_code == 200
    assert call(run, "GET", "/hours").json()["active_during"] == [{"years": [2030], "days_of_month": [1, -1], "months": [5]}]
    (files / "b.yml").write_text(json.dumps({"thresholds": [{**BODY, "name": "from-file"}, {**BODY, "name": "x", "expr": "("}]}))
    answer = requests.post(run.url("/-/reload"), timeout=30)
    assert answer.status_code >= 400 and "comes twice" in answer.text and "/expr" in answer.text
    checked = subprocess.run([BIN / "tidemark-analyzer", "check", "config", run.config_path], capture_output=True, text=True)
    assert checked.returncode == 1 and "comes twice" in checked.stderr


def test_two_thousand(analyzer):
    run = analyzer()
    many = [{"name": f"t{i:04}", "expr": f"up + {i}", "operator": ">", "levels": {"info": 1e9}} for i in range(2000)]
    assert call(run, "PUT", json={"source": "many", "thresholds": many}).json()["created"] == [one["name"] for one in many]
    assert len(names(run, source="many")) == 2000
    wait_until(lambda: all(t["last_evaluation"] and not t["last_error"] for t in call(run, "GET", params={"source": "many"}).json()["thresholds"]), 20, "all evaluated")
    assert call(run, "PATCH", "/t1999", json={"enabled": False}).status_code == 200

