import hashlib
import shutil
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nnlab.data.download import Patience, download
from nnlab.data.published import Layout, PublishedData, PublishedFile
from nnlab.errors import DataError, SystemFault

CONTENT = {"images.gz": bytes(range(256)) * 400, "labels.gz": b"0123456789"}
QUICK = Patience(silence=1.0, start=5.0)


class Handler(BaseHTTPRequestHandler):
    """Answers /BEHAVIOUR/FILE in the way of BEHAVIOUR."""

    def do_GET(self):
        self.server.asked.append(self.path)
        behaviour, name = self.path.strip("/").split("/")
        getattr(self, behaviour)(CONTENT[name], name)

    def answer(self, content, status=200, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def good(self, content, name):
        self.answer(content, **{"Content-Length": str(len(content))})

    def encoded(self, content, name):
        """As some stores answer: the gzip file is declared to be a coding of the transfer."""
        self.answer(content, **{"Content-Encoding": "identity", "Content-Length": str(len(content))})

    def altered(self, content, name):
        self.answer(content[:-1] + b"?")

    def html(self, content, name):
        self.answer(b"<!doctype html><title>Sign in</title>", **{"Content-Type": "text/html"})

    def cut(self, content, name):
        self.answer(content[: len(content) // 2], **{"Content-Length": str(len(content))})

    def missing(self, content, name):
        self.answer(b"no such file", 404)

    def redirected(self, content, name):
        self.answer(b"", 302, Location=f"/good/{name}")

    def lowered(self, content, name):
        self.answer(b"", 302, Location=self.server.plain + name)

    def endless(self, content, name):
        self.answer(b"")
        while not self.server.closing.is_set():
            self.wfile.write(bytes(2**16))

    def silent(self, content, name):
        self.server.closing.wait(10)

    def dribbling(self, content, name):
        self.answer(b"", **{"Content-Length": str(len(content))})
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"x")

    def slow(self, content, name):
        self.answer(b"", **{"Content-Length": str(len(content))})
        for start in range(0, len(content), 2**14):
            self.wfile.write(content[start : start + 2**14])
            self.server.closing.wait(0.2)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.asked = []
        self.closing = threading.Event()

    def mirror(self, behaviour):
        return f"{self.scheme}://127.0.0.1:{self.server_port}/{behaviour}/"

    def handle_error(self, request, client_address):
        """Clients that leave are the point of some tests."""


@contextmanager
def serving(server):
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def server():
    with serving(Server()) as plain_server:
        yield plain_server


def published(*mirrors, names=("images.gz", "labels.gz")):
    published = tuple(
        PublishedFile(name, len(CONTENT[name]), hashlib.md5(CONTENT[name], usedforsecurity=False).hexdigest())
        for name in names
    )
    return PublishedData("toy", (Layout(("toy",), names),), published, mirrors)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def holds_all(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} == CONTENT


@pytest.mark.parametrize("behaviour", ["good", "encoded", "redirected"])
def test_good_files_arrive(home, server, behaviour):
    download(published(server.mirror(behaviour)), home / "toy", QUICK)
    assert holds_all(home / "toy")


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("altered", "checksum is not the published one"),
        ("html", "checksum is not the published one"),
        ("cut", "the connection was cut"),
        ("missing", "the server answers 404"),
        ("endless", "more than the published 102400 bytes"),
        ("silent", "does not answer in time"),
    ],
)
def test_a_bad_mirror_is_followed_by_the_next(home, server, behaviour, reason):
    bad, good = server.mirror(behaviour), server.mirror("good")
    folder = home / "toy"
    with pytest.raises(DataError, match=rf"no mirror has images\.gz of toy:\n  {bad}images\.gz: .*{reason}$"):
        download(published(bad), folder, QUICK)
    assert names(folder) == []
    server.asked.clear()
    download(published(bad, good), folder, QUICK)
    assert holds_all(folder)
    assert server.asked == [f"/{behaviour}/images.gz", "/good/images.gz", "/good/labels.gz"]


def test_a_mirror_that_is_down_is_passed_over_quickly(home, server):
    down = "http://127.0.0.1:9/"
    start = time.monotonic()
    download(published(down, server.mirror("good")), home / "toy", Patience())
    with pytest.raises(DataError, match=f"{down}images.gz: the connection failed"):
        download(published(down), home / "other", Patience())
    assert time.monotonic() - start < 5


def test_all_that_was_tried_is_listed(home, server):
    mirrors = [server.mirror("missing"), "http://127.0.0.1:9/", server.mirror("html")]
    with pytest.raises(DataError) as caught:
        download(published(*mirrors), home / "toy", QUICK)
    lines = str(caught.value).splitlines()
    assert [line.split("images.gz")[0].strip() for line in lines[1:]] == mirrors


def test_a_server_that_dribbles_does_not_hold_the_user(home, server):
    start = time.monotonic()
    impatient = Patience(silence=1.0, start=0.4, slowest=1e9)
    with pytest.raises(DataError, match=r"images\.gz: not done after 0 s"):
        download(published(server.mirror("dribbling")), home / "toy", impatient)
    assert time.monotonic() - start < 5
    assert not (home / "toy" / "images.gz").exists()


def test_verified_files_are_kept_and_others_replaced(home, server):
    toy = published(server.mirror("good"))
    folder = home / "toy"
    download(toy, folder, QUICK)
    server.asked.clear()
    download(toy, folder, QUICK)
    assert server.asked == []
    (folder / "labels.gz").write_bytes(b"012345678?")
    download(toy, folder, QUICK)
    assert server.asked == ["/good/labels.gz"]
    assert holds_all(folder)


def test_what_is_in_place_is_untouched_when_no_mirror_helps(home, server):
    folder = home / "toy"
    download(published(server.mirror("good"), names=("labels.gz",)), folder, QUICK)
    with pytest.raises(DataError, match="no mirror has images"):
        download(published(server.mirror("cut")), folder, QUICK)
    assert names(folder) == ["labels.gz"]


def test_a_folder_that_cannot_be_written_is_the_machines_fault(home, server):
    (home / "file").write_text("")
    with pytest.raises(SystemFault, match=r"file/toy.*Not a directory"):
        download(published(server.mirror("good")), home / "file" / "toy", QUICK)
    (home / "toy" / "images.gz").mkdir(parents=True)
    with pytest.raises(SystemFault, match=r"toy/images\.gz.*Is a directory"):
        download(published(server.mirror("good")), home / "toy", QUICK)
    assert server.asked == []


def test_a_transfer_that_was_given_up_ends_and_leaves_nothing(home, server):
    folder = home / "toy"
    with pytest.raises(DataError, match="not done after 0 s"):
        download(published(server.mirror("slow")), folder, Patience(start=0.3, slowest=1e9))
    for _ in range(100):
        if not names(folder):
            break
        time.sleep(0.05)
    assert names(folder) == []


@pytest.fixture
def secure(home, server, monkeypatch):
    """A server that speaks TLS, with a certificate that is trusted."""
    path, key = home / "certificate.pem", home / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    address = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "keyUsage=digitalSignature,keyCertSign"]
    subprocess.run([*make, *address, "-keyout", key, "-out", path], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    with serving(Server(context)) as secure_server:
        secure_server.plain = server.mirror("good")
        yield secure_server


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_https_is_never_left_for_http(home, server, secure):
    download(published(secure.mirror("good")), home / "toy", QUICK)
    assert holds_all(home / "toy")
    with pytest.raises(DataError, match="redirected from https to http:") as caught:
        download(published(secure.mirror("lowered")), home / "other", QUICK)
    assert caught.value.exit_code == 3
    assert server.asked == []
    assert names(home / "other") == []
