"""The same samples in Tidemark and in a real Prometheus 2.42: the same answers."""

import json
import math
import random
import subprocess

import pytest
import requests
from support.processes import BIN, Analyzer, Prometheus, scrape_config

START = 1_700_000_000
STEPS = 240
INTERVAL = 15


def make_samples():
    """Counters with resets, gauges with gaps and specials, a histogram, and a pair to join."""
    dice = random.Random(42)
    lines = []

    def series(name, labels, values):
        text = ",".join(f'{key}="{value}"' for key, value in labels.items())
        for i, value in enumerate(values):
            if value is not None:
                lines.append((name, f"{name}{{{text}}} {value} {START + i * INTERVAL}"))

    for instance in "abc":
        for mode in ("user", "system", "idle"):
            total, values = 0.0, []
            for _ in range(STEPS):
                total = 0.0 if dice.random() < 0.01 else total + dice.random() * 10
                values.append(total)
            series("cpu_seconds_total", {"instance": instance, "mode": mode}, values)
        series("temp", {"instance": instance, "room": "r" + instance}, [None if dice.random() < 0.2 else round(dice.gauss(20, 5), 3) for _ in range(STEPS)])
        series("info", {"instance": instance, "version": "v" + instance}, [1] * STEPS)
        counts = [0] * 5
        buckets = {le: [] for le in ("0.1", "0.5", "1", "5", "+Inf")}
        for _ in range(STEPS):
            for i in range(5):
                counts[i] += dice.randint(0, 3)
            running = 0
            for i, le in enumerate(buckets):
                running += counts[i]
                buckets[le].append(running)
        for le, values in buckets.items():
            series("latency_bucket", {"instance": instance, "le": le}, values)
    series("special", {"kind": "nan"}, ["NaN"] * STEPS)
    series("special", {"kind": "inf"}, ["+Inf"] * STEPS)
    series("special", {"kind": "neg"}, [-i for i in range(STEPS)])
    series("short", {"a": "b"}, [i * i for i in range(40)])
    # OpenMetrics wants a family's samples together.
    lines.sort(key=lambda line: line[0])
    return "\n".join(line for _, line in lines) + "\n# EOF\n"


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("promql")
    (tmp / "data.om").write_text(make_samples())
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", tmp / "data.om", tmp / "tsdb"], check=True, capture_output=True, timeout=60)
    subprocess.run([BIN / "tidemark-analyzer", "import", tmp / "data.om", "--storage.path", tmp / "data"], check=True, timeout=60)
    prometheus = Prometheus(tmp, flags=["--storage.tsdb.retention.time=100y"], data=tmp / "tsdb")
    ours = Analyzer(tmp, json.dumps({**scrape_config({}), "rule_files": []}), flags=["--storage.retention=0"])
    yield ours.url(), prometheus.url()
    ours.stop()
    prometheus.stop()


QUERIES = """
1 + 2 * 3 ^ 2 % 5
-2 ^ 2
temp
temp{instance=~"a|b"}
temp{instance!~"a|b"}
temp{instance!="a", room=~"r.*"}
{__name__=~"te.*", instance="a"}
temp offset 5m
temp offset -2m
temp @ 1700001000
temp @ end() - temp @ start()
short
special
special > 0
special == special
-special
temp + 1
temp * temp
temp > 20
20 < temp
temp > bool 20
temp > bool on(instance) temp offset 1m
1 == bool 2
temp atan2 2
temp % 7
2 ^ (temp / 10)
temp / on(instance) info
temp * on(instance) group_left(version) info
info * on(instance) group_right temp
cpu_seconds_total / ignoring(mode) group_left sum without(mode) (cpu_seconds_total)
temp and temp > 20
temp or info
temp unless temp > 20
temp and on(instance) info{instance="a"}
sum(temp)
sum by (instance) (cpu_seconds_total)
sum without (mode) (cpu_seconds_total)
avg by (mode) (cpu_seconds_total)
min(temp)
max(special)
min(special)
count(cpu_seconds_total) by (mode)
group(temp)
stddev(cpu_seconds_total)
stdvar by (mode) (cpu_seconds_total)
topk(2, cpu_seconds_total)
bottomk(1, temp)
topk by (mode) (1, cpu_seconds_total)
quantile(0.3, temp)
quantile(0.9, cpu_seconds_total)
quantile(2, temp)
count_values("v", info)
rate(cpu_seconds_total[1m])
rate(cpu_seconds_total[5m] offset 1m)
irate(cpu_seconds_total[2m])
increase(cpu_seconds_total[3m])
delta(temp[5m])
idelta(temp[5m])
deriv(temp[10m])
predict_linear(temp[10m], 3600)
sum_over_time(temp[5m])
avg_over_time(temp[5m])
min_over_time(temp[5m])
max_over_time(temp[5m])
count_over_time(temp[5m])
last_over_time(temp[5m])
present_over_time(temp[1m])
stddev_over_time(temp[5m])
stdvar_over_time(temp[5m])
quantile_over_time(0.7, temp[5m])
avg_over_time(special[5m])
sum_over_time(special[5m])
max_over_time(special[1m])
changes(temp[5m])
resets(cpu_seconds_total[30m])
histogram_quantile(0.9, rate(latency_bucket[5m]))
histogram_quantile(0.5, sum by (le) (latency_bucket))
histogram_quantile(1.5, latency_bucket)
abs(-temp)
ceil(temp)
floor(temp)
round(temp)
round(temp, 0.5)
sqrt(temp)
exp(temp / 10)
ln(temp)
log2(temp)
log10(temp)
sgn(special)
clamp(temp, 18, 22)
clamp_min(temp, 20)
clamp_max(temp, 20)
clamp(temp, 22, 18)
label_replace(temp, "x", "$1-${2}", "room", "(.)(.)")
label_replace(temp, "room", "", "room", ".*")
label_replace(temp, "x", "y", "room", "nomatch")
label_join(temp, "x", "-", "instance", "room")
absent(temp)
absent(nothing{a="b", c=~"d"})
absent(sum(nothing))
absent_over_time(short[5m])
absent_over_time(nothing{a="b"}[5m])
time()
vector(time())
scalar(info{instance="a"})
scalar(info)
timestamp(temp)
timestamp(temp + 0)
sort(temp)
sort_desc(temp)
minute(vector(1700001234))
hour()
day_of_week(temp * 100000000)
day_of_month(vector(1709164800))
day_of_year(vector(1709164800))
days_in_month(vector(1709164800))
month()
year()
pi()
max_over_time(rate(cpu_seconds_total[1m])[10m:1m])
avg_over_time(temp[10m:30s])
sum_over_time((temp > 20)[10m:1m] offset 2m)
sum(rate(cpu_seconds_total[1m])) by (instance) / ignoring(x) count(cpu_seconds_total) by (instance)
sum by (instance) (rate(cpu_seconds_total{mode!="idle"}[2m])) > 0.3 or temp < 18
((temp))
+temp
holt_winters(temp[10m], 0.3, 0.7)
holt_winters(cpu_seconds_total[5m], scalar(info{instance="a"}) / 2, 0.1)
sin(temp)
cos(temp)
tan(temp)
asin(temp / 40)
acos(temp / 40)
atan(temp)
sinh(temp / 10)
cosh(temp / 10)
tanh(temp / 10)
asinh(temp)
acosh(temp)
atanh(temp / 40)
acos(temp)
deg(temp)
rad(temp)
year(special)
year(vector(NaN)) + month(vector(NaN)) + day_of_month(vector(NaN)) + hour(vector(NaN)) + minute(vector(NaN)) + day_of_year(vector(NaN)) + days_in_month(vector(NaN)) + day_of_week(vector(NaN))
year(vector(-1e17)) + month(vector(1e17)) + day_of_month(vector(-12345678901234)) + hour(vector(-1)) + minute(vector(-61)) + day_of_year(vector(-1e12)) + day_of_week(vector(-1))
histogram_count(latency_bucket)
histogram_sum(temp)
histogram_fraction(0, 1, temp)
""".strip().splitlines()

ERRORS = ["temp * on(instance) cpu_seconds_total", "cpu_seconds_total * on(instance) temp", "cpu_seconds_total * on(instance) group_left cpu_seconds_total",
          "label_replace(temp, \"1x\", \"y\", \"room\", \".*\")", "label_replace(cpu_seconds_total, \"mode\", \"x\", \"mode\", \".*\")", "topk(1e30, temp)", "holt_winters(temp[5m], 1, 0.5)", "holt_winters(temp[5m], 0.5, -1)"]
PARSE_ERRORS = ["", "sum(", "temp{", "rate(temp)", "foo(temp)", "temp[5m] + 1", "1 > 2", "1 and 2", "temp{a=~\"(\"}", "temp offset", "temp[0s]", "\"a\" + 1", "sum by (temp", "count_values(1, temp)"]


def ask(base, path, **params):
    answer = requests.post(base + "/api/v1/" + path, data=params, timeout=60)
    return answer.status_code, answer.json()


def same_number(ours, theirs):
    a, b = float(ours), float(theirs)
    return ours == theirs or (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def assert_same(query, ours, theirs, ordered=False):
    assert ours["status"] == "success" and theirs["status"] == "success", (query, ours, theirs)
    ours, theirs = ours["data"], theirs["data"]
    assert ours["resultType"] == theirs["resultType"], query
    if ours["resultType"] == "scalar":
        assert ours["result"][0] == theirs["result"][0] and same_number(ours["result"][1], theirs["result"][1]), (query, ours, theirs)
        return
    key = lambda series: json.dumps(series["metric"], sort_keys=True)
    left, right = ours["result"], theirs["result"]
    if not ordered:
        left, right = sorted(left, key=key), sorted(right, key=key)
    assert [key(s) for s in left] == [key(s) for s in right], query
    for a, b in zip(left, right):
        our_samples, their_samples = (s.get("values") or [s["value"]] for s in (a, b))
        assert [t for t, _ in our_samples] == [t for t, _ in their_samples], (query, a["metric"])
        for (t, x), (_, y) in zip(our_samples, their_samples):
            assert same_number(x, y), (query, a["metric"], t, x, y)


@pytest.mark.parametrize("query", QUERIES)
def test_instant_and_range_answers_are_prometheus_own(engines, query):
    ours, theirs = engines
    ordered = query.startswith(("sort", "topk(2", "bottomk"))
    for time in (START + 1800, START + 1807.5, START + STEPS * INTERVAL + 200, START - 1000):
        assert_same(query, ask(ours, "query", query=query, time=time)[1], ask(theirs, "query", query=query, time=time)[1], ordered and "topk" not in query)
    span = {"start": START - 60, "end": START + STEPS * INTERVAL + 400, "step": 37}
    assert_same(query, ask(ours, "query_range", query=query, **span)[1], ask(theirs, "query_range", query=query, **span)[1])


@pytest.mark.parametrize("query", ERRORS + PARSE_ERRORS)
def test_errors_have_prometheus_status_and_type(engines, query):
    ours, theirs = engines
    (our_status, our_body), (their_status, their_body) = (ask(base, "query", query=query, time=START + 1800) for base in engines)
    assert (our_status, our_body["status"], our_body["errorType"]) == (their_status, their_body["status"], their_body["errorType"]), (our_body, their_body)
    if query in ERRORS:
        # The two name the duplicate's members in an order of their own.
        assert our_body["error"].split("[")[0] == their_body["error"].split("[")[0]


def test_matrix_and_string_instant_queries(engines):
    for query in ("temp[2m]", "temp[2m] offset 1m", "rate(cpu_seconds_total[1m])[3m:30s]"):
        assert_same(query, *(ask(base, "query", query=query, time=START + 1800)[1] for base in engines))
    assert [ask(base, "query", query='"text"', time=START)[1]["data"] for base in engines][0] == {"resultType": "string", "result": [START, "text"]}


BAD_RANGES = [{"start": 2, "end": 1, "step": 1}, {"start": 1, "end": 2, "step": 0}, {"start": 1, "end": 2, "step": "x"}, {"start": "x", "end": 2, "step": 1}, {"start": 0, "end": 11001, "step": 1},
              {"start": 0, "end": 11000, "step": 1}, {"end": 2, "step": 1}, {"start": 1, "end": 2, "step": 1, "query": "temp[5m]"}]


@pytest.mark.parametrize("params", BAD_RANGES)
def test_range_parameters_are_checked_alike(engines, params):
    ours, theirs = (ask(base, "query_range", **{"query": "1", **params}) for base in engines)
    assert ours[0] == theirs[0]
    if ours[0] != 200:
        assert ours[1]["errorType"] == theirs[1]["errorType"] and ours[1]["error"] == theirs[1]["error"]


def test_metadata_answers_alike(engines):
    span = {"start": START, "end": START + 3600}
    for path, params in [("labels", span), ("labels", {**span, "match[]": "temp"}), ("series", {**span, "match[]": "temp"}), ("series", {"match[]": ["temp", 'info{instance="a"}'], **span})]:
        ours, theirs = (requests.get(f"{base}/api/v1/{path}", params=params, timeout=20).json() for base in engines)
        order = lambda data: sorted(data, key=lambda item: json.dumps(item, sort_keys=True))
        assert order(ours["data"]) == order(theirs["data"]), path
    for name in ("instance", "__name__", "le", "nothing"):
        ours, theirs = (requests.get(f"{base}/api/v1/label/{name}/values", params=span, timeout=20).json() for base in engines)
        assert ours["data"] == theirs["data"], name
    for path in ("series", "label/1x/values", "label/a-b/values"):
        ours, theirs = (requests.get(f"{base}/api/v1/{path}", timeout=20) for base in engines)
        assert (ours.status_code, ours.json()) == (theirs.status_code, theirs.json())
