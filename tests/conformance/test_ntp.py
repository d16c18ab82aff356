"""The ntp collector beside node_exporter's, both asking a real chronyd."""

import re
import subprocess

import pytest
from conformance.test_exporter_fixtures import page
from support.processes import BIN, free_port, wait_until


@pytest.fixture
def chronyd(tmp_path):
    """Starts servers that touch no clock: chronyd(stratum) returns the port."""
    started = []

    def start(stratum):
        port = free_port()
        config = tmp_path / f"chrony-{port}.conf"
        config.write_text(f"port {port}\nbindaddress 127.0.0.1\nallow 127.0.0.1\ncmdport 0\nbindcmdaddress /\npidfile {tmp_path}/{port}.pid\n" + (f"local stratum {stratum}\n" if stratum else ""))
        started.append(subprocess.Popen(["chronyd", "-x", "-d", "-U", "-f", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return port

    yield start
    for child in started:
        child.terminate()
        child.wait()


@pytest.mark.parametrize(("stratum", "flags"), [(10, []), (3, ["--collector.ntp.protocol-version=3"]), (0, []), (10, ["--collector.ntp.max-distance=1ns", "--collector.ntp.local-offset-tolerance=0s"])])
def test_the_same_answer(exporter, peer, chronyd, stratum, flags):
    port, theirs_port = chronyd(stratum), free_port()
    common = ["--collector.disable-defaults", "--collector.ntp", f"--collector.ntp.server-port={port}", *flags]
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{theirs_port}", *common], f"http://127.0.0.1:{theirs_port}/metrics")
    run = exporter(*common)

    def samples(lines):
        return {name: float(value) for name, value in (line.split(" ") for line in lines if line.startswith("node_ntp"))}

    ours = wait_until(lambda: samples(page(run.url("/metrics"))), 15, "an answer")
    lines = {line for line in page(run.url("/metrics")) if line.startswith("#")}
    theirs_page = page(f"http://127.0.0.1:{theirs_port}/metrics")
    theirs = samples(theirs_page)
    assert lines == {line for line in theirs_page if line.startswith("#")}
    # Times pass between the two.
    varying = {"node_ntp_rtt_seconds", "node_ntp_offset_seconds", "node_ntp_reference_timestamp_seconds", "node_ntp_root_dispersion_seconds"}
    assert ours.keys() == theirs.keys()
    assert {name: value for name, value in ours.items() if name not in varying} == {name: value for name, value in theirs.items() if name not in varying}
    assert 0 <= ours["node_ntp_rtt_seconds"] < 1 and abs(ours["node_ntp_offset_seconds"]) < 1
    assert abs(ours["node_ntp_reference_timestamp_seconds"] - theirs["node_ntp_reference_timestamp_seconds"]) < 60


@pytest.mark.parametrize("flag", ["--collector.ntp.server=example.com", "--collector.ntp.protocol-version=5", "--collector.ntp.server-port=0", "--collector.ntp.max-distance=x"])
def test_flags_that_make_no_sense(flag):
    name = re.match("--([a-z.-]+)=", flag)[1]
    run = subprocess.run([BIN / "tidemark-exporter", "--collector.ntp", flag, f"--web.listen-address=127.0.0.1:{free_port()}"], capture_output=True, text=True, timeout=20)
    assert run.returncode == 1 and f"--{name}" in run.stderr


def test_no_server_fails_alone(exporter):
    run = exporter("--collector.disable-defaults", "--collector.ntp", "--collector.loadavg", f"--collector.ntp.server-port={free_port()}")
    lines = page(run.url("/metrics"))
    assert 'node_scrape_collector_success{collector="ntp"} 0' in lines and 'node_scrape_collector_success{collector="loadavg"} 1' in lines
    assert "Connection refused" in run.log()
