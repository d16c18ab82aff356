"""What udev knows of disks beside node_exporter's, while records come, change and go as udev writes them: below /run in a namespace."""

import subprocess
import time

import pytest
from support.namespaces import both_exporters, namespaces

FLAGS = ["--collector.disable-defaults", "--collector.diskstats", "--collector.diskstats.device-exclude=^$"]
FAMILIES = ("node_disk_info", "node_disk_filesystem_info", "node_disk_ata")


@pytest.fixture
def inside():
    with namespaces("mount", setup="mount -t tmpfs tmpfs /run") as prefix:
        yield prefix


def test_records_that_come_change_and_go(inside):
    def write(disk, *lines):
        """As udev does: to a file beside, which then gets the name."""
        text = "".join(f"E:{line}\\n" for line in lines)
        return f"mkdir -p /run/udev/data && printf '{text}' > /run/udev/data/.new && mv /run/udev/data/.new /run/udev/data/b{disk}"

    with both_exporters(inside, FLAGS, lambda line: line.startswith(FAMILIES)) as pages:
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
            ours, theirs = pages()
            assert ours == theirs, command
            assert any(expected in line for line in ours), (command, expected)
            time.sleep(0.1)
            assert pages()[0] == ours, "and the same again when nothing has changed"
