"""Textfiles as node_exporter publishes them: whatever is in the directory, both pages are the same but for what is told here."""

import os

import pytest
from conformance.test_exporter_fixtures import page
from support.processes import free_port

FLAGS = ["--collector.disable-defaults", "--collector.textfile", "--collector.loadavg"]

HISTOGRAM = '# TYPE h histogram\nh_bucket{le="5"} 2\nh_bucket{le="1"} 1\nh_sum 3\nh_count 2\n'

#: Contents of x.prom.
FILES = {
    "plain": "a 1\n", "empty": "", "comment": "# x\n", "no end": "a 1", "no end of comment": "a 1\n# x", "blanks at the end": "a 1\n  ", "CRLF": "a 1\r\n", "timestamp": "a 1 1000\n", "blank after value": "a 1 \n",
    "help twice": "# HELP a one\n# HELP a two\na 1\n", "type twice": "# TYPE a gauge\n# TYPE a gauge\na 1\n", "type after": "a 1\n# TYPE a gauge\n", "help without text": "# HELP a\na 1\n", "type without type": "# TYPE a\na 1\n",
    "no blank in comment": "#HELP a x\n#\n# foo bar\na 1\n", "type in capitals": "# TYPE a GaUge\na 1\n", "type and blank": "# TYPE a gauge \na 1\n", "untyped": "# TYPE a untyped\na 1\n", "type of OpenMetrics": "# TYPE a unknown\na 1\n",
    "without samples": "# HELP a x\n# TYPE a gauge\n", "help of a part": "# TYPE h summary\n# HELP h_sum x\nh_sum 1\n", "escaped help": '# HELP a x\\\\y\\nz "q"\na 1\n', "bad escape in help": "# HELP a \\z\na 1\n",
    "bad name": "1a 1\n", "colon": "a:b 1\n", "other letters": "é 1\n", "NUL": "a 1\n\0\n", "bad value": "a x\n", "values": "a NaN\nb +Inf\nc -Inf\nd nan\ne inf\nf 1e-3\ng 0\n", "hexadecimal": "a 0x1p3\n", "underscore": "a 1_000\n",
    "too large": "a 1e400\n", "value at the name": "a-1\n", "spaces": '  a  {  x  =  "1"  ,  y = "2" }   1\n', "tab": "a\t1\n", "exemplar": 'a 1 # {x="1"} 1\n',
    "labels": 'a{x="1"} 1\na{y="1"} 2\na 3\n', "interleaved": 'a{x="1"} 1\nb 1\na{x="2"} 1\n', "escapes": 'a{x="a\\"b\\\\c\\nd"} 1\n', "bad escape": 'a{x="\\z"} 1\n', "line break in value": 'a{x="b\nc"} 1\n', "no comma": 'a{x="1" y="2"} 1\n',
    "comma at the end": 'a{x="1",} 1\n', "two commas": 'a{x="1",,} 1\n', "comma first": 'a{,x="1"} 1\n', "label twice": 'a{x="1",x="2"} 1\n', "name as label": 'a{__name__="b"} 1\n', "letters in value": 'a{x="é💩"} 1\n',
    "le of a gauge": '# TYPE a gauge\na{le="1"} 1\na{quantile="2"} 1\n', "empty value": 'a{x=""} 1\n', "bytes in value": b'a{x="\xff"} 1\n',
    "histogram": HISTOGRAM, "histogram with infinity": HISTOGRAM + 'h_bucket{le="+Inf"} 2\n', "histogram of a sum": "# TYPE h histogram\nh_sum 3\n", "histogram of a value": "# TYPE h histogram\nh 1\n",
    "histogram with labels": '# TYPE h histogram\nh_bucket{a="1",le="1"} 1\nh_sum{a="1"} 3\nh_bucket{b="1",le="1"} 1\nh_count{b="1"} 2\n', "bad le": '# TYPE h histogram\nh_bucket{le="x"} 1\n', "bucket twice": HISTOGRAM + 'h_bucket{le="1"} 2\n',
    "le twice": '# TYPE h histogram\nh_bucket{le="1",le="2"} 1\n', "counts": "# TYPE h histogram\n" + "".join(f'h_bucket{{le="{i}"}} {value}\n' for i, value in enumerate(("1.9", "-1", "NaN", "1e30", "-1e30", "1e19", "+Inf", "-Inf", "9.3e18"))) + 'h_bucket{le="NaN"} 4\nh_count -2.5\n',
    "parts without type": "h_sum 1\nh_count 2\n", "summary": '# TYPE s summary\ns{quantile="0.9"} 1\ns{quantile="0.5"} 2\ns_sum 3\ns_count 2\n', "bad quantile": '# TYPE s summary\ns{quantile="x"} 1\n', "summary without": "# TYPE s summary\ns 3\n",
    "bucket of a summary": '# TYPE s summary\ns_bucket{le="1"} 1\ns_count 5\n', "quantile of a histogram": '# TYPE h histogram\nh_bucket{le="1",quantile="2"} 1\n',
}

#: Where node_exporter logs an error at every scrape and says nothing on its page, this exporter tells of it on the page too, once in the log.
TOLD = {
    "twice": {"x.prom": "a 1\na 2\nb 3\n"},
    "twice but for an empty label": {"x.prom": 'a{x=""} 1\na 2\n'},
    "twice in two files": {"x.prom": "a 1\n", "y.prom": "a 2\nb 1\n"},
    "two types": {"x.prom": "# TYPE a gauge\na 1\n", "y.prom": '# TYPE a counter\na{x="1"} 2\nb 1\n'},
    "type and none": {"x.prom": "# TYPE a gauge\na 1\n", "y.prom": 'a{x="1"} 2\n'},
}


class Pair:
    """Both exporters on one directory."""

    def __init__(self, exporter, peer, directory):
        flags = [*FLAGS, f"--collector.textfile.directory={directory}"]
        port = free_port()
        peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/")
        self.ours = exporter(*flags).url("/metrics")
        self.theirs = f"http://127.0.0.1:{port}/metrics"

    def pages(self):
        return [{line for line in page(url) if "node_load" not in line} for url in (self.ours, self.theirs)]


def fill(directory, files):
    directory.mkdir(exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    for name, content in files.items():
        (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(directory / name, (1600000000, 1600000000))


def test_files_are_read_as_node_exporter_reads_them(exporter, peer, tmp_path):
    directory = tmp_path / "text"
    pair = Pair(exporter, peer, directory)
    for name, content in FILES.items():
        fill(directory, {"x.prom": content})
        ours, theirs = pair.pages()
        assert ours == theirs, name
    fill(directory, {"x.prom": 'a{f="1"} 1\nbad', "y.prom": 'a{g="2"} 2\n', ".z.prom": 'a{g="3"} 3\n', ".prom": "b 1\n", "z.txt": "c 1\n"})
    ours, theirs = pair.pages()
    assert ours == theirs and 'a{g="3"} 3' in ours and "node_textfile_scrape_error 1" in ours


def test_contradictions_cost_what_they_cost_there_and_are_told(exporter, peer, tmp_path):
    directory = tmp_path / "text"
    pair = Pair(exporter, peer, directory)
    for name, files in TOLD.items():
        fill(directory, files)
        ours, theirs = pair.pages()
        assert ours - theirs == {"node_textfile_scrape_error 1"}, name
        assert theirs - ours == {"node_textfile_scrape_error 0"}, name


@pytest.mark.parametrize("pattern", ["/", "/./d", "/x.prom", "/none", "/*", "/[de]", "/[^d]", "/[!d]", "/*/", "/z*", "/[d", "/[x]", "/\\d", "/d/../e", ""])
def test_directories_are_found_as_there(exporter, peer, tmp_path, pattern):
    for directory in ("d", "e", "[x]"):
        fill(tmp_path / directory, {"x.prom": f'a{{in="{directory}"}} 1\n'})
    (tmp_path / "x.prom").write_text("b 1\n")
    ours, theirs = Pair(exporter, peer, f"{tmp_path}{pattern}").pages()
    assert ours == theirs


def test_what_ends_node_exporter_or_its_page_costs_itself(exporter, tmp_path):
    """There a reserved label name is a panic, and another type, help or sample of what it publishes itself takes that off the page."""
    directory = tmp_path / "text"
    run = exporter(*FLAGS, f"--collector.textfile.directory={directory}")
    fill(directory, {
        "label.prom": 'a{__x="b"} 1\nb 2\n', "type.prom": "# TYPE c gauge_histogram\nc 1\n", "load.prom": "# TYPE node_load1 counter\nnode_load1 77\nd 4\n",
        "own.prom": 'node_textfile_scrape_error 77\nnode_textfile_mtime_seconds{file="z"} 77\nnode_scrape_collector_success{collector="loadavg"} 77\nprocess_cpu_seconds_total 77\nnode_exporter_build_info 77\npromhttp_metric_handler_requests_in_flight 77\ne 5\n',
        "parts.prom": '# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\n', "parts_again.prom": 'h_bucket{le="1"} 77\nh_sum 77\nf 6\n'})
    for accept in ("text/plain", "application/openmetrics-text"):
        text = run.metrics(accept=accept)
        assert "node_textfile_scrape_error 1\n" in text and " 77\n" not in text
        for expected in ("b 2", "d 4", "e 5", "f 6", 'h_bucket{le="1"} 1'):
            assert f"\n{expected}\n" in text, expected
    for path in ("label.prom", "type.prom", "load.prom", "own.prom", "parts_again.prom"):
        assert str(directory / path) in run.log()


def test_much_is_refused(exporter, tmp_path):
    run = exporter(*FLAGS, f"--collector.textfile.directory={tmp_path}")
    (tmp_path / "a.prom").write_text("a 1\n")
    with open(tmp_path / "huge.prom", "wb") as file:
        file.truncate(1 << 30)
    os.mkfifo(tmp_path / "pipe.prom")
    for i in range(5):
        (tmp_path / f"many{i}.prom").write_bytes(b"# x\n" * (15 << 18))
    text = run.metrics()
    assert "\na 1\n" in text and "node_textfile_scrape_error 1" in text
    read = [line for line in text.splitlines() if line.startswith("node_textfile_mtime_seconds{")]
    assert len([line for line in read if "many" in line]) == 4 and not any("huge" in line for line in read)
