"""Fixtures of the tests that drive real processes from outside."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.processes import Analyzer, Exporter, Peer, factory  # noqa: E402


@pytest.fixture
def exporter(tmp_path):
    """Starts exporters: exporter(*flags). They are stopped, and must end well, after the test."""
    yield from factory(Exporter, tmp_path)


@pytest.fixture
def analyzer(tmp_path):
    """Starts analyzers: analyzer(config=..., flags=...). They are stopped, and must end well, after the test."""
    yield from factory(Analyzer, tmp_path)


@pytest.fixture
def peer(tmp_path):
    """Starts other programs: peer(command, ready_url). They are stopped after the test."""
    yield from factory(Peer, tmp_path)
