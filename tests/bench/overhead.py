#!/usr/bin/python3
"""What both processes cost together with the shipped rules: overhead.py [--seconds 300] [--interval 10s]

Starts the exporter with its defaults and the analyzer scraping it and itself, and prints the CPU time of both as a share of
one core, and their resident memory.
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench.exporter_cost import cpu_seconds, resident_kib  # noqa: E402
from support.processes import Analyzer, Exporter, free_port, scrape_config  # noqa: E402


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=300)
    arguments.add_argument("--interval", default="10s")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory)
        exporter = Exporter(path)
        port = free_port()
        analyzer = Analyzer(path, scrape_config({"node": exporter.port, "tidemark": port}, interval=options.interval), port=port)
        time.sleep(5)
        pids = {"tidemark-exporter": exporter.pid, "tidemark-analyzer": analyzer.pid}
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        time.sleep(options.seconds)
        share = {name: (cpu_seconds(pid) - before[name]) / options.seconds * 100 for name, pid in pids.items()}
        for name, pid in pids.items():
            print(f"{name:20} {share[name]:7.4f} % of one core {resident_kib(pid) / 1024:7.1f} MiB resident")
        print(f"{'both':20} {sum(share.values()):7.4f} % of one core at {options.interval} over {options.seconds} s")
        analyzer.stop()
        exporter.stop()


if __name__ == "__main__":
    main()
