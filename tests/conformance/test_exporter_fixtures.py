"""Both exporters read the same files, of hardware that this machine lacks; their pages must be the same, line by line."""

import random
import re
import subprocess

import pytest
from conformance.hardware import QDISC, SYSCTL, TREES, WIFI
from support.processes import free_port

#: Lines that need not be the same: times that pass, and the processes' own metrics.
OWN = re.compile(r"(# (HELP|TYPE) )?(go_|process_|promhttp_|node_exporter_build_info|node_scrape_collector_duration_seconds)")


def build(root, tree):
    for folder in ("proc/1", "sys"):
        (root / folder).mkdir(parents=True)
    (root / "proc/self").symlink_to("1")
    for path, content in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            file.symlink_to(content[3:])
        else:
            file.write_bytes(content.encode(errors="surrogateescape"))


def page(url):
    text = subprocess.run(["curl", "-sf", url], check=True, capture_output=True, text=True).stdout
    return {line for line in text.splitlines() if not OWN.match(line)}


#: For what a collector would not read of the tree otherwise.
NEEDED = {"netdev": ["--no-collector.netdev.netlink", "--collector.netdev.device-exclude="], "diskstats": ["--collector.diskstats.device-exclude=^ram"]}


def pages(exporter, peer, root, collectors, flags=()):
    needed = [flag for name in collectors for flag in NEEDED.get(name, [])]
    paths = [f"--path.procfs={root}/proc", f"--path.sysfs={root}/sys", f"--path.rootfs={root}", f"--path.udev.data={root}/run/udev/data"]
    common = ["--collector.disable-defaults", *[f"--collector.{name}" for name in collectors], *paths, *needed, *flags]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *common], f"http://127.0.0.1:{port}/metrics")
    return page(exporter(*common).url("/metrics")), page(f"http://127.0.0.1:{port}/metrics")


def compare(exporter, peer, root, collectors, flags=()):
    ours, theirs = pages(exporter, peer, root, collectors, flags)
    assert ours - theirs == set() and theirs - ours == set()
    return ours


@pytest.mark.parametrize("collector", sorted(TREES))
def test_same_page_as_node_exporter(exporter, peer, tmp_path, collector):
    build(tmp_path, TREES[collector])
    lines = compare(exporter, peer, tmp_path, [collector])
    assert f'node_scrape_collector_success{{collector="{collector}"}} 1' in lines
    assert len(lines) > 5


#: What removing a file does to node_exporter alone: the library stops reading at a feature that it cannot list.
OWN_GAPS = {"sys/fs/btrfs/0abb23a9-579b-43e6-ad30-227ef47fcb9d/features/raid56"}


@pytest.mark.parametrize("collector", sorted(TREES))
def test_without_a_file_it_is_as_there(exporter, peer, tmp_path, collector):
    """Where a missing file fails the collector, it does so in both; what was read before may stay."""
    files = [path for path, content in TREES[collector].items() if not content.startswith("-> ") and path not in OWN_GAPS]
    for number, missing in enumerate(random.Random(collector).sample(files, min(5, len(files)))):
        root = tmp_path / str(number)
        build(root, {path: content for path, content in TREES[collector].items() if path != missing})
        ours, theirs = pages(exporter, peer, root, [collector])
        has_failed = f'node_scrape_collector_success{{collector="{collector}"}} 0' in theirs
        assert theirs <= ours if has_failed else theirs == ours, (missing, ours ^ theirs)


@pytest.mark.parametrize("collector, path", [("conntrack", "proc/net/stat/nf_conntrack"), ("mdadm", "proc/mdstat"), ("mountstats", "proc/self/mountinfo"), ("nfs", "proc/net/rpc/nfs"), ("nfsd", "proc/net/rpc/nfsd"),
                                             ("sockstat", "proc/net/sockstat"), ("udp_queues", "proc/net/udp"), ("xfs", "sys/fs/xfs/sda1/stats/stats")])
def test_a_file_that_is_cut_short_fails_both(exporter, peer, tmp_path, collector, path):
    tree = TREES[collector]
    build(tmp_path, {**tree, path: tree[path][: len(tree[path]) // 2]})
    for page_lines in pages(exporter, peer, tmp_path, [collector]):
        assert f'node_scrape_collector_success{{collector="{collector}"}} 0' in page_lines


def test_a_host_with_nothing_says_so_as_node_exporter_does(exporter, peer, tmp_path):
    build(tmp_path, {})
    compare(exporter, peer, tmp_path, sorted(TREES))


@pytest.mark.parametrize("missing", ["scaling_available_governors", "scaling_driver", "related_cpus", "scaling_setspeed", "cpuinfo_max_freq"])
def test_cpufreq_without_a_file_is_as_there(exporter, peer, tmp_path, missing):
    build(tmp_path, {path: content for path, content in TREES["cpufreq"].items() if not path.endswith("cpu1/cpufreq/" + missing)})
    compare(exporter, peer, tmp_path, ["cpufreq"])


@pytest.mark.parametrize("collector, recording, expected", [("wifi", WIFI, 'node_wifi_station_receive_bits_per_second{device="wlan0",mac_address="aa:bb:cc:dd:ee:ff"} 1.28e+08'), ("qdisc", QDISC, 'node_qdisc_backlog{device="wlan0",kind="fq"} 7')])
def test_recorded_answers_are_read_as_there(exporter, peer, tmp_path, collector, recording, expected):
    build(tmp_path, {f"recording/{path}": content for path, content in recording.items()})
    assert expected in compare(exporter, peer, tmp_path, [collector], [f"--collector.{collector}.fixtures={tmp_path}/recording"])


def test_sysctls_are_those_that_were_asked_for(exporter, peer, tmp_path):
    build(tmp_path, SYSCTL)
    lines = compare(exporter, peer, tmp_path, ["sysctl"], ["--collector.sysctl.include=kernel.threads-max", "--collector.sysctl.include=fs.file-nr", "--collector.sysctl.include=fs.file-nr:total,current,max",
                                                          "--collector.sysctl.include-info=kernel.seccomp.actions_avail"])
    assert "node_sysctl_fs_file_nr_max 1.631329e+06" in lines


@pytest.mark.parametrize("collector, flags", [
    ("arp", ["--collector.arp.device-exclude=^wlan"]),
    ("arp", ["--collector.arp.device-include=^wlan"]),
    ("bcache", ["--collector.bcache.priorityStats"]),
    ("cpu", ["--collector.cpu.info"]),
    ("cpu", ["--collector.cpu.info.flags-include=^avx", "--collector.cpu.info.bugs-include=^m"]),
    ("cpu", ["--no-collector.cpu.guest"]),
    ("stat", ["--collector.stat.softirq"]),
    ("ipvs", ["--collector.ipvs.backend-labels=local_port,proto"]),
    ("netclass", ["--collector.netclass.ignored-devices=^eth0$"]),
    ("netclass", ["--collector.netclass.ignore-invalid-speed"]),
    ("netstat", ["--collector.netstat.fields=^(Tcp_.*|Ip6.*)$"]),
    ("powersupplyclass", ["--collector.powersupply.ignored-supplies=^AC$"]),
    ("rapl", ["--collector.rapl.enable-zone-label"]),
    ("tapestats", ["--collector.tapestats.ignored-devices=^st"]),
])
def test_flags_do_what_node_exporters_do(exporter, peer, tmp_path, collector, flags):
    build(tmp_path, TREES[collector])
    compare(exporter, peer, tmp_path, [collector], flags)


@pytest.mark.parametrize("old, new", [("diskstats.ignored-devices", "diskstats.device-exclude"), ("filesystem.ignored-mount-points", "filesystem.mount-points-exclude"), ("filesystem.ignored-fs-types", "filesystem.fs-types-exclude")])
def test_deprecated_flags_still_work_with_a_warning(exporter, peer, old, new):
    value = "^(sda|/proc|tmpfs)"
    run = exporter("--collector.disable-defaults", f"--collector.{new.split('.')[0]}", f"--collector.{old}={value}")
    assert f"--collector.{old} is deprecated, use --collector.{new}" in run.log()
    same = exporter("--collector.disable-defaults", f"--collector.{new.split('.')[0]}", f"--collector.{new}={value}")
    series = lambda process: {line.rsplit(" ", 1)[0] for line in page(process.url("/metrics"))}
    assert series(run) == series(same)


def test_more_scrapes_than_wanted_are_turned_away(exporter):
    run = exporter("--web.max-requests=1", "--collector.processes")
    together = [subprocess.Popen(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", run.url("/metrics")], stdout=subprocess.PIPE, text=True) for _ in range(40)]
    codes = [scrape.communicate()[0] for scrape in together]
    assert set(codes) == {"200", "503"}
    assert 'promhttp_metric_handler_requests_total{code="503"}' in run.metrics()
