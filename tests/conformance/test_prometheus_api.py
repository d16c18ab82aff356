"""Parts of the Prometheus HTTP API beside queries, answered as a real Prometheus does."""

import json
import subprocess
import time

import pytest
import requests
from support.processes import BIN, Analyzer, Process, Prometheus, free_port, scrape_config, wait_until


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """Both with the same samples of the last minutes."""
    tmp = tmp_path_factory.mktemp("api")
    now = int(time.time())
    lines = [f'{name}{{{labels}}} {i * 1.5} {now - 300 + 15 * i}' for name, labels in (("fresh", 'instance="a",path="q\\"\\\\n"'), ("fresh", 'job="x"'), ("other:sum", "")) for i in range(18)]
    (tmp / "data.om").write_text("\n".join(lines) + f'\nstale{{a="b"}} 1 {now - 700}\n# EOF\n')
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", tmp / "data.om", tmp / "tsdb"], check=True, capture_output=True, timeout=60)
    subprocess.run([BIN / "tidemark-analyzer", "import", tmp / "data.om", "--storage.path", tmp / "data"], check=True, timeout=60)
    prometheus = Prometheus(tmp, data=tmp / "tsdb")
    ours = Analyzer(tmp, json.dumps({**scrape_config({}), "rule_files": []}))
    yield ours.url(), prometheus.url()
    ours.stop()
    prometheus.stop()


@pytest.mark.parametrize("selectors", [["fresh"], ['{__name__=~"fresh|other:sum"}', 'fresh{job="x"}'], ["stale"], ["nothing"], []])
def test_federation(engines, selectors):
    pages = [requests.get(base + "/federate", params={"match[]": selectors}, timeout=20) for base in engines]
    assert [page.status_code for page in pages] == [200, 200]
    ours, theirs = (page.text.splitlines() for page in pages)
    if "fresh" in selectors:
        assert len(theirs) == 3
    assert ours == theirs
    assert "text/plain; version=0.0.4" in pages[0].headers["Content-Type"]


def test_federation_of_odd_selectors(engines):
    for selector, status in (("fresh{", 400), ("{}", 200), ('fresh{__name__="fresh"}', 200)):
        assert [requests.get(base + "/federate", params={"match[]": selector}, timeout=20).status_code for base in engines] == [status] * 2


@pytest.mark.parametrize("path", ["alertmanagers", "alerts", "rules?type=none", "query_exemplars?query=fresh", "query_exemplars?query=fresh{", "query_exemplars?query=fresh&start=2&end=1", "query_exemplars?query=fresh&start=x",
                                  "query?query=1&time=x", "labels?start=x", "labels?end=y", "series?match[]=fresh&start=x", "label/job/values?end=x", "query_range?query=1&start=x&end=2&step=1",
                                  "query_range?query=1&start=1&end=y&step=1", "query?query=1&time=1&timeout=x",
                                  *(f"{path}?match[]={selector}" for path in ("series", "labels", "label/job/values") for selector in ("{}", '{job=""}', "fresh&match[]={}", 'fresh{__name__="fresh"}', "fresh{"))])
def test_answers_are_prometheus_own(engines, path):
    (our_status, ours), (their_status, theirs) = ((answer.status_code, answer.json()) for answer in (requests.get(f"{base}/api/v1/{path}", timeout=20) for base in engines))
    assert our_status == their_status
    assert ours == theirs


def test_store_status_has_prometheus_shape(engines):
    ours, theirs = (requests.get(base + "/api/v1/status/tsdb", timeout=20).json()["data"] for base in engines)
    assert list(ours) == list(theirs) and list(ours["headStats"]) == list(theirs["headStats"])
    assert {"name": "fresh", "value": 2} in ours["seriesCountByMetricName"]
    assert {"name": "__name__=fresh", "value": 2} in ours["seriesCountByLabelValuePair"]


@pytest.fixture(scope="module")
def scrapers(tmp_path_factory):
    """Both scrape the same node_exporter."""
    tmp = tmp_path_factory.mktemp("scrapers")
    target_port = free_port()
    target = Process(tmp, ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{target_port}"], "node_exporter")
    target.wait_ready(f"http://127.0.0.1:{target_port}/metrics")
    config = scrape_config({"node": target_port})
    prometheus = Prometheus(tmp, config)
    ours = Analyzer(tmp, config)
    bases = ours.url(), prometheus.url()
    for base in bases:
        wait_until(lambda: requests.get(base + "/api/v1/metadata", timeout=20).json()["data"], what="metadata")
    yield bases
    ours.stop()
    prometheus.stop()
    target.stop()


@pytest.mark.parametrize("path", ["metadata", "metadata?metric=node_cpu_seconds_total", "metadata?metric=nothing", "metadata?limit=x", "metadata?limit=0", "targets/metadata", "targets/metadata?metric=go_goroutines",
                                  'targets/metadata?match_target={job="node"}&metric=node_load1', 'targets/metadata?match_target={job="other"}', "targets/metadata?limit=0", "targets/metadata?limit=1.5"])
def test_metadata(scrapers, path):
    (our_status, ours), (their_status, theirs) = ((answer.status_code, answer.json()) for answer in (requests.get(f"{base}/api/v1/{path}", timeout=20) for base in scrapers))
    assert our_status == their_status
    order = lambda data: sorted(data, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(data, list) else data
    assert order(ours.pop("data", None)) == order(theirs.pop("data", None))
    assert ours == theirs


def test_limited_metadata(scrapers):
    sizes = lambda path: [len(requests.get(f"{base}/api/v1/{path}", timeout=20).json()["data"]) for base in scrapers]
    assert sizes("metadata?limit=3") == [3, 3]
    ours, theirs = sizes("targets/metadata?limit=3")
    assert ours == theirs > 100, "a limit of targets"


def test_status_of_configuration_and_process(scrapers, tmp_path):
    ours, theirs = ({name: requests.get(f"{base}/api/v1/status/{name}", timeout=20).json()["data"] for name in ("config", "flags", "runtimeinfo")} for base in scrapers)
    assert set(theirs["runtimeinfo"]) - set(ours["runtimeinfo"]) == {"goroutineCount", "GOMAXPROCS", "GOGC", "GODEBUG"} and set(ours["runtimeinfo"]) <= set(theirs["runtimeinfo"])
    assert ours["runtimeinfo"]["reloadConfigSuccess"] is True and ours["runtimeinfo"]["storageRetention"] == "1d"
    assert ours["flags"]["query.lookback-delta"] == theirs["flags"]["query.lookback-delta"] == "5m" and "storage.path" in ours["flags"]
    assert "job_name: node" in theirs["config"]["yaml"] and "job_name" in ours["config"]["yaml"]


def test_secrets_are_not_shown(analyzer):
    jobs = scrape_config({"a": 1}, basic_auth={"username": "me", "password": "hunter2"}, proxy_url="http://me:hunter3@127.0.0.1:1")
    run = analyzer(config=jobs)
    text = run.get("/api/v1/status/config").json()["data"]["yaml"]
    assert "hunter" not in text and "<secret>" in text and "me:xxxxx@" in text and "username: me" in text.replace('"', "")
    run.write_config("scrape_configs: 5")
    assert requests.post(run.url("/-/reload"), timeout=20).status_code != 200
    assert run.get("/api/v1/status/runtimeinfo").json()["data"]["reloadConfigSuccess"] is False
    assert run.get("/api/v1/status/config").json()["data"]["yaml"] == text, "the configuration that is in force"


CORS = ("Access-Control-Allow-Headers", "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")


def test_pages_of_other_origins(scrapers):
    for method, path in (("GET", "query?query=1"), ("POST", "query?query=1"), ("GET", "query?query=("), ("GET", "status/buildinfo"), ("GET", "label/job/values"), ("OPTIONS", "query"), ("OPTIONS", "label/job/values")):
        for headers in ({"Origin": "http://grafana.example"}, {}):
            ours, theirs = (requests.request(method, f"{base}/api/v1/{path}", headers=headers, timeout=20) for base in scrapers)
            assert ours.status_code == theirs.status_code
            assert {name: ours.headers.get(name) for name in CORS} == {name: theirs.headers.get(name) for name in CORS}, (method, path, headers)
    changes = requests.options(scrapers[0] + "/api/v1/performance/thresholds", headers={"Origin": "http://grafana.example"}, timeout=20)
    assert not any(name in changes.headers for name in CORS), "a page of another origin may not change thresholds"
    big = requests.get(scrapers[0] + "/api/v1/metadata", headers={"Origin": "http://grafana.example", "Accept-Encoding": "gzip"}, timeout=20)
    assert big.headers["Content-Encoding"] == "gzip" and "Origin" in big.headers["Vary"] and "Accept-Encoding" in big.headers["Vary"]


def test_origins_can_be_chosen(analyzer):
    run = analyzer(flags=[r"--web.cors.origin=https?://grafana\.example"])
    allowed = lambda origin: run.get("/api/v1/query", params={"query": "1"}, headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")
    assert allowed("https://grafana.example") == "https://grafana.example"
    assert allowed("https://grafana.example.org") is None


@pytest.mark.parametrize("path", ["query?query=fresh", "query?query=rate(fresh[5m])", "query?query=sum(rate(fresh[2m])) / count(fresh)", "query?query=fresh[5m]", "query?query=1", "query_range?query=fresh&step=20",
                                  "query_range?query=max_over_time(fresh[1m])&step=15", "query_range?query=sum(increase(fresh[3m]))&step=7"])
def test_statistics_of_queries(engines, path):
    end = time.time() - 20
    times = {"start": end - 120, "end": end} if "range" in path else {"time": end}
    ours, theirs = (requests.get(f"{base}/api/v1/{path}&stats=all", params=times, timeout=20).json()["data"] for base in engines)
    assert ours["stats"]["timings"].keys() == theirs["stats"]["timings"].keys()
    assert ours["stats"]["samples"].keys() == theirs["stats"]["samples"].keys()
    assert ours["stats"]["samples"]["totalQueryableSamples"] == theirs["stats"]["samples"]["totalQueryableSamples"]
    assert ours.pop("stats") and theirs.pop("stats") and ours == theirs


def test_how_far_a_query_looks_back(engines):
    """As later versions of Prometheus have it; 2.42 takes no notice."""
    at = int(time.time()) - 30
    ask = lambda path, **params: requests.get(f"{engines[0]}/api/v1/{path}", params={"query": "stale", **params}, timeout=20).json()
    # Its only sample is some 700 s old.
    for path, times in (("query", {"time": at}), ("query_range", {"start": at - 1, "end": at, "step": 1})):
        assert ask(path, **times)["data"]["result"] == ask(path, **times, lookback_delta="1m")["data"]["result"] == []
        assert ask(path, **times, lookback_delta="15m")["data"]["result"] and ask(path, **times, lookback_delta="900")["data"]["result"]
        assert ask(path, **times, lookback_delta="x")["errorType"] == "bad_data"


#: What Grafana's Prometheus data source asks: the health check, what it is, the query editor's lists, panels, alerts.
GRAFANA = [("POST", "query", {"query": "1+1", "time": "now"}), ("GET", "query", {"query": "1+1", "time": "now"}),
           ("GET", "labels", {"start": "begin", "end": "now"}), ("POST", "labels", {"start": "begin", "end": "now"}),
           ("GET", "labels", {"match[]": '{job="node"}', "start": "begin", "end": "now"}),
           ("GET", "label/__name__/values", {"start": "begin", "end": "now"}), ("GET", "label/__name__/values", {"match[]": '{job="node"}', "start": "begin", "end": "now"}),
           ("GET", "label/instance/values", {"match[]": "node_load1", "start": "begin", "end": "now"}), ("GET", "label/job/values", {}),
           ("GET", "series", {"match[]": "node_load1", "start": "begin", "end": "now"}), ("POST", "series", {"match[]": 'node_cpu_seconds_total{mode="idle"}', "start": "begin", "end": "now"}),
           ("GET", "metadata", {}), ("GET", "metadata", {"metric": "node_load1"}), ("GET", "metadata", {"limit": "0"}),
           ("POST", "query_range", {"query": "node_load1 > bool 1e9", "start": "begin", "end": "now", "step": "15"}),
           ("POST", "query_range", {"query": "count by (mode) (node_cpu_seconds_total) * 0", "start": "begin", "end": "now", "step": "15s"}),
           ("POST", "query", {"query": "node_uname_info", "time": "now"}), ("POST", "query", {"query": "rate(node_load1[", "time": "now"}),
           ("GET", "query_exemplars", {"query": "node_load1", "start": "begin", "end": "now"}), ("POST", "query_exemplars", {"query": "node_load1", "start": "begin", "end": "now"}),
           ("GET", "rules", {}), ("GET", "rules", {"type": "alert"}), ("GET", "alerts", {}), ("GET", "alertmanagers", {}), ("GET", "format_query", {"query": "sum(a)/b"})]


@pytest.mark.parametrize("call", range(len(GRAFANA)), ids=lambda at: f"{GRAFANA[at][0]}-{GRAFANA[at][1]}-{at}")
def test_what_grafana_asks(scrapers, call):
    method, path, params = GRAFANA[call]
    # On a second, as Grafana's times are, and late enough that both have scraped.
    for base in scrapers:
        wait_until(lambda: requests.get(f"{base}/api/v1/query?query=node_load1&time={time.time() - 2}", timeout=20).json()["data"]["result"], what="samples two seconds old")
    now = int(time.time()) - 1
    values = {name: {"now": now, "begin": now - 3600}.get(value, value) for name, value in params.items()}
    headers = {"Origin": "http://grafana.example", "Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {"Origin": "http://grafana.example"}
    ours, theirs = (requests.request(method, f"{base}/api/v1/{path}", **{"data" if method == "POST" else "params": values}, headers=headers, timeout=20) for base in scrapers)
    assert ours.status_code == theirs.status_code
    assert ours.headers["Content-Type"].split(";")[0] == theirs.headers["Content-Type"].split(";")[0] == "application/json"
    ours, theirs = ours.json(), theirs.json()
    if "error" in theirs:  # the parsers' words differ
        assert {**ours, "error": ""} == {**theirs, "error": ""} and ours["error"]
        return
    own = lambda text: any(part in text for part in ("ALERTS", "alert", "instance:", "service:", '"service"', "tidemark", "severity", "resource"))
    if path in ("rules", "alerts"):  # ours are shipped
        assert ours["data"].keys() == theirs["data"].keys() and ours["status"] == theirs["status"]
    elif isinstance(theirs["data"], list):
        order = lambda data: sorted(json.dumps(item, sort_keys=True) for item in data)
        assert [item for item in order(ours["data"]) if not own(item)] == [item for item in order(theirs["data"]) if not own(item)]
    elif path == "metadata":
        assert ours["data"].keys() == theirs["data"].keys()
    else:
        assert ours == theirs


def test_what_grafana_learns_of_the_server(scrapers):
    ours, theirs = (requests.get(base + "/api/v1/status/buildinfo", timeout=20).json() for base in scrapers)
    assert ours["status"] == theirs["status"] == "success" and set(theirs["data"]) <= set(ours["data"])
