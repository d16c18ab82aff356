"""Targets from files and from servers, and requests with authentication."""

import base64
import json

from support.processes import scrape_config, wait_until
from support.targets import http_target, page


def job(**fields):
    config = scrape_config({})
    config["scrape_configs"] = [{"job_name": "found", **fields}]
    return config


def instances(run):
    return sorted(t["labels"]["instance"] for t in run.get("/api/v1/targets").json()["data"]["activeTargets"])


def test_files_are_watched_and_a_broken_one_keeps_its_targets(analyzer, tmp_path):
    (tmp_path / "sd").mkdir()
    first = tmp_path / "sd" / "a.json"
    first.write_text(json.dumps([{"targets": ["127.0.0.1:1"], "labels": {"zone": "z"}}]))
    run = analyzer(job(file_sd_configs=[{"files": ["sd/*.json", "sd/*.yml"]}]))
    assert instances(run) == ["127.0.0.1:1"]
    target = run.get("/api/v1/targets").json()["data"]["activeTargets"][0]
    assert target["labels"]["zone"] == "z" and target["discoveredLabels"]["__meta_filepath"] == str(first)
    (tmp_path / "sd" / "b.yml").write_text("- targets: ['127.0.0.1:2', '127.0.0.1:3']\n")
    wait_until(lambda: instances(run) == ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"], 10, "the new file being seen")
    first.write_text('[{"targets": [')
    wait_until(lambda: "discovery failed" in run.log(), 10, "the broken file being reported")
    assert len(instances(run)) == 3
    first.unlink()
    wait_until(lambda: instances(run) == ["127.0.0.1:2", "127.0.0.1:3"], 10, "the file's targets going with it")


def test_servers_are_asked_again(analyzer):
    state = {"groups": [{"targets": ["127.0.0.1:1"], "labels": {"__meta_rack": "7"}}]}
    with http_target(page(lambda: json.dumps(state["groups"]), "application/json")) as port:
        run = analyzer(job(http_sd_configs=[{"url": f"http://127.0.0.1:{port}/targets?x=1", "refresh_interval": "500ms"}],
                           relabel_configs=[{"source_labels": ["__meta_rack"], "target_label": "rack"}]))
        wait_until(lambda: instances(run) == ["127.0.0.1:1"], 10, "the server's targets")
        assert run.get("/api/v1/targets").json()["data"]["activeTargets"][0]["labels"]["rack"] == "7"
        state["groups"] = [{"targets": ["127.0.0.1:2"]}]
        wait_until(lambda: instances(run) == ["127.0.0.1:2"], 10, "the change")
        state["groups"] = "nonsense"
        wait_until(lambda: "discovery failed" in run.log(), 10, "the failure being reported")
        assert instances(run) == ["127.0.0.1:2"]


def test_authentication_reaches_the_target(analyzer, tmp_path):
    seen = {}

    def remember(request):
        seen[request.path] = request.headers.get("Authorization")
        page("m 1\n")(request)

    (tmp_path / "token").write_text("secret-token\n")
    with http_target(remember) as port:
        config = scrape_config({})
        common = {"static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
        config["scrape_configs"] = [
            {"job_name": "basic", "metrics_path": "/basic", "basic_auth": {"username": "u", "password": "p"}, **common},
            {"job_name": "bearer", "metrics_path": "/bearer", "authorization": {"credentials_file": "token"}, **common},
            {"job_name": "custom", "metrics_path": "/custom", "authorization": {"type": "Token", "credentials": "c"}, **common},
        ]
        run = analyzer(config)
        wait_until(lambda: len(seen) == 3, 10, "three scrapes")
        assert seen == {"/basic": "Basic " + base64.b64encode(b"u:p").decode(), "/bearer": "Bearer secret-token", "/custom": "Token c"}
        (tmp_path / "token").write_text("rotated")
        wait_until(lambda: seen["/bearer"] == "Bearer rotated", 10, "the new token")
        assert run.value('min(up)') == 1
