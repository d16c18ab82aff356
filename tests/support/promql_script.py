"""Test scripts of PromQL in the form that Prometheus 2.42 has its own in (promql/testdata/*.test), run over HTTP.

    load 5m                                       clear
      http_requests{job="api"} 0+10x10 _ stale    eval_fail instant at 10m sum(
    eval instant at 50m sum(http_requests)        eval_ordered instant at 50m sort(http_requests)
      {} 100

parse() gives the commands of a script; Runner runs them on a server that takes remote write and answers queries.
"""

import dataclasses
import math
import re
import struct

import requests
from support.remote_write import post, series, write_request

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]
NUMBER = r"(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])"
EXPANDED = re.compile(rf"([+-]?{NUMBER})(?:([+-]{NUMBER}))?x(\d+)$")
DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\')\s*(,|})')

#: Loads may reach back to the epoch, and come by remote write.
PROMETHEUS_FLAGS = ("--storage.tsdb.retention.time=100y", "--web.enable-remote-write-receiver")


class ScriptError(Exception):
    pass


@dataclasses.dataclass
class Command:
    kind: str  # load, clear, eval, eval_ordered, eval_fail
    line: int
    query: str = ""
    time: float = 0  # of eval
    interval: float = 0  # of load
    series: list = dataclasses.field(default_factory=list)  # of (labels, values), a value None where there is none
    scalar: float | None = None  # expected


def number(text):
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.lstrip("+"))
    return sign * (float(int(digits, 16)) if digits.lower().startswith("0x") else float(digits))


def duration(text):
    parts = DURATION.findall(text)
    if "".join(count + unit for count, unit in parts) != text or not parts:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return float(text)
        raise ScriptError(f"no duration: {text}")
    return sum(int(count) * SECONDS[unit] for count, unit in parts)


def expand(text):
    """The values of one word of a series' line."""
    if blanks := re.fullmatch(r"_(?:x(\d+))?", text):
        return [None] * int(blanks[1] or 1)
    if text == "stale":
        return [STALE]
    if match := EXPANDED.match(text):
        start, step, times = number(match[1]), number(match[2] or "0"), int(match[3])
        values = [start]
        for _ in range(times):
            values.append(values[-1] + step)
        return values
    return [number(text)]


def parse_series(line):
    """'name{a="b"} 1 2x3' as ({"__name__": "name", "a": "b"}, values)"""
    match = re.match(r"([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*({)?", line)
    labels, rest = {"__name__": match[1]} if match[1] else {}, line[match.end():]
    if match[2]:
        if rest.lstrip().startswith("}"):
            rest = rest.lstrip()[1:]
        else:
            while True:
                label = LABEL.match(rest)
                if not label:
                    raise ScriptError(f"no labels: {line}")
                labels[label[1]] = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), label[2][1:-1])
                rest = rest[label.end():]
                if label[3] == "}":
                    break
                if rest.lstrip().startswith("}"):
                    rest = rest.lstrip()[1:]
                    break
    elif not match[1]:
        raise ScriptError(f"no series: {line}")
    return labels, [value for word in rest.split() for value in expand(word)]


def parse(text):
    commands, lines, i = [], text.splitlines(), 0
    while i < len(lines):
        line, at = lines[i].strip(), i + 1
        i += 1
        if not line or line.startswith("#"):
            continue
        block = []
        if line != "clear":
            while i < len(lines) and (lines[i].strip() and not re.match(r"(load|clear|eval)", lines[i])):
                if not lines[i].strip().startswith("#"):
                    block.append(lines[i].strip())
                i += 1
        if line == "clear":
            commands.append(Command("clear", at))
        elif match := re.fullmatch(r"load\s+(\S+)", line):
            commands.append(Command("load", at, interval=duration(match[1]), series=[parse_series(one) for one in block]))
        elif match := re.fullmatch(r"(eval(?:_fail|_ordered)?)\s+instant\s+(?:at\s+(\S+))?\s*(.+)", line):
            command = Command(match[1], at, query=match[3], time=duration(match[2] or "0"))
            for one in block if command.kind != "eval_fail" else []:
                if re.fullmatch(rf"[+-]?{NUMBER}", one):
                    command.scalar = number(one)
                else:
                    command.series.append(parse_series(one))
            commands.append(command)
        else:
            raise ScriptError(f"line {at}: {line}")
    return commands


def load_into(url, command):
    """Writes a load's samples in the order of their times, which some stores demand."""
    samples = sorted(((i * command.interval, index, value) for index, (_, values) in enumerate(command.series) for i, value in enumerate(values) if value is not None))
    by_time = {}
    for at, index, value in samples:
        by_time.setdefault(at, []).append((index, value))
    times = sorted(by_time)
    for begin in range(0, len(times), 50):
        body = []
        for at in times[begin:begin + 50]:
            body += [series(sorted(command.series[index][0].items()), [(round(at * 1000), value)]) for index, value in by_time[at]]
        answer = post(url + "/api/v1/write", write_request(*body))
        if answer.status_code >= 300:
            raise ScriptError(f"line {command.line}: {answer.status_code} {answer.text}")


def same(a, b):
    """As Prometheus's own scripts are compared: relative to a millionth."""
    return (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) < 1e-6 * (abs(a) + abs(b)) or (abs(a) + abs(b)) < 1e-15


def check(url, command):
    """What is wrong with the server's answer, or nothing."""
    answer = requests.post(url + "/api/v1/query", data={"query": command.query, "time": command.time}, timeout=60).json()
    where = f"line {command.line}, {command.query}: "
    if command.kind == "eval_fail":
        return "" if answer["status"] == "error" else where + "was to fail"
    if answer["status"] != "success":
        return where + answer["error"]
    data = answer["data"]
    if data["resultType"] == "scalar":
        got = float(data["result"][1])
        return "" if command.scalar is not None and same(got, command.scalar) else where + f"{got}, expected {command.scalar}"
    if command.scalar is not None:
        return where + f"a {data['resultType']}, expected a scalar"
    if data["resultType"] != "vector":
        return where + f"a {data['resultType']} has no expected form in these scripts"
    got = [(one["metric"], float(one["value"][1])) for one in data["result"]]
    expected = [(labels, values[0]) for labels, values in command.series]
    if command.kind != "eval_ordered":
        order = lambda pairs: sorted(pairs, key=lambda pair: sorted(pair[0].items()))
        got, expected = order(got), order(expected)
    alike = len(got) == len(expected) and all(a[0] == b[0] and same(a[1], b[1]) for a, b in zip(got, expected))
    return "" if alike else where + f"{got}, expected {expected}"


def run(text, start):
    """Runs a script. `start` gives the address of a new, empty server each time it is called. Returns what went wrong."""
    url, problems = start(), []
    for command in parse(text):
        if command.kind == "clear":
            url = start()
        elif command.kind == "load":
            load_into(url, command)
        elif problem := check(url, command):
            problems.append(problem)
    return problems
