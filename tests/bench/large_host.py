#!/usr/bin/python3
"""Cost of a scrape of a large host, of both exporters beside the floor: opening and reading every file once.

The host is a tree of files: large_host.py [--scrapes N] [--small]. Each column should be linear in the size of the host: --small makes
one of a sixteenth, and the last column tells by how much more a large host costs than sixteen such.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench.exporter_cost import cpu_seconds, floor_seconds  # noqa: E402
from support.processes import BIN, free_port  # noqa: E402

COLLECTORS = ["cpu", "diskstats", "netdev", "netclass", "processes", "stat", "softnet", "interrupts", "schedstat", "cpufreq"]
INTERFACE_FILES = {"addr_assign_type": "0", "address": "02:00:5e:00:53:01", "broadcast": "ff:ff:ff:ff:ff:ff", "carrier": "1", "carrier_changes": "2", "carrier_down_count": "1", "carrier_up_count": "1",
                   "dev_id": "0x0", "dormant": "0", "duplex": "full", "flags": "0x1303", "ifalias": "", "ifindex": "{n}", "iflink": "{n}", "link_mode": "0", "mtu": "1500", "name_assign_type": "2",
                   "netdev_group": "0", "operstate": "up", "speed": "1000", "tx_queue_len": "1000", "type": "1"}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def build(root, cpus, disks, interfaces, processes):
    proc, sys_ = root / "proc", root / "sys"
    stat = "cpu  1 2 3 4 5 6 7 8 9 10\n" + "".join(f"cpu{n} {100 * n} 2 3 4 5 6 7 8 9 10\n" for n in range(cpus))
    write(proc / "stat", stat + "intr 5\nctxt 6\nbtime 1700000000\nprocesses 7\nprocs_running 1\nprocs_blocked 0\n")
    write(proc / "diskstats", "".join(f"   8 {n} disk{n} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n" for n in range(disks)))
    write(proc / "net/dev", "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
          + "".join(f"net{n}: {n} 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n" for n in range(interfaces)))
    write(proc / "net/softnet_stat", "".join("000000ff 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000\n" for _ in range(cpus)))
    write(proc / "interrupts", "      " + "".join(f"CPU{n} " for n in range(cpus)) + "\n" + "".join(f"{line}: " + "7 " * cpus + "IR-PCI-MSI edge eth\n" for line in range(64)))
    write(proc / "schedstat", "version 15\ntimestamp 1\n" + "".join(f"cpu{n} 0 0 0 0 0 0 1000000000 2000000000 3\n" for n in range(cpus)))
    write(proc / "sys/kernel/threads-max", "100000\n")
    write(proc / "sys/kernel/pid_max", "4194304\n")
    for n in range(cpus):
        for file, value in {"cpuinfo_min_freq": 800000, "cpuinfo_max_freq": 3400000, "scaling_cur_freq": 1200000, "scaling_min_freq": 800000, "scaling_max_freq": 3000000, "scaling_governor": "powersave", "scaling_available_governors": "powersave", "scaling_driver": "x", "related_cpus": n, "scaling_setspeed": "<unsupported>"}.items():
            write(sys_ / f"devices/system/cpu/cpu{n}/cpufreq/{file}", f"{value}\n")
    for n in range(interfaces):
        for file, value in INTERFACE_FILES.items():
            write(sys_ / f"class/net/net{n}/{file}", value.format(n=n) + "\n")
    for pid in range(1, processes + 1):
        line = f"{pid} (worker) S 1 {pid} {pid} 0 -1 4210944 0 0 0 0 0 0 0 0 20 0 1 0 4 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 17 0 0 0 0 0 0\n"
        write(proc / f"{pid}/stat", line)
        write(proc / f"{pid}/task/{pid}/stat", line)
    (proc / "self").symlink_to("1")


def measure(root, scrapes):
    """{program: (CPU s, wall s) a scrape}"""
    flags = ["--collector.disable-defaults", *[f"--collector.{name}" for name in COLLECTORS], f"--path.procfs={root}/proc", f"--path.sysfs={root}/sys", f"--path.rootfs={root}", "--no-collector.netdev.netlink"]
    costs = {}
    for name, program in {"tidemark-exporter": str(BIN / "tidemark-exporter"), "node_exporter": "prometheus-node-exporter"}.items():
        port = free_port()
        child = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}", *flags], stderr=subprocess.DEVNULL)
        try:
            fetch = lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=120).read()
            time.sleep(1)
            for _ in range(2):
                page = fetch()
            cpu, wall = cpu_seconds(child.pid), time.monotonic()
            for _ in range(scrapes):
                page = fetch()
            costs[name] = ((cpu_seconds(child.pid) - cpu) / scrapes, (time.monotonic() - wall) / scrapes, page.count(b"\n"))
        finally:
            child.terminate()
            child.wait()
    return costs


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scrapes", type=int, default=5)
    arguments.add_argument("--small", action="store_true", help="a sixteenth of the host beside it")
    options = arguments.parse_args()
    sizes = [(256, 2000, 4000, 20000)] + ([(16, 125, 250, 1250)] if options.small else [])
    results = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            root = pathlib.Path(folder)
            build(root, *size)
            results.append({"floor": (floor_seconds([str(path) for path in root.rglob("*") if path.is_file()], root, 3), 0, 0), **measure(root, options.scrapes)})
            print("%d CPUs, %d disks, %d interfaces, %d processes" % size)
            for name, (cpu, wall, lines) in results[-1].items():
                print(f"{name:20} {cpu * 1000:10.1f} ms CPU {wall * 1000:10.1f} ms {cpu / results[-1]['floor'][0]:6.2f} of the floor {lines:8} lines")
    if options.small:
        for name in results[0]:
            print(f"{name:20} {results[0][name][0] / results[1][name][0]:6.1f} times the small one's (linear: 16)")


if __name__ == "__main__":
    main()
