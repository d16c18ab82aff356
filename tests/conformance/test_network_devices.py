"""Network interfaces that come, change, go and come again between scrapes, beside node_exporter's view of them, in a network namespace."""

import subprocess
import time

import pytest
from conformance.test_exporter_fixtures import OWN
from support.namespaces import namespaces
from support.processes import BIN, wait_until

FLAGS = ["--collector.disable-defaults", "--collector.netclass", "--collector.netdev", "--collector.netdev.device-exclude=", "--collector.bonding"]
PROGRAMS = {9101: BIN / "tidemark-exporter", 9102: "prometheus-node-exporter"}

#: What is done to the interfaces, and what must be on the page afterwards.
STEPS = [
    ("ip link set lo mtu 60000", 'node_network_mtu_bytes{device="lo"} 60000'),
    ("ip link add v0 type veth peer name v1", 'node_network_mtu_bytes{device="v0"} 1500'),
    ("ip link set v0 mtu 1400 address 02:00:00:00:00:07 alias one && ip link set v0 up && ip link set v1 up", 'ifalias="one"'),
    ("ip link add b0 type bridge && ip link set v0 master b0", 'node_network_carrier{device="v0"} 1'),
    ("ip link set v1 down && ip link set v1 name w1", 'node_network_device_id{device="w1"} 0'),
    ("ip link del v0 && ip link add name v0 address 02:00:00:00:00:08 type bridge", 'address="02:00:00:00:00:08"'),
    ("ip link del v0 && ip link add name v0 index 77 type bridge", 'node_network_iface_id{device="v0"} 77'),
    # Another one of the same name and number, of another kind.
    ("ip link del v0 && ip link add name v0 index 77 type veth peer name v2 && ip link set v0 up", 'node_network_speed_bytes{device="v0"} 1.25e+09'),
    ("ip link del v0 && ip link add name v0 index 78 address 02:00:00:00:00:09 type bridge", 'node_network_iface_id{device="v0"} 78'),
    # And one of the same address too.
    ("ip link del v0 && ip link add name v0 index 78 address 02:00:00:00:00:09 type veth peer name v2 && ip link set v0 up", 'node_network_speed_bytes{device="v0"} 1.25e+09'),
    ("ip link set v2 address 02:00:00:00:00:0a", 'node_network_address_assign_type{device="v2"} 3'),
    ("ip link del v0 && ip link del b0", 'node_network_mtu_bytes{device="lo"} 60000'),
]


@pytest.fixture
def namespace():
    """A network namespace with its own /sys."""
    with namespaces("net", "mount", setup="mount -t sysfs sysfs /sys") as prefix:
        yield prefix


def test_interfaces_that_come_and_go(namespace):
    children = [subprocess.Popen([*namespace, program, f"--web.listen-address=127.0.0.1:{port}", *FLAGS], stderr=subprocess.DEVNULL) for port, program in PROGRAMS.items()]

    def page(port):
        text = subprocess.run([*namespace, "curl", "-sf", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True).stdout
        # The scrape itself is traffic on lo.
        return {line for line in text.splitlines() if not OWN.match(line) and not ('device="lo"' in line and "_total" in line)}

    try:
        subprocess.run([*namespace, "ip", "link", "set", "lo", "up"], check=True)
        for port in PROGRAMS:
            wait_until(lambda port=port: page(port), 10, "the exporters")
        for command, expected in STEPS:
            subprocess.run([*namespace, "sh", "-c", command], check=True)
            # Neighbour discovery may send between the two scrapes. Not for ten pages: some files are read at every tenth only.
            for _ in range(5):
                ours, theirs = (page(port) for port in PROGRAMS)
                if ours == theirs:
                    break
                time.sleep(0.5)
            assert ours - theirs == set() and theirs - ours == set(), command
            assert any(expected in line for line in ours), (command, expected)
    finally:
        for child in children:
            child.terminate()
            child.wait()
