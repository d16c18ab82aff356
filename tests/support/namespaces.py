"""Commands in namespaces of their own, so that what they mount or connect is nobody else's."""

import contextlib
import pathlib
import subprocess

from support.processes import BIN, free_port, wait_until


@contextlib.contextmanager
def namespaces(*kinds, setup="true"):
    """Namespaces like "net", "mount" and "pid", in which `setup` has run: what to put before a command that shall run there."""
    own_processes = ["--fork", "--kill-child", "--mount-proc"] if "pid" in kinds else []
    child = subprocess.Popen(["unshare", *(f"--{kind}" for kind in kinds), *own_processes, "sh", "-c", f"{setup} && echo ready && exec sleep 600"], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        inside = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split() or [str(child.pid)]
        yield ["nsenter", "-t", inside[0], *(f"--{kind}" for kind in kinds)]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@contextlib.contextmanager
def both_exporters(prefix, flags, is_wanted):
    """tidemark-exporter and node_exporter in namespaces: a function that scrapes both, and gives of each page the set of lines that are wanted."""
    ports = {free_port(): BIN / "tidemark-exporter", free_port(): "prometheus-node-exporter"}
    children = [subprocess.Popen([*prefix, program, f"--web.listen-address=127.0.0.1:{port}", *flags], stderr=subprocess.DEVNULL) for port, program in ports.items()]

    def page(port):
        text = subprocess.run([*prefix, "curl", "-sf", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True).stdout
        return {line for line in text.splitlines() if is_wanted(line)}

    try:
        for port in ports:
            wait_until(lambda port=port: page(port), 10, "the exporters")
        yield lambda: [page(port) for port in ports]
    finally:
        for child in children:
            child.terminate()
            child.wait()
