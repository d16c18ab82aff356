"""--web.config.file of both programs: TLS, client certificates, users; beside node_exporter with the same files."""

import json
import os
import socket
import ssl
import subprocess
import threading
import time
import warnings

import pytest
import requests
from support.processes import BIN, Analyzer, Exporter, Peer, factory, free_port, wait_until

with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
    import crypt  # bcrypt, of the same library that the programs ask

HASH = crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))


def certificate(folder, name, issuer=None):
    """A key and a certificate for localhost, signed by itself or by another: (key, certificate)."""
    key, request, path = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.pem"
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    if issuer is None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", path, "-days", "30", *subject], check=True, capture_output=True)
    else:
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, *subject], check=True, capture_output=True)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", issuer[1], "-CAkey", issuer[0], "-CAcreateserial", "-out", path, "-days", "30"], check=True, capture_output=True)
    return key, path


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    authority = certificate(folder, "authority")
    return {"authority": authority, "server": certificate(folder, "server"), "client": certificate(folder, "client", authority), "stranger": certificate(folder, "stranger")}


class ByPort:
    """Whose readiness is a port that takes connections."""

    def wait_ready(self, url, **kwargs):
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, 20, "the port")


class Secured(ByPort, Exporter):
    """An exporter with a web configuration."""

    def __init__(self, tmp_path, config, *flags):
        path = tmp_path / "web.yml"
        path.write_text(json.dumps(config))
        super().__init__(tmp_path, f"--web.config.file={path}", *flags)


class SecuredPeer(ByPort, Peer):
    """A node_exporter with one."""

    def __init__(self, tmp_path, config):
        path = tmp_path / "peer.yml"
        path.write_text(json.dumps(config))
        self.port = free_port()
        super().__init__(tmp_path, ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}", f"--web.config.file={path}"], None)


@pytest.fixture
def secured(tmp_path):
    yield from factory(Secured, tmp_path)


@pytest.fixture
def secured_peer(tmp_path):
    yield from factory(SecuredPeer, tmp_path)


def tls(pki, **more):
    return {"tls_server_config": {"cert_file": str(pki["server"][1]), "key_file": str(pki["server"][0]), **more}}


def test_tls(secured, pki):
    run = secured(tls(pki))
    url, trusted = f"https://localhost:{run.port}/metrics", str(pki["server"][1])
    with requests.Session() as session:
        for _ in range(3):  # on one connection
            answer = session.get(url, verify=trusted, timeout=20)
            assert answer.status_code == 200 and "node_load1" in answer.text
        assert session.post(url, data=b"x" * 100, verify=trusted, timeout=20).status_code == 413
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=20)
    assert b"use https" in requests.get(f"http://localhost:{run.port}/metrics", timeout=20).content
    handshake = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{run.port}", "-alpn", "h2,http/1.1", "-CAfile", trusted], input=b"", capture_output=True, timeout=20)
    assert b"ALPN protocol: http/1.1" in handshake.stdout and b"TLSv1.3" in handshake.stdout
    old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{run.port}", "-tls1_1", "-cipher", "ALL@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
    assert b"Cipher is (NONE)" in old.stdout


def test_users_as_node_exporter_has_them(secured, secured_peer, pki):
    config = {**tls(pki), "basic_auth_users": {"me": HASH}, "http_server_config": {"headers": {"X-Frame-Options": "deny"}}}
    ports = (secured(config).port, secured_peer(config).port)
    cases = [None, ("me", "secret"), ("me", "wrong"), ("you", "secret"), ("me", ""), ("", ""), ("me", "secret\x00x"), ("ME", "secret")]
    for user in cases:
        ours, theirs = (requests.get(f"https://localhost:{p}/metrics", auth=user, verify=str(pki["server"][1]), timeout=20) for p in ports)
        assert (ours.status_code, ours.headers.get("WWW-Authenticate")) == (theirs.status_code, theirs.headers.get("WWW-Authenticate")), user
        assert ours.headers["X-Frame-Options"] == theirs.headers["X-Frame-Options"] == "deny"
    for header in ("", "Basic", "Basic !", "Basic bWU=", "Bearer bWU6c2VjcmV0", "basic bWU6c2VjcmV0"):
        ours, theirs = (requests.get(f"https://localhost:{p}/metrics", headers={"Authorization": header}, verify=str(pki["server"][1]), timeout=20).status_code for p in ports)
        assert ours == theirs, header


@pytest.mark.parametrize("kind", ["NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"])
def test_client_certificates(secured, pki, kind):
    verifies = "Verify" in kind
    run = secured(tls(pki, client_auth_type=kind, **({"client_ca_file": str(pki["authority"][1])} if verifies else {})))

    def ask(name):
        cert = (str(pki[name][1]), str(pki[name][0])) if name else None
        try:
            return requests.get(f"https://localhost:{run.port}/-/healthy", cert=cert, verify=str(pki["server"][1]), timeout=20).status_code == 200
        except (requests.exceptions.ConnectionError, OSError):
            return False

    assert [ask(None), ask("client"), ask("stranger")] == {
        "NoClientCert": [True, True, True], "RequestClientCert": [True, True, True], "RequireAnyClientCert": [False, True, True],
        "VerifyClientCertIfGiven": [True, True, False], "RequireAndVerifyClientCert": [False, True, False]}[kind]


def test_a_new_certificate_is_taken_and_a_bad_one_is_not(secured, pki, tmp_path):
    files = {name: tmp_path / f"server.{name}" for name in ("key", "pem")}
    for name, content in (("key", pki["server"][0]), ("pem", pki["server"][1])):
        files[name].write_bytes(content.read_bytes())
    run = secured({"tls_server_config": {"cert_file": "server.pem", "key_file": "server.key"}})

    def serial():
        with socket.create_connection(("127.0.0.1", run.port), timeout=20) as plain, ssl._create_unverified_context().wrap_socket(plain) as secure:
            return secure.getpeercert(binary_form=True)

    first = serial()
    files["pem"].write_text("no certificate")
    wait_until(lambda: serial() and "stays as it is" in run.log(), 15, "the bad certificate's log line")
    assert serial() == first
    for name, content in (("key", pki["stranger"][0]), ("pem", pki["stranger"][1])):
        files[name].write_bytes(content.read_bytes())
    wait_until(lambda: serial() != first, 15, "the new certificate")


def test_hostile_handshakes_hold_up_nobody(secured, pki):
    """Clients that say nothing, that say nonsense, that stop in the middle, and one that reads a page byte by byte."""
    run = secured(tls(pki))
    good = lambda: requests.get(f"https://localhost:{run.port}/metrics", verify=str(pki["server"][1]), timeout=20).status_code
    silent = [socket.create_connection(("127.0.0.1", run.port)) for _ in range(50)]
    for i, client in enumerate(silent):
        client.sendall([b"", b"\x16\x03\x01\x02\x00\x01", b"\x16\x03\x01\xff\xff" + b"\x00" * 4000, os.urandom(2000)][i % 4])
    assert good() == 200
    context = ssl.create_default_context(cafile=str(pki["server"][1]))
    with socket.create_connection(("127.0.0.1", run.port), timeout=20) as plain, context.wrap_socket(plain, server_hostname="localhost") as slow:
        for byte in b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n":
            slow.sendall(bytes([byte]))
        received = b""
        while chunk := slow.recv(97):
            received += chunk
        assert received.startswith(b"HTTP/1.1 200") and b"node_load1" in received
    threads = [threading.Thread(target=good) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in silent:
        client.close()
    assert good() == 200


def test_wrong_passwords_are_slow_once_only(secured, pki):
    """What was checked is remembered: a scraper's password costs its hash once."""
    expensive = crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=2**12))
    run = secured({"basic_auth_users": {"me": expensive}})
    begin = open(f"/proc/{run.pid}/stat").read().rsplit(")", 1)[1].split()
    for _ in range(50):
        assert run.get("/-/healthy", auth=("me", "secret")).status_code == 200
    end = open(f"/proc/{run.pid}/stat").read().rsplit(")", 1)[1].split()
    ticks = int(end[11]) - int(begin[11])
    one = time.process_time()
    crypt.crypt("secret", expensive)
    one = time.process_time() - one
    assert ticks / os.sysconf("SC_CLK_TCK") < 10 * one  # 50 hashes would be far more


def test_the_analyzer_scrapes_and_is_scraped_with_tls_and_password(secured, pki, tmp_path):
    run = secured({**tls(pki), "basic_auth_users": {"me": HASH}})
    client = {"scheme": "https", "basic_auth": {"username": "me", "password": "secret"}, "tls_config": {"ca_file": str(pki["server"][1]), "server_name": "localhost"}}
    web = tmp_path / "analyzer-web.yml"
    web.write_text(json.dumps({**tls(pki), "basic_auth_users": {"me": HASH}}))

    class SecuredAnalyzer(Analyzer):
        def wait_ready(self, url, **kwargs):
            wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0, 20, "the port")

    analyzer = SecuredAnalyzer(tmp_path, {"global": {"scrape_interval": "1s"}, "scrape_configs": [{"job_name": "node", **client, "static_configs": [{"targets": [f"127.0.0.1:{run.port}"]}]}]},
                               flags=[f"--web.config.file={web}"])
    try:
        ask = lambda **kwargs: requests.get(f"https://localhost:{analyzer.port}/api/v1/query", params={"query": "node_load1"}, verify=str(pki["server"][1]), timeout=20, **kwargs)
        assert ask().status_code == 401
        wait_until(lambda: ask(auth=("me", "secret")).json()["data"]["result"], 20, "a scraped sample")
    finally:
        analyzer.stop()


#: What a client offers, and what must come of it under each configuration: the cipher suite, or the curve, or nothing.
OFFERS = {
    "1.2": ["-tls1_2"],
    "1.2, another order": ["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"],
    "1.2, an older suite": ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"],
    "1.3": ["-tls1_3"],
    "1.3, one curve": ["-tls1_3", "-groups", "P-384"],
}
TWO_SUITES = ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"]


@pytest.mark.parametrize("preferences", [
    {},
    {"cipher_suites": []},
    {"cipher_suites": TWO_SUITES, "prefer_server_cipher_suites": True},
    {"cipher_suites": ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]},
    {"cipher_suites": ["TLS_AES_128_GCM_SHA256"]},
    {"curve_preferences": ["CurveP521"]},
    {"curve_preferences": ["CurveP384"]},
], ids=json.dumps)
def test_cipher_suites_and_curves_as_in_node_exporter(secured, secured_peer, pki, preferences):
    # Go's HTTP/2 insists on a suite of its own.
    config = {**tls(pki, **preferences), "http_server_config": {"http2": False}}

    def agreed(port, offer):
        text = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *offer], input=b"", capture_output=True, timeout=20).stdout.decode()
        cipher = next(line.split()[-1] for line in text.splitlines() if "Cipher is" in line)
        key = [line for line in text.splitlines() if line.startswith("Server Temp Key") and cipher != "(NONE)"]
        return cipher if "1.2" in offer[0] or cipher == "(NONE)" else "TLS 1.3", key

    ours, theirs = ({name: agreed(port, offer) for name, offer in OFFERS.items()} for port in (secured(config).port, secured_peer(config).port))
    if "cipher_suites" in preferences:
        assert ours == theirs
    else:  # which suite is best without being told, the libraries see differently
        assert {name: key for name, (_, key) in ours.items()} == {name: key for name, (_, key) in theirs.items()}
        assert [cipher == "(NONE)" for cipher, _ in ours.values()] == [cipher == "(NONE)" for cipher, _ in theirs.values()]


@pytest.mark.parametrize(("config", "message"), [
    ({"tls_server_config": {"cert_file": "x"}}, "tls_server_config: needs both cert_file and key_file"),
    ({"tls_server_config": {"cert_file": "x", "key_file": "y"}}, "cannot use cert_file"),
    ({"tls_server_config": {"cert_file": "x", "key_file": "y", "cipher_suites": ["TLS_NONE"]}}, "cipher_suites[0]: is not a cipher suite"),
    ({"tls_server_config": {"cert_file": "x", "key_file": "y", "curve_preferences": ["X25519", "P-256"]}}, "curve_preferences[1]: must be CurveP256"),
    ({"tls_server_config": {"cert_file": "x", "key_file": "y", "client_auth_type": "RequireAndVerifyClientCert"}}, "needs a client_ca_file"),
    ({"basic_auth_users": {"me": "secret"}}, "basic_auth_users.me: must be a bcrypt hash"),
    ({"http_server_config": {"headers": {"Server": "x"}}}, "headers.Server: this header cannot be set"),
    ({"http_server_config": {"headers": {"X-Frame-Options": "DENY"}}}, "headers.X-Frame-Options: must be deny or sameorigin"),
    ({"tls": {}}, "tls: unknown field (known here: basic_auth_users, http_server_config, tls_server_config)"),
])
def test_a_bad_file_is_refused(tmp_path, config, message):
    path = tmp_path / "web.yml"
    path.write_text(json.dumps(config))
    run = subprocess.run([BIN / "tidemark-exporter", f"--web.listen-address=127.0.0.1:{free_port()}", f"--web.config.file={path}"], capture_output=True, text=True, timeout=30)
    assert run.returncode == 1 and message in run.stderr, run.stderr
