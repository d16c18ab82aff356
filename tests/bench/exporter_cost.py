#!/usr/bin/python3
"""CPU a scrape and resident memory of tidemark-exporter and node_exporter with the default collectors, side by side.

Scrapes the two in turn, so that both see the same machine, and reads their CPU time from /proc: exporter_cost.py [--scrapes N]
[--memory-scrapes N]. With the latter both are scraped so often afterwards, and their memory is printed again
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.processes import BIN, free_port  # noqa: E402

#: Debian's defaults that are not upstream's.
DEBIAN = ["--no-collector.systemd", "--collector.netdev.device-exclude="]


def cpu_seconds(pid):
    """All threads' time on a CPU, from the scheduler's nanoseconds: a tick is longer than a scrape."""
    return sum(int(pathlib.Path(task, "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def resident_kib(pid):
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS")).split()[1])


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scrapes", type=int, default=500)
    arguments.add_argument("--memory-scrapes", type=int, default=0, help="scrapes after which memory is looked at again")
    options = arguments.parse_args()
    scrapes = options.scrapes
    programs = {"tidemark-exporter": str(BIN / "tidemark-exporter"), "node_exporter": "prometheus-node-exporter"}
    runs = {}
    with tempfile.TemporaryDirectory() as texts:
        flags = [f"--collector.textfile.directory={texts}"]
        for name, program in programs.items():
            port = free_port()
            own = DEBIAN if name == "node_exporter" else []
            child = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}", *flags, *own], stderr=subprocess.DEVNULL)
            runs[name] = (child, f"http://127.0.0.1:{port}/metrics")
        try:
            time.sleep(1)
            fetch = lambda url: urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"}), timeout=10).read()
            for _ in range(20):
                for _, url in runs.values():
                    fetch(url)
            before = {name: cpu_seconds(child.pid) for name, (child, _) in runs.items()}
            for i in range(scrapes):
                for _, url in runs.values():
                    fetch(url)
                if sys.stderr.isatty() and i % 50 == 0:
                    print(f"\r{i}/{scrapes} scrapes", end="", file=sys.stderr)
            cost = {name: (cpu_seconds(child.pid) - before[name]) / scrapes * 1e6 for name, (child, _) in runs.items()}
            memory = {name: resident_kib(child.pid) / 1024 for name, (child, _) in runs.items()}
            for _ in range(options.memory_scrapes):
                for _, url in runs.values():
                    fetch(url)
            later = {name: resident_kib(child.pid) / 1024 for name, (child, _) in runs.items()}
        finally:
            for child, _ in runs.values():
                child.terminate()
                child.wait()
    for name in runs:
        print(f"{name:20} {cost[name]:8.0f} us CPU a scrape {memory[name]:8.1f} MiB resident")
    if options.memory_scrapes > 0:
        for name in runs:
            print(f"{name:20} {later[name]:8.1f} MiB resident after {options.memory_scrapes} scrapes more")
    ours, theirs = programs
    print(f"ratio                {cost[ours] / cost[theirs]:8.3f}                 {memory[ours] / memory[theirs]:8.3f}")


if __name__ == "__main__":
    main()
