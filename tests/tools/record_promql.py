#!/usr/bin/python3
"""Fills a script of tests/conformance/promql with a real Prometheus's answers: record_promql.py FILE...

Write the loads and the eval lines, run this, and read what it has put below them. `eval` becomes `eval_fail` where Prometheus answers with an error.
"""

import argparse
import pathlib
import re
import sys
import tempfile

import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import promql_script  # noqa: E402
from support.processes import Prometheus  # noqa: E402


class Servers:
    """A new Prometheus at each call, the one before it stopped."""

    def __init__(self, folder):
        self.folder, self.running = pathlib.Path(folder), None

    def __call__(self):
        self.stop()
        self.running = Prometheus(self.folder, flags=promql_script.PROMETHEUS_FLAGS)
        return self.running.url()

    def stop(self):
        if self.running:
            self.running.stop()


def series_text(labels):
    quoted = lambda value: '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in sorted(labels.items())) + "}"


def answer_lines(url, command, line):
    """The eval line and what stands below it."""
    body = requests.post(url + "/api/v1/query", data={"query": command.query, "time": command.time}, timeout=60).json()
    ordered = command.kind == "eval_ordered"
    if body["status"] != "success":
        return [re.sub(r"^eval\w*", "eval_fail", line)]
    data = body["data"]
    lines = [re.sub(r"^eval\w*", "eval_ordered" if ordered else "eval", line)]
    if data["resultType"] == "scalar":
        return [*lines, "  " + data["result"][1]]
    if data["resultType"] != "vector":
        raise SystemExit(f"line {command.line}: a {data['resultType']} has no form in scripts")
    samples = [f"  {series_text(one['metric'])} {one['value'][1]}" for one in data["result"]]
    return lines + (samples if ordered else sorted(samples))


def record(text, start):
    lines, out, url = text.splitlines(), [], start()
    commands = {command.line: command for command in promql_script.parse(text)}
    skipping = False
    for at, line in enumerate(lines, 1):
        command = commands.get(at)
        if command is None:
            if not skipping or not line.startswith((" ", "\t")):
                skipping = False
                out.append(line)
            continue
        skipping = command.kind.startswith("eval")
        if command.kind == "clear":
            url = start()
        if command.kind == "load":
            promql_script.load_into(url, command)
        out += answer_lines(url, command, line) if skipping else [line]
    return "\n".join(out) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE")
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(folder)
        try:
            for path in arguments.parse_args().files:
                path.write_text(record(path.read_text(), servers))
        finally:
            servers.stop()


if __name__ == "__main__":
    main()
