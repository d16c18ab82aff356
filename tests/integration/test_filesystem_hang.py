"""A mount that hangs in the kernel: a FUSE file system whose statfs never answers."""

import socket
import subprocess
import time

import pytest
from support.processes import BIN, PATIENCE, Process, wait_until

# The scrape's 100 ms are a promise of the program, not of a busy machine; and the mount would be seen by other tests.
pytestmark = pytest.mark.serial


@pytest.fixture
def hung_mount(tmp_path):
    directory = tmp_path / "hung"
    directory.mkdir()
    server = Process(tmp_path, [BIN / "hanging-mount", "-f", directory], "fuse")
    wait_until(lambda: f" {directory} fuse" in open("/proc/mounts").read() or server.child.poll() is not None, what="the mount")
    assert server.child.poll() is None, f"FUSE is not permitted here: {server.log()}"
    yield directory, server
    server.kill()
    server.log_file.close()
    subprocess.run(["umount", "-l", directory], check=False, capture_output=True)


def own_mounts(tmp_path):
    """The flag for a procfs whose process 1 is the exporter itself: in a chroot the real process 1 sees other paths."""
    (tmp_path / "proc" / "1").mkdir(parents=True)
    (tmp_path / "proc" / "1" / "mounts").symlink_to("/proc/self/mounts")
    return f"--path.procfs={tmp_path / 'proc'}"


def scrape(run):
    begin = time.monotonic()
    page = run.metrics("?collect[]=filesystem")
    return page, time.monotonic() - begin



def test_a_hung_mount_costs_only_itself(exporter, hung_mount, tmp_path):
    directory, server = hung_mount
    run = exporter(own_mounts(tmp_path))
    # Not so in a chroot into a plain directory.
    root_is_a_mount = any(line.split()[1] == "/" for line in open("/proc/self/mounts"))
    for _ in range(20):
        page, seconds = scrape(run)
        errors = [line for line in page.splitlines() if line.startswith("node_filesystem_device_error")]
        assert any(f'mountpoint="{directory}"' in line and line.endswith(" 1") for line in errors), errors
        if root_is_a_mount:
            assert any('mountpoint="/"' in line and line.endswith(" 0") for line in errors), errors
        assert f'node_filesystem_size_bytes{{device="hanging-mount",fstype="fuse.hanging-mount",mountpoint="{directory}"}}' not in page
        assert seconds < 0.1 * PATIENCE, f"scrape took {seconds:.3f} s"
    # One thread hangs with the mount, not one a scrape.
    threads = int(next(line for line in open(f"/proc/{run.pid}/status") if line.startswith("Threads:")).split()[1])
    assert threads < 15
    complaints = [line for line in run.log().splitlines() if "mount does not answer" in line and str(directory) in line]
    assert len(complaints) == 1

    # The server dies, the kernel fails the call that hung: the mount is asked again and now reports an error at once.
    server.kill()
    subprocess.run(["umount", "-l", directory], check=True)
    wait_until(lambda: str(directory) not in scrape(run)[0], what="the mount leaving the page")
    assert run.get("/metrics").ok


def test_killing_frees_the_port_while_a_thread_hangs(exporter, hung_mount, tmp_path):
    directory, server = hung_mount
    run = exporter(own_mounts(tmp_path))
    scrape(run)
    run.child.kill()
    # The kernel keeps the thread, and with it the process's entry, until the mount answers; but not the port.
    def port_is_free():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", run.port))
                return True
            except OSError:
                return False

    wait_until(port_is_free, 2, "the port being free")
    server.kill()
    run.child.wait(10)
