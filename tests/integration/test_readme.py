"""The recipes of the README run as they stand."""

import json
import re
import subprocess

from support.processes import BIN, ROOT, scrape_config
from support.targets import http_target, page


def section(title):
    text = (ROOT / "README.md").read_text()
    return re.search(rf"^## {title}\n(.*?)(?=^## )", text, re.DOTALL | re.MULTILINE)[1]


def test_recipes(analyzer, tmp_path):
    with http_target(page("up_and_running 1\n")) as port:
        run = analyzer(scrape_config({"app": port}, interval="30s"))
        recipes = re.findall(r"```sh\n(.*?)```", section("Thresholds and alerts"), re.DOTALL)
        assert len(recipes) == 1 and recipes[0].count("curl") >= 15
        script = "set -euo pipefail\n" + recipes[0].replace("127.0.0.1:9760", f"127.0.0.1:{run.port}")
        done = subprocess.run(["bash", "-x", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=120)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert any("sweep" in answer for answer in answers) and any("suggestions" in answer for answer in answers)
        names = [threshold["name"] for threshold in run.performance("thresholds", source="git")["thresholds"]]
        assert names == ["from-git"] and run.performance("silences")["silences"][0]["comment"] == "new disks"


def test_the_example_of_receivers_is_a_configuration(tmp_path):
    example = re.findall(r"```yaml\n(.*?)```", section("Thresholds and alerts"), re.DOTALL)
    assert len(example) == 1
    (tmp_path / "config.yml").write_text(example[0])
    done = subprocess.run([BIN / "tidemark-analyzer", "check", "config", tmp_path / "config.yml"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and "2 receivers" in done.stdout, done.stderr
