"""The systemd and logind collectors beside node_exporter's, on a real systemd with a bus and units of the test's own, in namespaces."""

import json
import re
import subprocess
import time

import pytest
from conformance.test_exporter_fixtures import page
from support.processes import BIN, free_port, wait_until

QUIET = "StandardOutput=null\nStandardError=null\n"
UNITS = {
    "try.target": "[Unit]\nDefaultDependencies=no\nWants=dbus.service systemd-logind.service try-sleep.service try-fail.service try-once.service try.timer try.socket\n",
    "dbus.socket": "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n",
    "dbus.service": "[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\n[Service]\nExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation\n" + QUIET,
    "systemd-logind.service": "[Unit]\nDefaultDependencies=no\nAfter=dbus.service\n[Service]\nType=notify\nExecStart=/lib/systemd/systemd-logind\nBusName=org.freedesktop.login1\n" + QUIET,
    # What a session starts; nothing of it is wanted here.
    **{f"{name}@.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n" + QUIET for name in ("user", "user-runtime-dir")},
    "try-sleep.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=exec\nExecStart=/bin/sleep 1000\nTasksMax=7\n" + QUIET,
    "try-fail.service": "[Unit]\nDefaultDependencies=no\nStartLimitBurst=3\nStartLimitIntervalSec=1h\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms\n" + QUIET,
    "try-once.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n" + QUIET,
    "try-tick.service": "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/true\n" + QUIET,
    "try.timer": "[Unit]\nDefaultDependencies=no\n[Timer]\nOnActiveSec=1s\nUnit=try-tick.service\n",
    "try.socket": "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/try.sock\nAccept=yes\n",
    "try@.service": "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/cat\nStandardInput=socket\nStandardOutput=socket\n",
}
FLAGS = ["--collector.disable-defaults", "--collector.systemd", "--collector.systemd.enable-task-metrics", "--collector.systemd.enable-restarts-metrics", "--collector.systemd.enable-start-time-metrics"]


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """A systemd of the test's own: what to put before a command that shall run on its host."""
    units = tmp_path_factory.mktemp("units")
    for name, text in UNITS.items():
        (units / name).write_text(text)
    script = f"mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && cp {units}/* /run/systemd/system/ && exec env container=nspawn /lib/systemd/systemd --system --unit=try.target --log-target=null"
    child = subprocess.Popen(["unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--mount", "--uts", "--ipc", "--cgroup", "sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        inner = wait_until(lambda: subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True).stdout.strip(), 20, "systemd's process")
        enter = ["nsenter", "-t", inner, "-m", "-p", "-C"]
        status = lambda unit: subprocess.run([*enter, "systemctl", "show", "-P", "ActiveState", unit], capture_output=True, text=True).stdout.strip()
        wait_until(lambda: status("dbus.service") == "active" and status("systemd-logind.service") == "active" and status("try-sleep.service") == "active" and status("try-fail.service") == "failed", 30, "the units")
        yield enter
    finally:
        child.kill()
        child.wait()


def start(peer, host, program, flags):
    port = free_port()
    peer([*host, program, f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/metrics")
    return f"http://127.0.0.1:{port}/metrics"


#: Debian leaves targets out too.
UPSTREAM = "--collector.systemd.unit-exclude=.+\\.(automount|device|mount|scope|slice)"


@pytest.mark.parametrize("flags", [[UPSTREAM], ["--collector.systemd.unit-include=try.*", "--collector.systemd.unit-exclude=.*\\.timer"], ["--collector.systemd.unit-exclude="], [UPSTREAM, "--collector.systemd.private"]])
def test_units(peer, host, flags):
    urls = [start(peer, host, program, [*FLAGS, *flags]) for program in (BIN / "tidemark-exporter", "prometheus-node-exporter")]

    for _ in range(20):  # units that come and go between the two scrapes differ once, not always
        lines, theirs = (page(url) for url in urls)
        if lines == theirs:
            break
        time.sleep(0.2)
    assert lines - theirs == set() and theirs - lines == set()
    assert 'node_systemd_unit_state{name="try-sleep.service",state="active",type="exec"} 1' in lines
    assert 'node_systemd_unit_state{name="try-fail.service",state="failed",type="simple"} 1' in lines
    assert any(re.match(r'node_systemd_service_restart_total\{name="try-fail.service"\} [1-9]', line) for line in lines)
    assert 'node_systemd_unit_tasks_max{name="try-sleep.service"} 7' in lines
    assert 'node_systemd_socket_accepted_connections_total{name="try.socket"} 0' in lines


def test_sessions(peer, host):
    urls = [start(peer, host, program, ["--collector.disable-defaults", "--collector.logind"]) for program in (BIN / "tidemark-exporter", "prometheus-node-exporter")]
    ours, theirs = (page(url) for url in urls)
    assert ours == theirs and 'node_logind_sessions{class="user",remote="true",seat="",type="tty"} 0' in ours
    with subprocess.Popen([*host, "sh", "-c", "echo $$; exec sleep 60"], stdout=subprocess.PIPE, text=True) as leader:
        try:
            session = ["uusssssussbssa(sv)", "0", leader.stdout.readline().strip(), "test", "tty", "user", "", "", "0", "", "", "true", "", "host", "0"]
            login = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "CreateSession"]
            subprocess.run([*host, "busctl", "call", *login, *session], check=True, capture_output=True, timeout=30)
            ours, theirs = (page(url) for url in urls)
            assert ours == theirs and 'node_logind_sessions{class="user",remote="true",seat="",type="tty"} 1' in ours
        finally:
            leader.kill()


def test_services_that_are_units(peer, host, tmp_path):
    names = ["try-sleep", "try-fail", "try-once", "try-none"]
    (tmp_path / "services.yml").write_text(json.dumps({"services": [{"name": name, "systemd": name} for name in names]}))
    url = start(peer, host, BIN / "tidemark-exporter", ["--collector.disable-defaults", f"--config.file={tmp_path}/services.yml"])

    def seen():
        lines = page(url)
        states = {name: state for name, state in re.findall(r'tidemark_service_state\{service="(\S+)",state="(\w+)"\} 1', "\n".join(lines))}
        processes = {name: int(count) for name, count in re.findall(r'tidemark_service_processes\{service="(\S+)"\} (\d+)', "\n".join(lines))}
        return [(states[name], processes[name]) for name in names]

    assert seen() == [("active", 1), ("failed", 0), ("active", 0), ("inactive", 0)]
    subprocess.run([*host, "systemctl", "stop", "try-sleep"], check=True)
    assert seen()[0] == ("inactive", 0)
    subprocess.run([*host, "systemctl", "start", "try-sleep"], check=True)
    assert seen()[0] == ("active", 1)


def test_a_host_without_systemd_fails_alone(exporter):
    run = exporter("--collector.disable-defaults", "--collector.systemd", "--collector.loadavg", "--path.procfs=/proc")
    page = run.metrics()
    assert 'node_scrape_collector_success{collector="systemd"} 0' in page and 'node_scrape_collector_success{collector="loadavg"} 1' in page
    assert "cannot reach the system bus" in run.log()
