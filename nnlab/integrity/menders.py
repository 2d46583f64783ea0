"""How each file of a run is mended: from which other files, and what of it is lost.

A mender returns a ``Mending`` and changes nothing. It raises RunError if the file cannot be mended.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from pydantic import ValidationError

from nnlab import files
from nnlab.config import Experiment, as_yaml
from nnlab.data import load_dataset
from nnlab.errors import NnlabError, RunError
from nnlab.integrity.expected_records import describe_losses
from nnlab.integrity.flipped_bits import flipped_back
from nnlab.integrity.mended_config import config_of
from nnlab.integrity.mended_log import Boundary, mended_lines, survey
from nnlab.runs import Checkpoint, Run, read_checkpoint
from nnlab.runs import ledger as ledgers
from nnlab.runs.checkpoint import encode, identity_of
from nnlab.runs.checkpoint_arrays import weights_in
from nnlab.runs.checkpoint_index import read_index
from nnlab.runs.records import Environment, Evaluated, parse_record, read_record
from nnlab.runs.run_config import load_run_config
from nnlab.training.state import batches_of

Write: TypeAlias = Callable[[IO[bytes]], object]

_UNKNOWN: dict[str, Any] = {"commit": None, "cpu": "unknown", "threads": None, "versions": {}, "data": {}}
_WRITTEN = {"python", "platform", "versions", "blas", "simd", "cpu", "threads", "commit", "seed", "data"}
"""Keys that every environment.json has."""

_LONGEST = 2**14  # bytes of an environment.json in which a flipped bit is searched for


@dataclass(frozen=True)
class Mending:
    """How a file is mended, what is ``lost``, and what writes it; None: the file is only set aside."""

    how: str
    lost: str = ""
    write: Write | None = None


def flipped(run: Run, file: str) -> Mending | None:
    """Return how the one flipped bit of a file with checks is flipped back; None if they prove none."""
    proof = ledgers.is_whole if file == ledgers.NAME else files.is_checked
    whole = flipped_back(_content(run.path / file), proof)
    return Mending("one flipped bit flipped back, as its check proves", write=_writes(whole)) if whole else None


def config(run: Run, file: str) -> Mending:
    """Rebuild config.yaml from the settings in the newest checkpoint."""
    del file
    saved = _newest(run)
    found, lost = config_of(saved, run.config)
    text = as_yaml(found)
    how = f"rebuilt from the settings in the checkpoint of step {saved.step:,}"
    return Mending(how, lost, _writes(text.encode()))


def environment(run: Run, file: str) -> Mending:
    """Mend environment.json, which ``environment_of`` does."""
    content = _content(run.path / file)
    whole = _unflipped(content)
    if whole is not None:
        return Mending("one bit flipped back makes it readable; no digest proves it")
    facts = _fields(content)
    if missing := sorted(_WRITTEN - facts.keys() - {"seed"}):
        return Mending(
            "what can be read is taken over, without proof" if facts else "what is not known is left empty",
            f"{', '.join(missing)}",
        )
    return Mending("its values are taken over, without proof, and the seed is that of the config")


def environment_of(run: Run) -> dict[str, Any]:
    """Return the content of environment.json as far as it can be read, with the seed of the config."""
    content = _content(run.path / "environment.json")
    proven = flipped_back(content, files.is_checked)
    whole = _fields(proven) if proven else _unflipped(content)
    if whole is not None:
        return whole
    try:
        seed: Any = load_run_config(run).seed
    except NnlabError:
        seed = None
    return {**_UNKNOWN, **_fields(content), "seed": seed}


def _content(path: Path) -> bytes:
    """Return the content of a damaged file; empty if it is missing or cannot be read."""
    try:
        return files.read_whole(path)
    except RunError:
        return b""


def _unflipped(content: bytes) -> dict[str, Any] | None:
    """Return the one environment that ``content`` is with one bit flipped; None if there is none, or several."""
    if len(content) > _LONGEST or _fields(content):
        return None
    found = {}
    tried = bytearray(content)
    for place in range(len(tried)):
        for bit in range(8):
            tried[place] ^= 1 << bit
            try:
                parse_record(bytes(tried), Environment, "")
                value = json.loads(tried)
            except (NnlabError, ValueError, RecursionError):
                value = {}
            if value.keys() >= _WRITTEN:
                found[json.dumps(value, sort_keys=True)] = value
            tried[place] ^= 1 << bit
    return next(iter(found.values())) if len(found) == 1 else None


def _fields(content: bytes) -> dict[str, Any]:
    """Return the fields of an environment in ``content`` that are valid by themselves."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    kept = {}
    for key, each in value.items() if isinstance(value, dict) else ():
        if key in {"format", "check"}:
            continue
        try:
            Environment.model_validate_json(json.dumps({**_UNKNOWN, key: each}))
            kept[key] = each
        except (ValidationError, ValueError):
            continue
    return kept


def state(run: Run, file: str) -> Mending:
    """Set a damaged state aside, if there is another one to continue from."""
    others = list(_intact(run, "step").values())
    if not others:
        raise RunError("no other checkpoint to continue from is intact")
    newest = max(saved.step for saved in others)
    step = int(Path(file).name.removeprefix("step-").partition(".")[0])
    what = f"the state of step {step:,}"
    return Mending(
        "set aside", f"{what}; training continues from step {newest:,}" if step > newest else f"{what}, a reserve"
    )


def best(run: Run, file: str) -> Mending:
    """Restore the best checkpoint from a state of the same step, which has the same weights."""
    step = int(Path(file).name.removeprefix("best-").partition(".")[0])
    same = next((saved for saved in _intact(run, "step").values() if saved.step == step), None)
    if same is None:
        raise RunError(
            f"the weights of step {step:,} are in no other file; --checkpoint last evaluates the last ones"
        )
    write = partial(_write_parts, encode(Checkpoint(step, weights_in(same))))
    return Mending(f"restored from the state of step {step:,}, which has the same weights", write=write)


def index(run: Run, file: str) -> Mending:
    """Rebuild the index from the checkpoints that are intact."""
    del file
    steps, bests = _intact(run, "step"), _intact(run, "best")
    if not steps:
        raise RunError("no checkpoint to continue from is intact")
    newest = sorted(steps, key=lambda name: steps[name].step)[::-1]
    names = dict(zip(("last", "previous"), newest, strict=False))
    monitored = steps[newest[0]].facts.get("monitor") or {}
    if wanted := monitored.get("best"):
        names["best"] = f"best-{wanted['step']:08d}.safetensors"  # if it is lost, no other one takes its place
    elif bests:
        names["best"] = max(bests, key=lambda name: bests[name].step)
    folder = run.folder("checkpoints")
    digests = {name: identity_of(folder / name) for name in names.values() if name in steps or name in bests}
    content = files.json_content({**names, "digests": digests})
    return Mending("rebuilt from the checkpoints that are intact", write=_writes(content))


def normalization(run: Run, file: str) -> Mending:
    """Fit the normalization again, if the data of the run are here."""
    del file
    found = load_run_config(run)
    recorded = read_record(run.path / "environment.json", Environment).data
    try:
        dataset = load_dataset(found.data, found.seed)
    except NnlabError as error:
        raise RunError(f"it is fitted to the training examples, which are not here: {error}") from error
    if dataset.digests().get("train") != recorded.get("train"):
        raise RunError("it is fitted to the training examples, and those here are not those of the run")
    arrays = {"shift": np.asarray(dataset.normalization.shift), "gain": np.asarray(dataset.normalization.gain)}
    write = partial(_write_parts, encode(Checkpoint(0, arrays)))
    return Mending("fitted again to the training examples of the run", write=write)


def metrics(run: Run, file: str) -> Mending:
    """Keep the records that their checks prove."""
    del file
    saved = _intact(run, "step").values()
    noted = [(each.step, each.facts.get("metrics_bytes")) for each in saved]
    log = survey(run.metrics, [Boundary(step, size) for step, size in noted if isinstance(size, int)])
    kept = f"{log.records:,} records kept"
    bits = f"; {log.flipped} flipped bit{'s' * (log.flipped > 1)} flipped back, as the checks prove" * bool(
        log.flipped
    )
    last = max((each.step for each in saved), default=None)
    lost = describe_losses(_config_or_none(run), log.lost, log.kept, last) if log.lost else ""
    return Mending(f"{kept}{bits}", lost, lambda target: target.writelines(mended_lines(run.metrics, log)))


def summary(run: Run, file: str) -> Mending:
    """Rebuild the summary of a training run that reached its end; set that of another aside."""
    del file
    saved, found = _newest(run), _config_or_none(run)
    content = found and summary_of(saved, found, _examples(run))
    if content is None:
        return Mending("set aside", "how the training run ended")
    rebuilt = files.json_content(content)
    return Mending(f"rebuilt from the checkpoint of step {saved.step:,}", write=_writes(rebuilt))


def summary_of(saved: Checkpoint, found: Experiment, examples: int | None) -> dict[str, Any] | None:
    """Return the summary of a training run that ended with ``saved``; None if it did not end there."""
    batches = batches_of(found, examples) if examples else None
    monitor, rule = saved.facts.get("monitor") or {}, found.training.early_stopping
    total = found.training.steps or (batches and (found.training.epochs or 0) * batches.steps_per_epoch)
    stopped = rule is not None and monitor.get("stale", 0) >= rule.patience
    if saved.step != total and not stopped:
        return None
    counted = (
        {
            "epochs": round(saved.step / batches.steps_per_epoch, 4),
            "steps_per_epoch": batches.steps_per_epoch,
            "examples": batches.examples_in(saved.step),
        }
        if batches
        else {}
    )
    on = found.training.evaluate_on
    return {
        "status": "completed" if saved.step == total else "stopped early",
        "reason": None,
        "steps": saved.step,
        **counted,
        "seconds": round(saved.facts["seconds"], 3),
        "parameters": sum(int(array.size) for array in saved.group("params").values()),
        "monitor": monitor.get("metric", found.training.monitor),
        "evaluated_on": on if on == "test" or found.data.validation else None,
        "best": monitor.get("best"),
        "last": monitor.get("last"),
    }


def ledger(run: Run, file: str) -> Mending:
    """Keep the entries that can be read, and add those whose evaluations are in the run."""
    lines = _content(run.path / file).splitlines()
    entries, lost = [], 0
    for line in lines:
        try:
            entries.append(parse_record(line, ledgers.LedgerEntry, file))
        except RunError:
            lost += 1
    known = {(each.step, each.checkpoint, each.other_data) for each in entries}
    found = [each for each in _evaluated(run) if (each.step, each.checkpoint, each.other_data) not in known]
    content = b"".join(ledgers.chained_lines((*entries, *found))[0])
    how = f"{len(entries)} entries kept, {len(found)} added from the evaluations in the run"
    return Mending(how, f"{lost} entries, of which some may be those added" * bool(lost), _writes(content))


def _evaluated(run: Run) -> Iterator[ledgers.LedgerEntry]:
    """Yield an entry for each stored evaluation on test data."""
    for path in sorted(run.evaluation.rglob("metrics.json")):
        try:
            record, other = read_record(path, Evaluated), files.read_json(path)
        except RunError:
            continue
        if other.get("split", "test") != "test":
            continue
        short = str(other["other_data"])[:12] if other.get("other_data") else None
        yield ledgers.LedgerEntry(
            cause="nnlab verify --repair: the evaluation is stored",
            checkpoint=record.checkpoint,
            step=record.step,
            accuracy=record.accuracy,
            loss=record.loss,
            other_data=short,
        )


def evaluation(run: Run, file: str) -> Mending:
    """Set aside a file of an evaluation, which can be made again."""
    del run
    return Mending("set aside", f"{Path(file).parent.as_posix()}; nnlab eval computes it again")


def is_wanting(run: Run, file: str) -> bool:
    """Return whether a missing index or summary is one that the run should have."""
    try:
        mending = index(run, file) if file.endswith("index.json") else summary(run, file)
    except RunError:
        return False
    return mending.write is not None


def _newest(run: Run) -> Checkpoint:
    """Return the newest intact checkpoint that training can continue from; raises RunError if there is none."""
    steps = _intact(run, "step")
    if not steps:
        raise RunError("there is no intact checkpoint to take it from")
    return max(steps.values(), key=lambda saved: saved.step)


def _intact(run: Run, kind: str) -> dict[str, Checkpoint]:
    """Return the intact checkpoints of a ``kind``, step or best, by the names of their files."""
    found, folder = {}, run.folder("checkpoints")
    try:
        known = read_index(folder).digests
    except RunError:
        known = {}
    for path in sorted(folder.glob(f"{kind}-*.safetensors")):
        try:
            saved = read_checkpoint(path, known.get(path.name))
        except RunError:
            continue
        if path.name == f"{kind}-{saved.step:08d}.safetensors":
            found[path.name] = saved
    return found


def _examples(run: Run) -> int | None:
    """Return the number of training examples, if the run records it."""
    try:
        described = read_record(run.path / "environment.json", Environment).dataset
    except RunError:
        return None
    return described.examples.get("train") if described else None


def _config_or_none(run: Run) -> Experiment | None:
    try:
        return load_run_config(run)
    except NnlabError:
        return None


def _writes(content: bytes) -> Write:
    return lambda target: target.write(content)


def _write_parts(parts: list[bytes | memoryview], target: IO[bytes]) -> None:
    target.writelines(parts)
