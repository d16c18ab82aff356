"""Samples like those of hosts: 500 counters and 500 gauges with steps of several kinds, the same for every run."""

import random

KINDS = ("requests", "bytes", "seconds", "rare events", "busy", "percent", "memory", "state", "level", "temperature")


def make_series(count, samples, seed=42):
    """count lists of float values, half counters and half gauges; series i is of kind KINDS[i % 10]."""
    rng = random.Random(seed)
    return [_values(rng, KINDS[i % len(KINDS)], samples) for i in range(count)]


def _values(rng, kind, samples):
    rate = 10 ** rng.uniform(0, 3)
    value = float(rng.randint(0, 10**7))
    level = rng.uniform(10, 90)
    out = []
    for _ in range(samples):
        if kind == "requests":
            value += max(0, round(rng.gauss(rate, rate**0.5)))
        elif kind == "bytes":
            value += max(0, round(rng.gauss(rate, rate**0.5))) * 1500
        elif kind == "seconds":
            value = round(value + abs(rng.gauss(0.3, 0.05)), 2)
        elif kind == "rare events":
            value += rng.random() < 0.01
        elif kind == "busy":
            value += rng.randint(0, 100)
        elif kind == "percent":
            level = min(100.0, max(0.0, level + rng.gauss(0, 0.5)))
            value = round(level, 1)
        elif kind == "memory":
            level = max(1.0, level + rng.gauss(0, 0.3))
            value = float(int(level * 1000) * 4096)
        elif kind == "state":
            value = value if rng.random() > 0.002 and value < 10 else float(rng.randint(0, 5))
        elif kind == "level":
            value = float(rng.randint(0, 12))
        else:
            level += rng.choice((-0.5, 0, 0, 0, 0.5))
            value = round(level * 2) / 2
        out.append(value)
    return out
