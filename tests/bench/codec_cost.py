#!/usr/bin/env python3
"""The chunk format beside Prometheus's own, on the same samples: bytes, encoding and decoding, by class of data.

Prometheus's is built from Debian's source package, which the first run fetches with the packages golang-go and
golang-github-pkg-errors-dev (it wants to be root, or to find them installed).
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.processes import BIN  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
PACKAGES = ("golang-go", "golang-github-pkg-errors-dev")
SERIES, SAMPLES = 50, 2880  # codec_cost.cpp's


def build_prometheus_codec(directory):
    if not shutil.which("go") or not pathlib.Path("/usr/share/gocode/src/github.com/pkg/errors").is_dir():
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], check=True, stdout=subprocess.DEVNULL)
    sources = directory / "sources.list"
    sources.write_text("deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n")
    (directory / "lists" / "partial").mkdir(parents=True)
    apt = ["apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-", "-o", f"Dir::State::lists={directory / 'lists'}", "-o", "APT::Sandbox::User=root"]
    subprocess.run([*apt, "update"], check=True)
    subprocess.run([*apt, "source", "--download-only", "prometheus"], check=True, cwd=directory)
    package = directory / "src/github.com/prometheus/prometheus"
    package.mkdir(parents=True)
    subprocess.run(["tar", "-xf", next(directory.glob("prometheus_*.orig.tar.*")), "-C", package, "--strip-components=1"], check=True)
    program = directory / "prometheus-codec"
    subprocess.run(["go", "build", "-o", program, HERE / "prometheus_codec/main.go"], check=True, cwd=directory,
                   env={**os.environ, "GO111MODULE": "off", "GOPATH": f"{directory}:/usr/share/gocode", "GOCACHE": str(directory / "cache")})
    return program


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-bench-"))
    try:
        program = build_prometheus_codec(directory)
        print("tidemark: 720 samples a chunk, as blocks have them (bytes, encode ns, decode ns, ns of copying)", flush=True)
        ours = subprocess.run([BIN / "codec-cost", "720", directory / "samples"], check=True, capture_output=True, text=True).stdout
        theirs = subprocess.run([program, directory / "samples", str(SERIES), str(SAMPLES)], check=True, capture_output=True, text=True).stdout
        print(ours)
        print("prometheus: 120 samples a chunk, as its head cuts them (bytes, encode ns, decode ns)")
        print(theirs, end="")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
