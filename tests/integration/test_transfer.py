"""Import, export, snapshots."""

import shutil
import subprocess
import time

import requests
from support.processes import BIN, wait_until
from support.remote_write import post, series, write_request


def run(*arguments):
    return subprocess.run([BIN / "tidemark-analyzer", *map(str, arguments)], capture_output=True, text=True, timeout=120)


OPENMETRICS = r"""# TYPE a unknown
a{x="1",y="quote \" back \\ line \n"} 1 1700000000
a{x="1",y="quote \" back \\ line \n"} 2.5 1700000000.123
a{x="1",y="quote \" back \\ line \n"} -0 1700000001
a{x="1",y="quote \" back \\ line \n"} +Inf 1700000002.999
a{x="1",y="quote \" back \\ line \n"} NaN 1700000003
a{x="1",y="quote \" back \\ line \n"} NaN 1700000004 # {nan_bits="7ff0000000000002"} NaN
a{x="2"} 5e-324 -1.5
# TYPE b unknown
b 1.7976931348623157e+308 1700000000.001
# EOF
"""


def test_a_round_trip_is_exact_in_both_formats(tmp_path):
    source = tmp_path / "source.om"
    source.write_text(OPENMETRICS)
    done = run("import", source, "--storage.path", tmp_path / "one")
    assert done.returncode == 0 and "8 samples imported" in done.stderr, done.stderr
    first = run("export", "--storage.path", tmp_path / "one")
    assert first.stdout.splitlines() == OPENMETRICS.splitlines(), first.stdout
    csv = tmp_path / "all.csv"
    assert run("export", "--storage.path", tmp_path / "one", "--format", "csv", "--output", csv).returncode == 0
    assert run("import", csv, "--storage.path", tmp_path / "two").returncode == 0
    assert run("export", "--storage.path", tmp_path / "two").stdout == first.stdout
    # Once more the same: nothing new but the newest of each series, which is equal.
    again = run("import", source, "--storage.path", tmp_path / "one")
    assert again.returncode == 1 and "refused" in again.stderr
    assert run("export", "--storage.path", tmp_path / "one").stdout == first.stdout


def test_a_selection_and_a_time_range(tmp_path):
    source = tmp_path / "s.csv"
    rows = [f"{1700000000 + i},{i},m,{job}" for job in ("a", "b") for i in range(100)]
    source.write_text("timestamp,value,__name__,job\n" + "\n".join(rows) + "\n")
    assert run("import", source, "--storage.path", tmp_path / "d").returncode == 0
    part = run("export", "--storage.path", tmp_path / "d", "--match", 'm{job="b"}', "--start", "1700000010", "--end", "2023-11-14T22:13:32Z").stdout
    assert part.splitlines()[1:-1] == [f'm{{job="b"}} {i} {1700000000 + i}' for i in (10, 11, 12)]


def test_wrong_files_say_where(tmp_path):
    for name, text, message in [("a.om", "a 1\n# EOF\n", "has no timestamp"), ("b.om", "a 1 1\n", "# EOF"), ("c.om", "a{ 1 1\n# EOF\n", "line 1, column 2"),
                                ("d.csv", "timestamp,value\n1,1\n", "no column \"__name__\""), ("e.csv", "timestamp,value,__name__\n1,x,m\n", "line 2: \"x\" is not a number"),
                                ("f.csv", "timestamp,value,__name__\n1,1,\"m\n", "not closed"), ("g.csv", "timestamp,value,__name__\n1,1\n", "line 2: has 2 fields")]:
        (tmp_path / name).write_text(text)
        done = run("import", tmp_path / name, "--storage.path", tmp_path / "d")
        assert done.returncode == 1 and message in done.stderr and name in done.stderr, done.stderr
    assert "there is no store" in run("export", "--storage.path", tmp_path / "none").stderr


def test_a_snapshot_restores_to_the_same_answers(analyzer, tmp_path):
    live = analyzer()
    assert live.post_threshold({"name": "kept", "metric": "sent", "operator": ">", "value": 1, "severity": "info"}).status_code == 201
    begin = int(time.time() * 1000) - 60_000
    assert post(live.url("/api/v1/write"), write_request(series([("__name__", "sent")], [(begin + i * 100, i) for i in range(500)]))).status_code == 204
    answer = requests.post(live.url("/api/v1/admin/snapshot"), timeout=30)
    assert answer.status_code == 200, answer.text
    path = answer.json()["data"]["path"]
    expected = live.query("sent[5m]")
    assert post(live.url("/api/v1/write"), write_request(series([("__name__", "later")], [(begin, 1)]))).status_code == 204
    restored = analyzer(data=shutil.copytree(path, tmp_path / "restored"))
    assert restored.query("sent[5m]") == expected and restored.query("later") == []
    assert wait_until(lambda: restored.get("/api/v1/performance/thresholds/kept").status_code == 200)
