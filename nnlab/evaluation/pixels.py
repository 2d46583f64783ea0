"""What pixels a run was trained on, as far as its directory says."""

from dataclasses import dataclass

from nnlab.evaluation.trained_run import TrainedRun

_FITTED = {"min_max", "mean", "mean_image", "mean_channel", "standard"}
_CENTERED = _FITTED - {"min_max"}  # whose shift is a mean
_UNIT_GAIN = 0.05  # 1 / gain is the spread of the values: above 20 for pixels of 0 to 255, below 1 for 0 to 1
_DARK = 85.0  # a mean pixel below a third of white


@dataclass(frozen=True)
class Pixels:
    """``unit``: the values of the run's inputs are about 0 to 1, not 0 to 255; ``dark``: its images are dark."""

    unit: bool
    dark: bool


def pixels_of(run: TrainedRun) -> Pixels:
    """Return what pixels ``run`` was trained on; one that does not say is taken to have pixels of 0 to 255.

    Raises what ``TrainedRun.normalization`` raises.
    """
    described = run.environment and run.environment.dataset
    dtype = described.dtype if described else None
    kind, fitted = run.config.data.normalize.type, run.normalization
    fine = float(fitted.gain.max()) >= _UNIT_GAIN
    unit = fine and (dtype == "float32" or (dtype is None and kind in _FITTED))
    return Pixels(unit, dark=kind in _CENTERED and not unit and float(fitted.shift.mean()) < _DARK)
