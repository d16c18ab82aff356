"""The filesystem collector beside node_exporter's, while file systems are mounted, changed and unmounted in a namespace of their own."""

import subprocess

import pytest
from support.namespaces import both_exporters, namespaces

#: Debian leaves out more mount points than upstream does.
FLAGS = ["--collector.disable-defaults", "--collector.filesystem", "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys)($|/)"]
FAMILIES = ("node_filesystem_device_error", "node_filesystem_readonly", "node_filesystem_size_bytes", "node_scrape_collector_success")


@pytest.fixture
def namespace():
    """With processes of their own, so that process 1 has those mounts."""
    with namespaces("mount", "pid") as prefix:
        yield prefix


@pytest.fixture
def pages(namespace):
    with both_exporters(namespace, FLAGS, lambda line: line.startswith(FAMILIES)) as both:
        yield both


def test_file_systems_that_come_change_and_go(namespace, pages, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()

    def readonly(place, value):
        return f'node_filesystem_readonly{{device="tidemark",fstype="tmpfs",mountpoint="{place}"}} {value}'

    for command, expected in [
        (f"mount -t tmpfs -o size=1m tidemark {one}", readonly(one, 0)),
        (f"mount -o remount,ro {one}", readonly(one, 1)),
        (f"mount -o remount,rw,size=2m {one}", readonly(one, 0)),
        (f"mount --bind {one} {two}", readonly(two, 0)),
        (f"mount -o remount,bind,ro {two}", readonly(two, 1)),
        (f"umount {one}", readonly(two, 1)),
        (f"umount {two} && mount -t tmpfs -o size=3m tidemark {one}", readonly(one, 0)),
    ]:
        subprocess.run([*namespace, "sh", "-c", command], check=True)
        ours, theirs = pages()
        assert ours == theirs, command
        assert expected in ours, command
        assert pages()[0] == ours, "and the same again when nothing has changed"


def test_file_system_that_an_error_makes_read_only(namespace, pages, tmp_path):
    """Nobody mounts it anew then: the list of mounts changes without a word."""
    image, place = tmp_path / "image", tmp_path / "place"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    mounted = subprocess.run([*namespace, "mount", "-o", "loop,errors=remount-ro", image, place], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"no loop devices here: {mounted.stderr.strip()}")
    try:
        ours, theirs = pages()
        assert ours == theirs and any(str(place) in line for line in ours)
        device = subprocess.run([*namespace, "findmnt", "-no", "SOURCE", place], capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run(["sh", "-c", f"echo 1 > /sys/fs/ext4/{device.removeprefix('/dev/')}/trigger_fs_error"], check=True)
        ours, theirs = pages()
        assert ours == theirs  # which says 1 until Linux 6.12, and 0 since: "rw,emergency_ro"
    finally:
        subprocess.run([*namespace, "umount", place], check=True)
