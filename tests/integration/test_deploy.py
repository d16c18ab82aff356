"""What is shipped for running both programs as services."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from support.processes import BIN, ROOT, Process, free_port


@pytest.mark.parametrize("program, exposure", [("exporter", 25), ("analyzer", 20)])
def test_systemd_takes_the_units_and_finds_them_confined(tmp_path, program, exposure):
    unit = ROOT / f"deploy/systemd/tidemark-{program}.service"
    copy = tmp_path / unit.name
    # Verifying wants the programs to be where they are started from.
    copy.write_text(unit.read_text().replace("/usr/local/bin/", f"{BIN}/"))
    verified = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
    assert verified.returncode == 0 and not verified.stderr, verified.stderr
    confined = subprocess.run(["systemd-analyze", "security", "--offline=true", f"--threshold={exposure}", copy], capture_output=True, text=True)
    assert confined.returncode == 0, confined.stdout[-2000:]


def test_systemd_takes_the_socket(tmp_path):
    for name in ("tidemark-exporter.service", "tidemark-exporter.socket"):
        (tmp_path / name).write_text((ROOT / "deploy/systemd" / name).read_text().replace("/usr/local/bin/", f"{BIN}/"))
    verified = subprocess.run(["systemd-analyze", "verify", tmp_path / "tidemark-exporter.socket"], capture_output=True, text=True)
    assert verified.returncode == 0 and not verified.stderr, verified.stderr


def test_without_any_privilege_the_exporter_goes_on_without_noise(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    # The build directory, and pytest's own, may be closed to others.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-test-"))
    folder.chmod(0o755)
    program = folder / "tidemark-exporter"
    shutil.copy(BIN / "tidemark-exporter", program)
    port = free_port()
    run = Process(tmp_path, ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", program, f"--web.listen-address=127.0.0.1:{port}"], "unprivileged")
    try:
        run.wait_ready(f"http://127.0.0.1:{port}/-/ready")
        page = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True, check=True).stdout
        for collector in ("cpu", "meminfo", "filesystem", "netdev", "netclass", "diskstats", "netstat", "timex"):
            assert f'node_scrape_collector_success{{collector="{collector}"}} 1' in page
        assert "level=error" not in run.log() and "level=warn" not in run.log(), run.log()
    finally:
        run.stop()
        shutil.rmtree(folder)
