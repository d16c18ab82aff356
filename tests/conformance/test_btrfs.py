"""The btrfs collector beside node_exporter's, on a file system of two loop devices that is mounted twice, and then not at all."""

import os
import subprocess

import pytest
from conformance.test_node_exporter import fetch, parse
from support.processes import free_port, wait_until

pytestmark = pytest.mark.serial  # other tests compare the mounts that two programs see

FLAGS = ["--collector.disable-defaults", "--collector.btrfs"]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def file_system(tmp_path):
    """Where it is mounted."""
    devices = []
    for name in ("a", "b"):
        image = tmp_path / name
        with open(image, "wb") as file:
            file.truncate(200 << 20)
        made = run("losetup", "-f", "--show", image)
        if made.returncode != 0:
            for device in devices:
                run("losetup", "-d", device)
            pytest.skip(f"no loop devices here: {made.stderr.strip()}")
        devices.append(made.stdout.strip())
    places = [tmp_path / "first", tmp_path / "second"]
    try:
        subprocess.run(["mkfs.btrfs", "-q", "-d", "single", "-m", "raid1", "-L", "tidemark test", *devices], check=True, capture_output=True)
        for place in places:
            place.mkdir()
        if "btrfs" not in open("/proc/filesystems").read() or run("mount", "-t", "btrfs", devices[0], places[0]).returncode != 0:
            pytest.skip("btrfs cannot be mounted here")
        run("mount", "--bind", places[0], places[1])
        yield places
    finally:
        for place in reversed(places):
            wait_until(lambda: not os.path.ismount(place) or run("umount", place).returncode == 0, what=f"umount {place}")
        for device in devices:
            run("losetup", "-d", device)


def both(exporter, peer, *flags):
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *FLAGS, *flags], f"http://127.0.0.1:{port}/metrics")
    return exporter(*FLAGS, *flags), f"http://127.0.0.1:{port}/metrics"


def relevant(page):
    families, samples = parse(page)
    return ({name: family for name, family in families.items() if name.startswith("node_btrfs")}, {series: value for series, value in samples.items() if series.startswith("node_btrfs")})


def test_devices_of_a_mounted_file_system(file_system, exporter, peer):
    (file_system[0] / "data").write_bytes(b"x" * (20 << 20))
    run("sync", "-f", file_system[0])
    program, url = both(exporter, peer)
    ours, theirs = relevant(program.metrics()), relevant(fetch(url))
    assert ours == theirs
    assert sum(series.startswith("node_btrfs_device_errors_total") for series in ours[1]) == 10
    assert sum(series.startswith("node_btrfs_device_unused_bytes") for series in ours[1]) == 2


def test_a_file_system_that_cannot_be_asked_is_told_of_by_sysfs(file_system, exporter, peer, tmp_path):
    """As in a container that sees the mounts of the host, but does not have them."""
    program, url = both(exporter, peer, f"--path.rootfs={tmp_path / 'elsewhere'}")
    ours, theirs = relevant(program.metrics()), relevant(fetch(url))
    assert ours == theirs
    sizes = [series for series in ours[1] if series.startswith("node_btrfs_device_size_bytes")]
    assert len(sizes) == 2 and not any("btrfs_dev_uuid" in series for series in sizes)
