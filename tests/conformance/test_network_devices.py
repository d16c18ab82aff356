"""Network interfaces that come, change, go and come again between scrapes, beside node_exporter's view of them, in a network namespace."""

import subprocess
import time

import pytest
from conformance.test_exporter_fixtures import OWN
from support.namespaces import both_exporters, namespaces

FLAGS = ["--collector.disable-defaults", "--collector.netclass", "--collector.netdev", "--collector.netdev.device-exclude=", "--collector.bonding"]

#: What is done to the interfaces, and what must be on the page afterwards.
STEPS = [
    ("ip link set lo mtu 60000", 'node_network_mtu_bytes{device="lo"} 60000'),
    ("ip link add v0 type veth peer name v1", 'node_network_mtu_bytes{device="v0"} 1500'),
    ("ip link set v0 mtu 1400 address 02:00:00:00:00:07 alias one && ip link set v0 up && ip link set v1 up", 'ifalias="one"'),
    ("ip link add b0 type bridge && ip link set v0 master b0", 'node_network_carrier{device="v0"} 1'),
    ("ip link set v0 txqueuelen 77 group 5", 'node_network_net_dev_group{device="v0"} 5'),
    ("ip link set v0 promisc on allmulticast on multicast off", 'node_network_flags{device="v0"} 771'),
    ("ip link set v0 promisc off allmulticast off multicast on", 'node_network_flags{device="v0"} 4867'),
    ("ip link set v1 down", 'node_network_carrier{device="v0"} 0'),
    ("ip link set v1 up", 'node_network_carrier_changes_total{device="v0"} 4'),
    ("ip addr add 10.1.0.1/24 dev b0 && ip link set b0 up && python3 -c 'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(bytes(9), (\"10.1.0.2\", 9))'", 'node_network_transmit_packets_total{device="b0"}'),
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
    with namespaces("net", "mount", setup="mount -t sysfs sysfs /sys && ip link set lo up") as prefix:
        yield prefix


def test_interfaces_that_come_and_go(namespace):
    # The scrape itself is traffic on lo.
    with both_exporters(namespace, FLAGS, lambda line: not OWN.match(line) and not ('device="lo"' in line and "_total" in line)) as pages:
        for command, expected in STEPS:
            subprocess.run([*namespace, "sh", "-c", command], check=True)
            # Neighbour discovery may send between the two scrapes. Not for ten pages: some files are read at every tenth only.
            for _ in range(5):
                ours, theirs = pages()
                if ours == theirs:
                    break
                time.sleep(0.5)
            assert ours - theirs == set() and theirs - ours == set(), command
            assert any(expected in line for line in ours), (command, expected)
