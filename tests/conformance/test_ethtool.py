"""The ethtool collector beside node_exporter's, on interfaces made for it: a tap device has the link modes that it is told, a veth has counters."""

import array
import fcntl
import os
import socket
import struct
import subprocess

import pytest
from conformance.test_node_exporter import fetch, parse
from support.processes import free_port

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
SIOCETHTOOL, ETHTOOL_GLINKSETTINGS, ETHTOOL_SLINKSETTINGS = 0x8946, 0x4C, 0x4D

pytestmark = pytest.mark.serial  # other tests compare the interfaces that two programs see

LINK_SETTINGS = struct.Struct("=II7BbB3s7I")  # struct ethtool_link_settings, without the modes behind it
TAP, VETH = "tmtap0", "tmveth0"


def set_link_modes(name, supported, advertised):
    """Has the tap device say that it supports and advertises these modes, of which bit 0 is the first of the kernel's list."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        def ask(command, nwords, modes=b""):
            settings = array.array("B", LINK_SETTINGS.pack(command, 10, 1, 0, 0, 1, 0, 0, 0, nwords, 0, bytes(3), *[0] * 7) + modes.ljust(3 * 4 * 127, b"\0"))
            fcntl.ioctl(control, SIOCETHTOOL, struct.pack("16sP", name.encode(), settings.buffer_info()[0]))
            return LINK_SETTINGS.unpack_from(settings)
        words = -ask(ETHTOOL_GLINKSETTINGS, 0)[9]  # the kernel tells how many words its masks have
        mask = lambda bits: bits.to_bytes(4 * words, "little")
        ask(ETHTOOL_SLINKSETTINGS, words, mask(supported) + mask(advertised) + mask(0))


@pytest.fixture
def interfaces():
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        pytest.skip("interfaces can be made by root alone, on a kernel with tun")
    tap = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", TAP.encode(), IFF_TAP | IFF_NO_PI))
        subprocess.run(["ip", "link", "add", VETH, "type", "veth", "peer", "name", "tmveth1"], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "del", VETH], check=False)
        os.close(tap)


def test_ethtool_beside_node_exporter(exporter, peer, interfaces):
    set_link_modes(TAP, 0xFFFFFFFF, 0xA5A5A5A5)
    flags = ["--collector.disable-defaults", "--collector.ethtool", "--collector.ethtool.device-exclude=^ifb1$"]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/metrics")
    program = exporter(*flags)
    theirs, ours = parse(fetch(f"http://127.0.0.1:{port}/metrics")), parse(program.metrics())
    relevant = lambda names: {name for name in names if name.startswith(("node_ethtool_", "node_network_", "node_scrape_collector_success"))}
    assert relevant(ours[1]) == relevant(theirs[1])
    assert all(ours[0][name] == theirs[0][name] for name in relevant(ours[0]))
    assert all(ours[1][name] == theirs[1][name] for name in relevant(ours[1]) if TAP in name)
    supported = [name for name in ours[1] if name.startswith("node_network_supported_speed_bytes") and TAP in name]
    assert len(supported) == 22
    assert f'node_ethtool_info{{bus_info="tap",device="{TAP}",driver="tun",expansion_rom_version="",firmware_version="",version="1.6"}}' in ours[1]
    assert any(name.startswith("node_ethtool_") and f'device="{VETH}"' in name and "info" not in name for name in ours[1])


def test_counters_are_chosen_by_name(exporter, interfaces):
    page = exporter("--collector.disable-defaults", "--collector.ethtool", "--collector.ethtool.device-include=^tmveth0$", "--collector.ethtool.metrics-include=^peer_").metrics()
    counters = {line.split("{")[0] for line in page.splitlines() if line.startswith("node_ethtool_") and "_info" not in line}
    assert counters == {"node_ethtool_peer_ifindex"}


def test_netclass_by_netlink_alone(exporter, peer, interfaces):
    flags = ["--collector.disable-defaults", "--collector.netclass", "--collector.netclass.netlink"]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/metrics")
    program = exporter(*flags)
    theirs, ours = parse(fetch(f"http://127.0.0.1:{port}/metrics")), parse(program.metrics())
    network = lambda values: {name: value for name, value in values.items() if name.startswith("node_network_")}
    assert network(ours[0]) == network(theirs[0])
    assert network(ours[1]) == network(theirs[1])
    assert any('duplex="Full"' in name and TAP in name for name in ours[1])
