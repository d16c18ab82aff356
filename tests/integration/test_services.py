"""Services as the exporter sees them: real nginx and redis-server, control groups, pid files, and what comes and goes."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
import requests
from support.processes import BIN, PATIENCE, ROOT, free_port, wait_until

SAMPLE = re.compile(r"tidemark_service_(\w+)\{(.*)\} (\S+)")
#: Computes between two looks at the clock: reading it is time of the kernel, of which the samples of a busy host may
#: leave next to nothing to "user".
CPU_LOOP = "import time\nend = time.process_time() + {seconds}\nwhile time.process_time() < end: sum(range(10000))\n"


def services(run):
    """{(metric, service, the other label's value or ""): value}"""
    found = {}
    for name, labels, value in SAMPLE.findall(run.metrics("?collect[]=services")):
        pairs = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        service = pairs.pop("service")
        found[name, service, next(iter(pairs.values()), "")] = float(value)
    return found


def configure(tmp_path, text):
    path = tmp_path / "services.yml"
    path.write_text(text)
    return f"--config.file={path}"


@pytest.fixture
def child():
    """Starts processes that are ended after the test; those of their own, such as nginx's workers, end with them."""
    started = []

    def start(command, **kwargs):
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **kwargs))
        return started[-1]

    yield start
    for process in started:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def control_group(request):
    """A group of cgroup version 2, or of version 1's cpuacct where there is no other."""
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/cpuacct"):
        if os.path.exists(f"{root}/cgroup.procs"):
            break
    path = pathlib.Path(root, f"tidemark-{os.getpid()}-{time.monotonic_ns()}")
    path.mkdir()
    yield path
    wait_until(lambda: not (path / "cgroup.procs").read_text(), 10, "an empty group")
    path.rmdir()


def test_nginx(exporter, child, tmp_path):
    port = free_port()
    pid_file = tmp_path / "nginx.pid"
    config = tmp_path / "nginx.conf"
    config.write_text(f"pid {pid_file};\nworker_processes 2;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
                      f"http {{ access_log off; server {{ listen 127.0.0.1:{port}; location / {{ return 200 'x'; }} }} }}\n")
    master = child(["nginx", "-c", config, "-g", "daemon off;"])
    wait_until(lambda: pid_file.exists() and pid_file.read_text().strip() == str(master.pid), 10, "nginx's pid file")
    run = exporter(configure(tmp_path, f"services: [{{name: web, pid_file: {pid_file}}}, {{name: by-name, process: {{name: nginx, command_line: '{config}'}}}}]"))
    wait_until(lambda: services(run)["processes", "web", ""] == 3, 10, "a master and two workers")
    for _ in range(200):
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    seen = services(run)
    assert seen["state", "web", "active"] == 1 and seen["state", "web", "inactive"] == 0
    assert seen["context_switches_total", "web", "voluntary"] >= 100
    assert seen["resident_memory_bytes", "web", ""] > 1e6 and seen["peak_resident_memory_bytes", "web", ""] >= seen["resident_memory_bytes", "web", ""]
    assert seen["open_fds", "web", ""] > 10 and seen["max_fds", "web", ""] > 100 and 0 < seen["fds_ratio", "web", ""] < 1
    assert abs(seen["start_time_seconds", "web", ""] - time.time()) < 60 * PATIENCE
    # The workers have the master's command line no more ("nginx: worker process").
    assert seen["processes", "by-name", ""] == 1


def test_redis_is_killed_and_comes_again(exporter, child, tmp_path):
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    first = child(command)
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "redis")
    run = exporter(configure(tmp_path, f"services: [{{name: cache, process: {{executable: '{os.path.realpath('/usr/bin/redis-server')}', command_line: ':{port}'}}}}]"))
    with socket.create_connection(("127.0.0.1", port)) as redis:
        redis.sendall(b"DEBUG SLEEP 0\r\n" + b"EVAL 'for i=1,3000000 do end return 1' 0\r\n")
        redis.settimeout(60 * PATIENCE)
        while b":1\r\n" not in redis.recv(4096):
            pass
    before = services(run)
    assert before["state", "cache", "active"] == 1 and before["restarts_total", "cache", ""] == 0
    assert before["threads", "cache", ""] >= 4
    first.kill()
    first.wait()
    stopped = services(run)
    assert stopped["state", "cache", "inactive"] == 1 and stopped["processes", "cache", ""] == 0
    assert ("start_time_seconds", "cache", "") not in stopped
    child(command)
    after = wait_until(lambda: (lambda seen: seen["processes", "cache", ""] == 1 and seen)(services(run)), 10, "the new redis")
    assert after["restarts_total", "cache", ""] == 1
    for metric, label in (("cpu_seconds_total", "user"), ("cpu_seconds_total", "system"), ("page_faults_total", "minor"), ("context_switches_total", "voluntary"), ("written_bytes_total", "")):
        assert before[metric, "cache", label] <= stopped[metric, "cache", label] <= after[metric, "cache", label], metric
    assert after["page_faults_total", "cache", "minor"] > stopped["page_faults_total", "cache", "minor"]


def test_a_control_group_counts_processes_that_nobody_saw(exporter, child, control_group, tmp_path):
    run = exporter(configure(tmp_path, f"services: [{{name: batch, cgroup: /{control_group.name}}}]"))
    assert services(run)["state", "batch", "inactive"] == 1
    for _ in range(2):  # each begins and ends between two scrapes
        child(["python3", "-c", CPU_LOOP.format(seconds=0.5)], preexec_fn=lambda: (control_group / "cgroup.procs").write_text(str(os.getpid()))).wait()
    seen = services(run)
    assert 1 <= seen["cpu_seconds_total", "batch", "user"] + seen["cpu_seconds_total", "batch", "system"] < 3
    if (control_group / "cpu.pressure").exists():
        assert seen["pressure_waiting_seconds_total", "batch", "cpu"] >= seen["pressure_stalled_seconds_total", "batch", "cpu"] >= 0
    child(["sleep", "60"], preexec_fn=lambda: (control_group / "cgroup.procs").write_text(str(os.getpid()))).kill()
    # Its last words: what the old group had stays.
    wait_until(lambda: not (control_group / "cgroup.procs").read_text(), 10, "an empty group")
    control_group.rmdir()
    assert services(run)["cpu_seconds_total", "batch", "user"] >= seen["cpu_seconds_total", "batch", "user"]
    control_group.mkdir()
    assert services(run)["cpu_seconds_total", "batch", "user"] >= seen["cpu_seconds_total", "batch", "user"]


def test_a_unit_is_found_by_its_control_group(exporter, child, control_group, tmp_path):
    unit = control_group / "tidemark.slice" / "tidemark-try.service"
    # systemd's names below a group of the test's: the exporter's own root is that group.
    root = tmp_path / "sys/fs"
    root.mkdir(parents=True)
    (root / "cgroup").symlink_to(control_group)
    unit.mkdir(parents=True)
    process = child(["sleep", "60"], preexec_fn=lambda: (unit / "cgroup.procs").write_text(str(os.getpid())))
    run = exporter(configure(tmp_path, "services: [{name: mine, systemd: tidemark-try}]"), f"--path.sysfs={tmp_path}/sys", "--collector.disable-defaults")
    assert services(run)["processes", "mine", ""] == 1
    process.kill()
    process.wait()
    unit.rmdir()
    assert services(run)["state", "mine", "inactive"] == 1
    unit.mkdir()
    process = child(["sleep", "60"], preexec_fn=lambda: (unit / "cgroup.procs").write_text(str(os.getpid())))
    assert services(run)["restarts_total", "mine", ""] == 1
    process.kill()
    process.wait()
    unit.rmdir()
    unit.parent.rmdir()


def test_counters_never_go_back_while_processes_come_and_go(exporter, child, tmp_path):
    mark = f"tidemark-churn-{os.getpid()}"
    run = exporter(configure(tmp_path, f"services: [{{name: churn, process: {{command_line: {mark}}}}}]"))
    counters = [("cpu_seconds_total", "user"), ("page_faults_total", "minor"), ("context_switches_total", "voluntary"), ("context_switches_total", "involuntary")]
    last = dict.fromkeys(counters, 0)

    def user_seconds():
        seen = services(run)
        for metric, label in counters:
            assert seen[metric, "churn", label] >= last[metric, label], (metric, label)
            last[metric, label] = seen[metric, "churn", label]
        return last["cpu_seconds_total", "user"]

    running = []
    for _ in range(12):
        running.append(child(["python3", "-c", CPU_LOOP.format(seconds=60), mark]))
        if len(running) > 3:
            running.pop(0).kill()
        before = user_seconds()
        wait_until(lambda: user_seconds() >= before + 0.05, 20, "more CPU time")
    assert last["page_faults_total", "minor"] > 5000


@pytest.mark.parametrize(("text", "message"), [
    ("services: [{name: a}]", "services.yml:1:12: services[0]: give one of systemd, cgroup, pid_file, process, or probes or metrics"),
    ("services:\n  - name: a\n    pid_file: run/x\n", 'services.yml:3:15: services[0].pid_file: must be a path that begins with "/"'),
    ("services:\n  - name: a\n    process: {command_line: '('}\n", "services.yml:3:29: services[0].process.command_line: not a regular expression: missing )"),
    ("services:\n  - {name: a, systemd: x}\n  - {name: a, systemd: y}\n", 'services.yml:3:5: services[1]: there is another service "a"'),
    ("services: [{name: a, process: {user: nobody-there}}]", 'there is no user "nobody-there"'),
    ("services: [{name: a, process: {name: much-too-long-for-a-name}}]", "the kernel keeps 15 bytes of a name"),
    ("services: [{name: a, unit: x}]", "unknown field (known here: cgroup, metrics, name, pid_file, probes, process, systemd)"),
    ("services: [{name: a, metrics: 'http://a/?collect[]=x'}]", "services[0].metrics: must be like http://host:port/path?name=value"),
    ("services: [{name: a, probes: [{prober: tcp, target: here}]}]", "services[0].probes[0].target: must be host:port"),
    ("services: [{name: a, probes: [{prober: http, target: 'http://a', tcp: {}}]}]", "services[0].probes[0].tcp: unknown field (known here: http, interval, prober, target, timeout)"),
    ("services: [{name: a, probes: [{prober: http, target: 'http://a', http: {headers: {A: \"b\\r\\nC: d\"}}}]}]", "headers.A: must be one line"),
    ("services: [{name: a, probes: [{prober: dns, target: 127.0.0.1}]}]", 'field \"dns\" with the query_name is missing'),
    ("services: [{name: a, probes: [{prober: icmp, target: x, timeout: 1m}]}]", "timeout: must be more than 0 and at most the interval"),
    ("services: [", "not valid YAML"),
    ("{}", 'field "services" is missing'),
])
def test_a_bad_configuration_says_where(tmp_path, text, message):
    run = subprocess.run([BIN / "tidemark-exporter", f"--web.listen-address=127.0.0.1:{free_port()}", configure(tmp_path, text)], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1 and message in run.stderr, run.stderr


def test_the_collector_alone_needs_a_file():
    run = subprocess.run([BIN / "tidemark-exporter", f"--web.listen-address=127.0.0.1:{free_port()}", "--collector.services"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1 and "--collector.services needs --config.file" in run.stderr


def test_the_shipped_example_can_be_used(exporter):
    seen = services(exporter(f"--config.file={ROOT}/deploy/examples/services.yml"))
    assert {service for metric, service, _ in seen if metric == "state"} == {"nginx", "redis", "postgres", "sshd"}


def test_services_with_metrics_are_discovered_and_scraped(exporter, analyzer, tmp_path):
    inner = exporter("--web.telemetry-path=/inner/metrics", "--collector.disable-defaults", "--collector.loadavg")
    outer = exporter(configure(tmp_path, f"services: [{{name: app, metrics: 'http://127.0.0.1:{inner.port}/inner/metrics?name=a%20b'}}, {{name: other, process: {{name: x}}}}]"))
    groups = outer.get("/api/v1/targets").json()
    assert groups == [{"targets": [f"127.0.0.1:{inner.port}"], "labels": {"service": "app", "__scheme__": "http", "__metrics_path__": "/inner/metrics", "__param_name": "a b"}}]
    run = analyzer({"global": {"scrape_interval": "1s"}, "scrape_configs": [{"job_name": "services", "http_sd_configs": [{"url": outer.url("/api/v1/targets")}]}]})
    wait_until(lambda: run.value('node_load1{service="app"}') is not None, 15, "the discovered service's metrics")


def test_a_service_that_ends_is_an_alert_from_the_shipped_rules(exporter, analyzer, child, tmp_path):
    port = free_port()
    redis = child(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)])
    wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "redis")
    run = exporter(configure(tmp_path, f"services: [{{name: cache, process: {{command_line: ':{port}'}}, probes: [{{prober: tcp, target: '127.0.0.1:{port}', interval: 1s}}]}}]"))
    watcher = analyzer({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{run.port}"]}]}]})
    for series in ("service:memory:bytes", "service:cpu_usage:percent", "service:open_files:percent"):
        wait_until(lambda series=series: watcher.value(f'{series}{{service="cache"}}') is not None, 20, series)
    of = lambda name: [alert for alert in watcher.performance("alerts", threshold=name)["alerts"] if alert["labels"].get("service") == "cache"]
    assert not of("service-down") and not of("probe-failed")
    redis.kill()
    redis.wait()
    for name in ("service-down", "probe-failed"):
        alert = wait_until(lambda name=name: of(name), 20, name)[0]
        assert alert["state"] == "pending" and alert["severity"] == "critical"  # for a minute


def test_a_reload_keeps_counters_and_refuses_what_is_wrong(exporter, child, tmp_path):
    mark = f"tidemark-reload-{os.getpid()}"
    watch = f"{{name: batch, process: {{command_line: {mark}}}}}"
    flag = configure(tmp_path, f"services: [{watch}]")
    run = exporter(flag)
    busy = child(["python3", "-c", CPU_LOOP.format(seconds=0.5) + "time.sleep(60)", mark])
    wait_until(lambda: services(run)["cpu_seconds_total", "batch", "user"] >= 0.1, 20, "some CPU time")
    busy.kill()
    busy.wait()
    before = services(run)
    assert ("state", "other", "active") not in before
    configure(tmp_path, f"services: [{watch}, {{name: other, process: {{name: nobody}}, metrics: 'http://127.0.0.1:1/metrics'}}]")
    os.kill(run.pid, signal.SIGHUP)
    wait_until(lambda: ("state", "other", "active") in services(run), 10, "the new service")
    assert services(run)["cpu_seconds_total", "batch", "user"] == before["cpu_seconds_total", "batch", "user"] > 0
    assert run.get("/api/v1/targets").json()[0]["labels"]["service"] == "other"
    configure(tmp_path, "services: [{name: a, systemd: a}, {name: a, systemd: b}]")
    os.kill(run.pid, signal.SIGHUP)
    wait_until(lambda: "stays as it is" in run.log(), 10, "the refusal")
    assert ("state", "other", "active") in services(run)
