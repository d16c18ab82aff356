"""Canonical text of expressions, as a real Prometheus writes it, and read back as the same expression."""

import random

from conformance.test_promql import QUERIES, START, ask, assert_same, engines  # noqa: F401
from support.promql_generator import Generator

WRITTEN = ['temp{a="\\n\\x01é\\\\"}', "+temp", "-(1)", "((temp))", "temp offset 1w3d2h", "sum without() (temp)", "sum by() (temp)", "temp * on() info", "temp * ignoring() info", "(temp)[5m]", "(temp) offset 5m", "1e9", "0x1f",
           "Inf", "NaN", "-Inf", "1e-7", '"a\'b"', "'x'", "`raw\\n`", '{__name__="temp"}', '{__name__="temp",a="b"}', "temp{}", "foo:bar", "temp @ 1.2345", "temp @ -5", "-temp ^ 2",
           f'sum(sum(sum(temp{{instance="{"a" * 90}"}})))']


def random_expressions(count):
    generator = Generator(random.Random(7))
    return [generator.expression() for _ in range(count)]


def test_formatted_as_prometheus_does(engines):  # noqa: F811
    compared = 0
    for query in [*WRITTEN, *QUERIES, *random_expressions(700)]:
        # Prometheus 2.42 leaves out group_left beside an empty ignoring(), and with it what the expression means.
        if "ignoring () group_" in query:
            continue
        (our_status, ours), (their_status, theirs) = (ask(base, "format_query", query=query) for base in engines)
        assert (our_status, ours.get("data"), ours.get("errorType")) == (their_status, theirs.get("data"), theirs.get("errorType")), query
        compared += their_status == 200
    assert compared > 700


def test_read_back_as_the_same(engines):  # noqa: F811
    ours, _ = engines
    for query in [*QUERIES, *random_expressions(300)]:
        status, answer = ask(ours, "format_query", query=query)
        if status != 200:  # a label that is in on() and in group_left()
            continue
        text = answer["data"]
        # Infinity is written with a sign, which is read as one of the whole power.
        assert "Inf ^" in text or ask(ours, "format_query", query=text)[1]["data"] == text
        first, second = (ask(ours, "query", query=asked, time=START + 1800)[1] for asked in (query, text))
        if first["status"] == "success":
            assert_same(query, first, second)
        else:
            assert first == second
