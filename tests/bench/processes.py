"""What the benchmarks know about the processes they compare."""

import pathlib
import subprocess
import time

import requests


def cpu_seconds(pid):
    """All threads' time on a CPU, also of those that ended, in seconds (hundredths)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident_mib(pid):
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS")).split()[1]) / 1024


def directory_bytes(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


class Store:
    """A running program that speaks the Prometheus HTTP API."""

    def __init__(self, name, command, port, data, write_path="/api/v1/write"):
        self.name, self.port, self.data = name, port, data
        self.write_url = f"http://127.0.0.1:{port}{write_path}"
        self.child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.begin_cpu = cpu_seconds(self.child.pid)
        deadline = time.monotonic() + 30
        while True:
            try:
                if requests.get(f"http://127.0.0.1:{port}/metrics", timeout=1).ok:
                    return
            except requests.RequestException:
                assert time.monotonic() < deadline and self.child.poll() is None, f"{name} does not start"
                time.sleep(0.05)

    def query(self, expr, **params):
        answer = requests.get(f"http://127.0.0.1:{self.port}/api/v1/query", params={"query": expr, **params}, timeout=60)
        assert answer.ok, answer.text
        return answer.json()["data"]["result"]
