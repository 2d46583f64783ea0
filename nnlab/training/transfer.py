"""The weights that a network begins with if its config says ``init_from``: those of layers of another run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeAlias

from nnlab.arrays import Shape
from nnlab.config import Experiment
from nnlab.config.paths import join_origin, split_origin
from nnlab.errors import OptionError, RunError, printable
from nnlab.nn.network import Network, layer_of
from nnlab.registry import LAYERS
from nnlab.runs import Checkpoint, Run, find_run
from nnlab.runs.checkpoint_arrays import fingerprint, weights, weights_in
from nnlab.runs.checkpoints import Which
from nnlab.runs.origin import DIGITS, CopiedLayer, Origin
from nnlab.runs.run_config import load_run_config

Signature: TypeAlias = tuple[str, tuple[tuple[str, Shape], ...]]
"""The type of a layer, and the names and shapes of its parameters and state."""


@dataclass(frozen=True)
class Transfer:
    """What a network begins with: the ``origin``, which says where it goes, and the weights ``taken`` from there.

    ``config`` names the run by its path and the digest of its weights.
    """

    config: Experiment
    origin: Origin
    taken: Checkpoint


def pinned(config: Experiment, runs_dir: Path) -> Experiment:
    """Return ``config`` with path and digest of the weights that ``init_from`` names, so that they stay the same.

    Raises OptionError if there is no such run in ``runs_dir``, or its checkpoint cannot be used.
    """
    if config.init_from is None:
        return config
    run, _, taken = _taken(config.init_from, runs_dir)
    return _naming(config, run, taken)


def plan_transfer(config: Experiment, network: Network, runs_dir: Path) -> Transfer | None:
    """Return what ``network`` begins with, as ``init_from`` of ``config`` has it; None if all are new.

    The run is looked up in ``runs_dir`` unless its path is given. The weights are those of its best checkpoint, or
    of the one whose digest is given. Raises OptionError if there is no such run, its checkpoint cannot be used or
    no layer matches.
    """
    if config.init_from is None:
        return None
    run, which, taken = _taken(config.init_from, runs_dir)
    try:
        theirs = _signatures([spec.type for spec in load_run_config(run).network], taken)
    except RunError as error:
        raise OptionError(str(error), option="init_from") from error
    types = [LAYERS.name_of(layer) for layer in network.layers]
    ours = _signatures(types, Checkpoint(0, weights(network)))
    copied = _matching(ours, theirs)
    if not copied:
        raise OptionError(
            f"{printable(run.name)} shares no layer, of equal type and shapes, with this network: there "
            f"{_listed(theirs)}; here {_listed(ours)}",
            option="init_from",
        )
    new = tuple(sorted(ours.keys() - {each.layer for each in copied}))
    origin = Origin(
        kind="initialized",
        run=run.name,
        checkpoint=which,
        step=taken.step,
        fingerprint=fingerprint(taken),
        copied=copied,
        new=new,
    )
    return Transfer(_naming(config, run, taken), origin, taken)


def transfer(network: Network, origin: Origin, taken: Checkpoint) -> None:
    """Copy the arrays of the layers that ``origin`` lists from ``taken`` into ``network``.

    Raises RunError if they are missing or of other shapes.
    """
    arrays = weights(network)
    source = {each.layer: each.source for each in origin.copied}
    for name, array in arrays.items():
        kind, _, rest = name.partition("/")
        index = layer_of(rest)
        if index not in source:
            continue
        theirs = taken.arrays.get(f"{kind}/{source[index]}.{rest.partition('.')[2]}")
        if theirs is None or theirs.shape != array.shape:
            raise RunError(f"the weights that the run began with do not fit its config: {rest}")
        array[...] = theirs


def _naming(config: Experiment, run: Run, taken: Checkpoint) -> Experiment:
    """Return ``config`` with the path of ``run`` and the digest of the weights ``taken`` as ``init_from``."""
    named = join_origin(str(run.path.resolve()), fingerprint(taken)[:DIGITS])
    return config.model_copy(update={"init_from": named})


def _taken(init_from: str, runs_dir: Path) -> tuple[Run, Which, Checkpoint]:
    """Return the run that ``init_from`` names, and its weights; raises OptionError if it is missing or damaged."""
    address, digest = split_origin(init_from)
    try:
        run = find_run(address, runs_dir)
        return (run, *_chosen(run, digest))
    except RunError as error:
        raise OptionError(str(error), option="init_from") from error


def _chosen(run: Run, digest: str) -> tuple[Which, Checkpoint]:
    """Return the weights of the best checkpoint, or of the one with this digest, without the rest of the state."""
    which: Which
    for which in ("best", "last"):
        saved = run.load(which)
        taken = Checkpoint(saved.step, weights_in(saved))
        if fingerprint(taken).startswith(digest):
            return which, taken
    raise RunError(
        f"neither the best nor the last checkpoint of {printable(run.name)} has the digest {digest}: it was "
        "trained on since; without a digest, its weights of today are taken"
    )


def _signatures(types: Sequence[str], weights: Checkpoint) -> dict[int, Signature]:
    """Return the signatures of the layers that have parameters or state, by index."""
    found: dict[int, list[tuple[str, Shape]]] = {}
    for kind in ("params", "state"):
        for name, array in weights.group(kind).items():
            index, _, rest = name.partition(".")
            found.setdefault(int(index), []).append((rest, array.shape))
    return {
        index: (types[index], tuple(sorted(shapes)))
        for index, shapes in sorted(found.items())
        if index < len(types)
    }


def _matching(ours: Mapping[int, Signature], theirs: Mapping[int, Signature]) -> tuple[CopiedLayer, ...]:
    """Return the layers of the same type and shapes, in the same order; others may be between them."""
    here, there = list(ours), list(theirs)
    matcher = SequenceMatcher(None, list(theirs.values()), list(ours.values()), autojunk=False)
    return tuple(
        CopiedLayer(layer=here[block.b + i], source=there[block.a + i])
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    )


def _listed(signatures: Mapping[int, Signature]) -> str:
    """Return types and shapes of layers in words, such as ``conv2d 5x5x1x16, dense 784x10``."""
    texts = []
    for kind, arrays in list(signatures.values())[:6]:
        largest = max((shape for _, shape in arrays), key=lambda shape: (len(shape), shape))
        texts.append(f"{kind} {'x'.join(map(str, largest))}")
    return ", ".join(texts) + ", ..." * (len(signatures) > 6)
