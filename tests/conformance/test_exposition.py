"""Corner cases of metrics pages: accepted or refused as the real Prometheus does, with the same series and values."""

import json
import time

import requests
from support.processes import free_port, wait_until
from support.targets import http_target

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"

TEXT_PAGES = [
    "", "\n\n", "a 1", "a 1\n", "a 1\n\n", " a 1\n", "\ta\t1\t\n", "a  1\n", "a 1 \n", "a{} 1\n", "a{ } 1\n", "a{b=\"c\"} 1\n", "a{b=\"c\",} 1\n",
    "a{b=\"c\",,} 1\n", "a{,b=\"c\"} 1\n", "a{,} 1\n", "a{b=\"c\" , d=\"e\"} 1\n", "a {b=\"c\"} 1\n", "a{ b = \"c\" } 1\n", "a{b=\"c\"}1\n", "a{b='c'} 1\n", "a{b=c} 1\n", "a{b} 1\n",
    "a{b=\"\"} 1\n", "a{b=\"c\\\"d\"} 1\n", "a{b=\"c\\\\\"} 1\n", "a{b=\"c\\nd\"} 1\n", "a{b=\"c\\xd\"} 1\n", "a{b=\"c\nd\"} 1\n", "a{b=\"c} 1\n", "a{b=\"c\" 1\n", "a{b=\"}\"} 1\n", "a{b=\"#\"} 1\n",
    "a{b=\"1\",b=\"2\"} 1\n", "a{b=\"1\",b=\"1\"} 1\n", "a{0b=\"1\"} 1\n", "a{b:c=\"1\"} 1\n", "a{__name__=\"x\"} 1\n", "{a=\"b\"} 1\n", "a:b:c 1\n", ":a 1\n", "0a 1\n", "a-b 1\n", "a.b 1\n", "é 1\n",
    "a{b=\"é\"} 1\n", "a +1\n", "a -1\n", "a .5\n", "a 5.\n", "a 1e3\n", "a 1E3\n", "a 1e\n", "a 0x10\n", "a 0x1p4\n", "a 0x\n", "a 1_000\n", "a 0b1\n", "a 1,5\n", "a nan\n", "a NaN\n", "a -NaN\n", "a +NaN\n",
    "a Inf\n", "a +Inf\n", "a -Inf\n", "a inf\n", "a infinity\n", "a Infinit\n", "a 1e400\n", "a -1e400\n", "a 1e-400\n", "a 123456789012345678901234567890\n", "a 0.1234567890123456789\n",
    "a\n", "a \n", "a b\n", "a 1 2 3\n", "a 1 1.5\n", "a 1 1e3\n", "a 1 -5\n", "a 1 x\n", "a 1 # x\n", "a 1 99999999999999999999\n", "a 1\nb\n", "a 1\nb 2", "a 1\r\n", "\ufeffa 1\n",
    "# HELP\na 1\n", "# HELP a\na 1\n", "# HELP a help\na 1\n", "# TYPE\na 1\n", "# TYPE a\na 1\n", "# TYPE a counter\na 1\n", "# TYPE a nonsense\na 1\n", "# TYPE a counter x\na 1\n", "#TYPE a counter\na 1\n",
    "#\na 1\n", "# \na 1\n", "#comment\na 1\n", "# EOF\na 1\n", "a 1\n# EOF\n", "# TYPE a counter\n# TYPE a gauge\na 1\n", "# UNIT a seconds\na 1\n", "# HELP a \\n\\\\ \\x\na 1\n", "#HELP a x\na 1\n", "# HELP a  two\na 1\n",
    "# TYPE 0a counter\na 1\n", "# HELP 0a x\na 1\n", "#  TYPE   a   gauge  \na 1\n", "# type a gauge\na 1\n",
    "a 1\na 1\n", "a 1\na 2\n", "a{b=\"1\"} 1\na{b=\"2\"} 2\n", "b 1\na 1\n", "# only a comment\n", "# HELP a bad \xff\na 1\n",
    "a_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 3\na_count 2\n", "a{le=\"0.10\"} 1\n", "a{b=\"" + "x" * 10000 + "\"} 1\n", "a" * 5000 + " 1\n", "a{" + ",".join(f"l{i}=\"{i}\"" for i in range(200)) + "} 1\n",
    " \n", "a 1\n \nb 2\n", "#  TYPE a gauge\na 1\n", "# TYPE  a gauge\na 1\n", "# TYPE a  gauge\na 1\n", "# TYPE a gauge \na 1\n", "# HELP \na 1\n", "# HELP a-b x\na 1\n", "#\tHELP\ta\tx\na 1\n", "a 1 5 \n", "a 1 05\n",
    "a{b=\"c\" d=\"e\"} 1\n", "a{b=\"c\"\n} 1\n", "a{b\n=\"c\"} 1\n", "a{__name__=\"a\"} 1\n",
    "a\0 1\n", "a{b=\"\0\"} 1\n", "a 1\0\n", "a{b=\"c\"}} 1\n", "a}b 1\n", "a{{b=\"c\"} 1\n", "a\"b\" 1\n", "a{b=\"c\"d=\"e\"} 1\n", "a{b=\"c\";d=\"e\"} 1\n", "a=1\n", "a{b==\"c\"} 1\n",
]

OPENMETRICS_PAGES = [
    "# EOF\n", "# EOF", "", "a 1\n", "a 1\n# EOF\n", "a 1\n# EOF", "a 1\n# EOF\n\n", "a 1\n# EOF\nb 1\n", "a 1\n#EOF\n", "a 1\n# EOF \n", "\na 1\n# EOF\n", "a 1\n\n# EOF\n", " a 1\n# EOF\n", "a  1\n# EOF\n", "a 1 \n# EOF\n",
    "a{} 1\n# EOF\n", "a{b=\"c\"} 1\n# EOF\n", "a{b=\"c\",} 1\n# EOF\n", "a{b=\"c\", d=\"e\"} 1\n# EOF\n", "a {b=\"c\"} 1\n# EOF\n", "a{b=\"c\"}1\n# EOF\n", "a{b=\"c\\\"\"} 1\n# EOF\n", "a{b=\"c\\x\"} 1\n# EOF\n",
    "a 1 1\n# EOF\n", "a 1 1.5\n# EOF\n", "a 1 1e3\n# EOF\n", "a 1 -1\n# EOF\n", "a 1 NaN\n# EOF\n", "a 1 Inf\n# EOF\n", "a 1 x\n# EOF\n", "a nan\n# EOF\n", "a 0x10\n# EOF\n", "a 1_0\n# EOF\n",
    "# TYPE a counter\na_total 1\n# EOF\n", "# TYPE a counter\na 1\n# EOF\n", "# TYPE a gauge\na 1\n# EOF\n", "# TYPE a unknown\na 1\n# EOF\n", "# TYPE a untyped\na 1\n# EOF\n", "# TYPE a info\na_info{b=\"c\"} 1\n# EOF\n",
    "# TYPE a stateset\na{a=\"b\"} 1\n# EOF\n", "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\n# EOF\n", "# TYPE a nonsense\na 1\n# EOF\n", "# HELP a help\na 1\n# EOF\n", "# HELP a\na 1\n# EOF\n", "# UNIT a_seconds seconds\na_seconds 1\n# EOF\n",
    "# UNIT a seconds\na 1\n# EOF\n", "# UNIT a\na 1\n# EOF\n", "# comment\na 1\n# EOF\n", "#\na 1\n# EOF\n", "# TYPE a counter \na_total 1\n# EOF\n", "#TYPE a counter\na_total 1\n# EOF\n", "#  TYPE a counter\na_total 1\n# EOF\n",
    "a_total 1 # {id=\"x\"} 2\n# EOF\n", "a_total 1 # {id=\"x\"} 2 3\n# EOF\n", "a_total 1 5 # {id=\"x\"} 2 3\n# EOF\n", "a_total 1 # {} 2\n# EOF\n", "a_total 1 # {id=\"x\"}\n# EOF\n", "a_total 1 # 2\n# EOF\n", "a_total 1 # {id=\"x\"} y\n# EOF\n",
    "a_total 1 #{id=\"x\"} 2\n# EOF\n", "a_total 1 # {id=\"x\"} 2 y\n# EOF\n", "a_total 1 # {id=\"" + "x" * 200 + "\"} 2\n# EOF\n", "a_total 1 # {id=\"x\",id=\"y\"} 2\n# EOF\n", "a_total 1# {id=\"x\"} 2\n# EOF\n",
    "a{b=\"c\"d=\"e\"} 1\n# EOF\n", "a{b=\"c\nd\"} 1\n# EOF\n", "a{__name__=\"a\"} 1\n# EOF\n", "a{,} 1\n# EOF\n", "# HELP a \na 1\n# EOF\n", "# TYPE a \na 1\n# EOF\n", "# UNIT a_s \na 1\n# EOF\n", "# HELP 0a x\na 1\n# EOF\n",
    "a 1 2 # {id=\"x\"} 3 \n# EOF\n", "a 1 2  # {id=\"x\"} 3\n# EOF\n", "a 1 2 3\n# EOF\n", "a 1 0x5\n# EOF\n", "a{ b=\"c\"} 1\n# EOF\n", "# HELP a-b x\na 1\n# EOF\n",
    "a{b=\"\xff\"} 1\n# EOF\n", "a 1\r\n# EOF\r\n", "a\t1\n# EOF\n", "a 1\na 2\n# EOF\n", "a 1 2\na 2 1\n# EOF\n", "a 1 1\na 2 2\n# EOF\n", "a_created 5\n# EOF\n",
]

CASES = [(TEXT, page) for page in TEXT_PAGES] + [(OPENMETRICS, page) for page in OPENMETRICS_PAGES]


def results(base):
    found = {}
    for series in requests.get(base + "/api/v1/query", params={"query": '{job=~"case-.*",__name__!~"scrape_.*|ALERTS|instance:.*"}'}, timeout=20).json()["data"]["result"]:
        labels = dict(series["metric"])
        job = labels.pop("job")
        labels.pop("instance")
        found.setdefault(job, []).append((json.dumps(labels, sort_keys=True), series["value"][1]))
    return {job: sorted(values) for job, values in found.items()}


def test_pages_are_taken_as_prometheus_takes_them(analyzer, peer, tmp_path):
    def serve(request):
        content_type, page = CASES[int(request.path.rsplit("/", 1)[1])]
        body = page.encode("utf-8" if "\xff" not in page else "latin-1")
        request.send_response(200)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with http_target(serve) as port:
        config = {"global": {"scrape_interval": "5s", "scrape_timeout": "5s"}, "scrape_configs": [
            {"job_name": f"case-{i}", "metrics_path": f"/{i}", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for i in range(len(CASES))]}
        ours = analyzer(config)
        (tmp_path / "prometheus.yml").write_text(json.dumps(config))
        prometheus_port = free_port()
        peer(["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--web.listen-address=127.0.0.1:{prometheus_port}", f"--storage.tsdb.path={tmp_path / 'tsdb'}"],
             f"http://127.0.0.1:{prometheus_port}/-/ready")
        theirs = f"http://127.0.0.1:{prometheus_port}"
        wait_until(lambda: len(results(theirs)) == len(CASES) and len(results(ours.url())) == len(CASES), 40, "a scrape of every page by both")

        def find_differences():
            mine, real = results(ours.url()), results(theirs)
            return [f"{CASES[i][1][:80]!r}: ours {mine.get(f'case-{i}')}, Prometheus {real.get(f'case-{i}')}" for i in range(len(CASES)) if mine.get(f"case-{i}") != real.get(f"case-{i}")]

        # A busy machine may let a single scrape time out.
        for _ in range(8):
            differences = find_differences()
            if not differences:
                break
            time.sleep(5)
        assert not differences, f"{len(differences)} differences\n" + "\n".join(differences)


