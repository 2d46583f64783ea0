"""The configs that come with nnlab, found by name: ``mnist`` for ``configs/mnist.yaml``."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_SUFFIXES = {".yaml", ".yml"}


def shipped_configs() -> dict[str, Path]:
    """Return the shipped configs and sweep files by name, such as ``mnist`` or ``sweeps/mnist_mlp_seeds``.

    They are in the installed package, or in the checkout that the package is run from; empty if in neither.
    """
    folder = _PACKAGE / "configs"
    if not folder.is_dir():
        checkout = _PACKAGE.parent
        if not (checkout / "pyproject.toml").is_file():
            return {}
        folder = checkout / "configs"
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.yaml"))}


def locate(path: Path) -> Path:
    """Return ``path`` if such a file exists, otherwise the shipped config of that name, otherwise ``path``."""
    return path if path.suffix in _SUFFIXES or _is_file(path) else shipped_configs().get(path.as_posix(), path)


def names_config(target: str) -> bool:
    """Return whether ``target`` is a config rather than a run: a file, a YAML file's name, a shipped name."""
    path = Path(target)
    if path.suffix in _SUFFIXES or _is_file(path):
        return True
    return path.as_posix() in shipped_configs() and not path.is_dir()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a NUL: reading it gives the message
        return False
