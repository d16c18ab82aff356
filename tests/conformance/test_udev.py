"""What udev knows of disks beside node_exporter's, while records come, change and go as udev writes them: below /run in a namespace."""

import subprocess
import time

import pytest
from support.namespaces import namespaces
from support.processes import BIN, free_port, wait_until

FLAGS = ["--collector.disable-defaults", "--collector.diskstats", "--collector.diskstats.device-exclude=^$"]


@pytest.fixture
def inside():
    with namespaces("mount", setup="mount -t tmpfs tmpfs /run") as prefix:
        yield prefix


def test_records_that_come_change_and_go(inside):
    ports = {free_port(): BIN / "tidemark-exporter", free_port(): "prometheus-node-exporter"}
    children = [subprocess.Popen([*inside, program, f"--web.listen-address=127.0.0.1:{port}", *FLAGS], stderr=subprocess.DEVNULL) for port, program in ports.items()]

    def page(port):
        text = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True).stdout
        return {line for line in text.splitlines() if line.startswith(("node_disk_info", "node_disk_filesystem_info", "node_disk_ata"))}

    def write(disk, *lines):
        """As udev does: to a file beside, which then gets the name."""
        text = "".join(f"E:{line}\\n" for line in lines)
        return f"mkdir -p /run/udev/data && printf '{text}' > /run/udev/data/.new && mv /run/udev/data/.new /run/udev/data/b{disk}"

    try:
        for port in ports:
            wait_until(lambda port=port: page(port), 10, "the exporters")
        with open("/proc/diskstats") as file:
            first, second = [":".join(line.split()[:2]) for line in file][:2]
        for command, expected in [
            ("true", ""),
            (write(first, "ID_MODEL=one", "ID_WWN=0x1"), 'model="one"'),
            (write(first, "ID_MODEL=two"), 'model="two"'),
            (write(second, "ID_MODEL=three", "ID_FS_TYPE=ext4", "ID_FS_UUID=a-b"), 'uuid="a-b"'),
            (f"sleep 1.2 && {write(second, 'ID_MODEL=four', 'ID_ATA=1', 'ID_ATA_WRITE_CACHE=1')}", "node_disk_ata_write_cache{"),
            (f"rm /run/udev/data/b{first}", 'model="four"'),
            ("rm -r /run/udev", ""),
        ]:
            subprocess.run([*inside, "sh", "-c", command], check=True)
            ours, theirs = (page(port) for port in ports)
            assert ours == theirs, command
            assert any(expected in line for line in ours), (command, expected)
            time.sleep(0.1)
            assert page(next(iter(ports))) == ours, "and the same again when nothing has changed"
    finally:
        for child in children:
            child.terminate()
            child.wait()
