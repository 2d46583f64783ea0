"""Neural networks from one YAML file, in NumPy whose every gradient can be read.

From Python, the names below do all that the command line does:

    import nnlab

    config = nnlab.load_config("configs/glyphs.yaml", ["training.steps=300"])
    run = nnlab.train(config)
    print(nnlab.evaluate(run).metrics.accuracy)

They are imported when first used, so that ``import nnlab`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnlab.blueprint import load_config
    from nnlab.experiment import check_gradients, evaluate, open_run, resume, train
    from nnlab.network import build_network

__version__ = "0.1.0"

__all__ = ["build_network", "check_gradients", "evaluate", "load_config", "open_run", "resume", "train"]

_HOMES = {
    "build_network": "nnlab.network",
    "check_gradients": "nnlab.experiment",
    "evaluate": "nnlab.experiment",
    "load_config": "nnlab.blueprint",
    "open_run": "nnlab.experiment",
    "resume": "nnlab.experiment",
    "train": "nnlab.experiment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnlab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__doc__"]
