"""After a power loss, whatever of the unflushed is lost or torn, what was said to be saved can be loaded."""

import shutil

import numpy as np

from faults import tiny
from faults.aftermath import problems
from faults.children import Ended
from faults.power import lose_power
from faults.scale import count, counting
from nnlab.errors import RunError
from nnlab.runs.metrics_log import check_at

NOTHING = Ended(0, "", "", 0, ())


def states(calls, root, number, seed):
    """Return ``number`` states after a power loss, each with how often it came up."""
    rng = np.random.default_rng(seed)
    found = {}
    for _ in range(number):
        state = lose_power(calls, root, rng)
        found.setdefault(state.key, [state, 0])[1] += 1
    return [tuple(each) for each in found.values()]


def damage(run, state, steps):
    """Return what is wrong with what a power loss left of a run; ``steps`` has its checkpoints as saved."""
    if not state.saved:
        return []
    try:
        last = run.checkpoints.load("last")
        check_at(run.metrics, last.facts["metrics_bytes"])
        best = run.checkpoints.load("best")
    except RunError as error:
        return [str(error)]
    if last.step < state.saved:
        return [f"step {state.saved} was saved, {last.step} is the last"]
    name, content = f"step-{last.step:08d}.safetensors", state.entries
    intact = content[f"checkpoints/{name}"] == steps[name] and best.step == last.facts["monitor"]["best"]["step"]
    return [] if intact else ["what is loaded is not what was saved"]


def put(state, folder):
    """Return a run as ``state`` has it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run = tiny.lay_out(folder)
    state.write(run.path)
    return run


def saved_steps(root):
    return {path.name: path.read_bytes() for path in (root / "checkpoints").glob("step-*")}


def check(calls, root, folder, *, number, seed):
    """Return how many states were looked at and those that are invalid, each with its problems."""
    written = {call.number: call.content for call in calls if call.name == "write"}
    moved = {
        call.target.rpartition("/")[2]: call for call in calls if call.name == "replace" and "step-" in call.target
    }
    created = {call.path: call.number for call in calls if call.name == "create"}
    steps = {name: written[created[call.path]] for name, call in moved.items()}
    found = states(calls, root, number, seed)
    invalid = []
    for state, times in found:
        if wrong := damage(put(state, folder / "after"), state, steps):
            invalid.append((state, times, wrong))
    return found, invalid


def logged(folder, children, **disturbance):
    """Return the system calls of a training and its directory."""
    place = folder / "logged"
    place.mkdir()
    run = tiny.lay_out(place)
    ended = children.run("resume", run.path, "-q", folder=place, root=str(run.path), **disturbance)
    assert ended.code == 0
    return ended.calls, run.path


def test_what_was_saved_survives(folder, children):
    calls, root = logged(folder, children)
    number = count(400, 10_000)
    with counting("states after a power loss") as figure:
        found, invalid = check(calls, root, folder, number=number, seed=6)
        figure.done, figure.failures = number, sum(times for _, times, _ in invalid)
        figure.told = [f"after call {state.at}: {wrong}" for state, _, wrong in invalid]
    with counting("such states that are not alike") as distinct:
        distinct.done = len(found)
    assert len(found) > number / 20


def test_and_the_training_goes_on_to_the_same_bits(folder, children, undisturbed):
    bits, _ = undisturbed
    calls, root = logged(folder, children)
    rng = np.random.default_rng(7)
    found = states(calls, root, count(400, 10_000), seed=6)
    chosen = rng.choice(len(found), min(len(found), count(10, 1000)), replace=False)
    with counting("trainings that go on after a power loss") as figure:
        for i in chosen:
            state, _ = found[i]
            wrong = problems(put(state, folder / "after"), NOTHING, children, bits)
            figure.add(wrong, "after", state.at, calls[state.at - 1].name, calls[state.at - 1].path)
