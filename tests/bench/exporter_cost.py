#!/usr/bin/python3
"""CPU and wall time a scrape and resident memory of tidemark-exporter and node_exporter with the default collectors, side by side.

Scrapes the two in turn, so that both see the same machine, over connections that are kept as Prometheus keeps them, or with --reconnect
over a new one each time, and reads their CPU time from /proc: exporter_cost.py [--scrapes N] [--reconnect] [--memory-scrapes N]. With the
latter both are scraped so often afterwards, and their memory is printed again. The wall time is the client's, whose own part an empty
call shows: the landing page.

Where strace is installed, one more scrape tells which files each reads; opening, reading and closing those is the floor.
"""

import argparse
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.processes import BIN, free_port  # noqa: E402

#: Debian's defaults that are not upstream's.
DEBIAN = ["--no-collector.systemd", "--collector.netdev.device-exclude="]


def cpu_seconds(pid):
    """All threads' time on a CPU, from the scheduler's nanoseconds: a tick is longer than a scrape."""
    return sum(int(pathlib.Path(task, "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def resident_kib(pid):
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS")).split()[1])


def files_read(pid, scrape, folder):
    """Paths of the files that the process reads for one scrape, each as often as it is opened or, when it stays open, read from its begin."""
    # A log for each thread: in one for all the calls of others would stand within a line.
    tracer = subprocess.Popen(["strace", "-ff", "-qq", "-y", "-e", "trace=openat,read,pread64", "-o", pathlib.Path(folder, "strace"), "-p", str(pid)])
    while "TracerPid:\t0" in pathlib.Path(f"/proc/{pid}/status").read_text() and tracer.poll() is None:
        time.sleep(0.01)
    scrape()
    tracer.terminate()
    tracer.wait()
    lines = []
    for log in pathlib.Path(folder).glob("strace.*"):
        lines += log.read_text(errors="replace").splitlines()
        log.unlink()
    opened = [match[1] for line in lines if "O_DIRECTORY" not in line and (match := re.search(r"openat\(.* = \d+<(/[^>]+)>$", line))]
    kept = [match[1] for line in lines if (match := re.search(r"pread64\(\d+<(/[^>]+)>.*, 0\) = ", line))]
    return opened + kept


def floor_seconds(files, folder, rounds):
    """CPU time of opening, reading and closing the files once, in a process of its own."""
    pathlib.Path(folder, "list").write_text("".join(path + "\n" for path in files))
    before = os.times()
    subprocess.run([BIN / "read-files", pathlib.Path(folder, "list"), str(rounds)], check=True)
    after = os.times()
    return (after.children_user + after.children_system - before.children_user - before.children_system) / rounds


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scrapes", type=int, default=500)
    arguments.add_argument("--reconnect", action="store_true")
    arguments.add_argument("--memory-scrapes", type=int, default=0, help="scrapes after which memory is looked at again")
    options = arguments.parse_args()
    scrapes = options.scrapes
    programs = {"tidemark-exporter": str(BIN / "tidemark-exporter"), "node_exporter": "prometheus-node-exporter"}
    runs = {}
    with tempfile.TemporaryDirectory() as folder:
        texts = pathlib.Path(folder, "texts")
        texts.mkdir()
        flags = [f"--collector.textfile.directory={texts}"]
        for name, program in programs.items():
            port = free_port()
            own = DEBIAN if name == "node_exporter" else []
            child = subprocess.Popen([program, f"--web.listen-address=127.0.0.1:{port}", *flags, *own], stderr=subprocess.DEVNULL)
            runs[name] = (child, http.client.HTTPConnection("127.0.0.1", port, timeout=10))
        try:
            time.sleep(1)

            def fetch(connection, path="/metrics"):
                begin = time.perf_counter()
                connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                connection.getresponse().read()
                if options.reconnect:
                    connection.close()  # request opens it again
                return (time.perf_counter() - begin) * 1e6

            for _ in range(20):
                for _, connection in runs.values():
                    fetch(connection)
            before = {name: cpu_seconds(child.pid) for name, (child, _) in runs.items()}
            wall = dict.fromkeys(runs, 0.0)
            for i in range(scrapes):
                for name, (_, connection) in runs.items():
                    wall[name] += fetch(connection) / scrapes
                if sys.stderr.isatty() and i % 50 == 0:
                    print(f"\r{i}/{scrapes} scrapes", end="", file=sys.stderr)
            cost = {name: (cpu_seconds(child.pid) - before[name]) / scrapes * 1e6 for name, (child, _) in runs.items()}
            memory = {name: resident_kib(child.pid) / 1024 for name, (child, _) in runs.items()}
            empty = dict.fromkeys(runs, 0.0)
            for _ in range(scrapes):
                for name, (_, connection) in runs.items():
                    empty[name] += fetch(connection, "/") / scrapes
            floors = {}
            if shutil.which("strace"):
                for name, (child, connection) in runs.items():
                    files = files_read(child.pid, lambda: fetch(connection), folder)
                    floors[name] = (len(files), floor_seconds(files, folder, scrapes) * 1e6)
            for _ in range(options.memory_scrapes):
                for _, connection in runs.values():
                    fetch(connection)
            later = {name: resident_kib(child.pid) / 1024 for name, (child, _) in runs.items()}
        finally:
            for child, _ in runs.values():
                child.terminate()
                child.wait()
    for name in runs:
        print(f"{name:20} {cost[name]:8.0f} us CPU a scrape {wall[name]:8.0f} us wall time, {empty[name]:.0f} us an empty call {memory[name]:8.1f} MiB resident")
    for name, (files, floor) in floors.items():
        print(f"{name:20} {floor:8.0f} us CPU to open and read its {files} files, of which a scrape takes {cost[name] / floor:.2f} times as much")
    if options.memory_scrapes > 0:
        for name in runs:
            print(f"{name:20} {later[name]:8.1f} MiB resident after {options.memory_scrapes} scrapes more")
    ours, theirs = programs
    net = (wall[ours] - empty[ours]) / (wall[theirs] - empty[theirs])
    print(f"ratio: {cost[ours] / cost[theirs]:.3f} CPU, {wall[ours] / wall[theirs]:.3f} wall time, {net:.3f} without an empty call, {memory[ours] / memory[theirs]:.3f} memory")


if __name__ == "__main__":
    main()
