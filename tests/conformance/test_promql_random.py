"""Random expressions, the same answers or the same errors as a real Prometheus."""

import random

import pytest
from conformance.test_promql import START, ask, assert_same, engines  # noqa: F401
from support.promql_generator import Generator


def check(engines, seed, count):  # noqa: F811
    generator = Generator(random.Random(seed))
    succeeded = failed = 0
    for _ in range(count):
        query = generator.expression()
        for path, params in (("query", {"time": START + 1800}), ("query_range", {"start": START + 600, "end": START + 1500, "step": 53})):
            (our_status, ours), (their_status, theirs) = (ask(base, path, query=query, **params) for base in engines)
            if theirs["status"] == "success":
                assert_same(query, ours, theirs)
                succeeded += 1
            else:
                assert (our_status, ours.get("errorType")) == (their_status, theirs["errorType"]), (query, ours, theirs)
                failed += 1
    assert succeeded > count and failed > 0, "most are to have an answer, some none"


@pytest.mark.parametrize("seed", range(2))
def test_random_expressions(engines, seed):  # noqa: F811
    check(engines, seed, 500)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_ten_thousand_random_expressions(engines, seed):  # noqa: F811
    check(engines, seed, 500)
