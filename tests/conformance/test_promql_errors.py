"""What is no PromQL, and where: the same as a real Prometheus says of thousands of expressions with a word too many, too few or changed."""

import random
import re

import pytest
from conformance.test_promql import START, ask, engines  # noqa: F401

VALID = """
sum by (job) (rate(metric{job="1",x!="2"}[5m] offset 1m))
metric @ 100 offset -5m
topk(2, metric) > bool 3
a + on (job, x) group_left (y) b * ignoring () c
max_over_time(rate(metric[1m])[10m:30s] @ end())
-metric ^ 2 % 3 atan2 4
histogram_quantile(0.9, sum(rate(x_bucket[5m])) by (le)) unless b and c or d
label_replace(metric, "a", "$1", "b", "(.*)")
count_values("v", metric) without (a)
{__name__=~"a.+", b='c', d!~`e`}
quantile_over_time(0.5, m[1h]) == 0x1F
(a:b{x="\\n"} - 1.5e3) / .5
absent(x) or vector(1) * time()
clamp(m, -Inf, NaN) != 4
""".strip().splitlines()
WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|`[^`]*`|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9.][0-9a-zA-Z.]*|=~|!~|!=|==|<=|>=|\s+|.')
WORDS = ["(", ")", "{", "}", "[", "]", "()", "{}", ",", ":", "@", "+", "-", "*", "/", "%", "^", "=", "==", "!=", "=~", "!", "<", ">", "#", ";", "$", "?", "~", "ä", "\\", "'", '"', "`", "\n", "\t", "\v",
         "1", "-1", "0.5", "1e", "1e+", "0x", "010", "08", "0x8000000000000000", "1e400", "1e-400", ".", "..", "0.", ".5e1", "1.2.3", "inf", "nan", "Inf", "NaN",
         "5m", "0s", "5m3", "5mm", "5hs", "1d2h", "2h1d", "1y2d", "1ms", "300y", "99999999999y", "[5m]", "[5m:]", "m[5m]",
         "sum", "Sum", "by", "BY", "without", "on", "On", "ignoring", "group_left", "group_right", "bool", "Bool", "offset", "OFFSET", "and", "AND", "or", "unless", "atan2", "start", "end", "group", "stddev",
         "metric", "rate", "absent", "foo(", "time()", "le", '"s"', '{a="b"}', '{a=~"("}', "@ 5", "@ +5", "@ -5", "offset 5m", "offset +5m", "offset -1m", "(1)"]
#: Where a range is open, Prometheus takes the first letter of a word for a colon.
COLON = re.compile(r"\[[^\]:]*[0-9][smhdwy]\s*[a-zA-Z]")


def mutate(generator):
    words = WORD.findall(generator.choice(VALID))
    for _ in range(generator.choice((1, 1, 1, 2))):
        at, kind = generator.randrange(len(words)), generator.randrange(4)
        if kind == 0 and len(words) > 1:
            del words[at]
        elif kind == 1:
            words.insert(at, generator.choice(WORDS) + generator.choice(("", " ")))
        elif kind == 2:
            words[at] = generator.choice(WORDS)
        else:
            other = generator.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    query = "".join(words)
    return query.replace(" ", "\n", 1) if generator.random() < 0.1 else query


def verdict(status, answer):
    """Where it is wrong, or that it is right, or another failure than one of the parser."""
    if status == 200:
        return "success"
    place = re.match(r'invalid parameter "query": (\d+:\d+): parse error: .', answer["error"])
    return place[1] if place else (status, answer["errorType"])


@pytest.mark.parametrize("seed", range(4))
def test_errors_are_at_the_same_place(engines, seed):  # noqa: F811
    generator = random.Random(seed)
    seen = {"success": 0, "error": 0}
    for _ in range(1500):
        query = mutate(generator)
        if COLON.search(query):
            continue
        ours, theirs = (ask(base, "query", query=query, time=START + 1800) for base in engines)
        assert verdict(*ours) == verdict(*theirs), (query, ours, theirs)
        seen["success" if theirs[0] == 200 else "error"] += 1
    assert seen["success"] > 100 and seen["error"] > 1000, seen


@pytest.mark.parametrize("path", ["query", "query_range", "query_exemplars", "format_query"])
def test_each_endpoint_tells_of_it_as_prometheus_does(engines, path):  # noqa: F811
    for query, message in (("temp{", "1:6: parse error: unexpected end of input inside braces"), ("sum(temp", "1:9: parse error: unclosed left parenthesis"),
                           ("temp\n  == bool 1 > 2 2", ""), ("rate(temp)", ""), ("temp and bool temp", "")):
        ours, theirs = (ask(base, path, query=query, start=START, end=START + 60, step=15) for base in engines)
        before = lambda answer: answer[1].get("error", "").split("parse error:")[0]
        assert (ours[0], ours[1]["status"], before(ours)) == (theirs[0], theirs[1]["status"], before(theirs)), (query, ours, theirs)
        if message:
            assert ours[1] == theirs[1] and ours[1]["error"].endswith(message)


def test_timestamps_and_numbers_are_read_and_written_alike(engines):  # noqa: F811
    for query in ("temp @ 9223372036854775", "temp @ 9223372036854776", "temp @ -9223372036854776", "temp @ 9223372036854775807", "temp @ 9.3e18", "temp @ Inf", "temp @ NaN", "temp @ 0x7f", "temp @ 017",
                  "010", "08", "0x10", "0X1f", "0x7fffffffffffffff", "0x8000000000000000", "00", "0", "9223372036854775808", "1e400", "1e-400", "0777777777777777777777", "07777777777777777777777",
                  "1e21", "-1e300", "1e-7", "5e-324", "1.7976931348623157e308", "-0", "Inf", "-Inf", "NaN", "vector(1e22)", "vector(1e-7)", 'count_values("v", vector(1e22))', 'count_values("v", vector(1e-9))'):
        ours, theirs = (ask(base, "query", query=query, time=START + 1800) for base in engines)
        assert verdict(*ours) == verdict(*theirs) and ours[1].get("data") == theirs[1].get("data"), (query, ours, theirs)
