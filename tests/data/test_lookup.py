import dataclasses
import functools
import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pytest

from nnlab.data import Cifar10, Mnist, available, fetch, inspected, load_dataset
from nnlab.data.cache import cache_directory
from nnlab.data.lookup import locate, roots
from nnlab.data.published import PublishedFile
from nnlab.data.section import DataSpec
from nnlab.errors import DataError, SystemFault, UsageError
from nnlab.registry import DATASETS

NAMES = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
]


@pytest.fixture
def downloads(tmp_path):
    return tmp_path / "cache" / "nnlab" / "data"


def test_order_of_the_lookup(home, write_idx, monkeypatch, downloads):
    """Each place, added before the others, is preferred to them."""
    places = [downloads, home / "data", home / "shared", home / "mine"]
    monkeypatch.setenv("NNLAB_DATA", str(home / "shared"))
    for place in places[2:]:
        place.mkdir()
    for place in places:
        write_idx(place / "mnist")
        assert locate(Mnist.published, home / "mine")[0].resolve().parent == place / "mnist"
    assert locate(Mnist.published, None)[0].parent == home / "shared" / "mnist"
    assert roots(None) == [home / "shared", home.relative_to(home) / "data"]


def test_an_empty_variable_is_no_variable(monkeypatch, downloads):
    monkeypatch.setenv("NNLAB_DATA", "")
    assert len(roots(None)) == 1
    assert cache_directory() == downloads.parent


def test_named_folders_that_do_not_exist(home, monkeypatch):
    with pytest.raises(DataError, match=r"there is no folder .*nowhere, which data\.root names"):
        locate(Mnist.published, home / "nowhere")
    (home / "file").write_text("")
    monkeypatch.setenv("NNLAB_DATA", "file")
    for ask in (available, lambda: locate(Mnist.published, None)):
        with pytest.raises(DataError, match=rf"there is no folder {home}/file, which NNLAB_DATA names"):
            ask()


def test_a_partial_set_says_what_is_missing_and_where(home, write_idx, monkeypatch):
    write_idx(home / "shared" / "mnist")
    (home / "shared" / "mnist" / NAMES[0]).unlink()
    (home / "shared" / "mnist" / NAMES[3]).unlink()
    monkeypatch.setenv("NNLAB_DATA", "shared")
    message = "shared/mnist has only some files of mnist: missing train-images-idx3-ubyte, t10k-labels-idx1-ubyte$"
    with pytest.raises(DataError, match=message):
        locate(Mnist.published, None)
    notes = {holding.name: holding.note for holding in available()}
    assert notes["mnist"].startswith("shared/mnist has only some files")
    assert notes["fashion_mnist"] == "not here"


def test_a_whole_set_is_preferred_to_a_part_of_one(home, write_idx):
    write_idx(home / "data" / "mnist")
    (home / "data" / "mnist" / NAMES[0]).unlink()
    write_idx(home / "data")
    assert locate(Mnist.published, None)[0].parent.name == "data"


def test_without_a_network_the_message_says_what_to_do(home, no_mirrors, downloads):
    with pytest.raises(DataError) as caught:
        Mnist().load(None)
    text = str(caught.value)
    assert text.count("http://127.0.0.1:9/") == 2
    for part in (
        "http://127.0.0.1:9/b/",
        f"looked in {home}/data, {downloads}",
        *NAMES,
        "data/mnist/",
        "NNLAB_DATA",
    ):
        assert part in text
    assert "data: {type: glyphs} needs no download" in text
    assert len(text.splitlines()) == 5
    with pytest.raises(DataError, match=r"put cifar-10-binary\.tar\.gz into data/cifar10/"):
        fetch("cifar10")


def test_fetch_refuses_what_cannot_be_fetched():
    with pytest.raises(UsageError, match="glyphs is generated: there is nothing to fetch"):
        fetch("glyphs")
    with pytest.raises(UsageError, match=r"unknown data set 'minst' \(did you mean mnist\?\)"):
        fetch("minst")


def test_available_names_what_is_here(home, write_idx):
    write_idx(home / "data" / "fashion_mnist", suffix="")
    holdings = {holding.name: holding for holding in available()}
    assert list(holdings) == sorted(holdings)
    assert [path.parent for path in holdings["fashion_mnist"].files] == [
        holdings["fashion_mnist"].files[0].parent
    ] * 4
    assert holdings["fashion_mnist"].size == 28 * (784 + 1) + 2 * (16 + 8)
    assert {name: holding.note for name, holding in holdings.items()} == {
        **dict.fromkeys(["ellipse", "glyphs", "inline", "random"], "generated"),
        **dict.fromkeys(["cifar10", "cifar100", "emnist", "kmnist", "mnist", "qmnist", "usps"], "not here"),
        "arrays": "in the folder or file that data.path names",
        "csv": "in the file that data.path names",
        "images": "in the folder that data.path names",
        "fashion_mnist": "",
    }


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        self.server.asked.append(self.path)


@pytest.fixture
def published(tmp_path, write_idx, monkeypatch):
    """A mirror with a small MNIST; Mnist's published for as long as the test lasts."""
    folder = tmp_path / "published"
    write_idx(folder)
    contents = {name: (folder / name).read_bytes() for name in NAMES}
    files = tuple(
        PublishedFile(name, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest())
        for name, content in contents.items()
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        server.asked = []
        mirrors = ("http://127.0.0.1:9/", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(Mnist, "published", dataclasses.replace(Mnist.published, files=files, mirrors=mirrors))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_is_nowhere_is_downloaded_once(published, downloads):
    train, test = Mnist().load(None)
    assert (len(train), len(test)) == (20, 8)
    assert len(published.asked) == 4
    Mnist().load(None)
    assert fetch("mnist") == downloads / "mnist"
    assert len(published.asked) == 4
    assert {holding.name: len(holding.files) for holding in available()}["mnist"] == 4


def states():
    return {holding.name: (holding.state, holding.note) for holding in inspected()}


def test_the_state_of_what_is_here(home, published, write_idx):
    fetch("mnist")
    folder = home / "data" / "fashion_mnist"
    write_idx(folder)
    (home / "data" / "cifar-100-python").mkdir(parents=True)
    (home / "data" / "kmnist").mkdir()
    (home / "data" / "kmnist" / NAMES[0]).write_bytes(b"")
    found = states()
    assert {name: state for name, (state, _) in found.items() if state not in {"absent", "own"}} == {
        "mnist": "verified",
        "fashion_mnist": "unverified",
        "cifar100": "unsafe",
        "kmnist": "incomplete",
    }
    assert "cifar-100-python" in found["cifar100"][1]
    assert NAMES[1].removesuffix(".gz") in found["kmnist"][1]
    (folder / NAMES[2]).write_bytes(b"no gzip file")
    state, note = states()["fashion_mnist"]
    assert (state, NAMES[2] in note) == ("damaged", True)
    assert states()["qmnist"] == ("absent", "not here")


@pytest.mark.usefixtures("no_mirrors")
def test_files_are_checked_once(home, published, write_idx, monkeypatch):
    fetch("mnist")
    states()
    monkeypatch.setattr("nnlab.data.lookup.md5_of", lambda _path: pytest.fail("read again"))
    assert states()["mnist"] == ("verified", "")


def test_a_download_that_was_stopped_goes_on(published, downloads):
    Mnist().load(None)
    (downloads / "mnist" / NAMES[2]).unlink()
    published.asked.clear()
    assert {holding.name: holding.note for holding in available()}["mnist"] == "not here"
    Mnist().load(None)
    assert len(published.asked) == 1


def test_folders_that_cannot_be_read_are_the_machines_fault(home):
    loop = home / "data"
    loop.symlink_to(loop)
    assert Mnist.published.find(home / "data") == []
    for ask in (available, lambda root: locate(Cifar10.published, root)):
        with pytest.raises(SystemFault, match=r"xxx\b.*File name too long"):
            ask(home / ("x" * 300))


def test_an_unknown_user_in_a_path_is_reported(monkeypatch):
    with pytest.raises(
        DataError, match=r"data\.root: there is no user nobody-here for ~nobody-here/x; write the whole"
    ):
        load_dataset(DATASETS.spec("mnist", DataSpec)(root="~nobody-here/x"), 0)
    monkeypatch.setenv("NNLAB_DATA", "~nobody-here/x")
    with pytest.raises(DataError, match="NNLAB_DATA: there is no user nobody-here"):
        roots(None)


@pytest.fixture
def homeless(monkeypatch):
    """A user of whom the machine knows no home directory."""
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", mock.Mock(side_effect=KeyError))


@pytest.mark.slow
def test_without_a_home_directory_there_is_no_cache(home, homeless, write_idx):
    assert cache_directory() is None
    assert {each.name: each.note for each in available()}["mnist"] == "not here"
    with pytest.raises(DataError, match="no home directory to download it into; XDG_CACHE_HOME names another"):
        fetch("mnist")
    write_idx(home / "data" / "mnist")
    assert len(load_dataset(DATASETS.spec("mnist", DataSpec)(), 0).train) == 20
    assert len(load_dataset(DATASETS.spec("glyphs", DataSpec)(train=5, test=5), 0).train) == 5
    assert [path.name for path in home.iterdir()] == ["data"]
    with pytest.raises(DataError, match="there is no home directory for ~/x"):
        load_dataset(DATASETS.spec("mnist", DataSpec)(root="~/x"), 0)
