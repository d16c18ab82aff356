"""Probes of real nginx, redis-server and dnsmasq, beside blackbox_exporter asked the same."""

import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest
import requests
from support.processes import free_port, wait_until

SAMPLE = re.compile(r"probe_(\w+)\{(.*)\} (\S+)")


def probes(run):
    """{service: {metric or (metric, phase): value}}"""
    found = {}
    for name, labels, value in SAMPLE.findall(run.metrics("?collect[]=probes")):
        pairs = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        found.setdefault(pairs["service"], {})[(name, pairs["phase"]) if "phase" in pairs else name] = float(value)
    return found


def start(exporter, tmp_path, entries):
    """An exporter with a service for each {name: probe}, when every probe has run."""
    path = tmp_path / "services.yml"
    path.write_text(json.dumps({"services": [{"name": name, "probes": [{"interval": "1s", **probe}]} for name, probe in entries.items()]}))
    run = exporter(f"--config.file={path}")
    wait_until(lambda: len(probes(run)) == len(entries), 20, "every probe's first run")
    return run, probes(run)


@pytest.fixture
def web(peer, tmp_path):
    """nginx with pages of all kinds, plain and with TLS: (port, TLS port, certificate)."""
    port, tls_port = free_port(), free_port()
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    pages = f"""
      location /ok {{ return 200 'all is well'; }}
      location /down {{ return 503 'down'; }}
      location /moved {{ return 302 http://127.0.0.1:{port}/ok; }}
      location /loop {{ return 302 /loop; }}
      location /private {{ auth_basic x; auth_basic_user_file {tmp_path}/users; root {tmp_path}/www; }}
      location /echo {{ return 200 '$request_method $http_x_mark'; }}"""
    (tmp_path / "users").write_text("me:{PLAIN}secret\n")
    (tmp_path / "www").mkdir()
    (tmp_path / "www/private").write_text("only for me")
    (tmp_path / "nginx.conf").write_text(f"""pid {tmp_path}/nginx.pid; error_log {tmp_path}/nginx.log; daemon off; master_process off; events {{}}
      http {{ access_log off;
      server {{ listen 127.0.0.1:{port}; {pages} }}
      server {{ listen 127.0.0.1:{tls_port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; {pages} }} }}""")
    peer(["nginx", "-c", tmp_path / "nginx.conf"], f"http://127.0.0.1:{port}/ok")
    return port, tls_port, certificate


def test_http_as_blackbox_exporter_sees_it(exporter, peer, tmp_path, web):
    port, tls_port, certificate = web
    plain, tls = f"http://127.0.0.1:{port}", f"https://localhost:{tls_port}"
    ca = {"tls_config": {"ca_file": str(certificate)}}
    cases = {
        "ok": (f"{plain}/ok", {}), "down": (f"{plain}/down", {}), "wanted": (f"{plain}/down", {"valid_status_codes": [503]}),
        "moved": (f"{plain}/moved", {}), "stays": (f"{plain}/moved", {"follow_redirects": False, "valid_status_codes": [302]}), "loop": (f"{plain}/loop", {}),
        "body": (f"{plain}/ok", {"fail_if_body_not_matches_regexp": ["^all"]}), "bad-body": (f"{plain}/ok", {"fail_if_body_matches_regexp": ["well$"]}),
        "tls": (f"{tls}/ok", ca), "untrusted": (f"{tls}/ok", {}), "unchecked": (f"{tls}/ok", {"tls_config": {"insecure_skip_verify": True}}),
        "no-tls": (f"{plain}/ok", {"fail_if_not_ssl": True}), "want-plain": (f"{tls}/ok", {**ca, "fail_if_ssl": True}),
        "no-password": (f"{plain}/private", {}), "refused": (f"http://127.0.0.1:{free_port()}/", {}),
        "post": (f"{plain}/echo", {"method": "POST", "body": "x=1", "headers": {"X-Mark": "seen"}, "fail_if_body_not_matches_regexp": ["^POST seen$"]}),
        "head": (f"{plain}/ok", {"method": "HEAD"}),
    }
    modules = {name: {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4", **http}} for name, (_, http) in cases.items()}
    (tmp_path / "blackbox.yml").write_text(json.dumps({"modules": modules}))
    blackbox = free_port()
    peer(["prometheus-blackbox-exporter", f"--config.file={tmp_path}/blackbox.yml", f"--web.listen-address=127.0.0.1:{blackbox}"], f"http://127.0.0.1:{blackbox}/metrics")
    run, seen = start(exporter, tmp_path, {name: {"prober": "http", "target": target, "http": http} for name, (target, http) in cases.items()})
    same = ("success", "http_status_code", "http_redirects", "http_ssl", "failed_due_to_regex", "ssl_earliest_cert_expiry", "http_uncompressed_body_length")
    compared = 0
    for name, (target, _) in cases.items():
        text = requests.get(f"http://127.0.0.1:{blackbox}/probe", params={"target": target, "module": name}, timeout=10).text
        theirs = {metric: float(value) for metric, value in re.findall(r"^probe_(\w+) (\S+)$", text, re.MULTILINE)}
        assert seen[name]["success"] == theirs["success"], name
        if theirs["success"] == 0 and name != "bad-body":
            continue  # of a failure each tells what it knows
        for metric in same:
            if name == "stays" and metric in ("http_redirects", "http_uncompressed_body_length"):
                continue  # blackbox_exporter counts a redirect that it does not follow, and reads no body there
            if metric in seen[name] or metric != "ssl_earliest_cert_expiry":
                assert seen[name].get(metric) == theirs.get(metric), (name, metric)
                compared += 1
    assert compared > 50
    assert [seen[name]["success"] for name in ("ok", "down", "tls", "untrusted", "no-password", "refused")] == [1, 0, 1, 0, 0, 0]
    assert seen["down"]["http_status_code"] == 503 and seen["loop"]["success"] == 0
    assert 20 < (seen["tls"]["ssl_earliest_cert_expiry"] - time.time()) / 86400 < 31
    phases = [seen["tls"]["http_duration_seconds", phase] for phase in ("resolve", "connect", "tls", "processing", "transfer")]
    assert all(phase >= 0 for phase in phases) and phases[2] > 0 and 0 < sum(phases) <= seen["tls"]["duration_seconds"]
    log = run.log()
    assert 'msg="probe failed" service=down prober=http' in log and 'err="status 503"' in log


def test_passwords_come_from_files(exporter, tmp_path, web):
    secret = tmp_path / "password"
    secret.write_text("secret\n")
    auth = {"basic_auth": {"username": "me", "password_file": "password"}}
    target = f"http://127.0.0.1:{web[0]}/private"
    run, seen = start(exporter, tmp_path, {"in": {"prober": "http", "target": target, "http": {**auth, "valid_status_codes": [200]}}})
    assert seen["in"]["success"] == 1
    secret.write_text("wrong\n")
    wait_until(lambda: probes(run)["in"]["success"] == 0, 10, "the new password's failure")
    secret.unlink()
    wait_until(lambda: "http_status_code" not in probes(run)["in"], 10, "the missing file's failure")


def test_tcp_and_unix_sockets_of_redis(exporter, peer, tmp_path, web):
    port, path = free_port(), str(tmp_path / "redis.sock")
    child = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--unixsocket", path, "--save", "", "--dir", tmp_path], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.exists(path), 10, "redis")
        ping, pong = [{"send": "PING"}, {"expect": r"^\+PONG$"}], [{"send": "PING"}, {"expect": "^nothing like it"}]
        tls = {"tls": True, "tls_config": {"ca_file": str(web[2])}}
        request = [{"send": "GET /ok HTTP/1.0\r\n\r"}, {"expect": "^HTTP/1.1 200 OK"}]
        run, seen = start(exporter, tmp_path, {
            "connects": {"prober": "tcp", "target": f"127.0.0.1:{port}"}, "answers": {"prober": "tcp", "target": f"127.0.0.1:{port}", "tcp": {"query_response": ping}},
            "wrong": {"prober": "tcp", "target": f"localhost:{port}", "timeout": "500ms", "tcp": {"query_response": pong}}, "closed": {"prober": "tcp", "target": f"127.0.0.1:{free_port()}"},
            "unix": {"prober": "unix", "target": path, "unix": {"query_response": ping}}, "no-socket": {"prober": "unix", "target": path + "x"},
            "tls": {"prober": "tcp", "target": f"127.0.0.1:{web[1]}", "tcp": {**tls, "query_response": request}},
            "named": {"prober": "tcp", "target": f"127.0.0.1:{web[1]}", "tcp": {"tls": True, "tls_config": {"ca_file": str(web[2]), "server_name": "localhost"}}},
            "other-name": {"prober": "tcp", "target": f"127.0.0.1:{web[1]}", "tcp": {"tls": True, "tls_config": {"ca_file": str(web[2]), "server_name": "example.com"}}},
        })
        success = {name: values["success"] for name, values in seen.items()}
        assert success == {"connects": 1, "answers": 1, "wrong": 0, "closed": 0, "unix": 1, "no-socket": 0, "tls": 1, "named": 1, "other-name": 0}
        assert seen["tls"]["ssl_earliest_cert_expiry"] > time.time() and 0.3 < seen["wrong"]["duration_seconds"] < 3
        child.kill()
        child.wait()
        wait_until(lambda: probes(run)["answers"]["success"] == 0 and probes(run)["unix"]["success"] == 0, 10, "redis's death being seen")
    finally:
        child.kill()
        child.wait()


def test_name_servers(exporter, tmp_path):
    port = free_port()
    child = subprocess.Popen(["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--conf-file=/dev/null", "--pid-file=",
                              "--user=", "--address=/here.test/192.0.2.1", "--address=/here.test/192.0.2.2", "--local=/test/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = f"127.0.0.1:{port}"
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "dnsmasq")
        _, seen = start(exporter, tmp_path, {
            "found": {"prober": "dns", "target": server, "dns": {"query_name": "here.test"}}, "tcp": {"prober": "dns", "target": server, "dns": {"query_name": "here.test", "transport_protocol": "tcp"}},
            "missing": {"prober": "dns", "target": server, "dns": {"query_name": "not-here.test"}}, "wanted": {"prober": "dns", "target": server, "dns": {"query_name": "not-here.test", "valid_rcodes": ["NXDOMAIN"]}},
            "refused": {"prober": "dns", "target": server, "dns": {"query_name": "example.com"}}, "silent": {"prober": "dns", "target": f"127.0.0.1:{free_port()}", "timeout": "1s", "dns": {"query_name": "x.test"}},
        })
        assert {name: values["success"] for name, values in seen.items()} == {"found": 1, "tcp": 1, "missing": 0, "wanted": 1, "refused": 0, "silent": 0}
        assert seen["found"]["dns_answer_rrs"] >= 1 and seen["missing"]["dns_rcode"] == 3 and seen["refused"]["dns_rcode"] == 5
        assert "dns_rcode" not in seen["silent"]
    finally:
        child.kill()
        child.wait()


def test_icmp(exporter, tmp_path):
    _, seen = start(exporter, tmp_path, {"four": {"prober": "icmp", "target": "127.0.0.1"}, "name": {"prober": "icmp", "target": "localhost"}, "nobody": {"prober": "icmp", "target": "nobody.invalid"}})
    assert seen["four"]["success"] == 1 and seen["name"]["success"] == 1 and seen["nobody"]["success"] == 0
    assert all(seen["four"]["icmp_duration_seconds", phase] >= 0 for phase in ("resolve", "setup", "rtt"))


def test_a_probe_that_hangs_holds_up_neither_scrape_nor_others_nor_the_end(exporter, tmp_path, web):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        path = tmp_path / "services.yml"
        hanging = [{"name": f"hangs-{i}", "probes": [{"prober": "http", "target": f"http://127.0.0.1:{port}/", "interval": "60s", "timeout": "50s"}]} for i in range(8)]
        path.write_text(json.dumps({"services": [*hanging, {"name": "well", "probes": [{"prober": "http", "target": f"http://127.0.0.1:{web[0]}/ok", "interval": "1s"}]}]}))
        run = exporter(f"--config.file={path}")
        wait_until(lambda: "well" in probes(run), 10, "the probe that answers")
        first = probes(run)["well"]["age_seconds"]
        wait_until(lambda: probes(run)["well"]["age_seconds"] < first or first < 0.2, 10, "its next run")
        assert "hangs-0" not in probes(run)
        begin = time.monotonic()
        run.metrics()
        run.stop()
        assert time.monotonic() - begin < 20


def test_hostile_servers_cost_only_their_probe(exporter, tmp_path):
    """A body without end, a line without end, and one that is no HTTP."""
    stop = threading.Event()

    def pour(server, head, chunk):
        while not stop.is_set():
            try:
                client, _ = server.accept()
                with client:
                    client.settimeout(1)
                    client.sendall(head)
                    for _ in range(4000):
                        client.sendall(chunk)
            except OSError:
                pass

    kinds = {"endless": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "headers": (b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 4000 + b"\r\n"), "noise": (b"", b"\x00\xff" * 2000), "line": (b"", b"z" * 65536)}
    servers = {name: socket.create_server(("127.0.0.1", 0)) for name in kinds}
    threads = [threading.Thread(target=pour, args=(servers[name], *kinds[name])) for name in kinds]
    for server in servers.values():
        server.settimeout(0.2)
    for thread in threads:
        thread.start()
    try:
        entries = {name: {"prober": "http", "target": f"http://127.0.0.1:{servers[name].getsockname()[1]}/"} for name in ("endless", "headers", "noise")}
        entries["line"] = {"prober": "tcp", "target": f"127.0.0.1:{servers['line'].getsockname()[1]}", "tcp": {"query_response": [{"expect": "^never$"}]}}
        run, seen = start(exporter, tmp_path, entries)
        assert {name: values["success"] for name, values in seen.items()} == dict.fromkeys(entries, 0)
        resident = int(next(line for line in open(f"/proc/{run.pid}/status") if line.startswith("VmHWM")).split()[1])
        assert "8 MiB" in run.log() and (resident < 100_000 or os.environ.get("TIDEMARK_PRESET", "release") != "release")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for server in servers.values():
            server.close()
