"""Evaluations without a run, for tests of figures."""

from types import SimpleNamespace

import numpy as np

from nnlab.evaluation import Predictions, measure
from nnlab.figures import Subject


def evaluated(rng, classes, examples=2000):
    """Return the subject of a figure: an evaluation of made-up predictions, better than chance."""
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=examples - classes)])
    scores = rng.normal(size=(examples, classes))
    scores[np.arange(examples), labels] += 1.5
    odds = np.exp(scores)
    probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    losses = -np.log(probabilities[np.arange(examples), labels])
    predictions = Predictions(labels, probabilities.argmax(axis=1), probabilities, losses)
    names = tuple(f"class {label}" for label in range(classes))
    config = SimpleNamespace(name="small")
    evaluation = SimpleNamespace(
        config=config,
        predictions=predictions,
        metrics=measure(predictions, names),
        split="test",
        checkpoint="best",
    )
    run = SimpleNamespace(class_names=names, input_shape=(8, 8, 1))
    return Subject(config, run, known=evaluation)
