"""Run directories written by hand, as a training would leave them, in milliseconds."""

import json

from nnlab.config import as_yaml, read_document, validate
from nnlab.config.schema import Experiment
from nnlab.runs import MetricsLog, Run
from nnlab.runs.sweeps import Cell, Sweep
from support.experiments import SMALL

DIGESTS = {"train": "aa", "validation": "bb", "test": "cc"}


def write_run(path, *overrides, text=SMALL, status="completed", accuracy=0.5, loss=1.0, test=None, **environment):
    """Write a run whose best evaluation was after 9 of its 12 steps; ``status`` None: killed, no summary."""
    path.mkdir(parents=True)
    source = path / "config.yaml"
    source.write_text(text)
    config = validate(read_document(source, ("name=small", *overrides)), Experiment).value
    source.write_text(as_yaml(config))
    on = config.training.evaluate_on
    best = {"step": 9, "loss": loss, "accuracy": accuracy}
    facts = {"commit": "c0ffee", "cpu": "abacus", "threads": 1, "versions": {"nnlab": "1"}, "data": DIGESTS}
    began = {"began": str(path)}  # no two runs are alike
    write_json(path / "environment.json", {**facts, **began, **environment})
    records = [{"step": 9, "split": on, "loss": loss, "accuracy": accuracy, "seconds": 0.9}]
    records.append({"step": 12, "split": "train", "loss": 9.0, "accuracy": 0.0, "seconds": 1.5})
    log = MetricsLog(path / "metrics.jsonl")
    for record in records:
        log.append(record)
    log.close()
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"torn')
    if status:
        summary = {"status": status, "steps": 12, "epochs": 2.4, "seconds": 1.5, "parameters": 64}
        summary |= {"monitor": "loss", "evaluated_on": on, "best": best, "last": best}
        write_json(path / "summary.json", summary)
    if test is not None:
        write_evaluation(path, accuracy=test)
    return Run(path)


def write_evaluation(path, *, accuracy, step=9, checkpoint="best"):
    (path / "evaluation").mkdir(exist_ok=True)
    facts = {"accuracy": accuracy, "interval": [0.0, 1.0], "loss": 1.5, "count": 1000, "split": "test"}
    write_json(path / "evaluation" / "metrics.json", {**facts, "checkpoint": checkpoint, "step": step})


def write_sweep(path, axes, cells):
    """Write a sweep of ``cells``, pairs of settings and a run's keyword arguments; None: not begun yet."""
    runs = []
    for number, (settings, options) in enumerate(cells):
        directory = path / "cells" / f"{number:03}"
        runs.append(Cell(Run(directory), settings, "pending" if options is None else "completed"))
        overrides = [f"{key}={value}" for key, value in settings.items() if key != "variant"]
        write_run(directory, *overrides, **(options or {}))
        if options is None:
            for name in ("environment.json", "metrics.jsonl", "summary.json"):
                (directory / name).unlink()
    sweep = Sweep(path, "rates", axes, tuple(runs))
    sweep.write()
    return sweep


def write_json(path, value):
    path.write_text(json.dumps(value))
