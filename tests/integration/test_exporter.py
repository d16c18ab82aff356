"""The exporter as a user meets it: formats, filters, flags, pages, and clients that mean harm."""

import gzip
import socket
import subprocess
import threading
import time

import pytest
import requests
from bench.large_host import build
from support.processes import BIN, PATIENCE, free_port, wait_until


def test_formats_are_negotiated(exporter):
    run = exporter()
    text = run.get("/metrics")
    assert text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE node_cpu_seconds_total counter" in text.text and "# EOF" not in text.text
    open_metrics = run.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert open_metrics.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.text.endswith("# EOF\n") and "# TYPE node_cpu_seconds counter" in open_metrics.text
    raw = requests.get(run.url("/metrics"), headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10).raw.read()
    assert b"node_load1" in gzip.decompress(raw)
    plain = requests.get(run.url("/metrics"), headers={"Accept-Encoding": "identity"}, timeout=10)
    assert "Content-Encoding" not in plain.headers


def test_collectors_are_chosen_by_parameters(exporter):
    run = exporter()
    page = run.metrics("?collect[]=loadavg&collect[]=uname")
    assert 'node_scrape_collector_success{collector="loadavg"} 1' in page and "node_uname_info" in page and "node_cpu" not in page
    page = run.metrics("?exclude[]=cpu")
    assert "node_cpu_seconds_total" not in page and "node_load1" in page
    page = run.metrics("?collect[]=loadavg&collect[]=cpu&exclude[]=cpu")
    assert "node_cpu_seconds_total" not in page and "node_load1" in page
    assert run.get("/metrics?collect[]=bogus").status_code == 400


def test_flags_choose_collectors_and_path(exporter):
    run = exporter("--collector.disable-defaults", "--collector.loadavg", "--web.telemetry-path=/m", "--web.disable-exporter-metrics",
                   "--collector.netdev.device-exclude=", "--log.format=json")
    assert run.get("/metrics").status_code == 404
    page = run.get("/m").text
    assert "node_load1" in page and "node_cpu" not in page and "process_cpu" not in page
    assert '"msg":"listening"' in run.log()
    landing = run.get("/")
    assert landing.headers["Content-Type"].startswith("text/html") and 'href="/m"' in landing.text


def test_two_listen_addresses(exporter):
    other = free_port()
    run = exporter(f"--web.listen-address=127.0.0.1:{other}")
    for port in (run.port, other):
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).ok


def test_self_metrics_and_health(exporter):
    run = exporter()
    page = run.metrics()
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "promhttp_metric_handler_requests_total"):
        assert f"\n{name}" in page
    assert run.get("/-/healthy").ok and run.get("/-/ready").ok


@pytest.mark.parametrize("flags, message", [
    (["--collector.filesystem.mount-points-exclude=("], "is not a regular expression"),
    (["--web.listen-address=nowhere"], "must look like"),
    (["--log.level=loud"], "must be one of"),
    (["--no-such-flag"], "no-such-flag"),
    (["--collector.netdev.device-exclude=a", "--collector.netdev.device-include=b"], "exclude each other"),
])
def test_wrong_flags_say_what_is_wrong(flags, message):
    done = subprocess.run([BIN / "tidemark-exporter", *flags], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and message in done.stderr + done.stdout


def test_a_taken_port_says_what_to_do(exporter):
    run = exporter()
    done = subprocess.run([BIN / "tidemark-exporter", f"--web.listen-address=127.0.0.1:{run.port}"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "Address already in use" in done.stderr and "--web.listen-address" in done.stderr


def test_help_names_every_collector_and_version_prints():
    text = subprocess.run([BIN / "tidemark-exporter", "--help"], capture_output=True, text=True, timeout=20).stdout
    for flag in ("--web.telemetry-path", "--path.rootfs", "--collector.textfile.directory", "--collector.cpu", "--collector.filesystem.fs-types-exclude"):
        assert flag in text
    assert "version" in subprocess.run([BIN / "tidemark-exporter", "--version"], capture_output=True, text=True, timeout=20).stdout


def send(port, data, wait=2.0):
    """Sends bytes and returns what comes back until the server closes or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait * PATIENCE) as client:
        try:
            client.sendall(data)
            answer = b""
            while chunk := client.recv(65536):
                answer += chunk
                if b"\r\n\r\n" in answer and not data.endswith(b"keep"):
                    break
        except (TimeoutError, ConnectionError):
            pass
        return answer


ATTACKS = {
    "long request line": (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", b"414"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % i for i in range(5000)) + b"\r\n", b"431"),
    "large header": (b"GET / HTTP/1.1\r\nA: " + b"a" * 100000 + b"\r\n\r\n", b"431"),
    "body by length": (b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n", b"413"),
    "body in chunks": (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"ffff\r\n" + b"a" * 65535, b"413"),
    "smuggling": (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
    "NUL": (b"GET /\0 HTTP/1.1\r\n\r\n", b"400"),
    "no HTTP at all": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 500, b"400"),
    "bare newlines": (b"GET / HTTP/1.1\nHost: x\n\n", b"400"),
    "unknown method": (b"BREW / HTTP/1.1\r\n\r\n", b"405"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_get_an_answer_and_hurt_nobody(exporter, name):
    run = exporter()
    data, status = ATTACKS[name]
    answer = send(run.port, data)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]
    assert b"application/problem+json" in answer
    assert run.get("/metrics").ok


def test_idle_and_slow_clients_do_not_hold_workers(exporter):
    run = exporter()
    clients = []
    try:
        for i in range(200):
            client = socket.create_connection(("127.0.0.1", run.port), timeout=5)
            client.sendall([b"", b"GET / HT", b"GET / HTTP/1.1\r\nA: b\r\n", b"GET /metrics HTTP/1.1\r\n\r\n"][i % 4])
            clients.append(client)
        for _ in range(5):
            assert run.get("/metrics").ok
    finally:
        for client in clients:
            client.close()


def test_more_connections_than_allowed_still_let_new_ones_in(exporter):
    run = exporter()
    clients = [socket.create_connection(("127.0.0.1", run.port), timeout=5) for _ in range(700)]
    try:
        assert run.get("/metrics").ok
    finally:
        for client in clients:
            client.close()


def test_keep_alive_and_pipelining(exporter):
    run = exporter()
    request = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", run.port), timeout=10) as client:
        client.sendall(request * 3)
        answer = b""
        while answer.count(b"exporter is up") < 3:
            answer += client.recv(65536)
        client.sendall(request[:10])
        time.sleep(0.1)
        client.sendall(request[10:])
        assert b"200 OK" in client.recv(65536)


def test_stops_within_two_seconds_with_clients_connected(exporter):
    run = exporter()
    clients = [socket.create_connection(("127.0.0.1", run.port)) for _ in range(20)]
    clients[0].sendall(b"GET / HT")
    begin = time.monotonic()
    run.stop()
    assert time.monotonic() - begin < 2 * PATIENCE
    for client in clients:
        client.close()


def test_textfiles_are_published(exporter, tmp_path):
    (tmp_path / "a.prom").write_text('backup_age_seconds{job="x"} 12\n')
    run = exporter(f"--collector.textfile.directory={tmp_path}")
    assert 'backup_age_seconds{job="x"} 12' in run.metrics()
    (tmp_path / "a.prom").write_text("node_load1 99\n")
    page = run.metrics()
    assert "node_textfile_scrape_error 1" in page and "node_load1 99" not in page
    wait_until(lambda: "published by a collector already" in run.log(), what="the log line")


@pytest.mark.serial  # other tests compare the interfaces that two programs see
def test_an_interface_that_goes_and_comes_again_is_the_new_one(exporter):
    name = f"tm{free_port()}"

    def link(*arguments):
        return subprocess.run(["ip", "link", *arguments], capture_output=True, text=True)

    made = link("add", name, "type", "veth", "peer", "name", name + "p")
    if made.returncode != 0:
        pytest.skip(f"interfaces cannot be made here: {made.stderr.strip()}")
    try:
        run = exporter()
        assert f'node_network_mtu_bytes{{device="{name}"}} 1500' in run.metrics()
        assert link("del", name).returncode == 0
        assert name not in run.metrics()
        assert link("add", name, "mtu", "1400", "type", "veth", "peer", "name", name + "p").returncode == 0
        assert f'node_network_mtu_bytes{{device="{name}"}} 1400' in run.metrics()
        assert link("del", name).returncode == 0
        assert link("add", name, "mtu", "1300", "type", "veth", "peer", "name", name + "p").returncode == 0
        assert f'node_network_mtu_bytes{{device="{name}"}} 1300' in run.metrics(), "also when no scrape saw it gone"
    finally:
        link("del", name)


def test_scrapes_at_the_same_time_share_the_work(exporter, tmp_path):
    build(tmp_path, cpus=4, disks=500, interfaces=500, processes=3000)  # so that a page takes some time
    run = exporter("--collector.disable-defaults", *[f"--collector.{name}" for name in ("netclass", "diskstats", "processes")], f"--path.procfs={tmp_path}/proc", f"--path.sysfs={tmp_path}/sys")
    expected = {line.split(" ")[0] for line in run.metrics().splitlines() if line.startswith("node_network_info")}
    assert len(expected) == 500
    barrier = threading.Barrier(2)

    def scrape(pages, i):
        barrier.wait()
        pages[i] = run.metrics()

    def pair_shares():
        pages = [None, None]
        threads = [threading.Thread(target=scrape, args=(pages, i)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(line in page for page in pages for line in expected)
        return pages[0] == pages[1]  # with the same durations: the same run

    wait_until(pair_shares, 20, "two scrapes at the same time")
    assert run.metrics() != run.metrics()  # nothing is kept
