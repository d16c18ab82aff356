"""Answers that are made while they are sent: whole, however they are asked for, and never whole in memory."""

import gzip
import http.client
import json
import os
import socket
import time
import zlib
from urllib.parse import quote

import pytest
import requests
from support.processes import Analyzer
from support.remote_write import field, post, series, snappy, write_request

SERIES, SAMPLES, STEP = 3000, 100, 15
BEGIN = int(time.time()) // STEP * STEP - SAMPLES * STEP
QUERIES = {
    "range": f"/api/v1/query_range?query=big&start={BEGIN}&end={BEGIN + (SAMPLES - 1) * STEP}&step={STEP}",
    "instant of a range": f"/api/v1/query?query=big[1h]&time={BEGIN + SAMPLES * STEP}",
}
RANGE = QUERIES["range"]


def value(one, sample):
    return one * 1000 + sample / 8


def fill(run):
    for first in range(0, SERIES, 1000):
        answer = post(run.url("/api/v1/write"), write_request(*(
            series([("__name__", "big"), ("index", f"{one:05}")],
                   [((BEGIN + sample * STEP) * 1000, value(one, sample)) for sample in range(SAMPLES)])
            for one in range(first, first + 1000))))
        assert answer.status_code == 204, answer.text


def check(data):
    assert data["resultType"] == "matrix" and len(data["result"]) == SERIES
    for one, got in enumerate(data["result"]):
        assert got["metric"] == {"__name__": "big", "index": f"{one:05}"}
        assert [(at, float(text)) for at, text in got["values"]] == [(BEGIN + sample * STEP, value(one, sample)) for sample in range(SAMPLES)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    run = Analyzer(tmp_path_factory.mktemp("large"))
    fill(run)
    yield run
    run.stop()


def open_request(run, path, version="1.1", method="GET", more=""):
    client = socket.create_connection(("127.0.0.1", run.port), timeout=30)
    client.sendall(f"{method} {path} HTTP/{version}\r\nHost: x\r\n{more}\r\n".encode())
    return client


def read_all(client):
    parts = []
    while part := client.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("path", QUERIES.values(), ids=QUERIES.keys())
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_it_is_whole_and_the_connection_goes_on(filled, path, encoding):
    connection = http.client.HTTPConnection("127.0.0.1", filled.port, timeout=30)
    for _ in range(2):
        connection.request("GET", path, headers={"Accept-Encoding": encoding})
        answer = connection.getresponse()
        assert answer.status == 200 and answer.getheader("Content-Type") == "application/json"
        assert answer.getheader("Transfer-Encoding") == "chunked" and answer.getheader("Content-Length") is None
        body = answer.read()
        if encoding == "gzip":
            assert answer.getheader("Content-Encoding") == "gzip"
            assert len(body) < SERIES * SAMPLES * 10
            # One member: browsers read no further.
            unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
            body = unpacker.decompress(body)
            assert unpacker.eof and not unpacker.unused_data
        check(json.loads(body)["data"])
        assert not answer.will_close
    connection.close()


def test_statistics_come_after_it(filled):
    answer = filled.get(RANGE + "&stats=all").json()
    check(answer["data"])
    assert answer["data"]["stats"]["samples"]["totalQueryableSamples"] == SERIES * SAMPLES


@pytest.mark.parametrize("keep_alive", ["", "Connection: keep-alive\r\n"])
@pytest.mark.parametrize("encoding", ["", "Accept-Encoding: gzip\r\n"])
def test_a_client_of_http_1_0_reads_to_the_end_of_the_connection(filled, keep_alive, encoding):
    head, body = read_all(open_request(filled, RANGE, version="1.0", more=keep_alive + encoding)).split(b"\r\n\r\n", 1)
    assert b"chunked" not in head.lower() and b"content-length" not in head.lower() and b"connection: close" in head.lower()
    check(json.loads(gzip.decompress(body) if encoding else body)["data"])


def test_who_asks_for_the_head_gets_no_body(filled):
    client = open_request(filled, RANGE, method="HEAD", more="\r\nGET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
    first, second = read_all(client).split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 200 ") and second.startswith(b"HTTP/1.1 200 ") and second.endswith(b"is up.\n")


def test_pipelined_requests_are_answered_in_their_order(filled):
    client = open_request(filled, RANGE, more=f"\r\nGET {RANGE} HTTP/1.1\r\nHost: x\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n")
    answers = read_all(client)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 3 and answers.count(b"\r\n0\r\n\r\n") == 2
    assert answers.endswith(b"is up.\n")


def test_clients_that_read_slowly_or_go_keep_nobody_waiting(filled):
    clients = [open_request(filled, path) for path in QUERIES.values() for _ in range(12)]
    for client in clients:
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    try:
        for _ in range(5):
            assert requests.get(filled.url("/-/healthy"), timeout=10).ok
            assert filled.query("count(big)", time=BEGIN + STEP)[0]["value"][1] == str(SERIES)
        for client in clients[::2]:
            client.close()
        check(filled.get(RANGE).json()["data"])
        # Who waited has lost nothing: after the rest comes the chunk that says that there is no more.
        tail = b""
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            part = clients[1].recv(1 << 20)
            assert part
            tail = (tail + part)[-16:]
    finally:
        for client in clients:
            client.close()


def resident_bytes(pid, name):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) * 1024


#: Sanitizers keep what was freed.
measures_memory = pytest.mark.skipif(os.environ.get("TIDEMARK_PRESET", "release") != "release", reason="memory of a sanitizer is not ours")


def answer_and_growth(run, path):
    """How many bytes of text an answer had, and how many of memory the analyzer took for it."""
    with open(f"/proc/{run.pid}/clear_refs", "w") as clear:
        clear.write("5")
    before = resident_bytes(run.pid, "VmRSS")
    with requests.get(run.url(path), stream=True, timeout=60, headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status_code == 200
        text_bytes = sum(len(part) for part in answer.iter_content(1 << 20))
    return text_bytes, resident_bytes(run.pid, "VmHWM") - before


@measures_memory
def test_it_is_never_whole_in_memory(analyzer):
    """A text of some hundred megabytes, of values that take a third of that."""
    run = analyzer()
    fill(run)
    path = RANGE.replace("query=big", "query=big%2B0.123456789")
    run.get(path)
    text_bytes, grown = answer_and_growth(run, path.replace(f"step={STEP}", "step=1"))
    assert text_bytes > 100_000_000 and 2 * grown < text_bytes, (grown, text_bytes)


@measures_memory
def test_a_range_query_over_a_hundred_thousand_series_takes_less_than_200_mb(analyzer):
    run = analyzer(flags=["--storage.max-memory=1GB"])
    samples = series([], [((BEGIN + sample * STEP) * 1000, value(sample % 7, sample)) for sample in range(SAMPLES)])
    for first in range(0, 100_000, 1000):
        body = b"".join(field(1, series([("__name__", "big"), ("index", f"{one:06}"), ("instance", f"h{one % 100}")], []) + samples)
                        for one in range(first, first + 1000))
        assert post(run.url("/api/v1/write"), snappy(body)).status_code == 204
    for query in ("sum(rate(big[5m]))", "sum by (instance) (big)", "topk(5, rate(big[5m]))", "avg_over_time(big[10m])", "rate(big[5m])", "big"):
        text_bytes, grown = answer_and_growth(run, f"/api/v1/query_range?query={quote(query)}&start={BEGIN}&end={BEGIN + SAMPLES * STEP}&step=30")
        assert text_bytes > 100 and grown < 200_000_000, (query, grown, text_bytes)
