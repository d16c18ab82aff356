"""The remote write receiver: what senders rely on, and what hostile ones get."""

import threading
import time

import pytest
from support.processes import Analyzer, free_port
from support.remote_write import post, series, snappy, write_request


def now_ms():
    return int(time.time() * 1000)


def test_samples_arrive_and_answers_follow_the_specification(analyzer):
    run = analyzer()
    url = run.url("/api/v1/write")
    begin = now_ms() - 10_000
    labels = [("__name__", "sent"), ("job", "x")]
    answer = post(url, write_request(series(labels, [(begin + i * 1000, i) for i in range(5)])))
    assert answer.status_code == 204 and answer.text == ""
    assert run.query("sent[1m]")[0]["values"] == [[(begin + i * 1000) / 1000, str(i)] for i in range(5)]
    # The same again is no error; another value is, and so is an older sample. What is good beside it stays.
    assert post(url, write_request(series(labels, [(begin + 4000, 4)]))).status_code == 204
    duplicate = post(url, write_request(series(labels, [(begin + 4000, 5)])))
    assert duplicate.status_code == 400 and "another value" in duplicate.text
    late = post(url, write_request(series(labels, [(begin, 0)]), series([("__name__", "good")], [(begin, 1)])))
    assert late.status_code == 400 and "out of order" in late.text
    assert run.query("good") != []
    # Labels in any order are the same series.
    assert post(url, write_request(series([("job", "x"), ("__name__", "sent")], [(begin + 5000, 5)]))).status_code == 204
    assert len(run.query("sent")) == 1


@pytest.mark.parametrize("body, message", [
    (b"", "snappy"), (b"not snappy at all", "snappy"), (snappy(b"\xff\xff\xff"), "protobuf"),
    (b"\xff\xff\xff\xff\x0f" + b"\x00" * 100, "bytes after decompression"),
    (write_request(series([("job", "x")], [(1, 1)])), "has no label __name__"),
    (write_request(series([("__name__", "m"), ("a", "1"), ("a", "2")], [(1, 1)])), "comes twice"),
    (write_request(series([("__name__", "m"), ("0bad", "1")], [(1, 1)])), "not a label name"),
    (write_request(series([("__name__", "m"), ("a", b"\xff\xfe")], [(1, 1)])), "not valid UTF-8"),
    (write_request(series([("__name__", "with space")], [(1, 1)])), "not a metric name"),
    (write_request(series([("__name__", "m")], [((1 << 63) - 1, 1)])), "out of bounds"),
])
def test_what_is_wrong_is_a_400_that_says_so(shared_analyzer, body, message):
    answer = post(shared_analyzer.url("/api/v1/write"), body)
    assert answer.status_code == 400 and message in answer.text, answer.text


def test_an_unknown_encoding_is_415_and_a_long_body_413(shared_analyzer):
    url = shared_analyzer.url("/api/v1/write")
    assert post(url, b"x", **{"Content-Encoding": "zstd"}).status_code == 415
    assert post(url, b"x" * (5 << 20)).status_code == 413


@pytest.fixture(scope="module")
def shared_analyzer(tmp_path_factory):
    run = Analyzer(tmp_path_factory.mktemp("shared"))
    yield run
    run.stop()


@pytest.mark.parametrize("rounds", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_acknowledged_samples_survive_kill_9(analyzer, rounds):
    """Sequence numbers are sent until the process is killed; each that was acknowledged must be there afterwards."""
    port = free_port()
    begin = now_ms() - 60 * 60_000
    acknowledged = {}
    sequence = 0
    for _ in range(rounds):
        run = analyzer(port=port)
        killer = threading.Timer(0.15, run.child.kill)
        killer.start()
        while run.child.poll() is None:
            times = [begin + sequence + i for i in range(50)]
            body = write_request(*[series([("__name__", "sequence"), ("shard", str(shard))], [(t, t - begin) for t in times]) for shard in range(4)])
            try:
                if post(run.url("/api/v1/write"), body).status_code == 204:
                    acknowledged.update((t, t - begin) for t in times)
            except OSError:
                pass
            sequence += 50
        killer.join()
        run.child.wait()
    assert len(acknowledged) > rounds * 50
    run = analyzer(port=port)
    for shard in range(4):
        values = run.query(f'sequence{{shard="{shard}"}}[2h]')[0]["values"]
        found = {round(float(t) * 1000): float(v) for t, v in values}
        missing = [t for t, v in acknowledged.items() if found.get(t) != v]
        assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged samples are missing"
