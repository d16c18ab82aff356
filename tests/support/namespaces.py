"""Commands in namespaces of their own, so that what they mount or connect is nobody else's."""

import contextlib
import pathlib
import subprocess


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
