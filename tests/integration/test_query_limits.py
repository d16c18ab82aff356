"""Queries are bounded in time and number, and end when nobody waits for them."""

import socket
import threading
import time
from urllib.parse import quote

import pytest
import requests

#: Hours of work, of one series: what is asked of each of 11,000 steps looks at a million samples.
ENDLESS = {"query": "quantile_over_time(0.5, vector(1)[12d:1s])", "start": 1_700_000_000, "end": 1_700_010_999, "step": 1}
CLIENT_QUERY = "/api/v1/query?query=1%2B1"


def get_range(run, **more):
    return run.get("/api/v1/query_range", params={**ENDLESS, **more})


def open_query(run):
    """A client that has asked for ENDLESS and reads no answer."""
    client = socket.create_connection(("127.0.0.1", run.port))
    path = "/api/v1/query_range?" + "&".join(f"{name}={quote(str(value))}" for name, value in ENDLESS.items())
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return client


def test_a_query_ends_with_its_time(analyzer):
    run = analyzer(flags=["--query.timeout=2s"])
    for answer in (get_range(run), get_range(run, timeout="300ms")):
        assert answer.status_code == 503
        assert answer.json() == {"status": "error", "errorType": "timeout", "error": "query timed out in expression evaluation"}


def test_a_query_loads_no_more_than_it_may(analyzer):
    run = analyzer(flags=["--query.max-samples=1000"])
    for params in ({"query": "count_over_time(vector(1)[1h:1s])"}, {"query": "vector(1)[1h:1s]"}):
        answer = run.get("/api/v1/query", params=params)
        assert answer.status_code == 422 and "too many samples" in answer.json()["error"]


def test_queries_wait_in_line_and_others_do_not(analyzer):
    run = analyzer(flags=["--query.max-concurrency=1"])
    client = open_query(run)
    time.sleep(0.5)
    answer = run.get(CLIENT_QUERY + "&timeout=500ms")
    assert answer.status_code == 503
    assert answer.json() == {"status": "error", "errorType": "timeout", "error": "query timed out in query queue"}
    # What is no query, and what the analyzer asks itself, does not wait.
    assert run.performance("health")["score"] >= 0
    assert run.post_threshold({"name": "t", "metric": "up", "operator": "<", "value": 1, "severity": "info"}).status_code == 201
    client.close()


def test_more_queries_than_there_are_threads_keep_nobody_else_waiting(analyzer):
    run = analyzer(flags=["--query.max-concurrency=2", "--query.timeout=1m"])
    clients = [open_query(run) for _ in range(60)]
    # However somebody writes the path.
    odd = socket.create_connection(("127.0.0.1", run.port))
    odd.sendall(b"GET  /api/v1/%71uery?query=quantile_over_time(0.5,vector(1)[12d:1ms]) HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(1)
    try:
        for path in ("/-/healthy", "/-/ready", "/metrics", "/api/v1/performance/alerts", "/api/v1/performance/health", "/api/v1/series?match[]=up", "/federate?match[]=up", "/api/v1/rules"):
            for _ in range(3):
                assert requests.get(run.url(path), timeout=10).status_code == 200, path
        assert run.post_threshold({"name": "t", "metric": "up", "operator": "<", "value": 1, "severity": "info"}).status_code == 201
    finally:
        for client in (*clients, odd):
            client.close()


@pytest.mark.parametrize("half", [False, True], ids=["closed", "half closed"])
def test_a_query_ends_when_its_client_goes(analyzer, half):
    run = analyzer(flags=["--query.max-concurrency=1", "--query.timeout=10m"])
    client = open_query(run)
    time.sleep(0.5)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(run.get(CLIENT_QUERY)))
    waiting.start()
    time.sleep(0.5)
    assert not answers, "its turn is not there yet"
    if half:
        client.shutdown(socket.SHUT_WR)
        client.settimeout(20)
        assert b"query was canceled" in client.recv(65536), "what it may still read"
    client.close()
    waiting.join(20)
    assert answers and answers[0].json()["data"]["result"][1] == "2"


def test_a_client_in_line_that_goes_leaves_it(analyzer):
    run = analyzer(flags=["--query.max-concurrency=1", "--query.timeout=10m"])
    first, second = open_query(run), open_query(run)
    time.sleep(0.5)
    second.close()
    first.close()
    assert run.get(CLIENT_QUERY).status_code == 200


def test_more_steps_than_there_may_be_samples(analyzer):
    run = analyzer()
    for query in ("count_over_time(vector(1)[100y:1ms])", "max_over_time(up[100y:1ms])", "max_over_time(rate(up[5m])[90y:1ms])"):
        answer = run.get("/api/v1/query", params={"query": query})
        assert answer.status_code == 422 and "too many samples" in answer.json()["error"], query


def test_nesting_and_length_are_bounded(analyzer):
    run = analyzer()
    for query in ("(" * 100_000 + "1" + ")" * 100_000, "-" * 100_000 + "1", "1" + "+1" * 100_000, "{" * 100_000, "sum(" * 50_000):
        answer = requests.post(run.url("/api/v1/query"), data={"query": query}, timeout=20)
        assert answer.status_code in (200, 400), answer.text[:300]
    assert run.get(CLIENT_QUERY).status_code == 200
