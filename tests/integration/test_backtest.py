"""What a threshold would have done: of samples that are stored, and beside what it does live."""

import subprocess
import time

import pytest
import requests
from support.processes import BIN, PATIENCE, scrape_config
from support.targets import http_target, page

STEP, STEPS = 30, 2880


def value_at(series, step):
    """A saw tooth with a period and a height of its own for each series; some have gaps."""
    return None if series % 7 == 3 and step % 50 < 5 else (step * (series % 5 + 1) + series * 13) % 100


@pytest.fixture
def stored(analyzer, tmp_path):
    """An analyzer with 100 series over a day, at its evaluation interval; and the time of the last sample."""
    last = int(time.time()) // STEP * STEP - STEP
    first = last - (STEPS - 1) * STEP
    lines = []
    for series in range(100):
        lines += [f'level{{host="h{series}",rack="r{series % 4}"}} {value} {first + step * STEP}' for step in range(STEPS) if (value := value_at(series, step)) is not None]
    (tmp_path / "data.om").write_text("\n".join(lines) + "\n# EOF\n")
    subprocess.run([BIN / "tidemark-analyzer", "import", tmp_path / "data.om", "--storage.path", tmp_path / "data"], check=True, timeout=120)
    return analyzer(scrape_config({}, interval="30s"), flags=["--storage.retention=48h", "--query.lookback-delta=29s"]), last


def backtest(run, **body):
    answer = requests.post(run.url("/api/v1/performance/backtest"), json=body, timeout=60 * PATIENCE)
    assert answer.status_code == 200, answer.text
    return answer.json()


def simulate(limit, for_seconds):
    """(alerts, seconds of firing, longest) of a rule without hysteresis, told once more in the plainest way."""
    alerts = total = longest = 0
    for series in range(100):
        since = fired = None
        for step in range(STEPS + 1):
            at = step * STEP
            value = value_at(series, step) if step < STEPS else None
            breached = value is not None and value > limit
            if breached:
                since = at if since is None else since
                if fired is None and at - since >= for_seconds:
                    fired, alerts = at, alerts + 1
            if (not breached or step == STEPS) and fired is not None:
                end = min(at, (STEPS - 1) * STEP)
                total, longest = total + end - fired, max(longest, end - fired)
                fired = None
            if not breached:
                since = None
    return alerts, total, longest


def test_a_day_of_a_hundred_series(stored):
    run, last = stored
    threshold = {"name": "level", "expr": "level", "operator": ">", "levels": {"warning": 80}, "for": "2m"}
    got = backtest(run, threshold=threshold, window=f"{STEPS * STEP - STEP}s", end=last)
    assert (got["alerts"], got["firing_seconds"], got["longest_seconds"]) == simulate(80, 120)
    assert got["label_sets"] == 100 and got["threshold"]["levels"] == {"warning": 80}
    assert len(got["examples"]) == 10 and all(example["state"] == "firing" for example in got["examples"])
    starts = [example["start"] for example in got["examples"]]
    assert starts == sorted(starts)
    assert len(got["sweep"]) >= 20
    for point in got["sweep"]:
        alerts, total, longest = simulate(point["value"], 120)
        assert (point["alerts"], point["firing_seconds"], point["longest_seconds"]) == (alerts, total, longest)
        assert point["alerts_per_day"] == pytest.approx(alerts / ((STEPS - 1) * STEP / 86400))
    assert sum(series["alerts"] for series in got["series"]) == got["alerts"]
    one = got["series"][0]
    assert sum(interval["seconds"] for interval in one["intervals"] if interval["state"] == "firing") == one["firing_seconds"]


def test_one_that_is_saved(stored):
    run, last = stored
    assert run.post_threshold({"name": "racks", "expr": "max by (rack) (level)", "operator": ">=", "levels": {"info": 50, "critical": 99}, "labels": {"team": "x"}}).status_code == 201
    got = backtest(run, name="racks", window="6h", end=last)
    assert got["label_sets"] == 4 and {series["labels"]["team"] for series in got["series"]} == {"x"}
    assert got["level_seconds"]["critical"] > 0 and got["level_seconds"]["warning"] == 0
    assert backtest(run, name="racks", window="6h", end=last) == got, "nothing is saved or changed"


@pytest.mark.parametrize("body, pointer", [
    ({}, ""), ([], ""), ({"name": 5}, "/name"), ({"name": "none"}, "/name"), ({"name": "cpu-usage", "threshold": {}}, ""),
    ({"threshold": {"name": "x", "expr": "sum(", "operator": ">", "levels": {"info": 1}}}, "/threshold/expr"), ({"threshold": 1}, "/threshold"),
    ({"name": "cpu-usage", "window": "x"}, "/window"), ({"name": "cpu-usage", "window": 5}, "/window"), ({"name": "cpu-usage", "window": "10y"}, "/window"), ({"name": "cpu-usage", "window": "0s"}, "/window"),
    ({"name": "cpu-usage", "end": "soon"}, "/end"), ({"name": "cpu-usage", "end": []}, "/end"), ({"name": "cpu-usage", "nope": 1}, "/nope")])
def test_wrong_bodies(analyzer, body, pointer):
    run = analyzer()
    answer = requests.post(run.url("/api/v1/performance/backtest"), json=body, timeout=30)
    assert answer.status_code == 422 and pointer in [error["pointer"] for error in answer.json()["errors"]], answer.text


def test_windows_without_data_and_expressions_that_fail(analyzer):
    run = analyzer()
    got = backtest(run, threshold={"name": "x", "expr": "nothing", "operator": ">", "levels": {"info": 1}})
    assert (got["alerts"], got["label_sets"], got["sweep"], got["series"]) == (0, 0, [], [])
    expr = 'label_replace(vector(1) or label_replace(vector(2), "a", "b", "", ""), "a", "c", "", "")'
    answer = requests.post(run.url("/api/v1/performance/backtest"), json={"threshold": {"name": "x", "expr": expr, "operator": ">", "levels": {"info": 1}}}, timeout=30)
    assert answer.status_code == 422 and "same labelset" in answer.json()["detail"]


def test_a_backtest_says_what_the_live_threshold_did(analyzer):
    begin = time.monotonic()
    wave = lambda: f"wave {50 + 40 * (1 if int(time.monotonic() - begin) % 16 < 8 else -1)}\nslope {time.monotonic() - begin}\n"
    with http_target(page(wave)) as port:
        run = analyzer(scrape_config({"wave": port}))
        threshold = {"name": "live", "expr": "wave", "operator": ">", "levels": {"warning": 60}, "for": "2s"}
        assert run.post_threshold(threshold).status_code == 201
        time.sleep(42)
        end = int(time.time()) - 2
        start = end - 36
        live = []
        for series in run.get("/api/v1/query_range", params={"query": 'ALERTS{alertname="live"}', "start": start, "end": end, "step": 1}).json()["data"]["result"]:
            times = [at for at, _ in series["values"]]
            begins = [at for at in times if at - 1 not in times]
            live += [(series["metric"]["alertstate"], at, next(to for to in range(int(at), end + 2) if to not in times)) for at in begins]
        told = [(interval["state"], time_of(interval["start"]), time_of(interval["end"])) for interval in backtest(run, threshold=threshold, window="60s", end=end)["series"][0]["intervals"]]
        whole = [interval for interval in live if interval[1] > start and interval[2] <= end]
        assert {state for state, _, _ in whole} == {"pending", "firing"}, (live, told)
        # An evaluation may come a little before the scrape of its second, or after it.
        for state, first, last in whole:
            assert any(state == other and abs(first - begin) <= 2 and abs(last - finish) <= 2 for other, begin, finish in told), (state, first, last, live, told)


def time_of(text):
    from datetime import datetime
    return int(datetime.fromisoformat(text[:19] + "+00:00").timestamp())
