"""One condition as a Prometheus alert and as a threshold, on the same live samples under a changing load: the same transitions."""

import contextlib
import json
import os
import random
import subprocess
import time

import pytest
import requests
from support.processes import Analyzer, Exporter, Prometheus, scrape_config, wait_until

USAGE = '100 * (1 - avg by (instance, job) (rate(node_cpu_seconds_total{mode="idle"}[5s])))'
FOR = 2


def intervals(series, start, end):
    """(state, begin, end) of each run of a state in ALERTS series, that begins and ends between the two times."""
    found = []
    for one in series:
        times = [int(at) for at, _ in one["values"]]
        begin = times[0]
        for last, next_one in zip(times, [*times[1:], None]):
            if next_one != last + 1:
                if begin > start and last < end:
                    found.append((one["metric"]["alertstate"], begin, last))
                begin = next_one
    return found


@contextlib.contextmanager
def load(cpus):
    # It takes what nobody else wants: a sample that a starved sender delivers late would be a difference of the machine's.
    burner = subprocess.Popen(["chrt", "--idle", "0", "stress-ng", "--cpu", str(cpus), "--cpu-load", "95", "--quiet", "--timeout", "60s"], start_new_session=True)
    try:
        yield
    finally:
        burner.terminate()
        burner.wait()


def compare(tmp_path, seconds):
    started = []
    try:
        start = lambda kind, *args, **kwargs: started.append(kind(tmp_path, *args, **kwargs)) or started[-1]
        node = start(Exporter)
        ours = start(Analyzer, scrape_config({}), flags=["--storage.retention=6h"])
        (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [{"alert": "Busy", "expr": f"{USAGE} > 60", "for": f"{FOR}s"}]}]}))
        # The same samples at the same times: what Prometheus scrapes it sends on.
        write = [{"url": ours.url("/api/v1/write"), "queue_config": {"batch_send_deadline": "100ms"}, "write_relabel_configs": [{"source_labels": ["__name__"], "regex": "ALERTS.*", "action": "drop"}]}]
        theirs = start(Prometheus, {**scrape_config({"node": node.port}), "rule_files": ["rules.yml"], "remote_write": write})
        body = {"name": "Busy", "expr": USAGE, "operator": ">", "levels": {"critical": 60}, "for": f"{FOR}s"}
        assert ours.post_threshold(body).status_code == 201
        wait_until(lambda: ours.query(USAGE), 30, "samples")
        dice = random.Random(4)
        begin = int(time.time())
        while time.time() < begin + seconds:
            with load(os.cpu_count()):
                time.sleep(dice.uniform(3, 12))
            time.sleep(dice.uniform(4, 12))
        end = int(time.time()) - 3
        told = []
        for server, severity in ((ours, "critical"), (theirs, "")):
            params = {"query": f'ALERTS{{alertname="Busy",severity="{severity}"}}', "start": begin, "end": end, "step": 1}
            answer = requests.get(server.url("/api/v1/query_range"), params=params, timeout=60).json()
            told.append(intervals(answer["data"]["result"], begin + 2, end - 2))
        return told
    finally:
        for process in reversed(started):
            process.stop()


def check(told, least):
    ours, theirs = told
    firing = [one for one in theirs if one[0] == "firing"]
    assert len(firing) >= least, told
    # An evaluation of each may see a sample that the other sees at its next; a state that is there for one evaluation
    # only may be missed by the other.
    slack = 2
    for name, mine, other in (("Prometheus", theirs, ours), ("Tidemark", ours, theirs)):
        for state, begin, end in mine:
            if end - begin <= slack:
                continue
            assert any(state == same and abs(begin - first) <= slack and abs(end - last) <= slack for same, first, last in other), (name, state, begin, end, told)


@pytest.mark.serial
def test_the_transitions_of_half_a_minute(tmp_path):
    check(compare(tmp_path, 30), 1)


@pytest.mark.serial
@pytest.mark.slow
def test_the_transitions_of_an_hour(tmp_path):
    check(compare(tmp_path, 3600), 100)
