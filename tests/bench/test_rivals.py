import sys

import pytest

from bench.rivals import Nobody, rival


@pytest.fixture
def unloaded(monkeypatch):
    """Forget the modules that import PyTorch."""
    for name in [name for name in sys.modules if name.startswith("bench.")]:
        if hasattr(sys.modules[name], "torch"):
            monkeypatch.delitem(sys.modules, name)


def test_pytorch_is_the_rival_if_it_is_installed():
    pytest.importorskip("torch")
    assert rival(1).version.startswith("PyTorch ")


def test_without_pytorch_there_is_no_rival(unloaded, monkeypatch):
    monkeypatch.delitem(sys.modules, "bench.pytorch", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert isinstance(rival(1), Nobody)


def test_another_missing_module_is_a_bug(monkeypatch):
    monkeypatch.setitem(sys.modules, "bench.pytorch", None)
    with pytest.raises(ModuleNotFoundError, match=r"bench\.pytorch"):
        rival(1)
