"""Many clients change thresholds at once, with ETags, while the analyzer is killed again and again."""

import concurrent.futures
import random
import time

import pytest
import requests

PATH = "/api/v1/performance/thresholds"
NAMES = [f"shared-{i}" for i in range(12)]


def body_of(name, counter):
    return {"name": name, "expr": "up", "operator": ">", "levels": {"info": counter}}


def client(run_of, number, deadline, acknowledged, failures):
    """Increments counters with If-Match, deletes and creates; remembers what was acknowledged."""
    dice = random.Random(number)
    session = requests.Session()
    while time.monotonic() < deadline:
        name = dice.choice(NAMES)
        run = run_of()
        try:
            read = session.get(run.url(f"{PATH}/{name}"), timeout=10)
            if read.status_code == 404:
                made = session.put(run.url(f"{PATH}/{name}"), json=body_of(name, 0), headers={"If-None-Match": "*"}, timeout=10)
                if made.status_code == 201:
                    acknowledged.append((name, made.json()["version"], None, 0))
                elif made.status_code != 412:
                    failures.append(made.text)
                continue
            counter, etag = read.json()["levels"]["info"], read.headers["ETag"]
            if dice.random() < 0.03:
                gone = session.delete(run.url(f"{PATH}/{name}"), headers={"If-Match": etag}, timeout=10)
                if gone.status_code not in (204, 412, 404):
                    failures.append(gone.text)
                continue
            method, body = ("PATCH", {"levels": {"info": counter + 1}}) if dice.random() < 0.5 else ("PUT", body_of(name, counter + 1))
            changed = session.request(method, run.url(f"{PATH}/{name}"), json=body, headers={"If-Match": etag}, timeout=10)
            if changed.status_code == 200:
                acknowledged.append((name, changed.json()["version"], read.json()["version"], counter + 1))
            elif changed.status_code not in (412, 404):
                failures.append(changed.text)
        except requests.RequestException:
            # It was killed in that moment: whether the change was made is not known, and nobody was told.
            session = requests.Session()
            time.sleep(0.05)


def whole_history(run, name):
    changes, cursor = [], None
    while True:
        answer = requests.get(run.url(f"{PATH}/{name}/history"), params={"limit": 1000, **({"cursor": cursor} if cursor else {})}, timeout=20).json()
        changes += answer.get("changes", [])
        cursor = answer.get("next_cursor")
        if not cursor:
            return changes


def race(analyzer, clients, seconds, kills):
    current = [analyzer()]
    data, port = current[0].data, current[0].port
    acknowledged, failures = [], []
    deadline = time.monotonic() + seconds
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client, lambda: current[0], number, deadline, acknowledged, failures) for number in range(clients)]
        for _ in range(kills):
            time.sleep(seconds / (kills + 1))
            current[0].kill()
            current[0] = analyzer(data=data, port=port)
        for one in running:
            one.result()
    run = current[0]
    run.kill()
    run = analyzer(data=data, port=port)
    assert failures == []
    assert len(acknowledged) > 50
    versions = [version for _, version, _, _ in acknowledged]
    assert len(set(versions)) == len(versions), "a version was given twice"
    before = [(name, base) for name, _, base, _ in acknowledged if base is not None]
    assert len(set(before)) == len(before), "two changes were made of one version: one of them is lost"
    for name in NAMES:
        changes = whole_history(run, name)
        kept = {change["version"]: change for change in changes}
        for other, version, _, counter in acknowledged:
            if other == name:
                assert kept[version]["after"]["levels"]["info"] == counter, "an acknowledged change is not in the history"
        for newer, older in zip(changes, changes[1:]):
            assert newer["before"] == older["after"], (name, newer, older)
        now = requests.get(run.url(f"{PATH}/{name}"), timeout=20)
        assert (now.json()["levels"] if now.status_code == 200 else None) == (changes[0]["after"] and changes[0]["after"]["levels"] if changes else None)


@pytest.mark.serial
def test_no_update_is_lost(analyzer):
    race(analyzer, 16, 8, 2)


@pytest.mark.serial
@pytest.mark.slow
def test_no_update_is_lost_for_a_minute(analyzer):
    race(analyzer, 64, 60, 12)
