"""Real processes on free loopback ports."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TIDEMARK_BIN", ROOT / "build/release/bin"))
#: Sanitized programs are slower; waiting longer costs nothing when things go well.
PATIENCE = 1 if os.environ.get("TIDEMARK_PRESET", "release") == "release" else 4


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds=15, what="the condition"):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds * PATIENCE} s"
        time.sleep(0.05)


class Process:
    """A child process with its output in a file."""

    def __init__(self, tmp_path, command, name):
        self.log_path = tmp_path / f"{name}-{time.monotonic_ns()}.log"
        self.log_file = open(self.log_path, "wb")
        self.command = [str(part) for part in command]
        self.child = subprocess.Popen(self.command, stdout=self.log_file, stderr=self.log_file, start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_ready(self, url, **kwargs):
        def ready():
            assert self.child.poll() is None, f"ended with {self.child.returncode}:\n{self.log()[-2000:]}"
            try:
                return requests.get(url, timeout=2, **kwargs).ok
            except requests.RequestException:
                return False

        wait_until(ready, 30, f"{url} being ready")

    def kill(self):
        self.child.kill()
        self.child.wait(20)

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(20 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                raise
        self.log_file.close()


class Tidemark(Process):
    """One of our two programs: it must end with 0 when it is asked to, and its log must hold no sanitizer report."""

    port: int

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def get(self, path, **kwargs):
        return requests.get(self.url(path), timeout=30 * PATIENCE, **kwargs)

    def stop(self):
        killed = self.child.poll() == -signal.SIGKILL
        super().stop()
        log = self.log()
        assert "Sanitizer" not in log and "runtime error" not in log, log[-4000:]
        assert killed or self.child.returncode == 0, f"ended with {self.child.returncode}:\n{log[-2000:]}"


class Exporter(Tidemark):
    def __init__(self, tmp_path, *flags):
        self.port = free_port()
        super().__init__(tmp_path, [BIN / "tidemark-exporter", f"--web.listen-address=127.0.0.1:{self.port}", *flags], "exporter")
        self.wait_ready(self.url("/-/ready"))

    def metrics(self, query="", **headers):
        return self.get("/metrics" + query, headers=headers).text


class Analyzer(Tidemark):
    """An analyzer with a configuration given as a dictionary (JSON is YAML)."""

    def __init__(self, tmp_path, config=None, flags=(), data=None, port=None, auth=None):
        self.port = port or free_port()
        self.data = data or tmp_path / "data"
        self.config_path = tmp_path / f"config-{self.port}.yml"
        self.write_config(config or scrape_config({}))
        command = [BIN / "tidemark-analyzer", f"--web.listen-address=127.0.0.1:{self.port}", f"--storage.path={self.data}",
                   f"--config.file={self.config_path}", f"--rules.path={ROOT / 'rules'}", *flags]
        super().__init__(tmp_path, command, "analyzer")
        self.wait_ready(self.url("/-/ready"), auth=auth)

    def write_config(self, config):
        self.config_path.write_text(config if isinstance(config, str) else json.dumps(config))

    def query(self, expr, **params):
        answer = self.get("/api/v1/query", params={"query": expr, **params}).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def value(self, expr):
        """The only value of an expression, or None."""
        result = self.query(expr)
        return float(result[0]["value"][1]) if result else None

    def performance(self, path, **params):
        answer = self.get("/api/v1/performance/" + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post_threshold(self, body):
        return requests.post(self.url("/api/v1/performance/thresholds"), json=body, timeout=30 * PATIENCE)


class Peer(Process):
    def __init__(self, tmp_path, command, ready_url):
        super().__init__(tmp_path, command, "peer")
        self.wait_ready(ready_url)


class Prometheus(Process):
    """A real Prometheus with a configuration as text or as a dictionary."""

    def __init__(self, tmp_path, config="{}", flags=(), data=None):
        self.port = free_port()
        self.config_path = tmp_path / f"prometheus-{self.port}.yml"
        self.config_path.write_text(config if isinstance(config, str) else json.dumps(config))
        super().__init__(tmp_path, ["prometheus", f"--config.file={self.config_path}", f"--storage.tsdb.path={data or tmp_path / f'tsdb-{self.port}'}",
                                    f"--web.listen-address=127.0.0.1:{self.port}", *flags], "prometheus")
        self.wait_ready(self.url("/-/ready"))

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"


def scrape_config(jobs, interval="1s", **job_fields):
    """A configuration that scrapes {job name: port or list of ports}."""
    configs = []
    for name, ports in jobs.items():
        ports = ports if isinstance(ports, list) else [ports]
        configs.append({"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in ports]}], **job_fields})
    return {"global": {"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": interval}, "scrape_configs": configs}


def factory(kind, tmp_path):
    """What fixtures yield: starts processes of a kind, by its arguments but the first, and stops them after the test."""
    started = []

    def start(*args, **kwargs):
        process = kind(tmp_path, *args, **kwargs)
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        process.stop()
