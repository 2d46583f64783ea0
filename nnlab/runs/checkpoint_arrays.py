"""Names of a network's arrays in a checkpoint."""

import hashlib

from nnlab.arrays import Named
from nnlab.errors import RunError
from nnlab.nn.network import Network
from nnlab.runs.checkpoint import Checkpoint, digest


def restore_weights(network: Network, checkpoint: Checkpoint) -> None:
    """Copy parameters and state from ``checkpoint`` into ``network``; raises RunError if their shapes differ."""
    fill(network.params, checkpoint.group("params"))
    fill(network.state, checkpoint.group("state"))


def weights(network: Network) -> Named:
    """Return the parameters and state of ``network`` under the names that checkpoints use."""
    params = {f"params/{name}": array for name, array in network.params.items()}
    return {**params, **{f"state/{name}": array for name, array in network.state.items()}}


def weights_in(checkpoint: Checkpoint) -> Named:
    """Return the parameters and state in ``checkpoint``, under the names they have there."""
    return {name: array for name, array in checkpoint.arrays.items() if name.startswith(("params/", "state/"))}


def fill(arrays: Named, saved: Named) -> None:
    """Copy ``saved`` into ``arrays``; raises RunError, which lists them, if names or shapes differ."""
    shapes = {name: array.shape for name, array in arrays.items()}
    given = {name: array.shape for name, array in saved.items()}
    if shapes != given:
        differing = sorted(name for name in set(shapes) | set(given) if shapes.get(name) != given.get(name))
        raise RunError(f"the checkpoint does not fit the config: {', '.join(differing)}")
    for name, array in arrays.items():
        array[...] = saved[name]


def fingerprint(checkpoint: Checkpoint) -> str:
    """Return the SHA-256 of the parameters and state in ``checkpoint``, in hex digits: it identifies the network.

    The last and the best checkpoint of the same step have the same fingerprint.
    """
    sha = hashlib.sha256()
    for name, array in sorted(weights_in(checkpoint).items()):
        sha.update(f"{name} {digest(array)}\n".encode())
    return sha.hexdigest()
