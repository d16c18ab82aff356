"""--web.systemd-socket: sockets that are opened before the exporter starts, by systemd's own tool, beside node_exporter."""

import subprocess

import pytest
from support.processes import BIN, free_port, wait_until


@pytest.mark.parametrize("program", [BIN / "tidemark-exporter", "prometheus-node-exporter"])
def test_sockets_of_the_service_manager(peer, tmp_path, program):
    ports, path = [free_port(), free_port()], tmp_path / "exporter.sock"
    listen = [f"--listen={address}" for address in (*(f"127.0.0.1:{port}" for port in ports), path)]
    run = peer(["systemd-socket-activate", *listen, program, "--web.systemd-socket", f"--web.listen-address=127.0.0.1:{ports[0]}"], f"http://127.0.0.1:{ports[0]}/metrics")
    for where in ([f"http://127.0.0.1:{ports[1]}/metrics"], ["--unix-socket", path, "http://localhost/metrics"]):
        page = subprocess.run(["curl", "-sf", "--max-time", "10", *where], check=True, capture_output=True, text=True).stdout
        assert "\nnode_load1 " in page
    if program == BIN / "tidemark-exporter":
        for name in (f"127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}", path):
            assert f"address={name}\n" in run.log()


def test_without_a_socket_it_says_what_to_do():
    run = subprocess.run([BIN / "tidemark-exporter", "--web.systemd-socket"], capture_output=True, text=True, timeout=20)
    assert run.returncode == 1 and "start this by its .socket unit" in run.stderr


def test_a_socket_that_is_no_listening_stream_is_refused():
    port = free_port()
    child = subprocess.Popen(["systemd-socket-activate", "--datagram", f"--listen=127.0.0.1:{port}", BIN / "tidemark-exporter", "--web.systemd-socket"], stderr=subprocess.PIPE, text=True)
    try:
        def ended():
            subprocess.run(["bash", "-c", f"echo x > /dev/udp/127.0.0.1/{port}"], check=False)
            return child.poll() is not None

        wait_until(ended, 20, "its end")
        assert child.returncode == 1 and "descriptor 3 of the service manager is no listening stream socket" in child.stderr.read()
    finally:
        child.kill()
        child.wait()
