"""The scripts in promql/, each verified by a real Prometheus and then run on Tidemark."""

import json
import pathlib

import pytest
from support import promql_script
from support.processes import Analyzer, Prometheus, scrape_config

SCRIPTS = sorted((pathlib.Path(__file__).parent / "promql").glob("*.test"))


@pytest.fixture
def tidemark(tmp_path):
    running = []

    def start():
        running.append(Analyzer(tmp_path, json.dumps(scrape_config({})), flags=["--storage.retention=0"], data=tmp_path / f"data-{len(running)}"))
        return running[-1].url()

    yield start
    for process in running:
        process.stop()


@pytest.fixture
def prometheus(tmp_path):
    running = []

    def start():
        running.append(Prometheus(tmp_path, flags=promql_script.PROMETHEUS_FLAGS))
        return running[-1].url()

    yield start
    for process in running:
        process.stop()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script(tidemark, prometheus, script):
    text = script.read_text()
    assert len(promql_script.parse(text)) > 3
    assert promql_script.run(text, prometheus) == [], "Prometheus itself answers otherwise: the script is wrong"
    assert promql_script.run(text, tidemark) == []


def test_a_wrong_answer_is_found(tidemark):
    text = "load 1m\n  a 1 2\n\neval instant at 1m a\n  a 3\n\neval instant at 1m 1 + 1\n  3\n\neval_fail instant at 1m a\n\neval instant at 1m a\n  b 2\n\neval instant at 1m sum(\n"
    assert len(promql_script.run(text, tidemark)) == 5
