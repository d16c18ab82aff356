"""The exporter beside Debian's node_exporter on the same host: same names, types, help, labels; counters in step."""

import re
import subprocess

import pytest
from support.processes import free_port

#: Debian changes these defaults; both get upstream's.
FILTERS = ["--collector.netdev.device-exclude=", "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys)($|/)"]

#: Debian's build enables it; upstream's does not.
DEBIAN_ONLY = ["--no-collector.systemd"]

#: Families that one of the two may have alone, with the reason.
OWN = re.compile(r"go_.*"  # the Go runtime
                 r"|promhttp_metric_handler_errors_total")  # counts errors of Go's encoder


@pytest.fixture
def both(exporter, peer, tmp_path):
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "a.prom").write_text('# HELP jobs Jobs.\n# TYPE jobs gauge\njobs{queue="a"} 1\njobs{kind="x\\"y"} 2.5e+06\nno_help_total 3\n'
                                  '# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n')
    flags = [*FILTERS, f"--collector.textfile.directory={texts}"]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *DEBIAN_ONLY, *flags], f"http://127.0.0.1:{port}/metrics")
    return exporter(*flags), f"http://127.0.0.1:{port}/metrics"


def parse(page):
    """Families with type and help, and samples by series text."""
    families, samples = {}, {}
    for line in page.splitlines():
        if line.startswith("# "):
            _, kind, name, rest = line.split(" ", 3)
            families.setdefault(name, {})[kind] = rest
        else:
            series, value = line.rsplit(" ", 1)
            samples[series] = value
    return families, samples


def fetch(url):
    return subprocess.run(["curl", "-sf", url], check=True, capture_output=True, text=True).stdout


def test_same_families_types_and_help(both):
    ours, theirs = both
    our_families, our_samples = parse(ours.metrics())
    their_families, their_samples = parse(fetch(theirs))
    relevant = {name: family for name, family in their_families.items() if not OWN.fullmatch(name)}
    assert {name: family for name, family in our_families.items()} == relevant
    assert len(relevant) > 100
    names = lambda samples: {series for series in samples if not OWN.fullmatch(series.split("{")[0])
                             and not series.startswith(("node_exporter_build_info", "promhttp_metric_handler_requests_total"))}
    assert names(our_samples) == names(their_samples)
    assert set(re.findall(r"(\w+)=", next(s for s in our_samples if s.startswith("node_exporter_build_info")))) == \
        set(re.findall(r"(\w+)=", next(s for s in their_samples if s.startswith("node_exporter_build_info"))))


@pytest.mark.parametrize("flags", [
    ["--collector.netdev", "--collector.netdev.device-exclude=", "--collector.netdev.address-info", "--collector.netdev.enable-detailed-metrics"],
    ["--collector.netclass", "--collector.netclass.netlink", "--collector.netclass_rtnl.with-stats"],
    ["--collector.netclass", "--collector.netclass.netlink", "--collector.netclass_rtnl.with-stats", "--collector.netdev", "--collector.netdev.device-exclude="],
    ["--collector.netclass", "--collector.netclass_rtnl.with-stats", "--collector.netdev", "--collector.netdev.device-exclude="],
])
def test_addresses_and_detailed_counters_of_interfaces(exporter, peer, flags):
    flags = ["--collector.disable-defaults", *flags]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/metrics")
    ours, theirs = (parse(page) for page in (exporter(*flags).metrics(), fetch(f"http://127.0.0.1:{port}/metrics")))
    network = lambda names: {name for name in names if name.startswith("node_network_")}
    assert network(ours[1]) == network(theirs[1]) and len(network(ours[1])) > 20
    # What both write is of the type that node_exporter's faster one gives it.
    contested = {"--collector.netclass_rtnl.with-stats", "--collector.netclass.netlink", "--collector.netdev"} <= set(flags)
    assert all(ours[0][name] == theirs[0][name] for name in network(ours[0]) if not (contested and name.endswith("_total")))


def test_every_flag_is_taken(exporter):
    """Whoever has a command line for node_exporter keeps it. What is left out here is told when it is asked for, and not when it is turned off."""
    text = subprocess.run(["prometheus-node-exporter", "--help-long"], capture_output=True, text=True).stdout
    flags = re.findall(r"^ +--(\[no-\])?([a-z][\w.-]+)(?:=(\S+))?", text, re.MULTILINE)
    values = {"web.listen-address": f"127.0.0.1:{free_port()}", "web.config.file": "", "collector.perf.tracepoint": "sched:sched_process_exec", "collector.sysctl.include": "kernel.threads-max",
              "collector.sysctl.include-info": "kernel.ostype", "path.procfs": "/proc"}
    given = []
    for _, name, default in flags:
        if name in ("help", "help-long", "help-man", "version") or name.startswith("web."):
            continue
        value = values.get(name, default.rstrip(".").strip('"'))
        given.append(f"--{name}={value}" if default else f"--no-{name}")
    assert len(given) > 120
    run = exporter(*given)
    assert "node_scrape_collector_success" in run.metrics()
    left_out = re.findall(r"(--\S+) of node_exporter has no effect here", run.log())
    assert sorted(left_out) == ["--collector.perf.cpus", "--collector.perf.tracepoint", "--collector.runit.servicedir", "--collector.supervisord.url", "--runtime.gomaxprocs"]
    assert "there is no collector" not in run.log()
    assert "there is no collector perf here" in exporter("--collector.perf", "--no-collector.runit").log()


def test_routes_and_queueing_disciplines(exporter, peer):
    flags = ["--collector.disable-defaults", "--collector.network_route", "--collector.qdisc"]
    port = free_port()
    peer(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}", *flags], f"http://127.0.0.1:{port}/metrics")
    ours, theirs = (parse(page) for page in (exporter(*flags).metrics(), fetch(f"http://127.0.0.1:{port}/metrics")))
    relevant = lambda names: {name for name in names if name.startswith(("node_network_route", "node_qdisc"))}
    assert relevant(ours[1]) == relevant(theirs[1]) and len(relevant(ours[1])) > 5
    assert all(ours[0][name] == theirs[0][name] for name in relevant(ours[0]))
    assert all(ours[1][name] == theirs[1][name] for name in relevant(ours[1]) if name.startswith("node_network_route"))


def test_counters_lie_between_two_scrapes_of_node_exporter(both):
    ours, theirs = both
    families, before = parse(fetch(theirs))
    _, middle = parse(ours.metrics())
    _, after = parse(fetch(theirs))
    checked = 0
    for series, text in middle.items():
        name = series.split("{")[0]
        # Connections come and go, though node_exporter does not say that it is a gauge.
        if families.get(name, {}).get("TYPE") not in ("counter", "untyped") or not name.startswith("node_") or name == "node_netstat_Tcp_CurrEstab":
            continue
        low, value, high = float(before[series]), float(text), float(after[series])
        assert low <= value <= high, f"{series}: {low} <= {value} <= {high}"
        checked += 1
    assert checked > 80
    for series in ("node_memory_MemTotal_bytes", "node_boot_time_seconds", "node_uname_info"):
        for key in (key for key in middle if key.split("{")[0] == series):
            assert middle[key] == before[key], "numbers are written alike too"


def test_promtool_finds_what_it_finds_in_node_exporter(both):
    ours, theirs = both
    check = lambda page: subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True)
    our_result, their_result = check(ours.metrics()), check(fetch(theirs))
    assert our_result.stdout == ""
    # node_exporter's own names break two naming rules; no line may be added.
    assert set(our_result.stderr.splitlines()) <= set(their_result.stderr.splitlines())
