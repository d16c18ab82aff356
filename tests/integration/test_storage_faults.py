"""The store under a power cut at every write, a full disk, and damage."""

import contextlib
import os
import shutil
import subprocess

import pytest
from support.processes import BIN, scrape_config, wait_until
from support.remote_write import post, series, write_request
from support.targets import http_target, page

STEPS = 700
PRELOAD = BIN / "libcrash-at-write.so"


def steps(directory, *arguments, **environment):
    return subprocess.run([BIN / "store-steps", directory, *map(str, arguments)], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def last_acknowledged(done):
    return int(done.stdout.split()[-1]) if done.stdout.split() else -1


@pytest.mark.parametrize("stride", [31, pytest.param(1, marks=pytest.mark.slow)])
def test_a_power_cut_at_any_write_loses_nothing_acknowledged(tmp_path, stride):
    if os.environ.get("TIDEMARK_PRESET", "release") != "release":
        pytest.skip("a sanitizer's runtime must be the first library to load, so the preloaded one cannot be")
    count_file = tmp_path / "count"
    whole = steps(tmp_path / "whole", 0, STEPS, LD_PRELOAD=str(PRELOAD), CRASH_DIRECTORY=str(tmp_path), CRASH_COUNT_FILE=str(count_file))
    assert whole.returncode == 0 and last_acknowledged(whole) == STEPS - 1, whole.stderr
    calls = int(count_file.read_text())
    assert calls > 2 * STEPS
    assert steps(tmp_path / "whole", "check", STEPS - 1).returncode == 0
    crashes = 0
    for at in range(1, calls + 1, stride):
        directory = tmp_path / "crashed"
        shutil.rmtree(directory, ignore_errors=True)
        done = steps(directory, 0, STEPS, LD_PRELOAD=str(PRELOAD), CRASH_DIRECTORY=str(tmp_path), CRASH_AT=str(at))
        assert done.returncode == 77, f"at {at}: {done.stderr}"
        crashes += 1
        last = last_acknowledged(done)
        checked = steps(directory, "check", last)
        assert checked.returncode == 0, f"after a crash at call {at}: {checked.stdout}{checked.stderr}"
        # And it goes on from there.
        more = steps(directory, last + 1, 100)
        assert more.returncode == 0 and steps(directory, "check", last_acknowledged(more)).returncode == 0
    assert crashes >= calls // stride


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", mount], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"mounting is not permitted here: {made.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def test_a_full_disk_stops_nothing_and_is_made_up_for(analyzer, small_disk):
    filler = small_disk / "filler"
    state = {"n": 0}

    def text():
        state["n"] += 1
        return "".join(f'm{{i="{i}"}} {state["n"] * 0.1 + i * 1.37}\n' for i in range(500))

    with http_target(page(text)) as port:
        run = analyzer(scrape_config({"t": port}, interval="200ms"), data=small_disk / "data")
        wait_until(lambda: run.value("count(m)") == 500, 10, "the first scrapes")
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        wait_until(lambda: run.value("count(m)") and "tidemark_storage_log_write_failures_total 0\n" not in run.get("/metrics").text, 10, "the log being refused")
        refused = post(run.url("/api/v1/write"), write_request(series([("__name__", "w")], [(1700000000000, 1)])))
        assert refused.status_code == 503, refused.text
        before = run.value('m{i="7"}')
        wait_until(lambda: run.value('m{i="7"}') > before, 10, "samples going on while the disk is full")
        filler.unlink()
        wait_until(lambda: post(run.url("/api/v1/write"), write_request(series([("__name__", "w2")], [(1700000000000, 1)]))).status_code == 204, 20, "the disk taking samples again")
        # What came while the disk was full is there after a kill.
        wait_until(lambda: "blocks are written again" in run.log() or run.get("/metrics").text.count("tidemark_storage_blocks 0\n") == 0, 20, "a block with what was missed")
        count = run.value('count_over_time(m{i="7"}[1h])')
        run.kill()
    again = analyzer(data=small_disk / "data")
    assert again.value('count_over_time(m{i="7"}[1h])') >= count - 1


def test_flipped_bits_in_any_file_cost_only_their_samples(tmp_path):
    directory = tmp_path / "store"
    assert steps(directory, 0, 300).returncode == 0
    files = [path for path in directory.rglob("*") if path.is_file() and path.name != "lock" and path.stat().st_size > 0]
    assert any(path.suffix == ".blk" for path in files) and any(path.name == "series.log" for path in files)
    for path in files:
        size = path.stat().st_size
        for at in sorted({0, 9, size // 3, size // 2, size - 20, size - 1} & set(range(size))):
            copy = tmp_path / "copy"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(directory, copy)
            target = copy / path.relative_to(directory)
            content = bytearray(target.read_bytes())
            content[at] ^= 0x40
            target.write_bytes(content)
            # It opens, goes on taking samples, and says so when something is missing; it never ends by a signal.
            done = steps(copy, "check", 299)
            assert done.returncode in (0, 1), f"{path.name} at {at}: {done.returncode} {done.stderr}"
            more = steps(copy, 300, 50)
            assert more.returncode == 0 and last_acknowledged(more) == 349, f"{path.name} at {at}: {more.stderr}"
