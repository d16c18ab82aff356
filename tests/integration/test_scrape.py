"""Scraping real and misbehaving targets."""

import contextlib
import os
import time

import pytest
from support.processes import free_port, scrape_config, wait_until
from support.targets import drip, endless, http_target, page, silent_target


def test_a_bad_target_costs_only_itself(exporter, analyzer):
    node = exporter()
    with contextlib.ExitStack() as stack:
        bad = {name: stack.enter_context(http_target(handler)) for name, handler in {
            "drip": drip, "endless": endless, "error": page("down", status=503), "garbage": page("\x00\x01 not metrics {{{\n"),
            "half": page("good 1\nbad{ 2\n"), "html": page("<html>hello</html>", "text/html"), "late": page("future 1 99999999999999\n")}.items()}
        bad["silent"] = stack.enter_context(silent_target())
        bad["dead"] = free_port()
        run = analyzer(scrape_config({"node": node.port, **bad}, body_size_limit="1MB"))
        wait_until(lambda: run.value('count_over_time(up{job="node"}[1m])') and run.value('count_over_time(up{job="node"}[1m])') >= 6, 20, "six scrapes of the good one")
        assert run.value('min_over_time(up{job="node"}[1m])') == 1
        for name in bad:
            wait_until(lambda: run.value(f'up{{job="{name}"}}') is not None, 10, f"{name} being scraped")
            assert run.value(f'up{{job="{name}"}}') == (1 if name == "late" else 0), name
        assert not run.query("good") and not run.query("future")
        targets = {t["scrapePool"]: t for t in run.get("/api/v1/targets").json()["data"]["activeTargets"]}
        assert targets["node"]["health"] == "up" and targets["node"]["lastError"] == ""
        for name, error in {"drip": "no whole answer within", "endless": "body is larger than", "error": "HTTP status 503", "garbage": "line 1", "half": "line 2, column 4",
                            "silent": "", "dead": "request failed"}.items():
            assert targets[name]["health"] == "down" and error in targets[name]["lastError"], targets[name]
        begin = time.monotonic()
        run.stop()
        assert time.monotonic() - begin < 4


def test_series_and_targets_that_vanish_become_stale(analyzer):
    state = {"text": "stays 1\ngoes 2\n"}
    with http_target(page(lambda: state["text"])) as port:
        run = analyzer(scrape_config({"t": port}))
        wait_until(lambda: run.value("goes") == 2, what="the first scrape")
        state["text"] = "stays 1\n"
        wait_until(lambda: run.query("goes") == [], 5, "the series being stale")
        assert run.value("stays") == 1
    wait_until(lambda: run.value("up") == 0 and run.query("stays") == [], 5, "the target being stale")


def test_scrape_labels_limits_and_timestamps(analyzer):
    text = 'm{job="own",x="y"} 1\n'
    with http_target(page(text)) as port, http_target(page("a 1\nb 2\nc 3\n")) as many:
        config = scrape_config({"plain": port, "honest": port, "many": many})
        config["scrape_configs"][1]["honor_labels"] = True
        config["scrape_configs"][2]["sample_limit"] = 2
        run = analyzer(config)
        wait_until(lambda: len(run.query("m")) == 2, what="both scrapes")
        assert run.query('m{job="plain",exported_job="own",x="y"}') and run.query('m{job="own",x="y"}')
        wait_until(lambda: run.value('up{job="many"}') == 0, what="the limit")
        assert not run.query("a")
        for name in ("scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added"):
            assert run.query(f'{name}{{job="plain"}}')


def test_samples_survive_kill_9(exporter, analyzer):
    node = exporter()
    run = analyzer(scrape_config({"node": node.port}))
    wait_until(lambda: (run.value("count_over_time(node_load1[1h])") or 0) >= 5, 15, "five samples")
    before = {tuple(sample) for sample in run.query("node_load1[1h]")[0]["values"]}
    run.kill()
    again = analyzer(scrape_config({"node": node.port}), data=run.data)
    after = {tuple(sample) for sample in again.query("node_load1[1h]")[0]["values"]}
    assert before <= after


def test_a_page_that_fills_the_store_does_not_keep_its_targets_up_out(analyzer):
    with http_target(page("".join(f'flood{{id="{i}"}} 1\n' for i in range(5000)))) as port:
        run = analyzer(scrape_config({"flood": port}), flags=["--storage.max-series=1000"])
        wait_until(lambda: run.value("up") == 1, 20, "the target's up")
        assert run.value("scrape_samples_scraped") == 5000
        assert 900 < run.value("count(flood)") < 1000


@pytest.mark.parametrize("bomb", [150_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_cardinality_bomb_costs_only_itself(exporter, analyzer, bomb):
    """One target with more series than the store takes: they are refused and counted, the log names the target, and the rest goes on."""
    node = exporter()
    text = "".join(f'bomb{{id="{i}"}} 1\n' for i in range(bomb))
    state = {"text": "calm 1\n"}
    with http_target(page(lambda: state["text"])) as port:
        config = scrape_config({"node": node.port, "bomb": port})
        config["scrape_configs"][1].update(scrape_interval="5s", scrape_timeout="5s")
        run = analyzer(config, flags=["--storage.max-series=50000", "--storage.max-memory=64MB"])
        # The series of the other target are there before: past the bound new ones are refused, whoever brings them.
        wait_until(lambda: run.value("node_load1") is not None and run.value("calm") == 1, 20, "both being scraped")
        state["text"] = text
        wait_until(lambda: "the store refuses new series" in run.log() and f"127.0.0.1:{port}" in run.log(), 60, "the refusal being logged")
        refused = next(line for line in run.get("/metrics").text.splitlines() if line.startswith("tidemark_storage_series_refused_total"))
        assert float(refused.split()[1]) > 0
        before = run.value('count_over_time(up{job="node"}[10m])') or 0
        wait_until(lambda: (run.value('count_over_time(up{job="node"}[10m])') or 0) >= before + 4, 30, "scrapes of the other target going on")
        assert run.value('min_over_time(up{job="node"}[10m])') == 1
        if os.environ.get("TIDEMARK_PRESET", "release") != "release":
            return  # a sanitizer's allocator keeps what is freed
        status = open(f"/proc/{run.pid}/status").read()
        assert int(status.split("VmRSS:")[1].split()[0]) < (400 if bomb > 500_000 else 200) * 1024
