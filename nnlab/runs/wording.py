"""How numbers of runs are written, wherever they are told."""

from nnlab.runs.recorded import Measurement


def percent(fraction: float) -> str:
    """Return 0.9812 as ``98.12 %``."""
    return f"{100 * fraction:.2f} %"


def duration(seconds: float) -> str:
    """Return 75 as ``1:15``, 4000 as ``1:06:40``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def accuracy(measurement: Measurement | None) -> str:
    """Return an accuracy in percent; empty if it is not known."""
    return percent(measurement.accuracy) if measurement else ""


def loss(measurement: Measurement | None) -> str:
    """Return a loss in nats; empty if it is not known, or not finite."""
    return f"{measurement.loss:.4f}" if measurement and measurement.loss is not None else ""
