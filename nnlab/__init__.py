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
    from nnlab.config import load_config
    from nnlab.evaluation import evaluate, predict
    from nnlab.gradcheck import check_gradients
    from nnlab.nn.network import build_network
    from nnlab.runs import open_run
    from nnlab.training import extend, resume, train

__version__ = "0.1.0"

__all__ = [
    "build_network",
    "check_gradients",
    "evaluate",
    "extend",
    "load_config",
    "open_run",
    "predict",
    "resume",
    "train",
]

_HOMES = {
    "build_network": "nnlab.nn.network",
    "check_gradients": "nnlab.gradcheck",
    "evaluate": "nnlab.evaluation",
    "extend": "nnlab.training",
    "load_config": "nnlab.config",
    "open_run": "nnlab.runs",
    "predict": "nnlab.evaluation",
    "resume": "nnlab.training",
    "train": "nnlab.training",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nnlab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__doc__"]
