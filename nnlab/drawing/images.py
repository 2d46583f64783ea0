"""Inputs as images that matplotlib draws."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def drawable(inputs: NDArray[Any]) -> tuple[NDArray[Any], float, float, str]:
    """Return images, the values of black and white, and what was done to them.

    Shapes: inputs (N, H, W) or (N, H, W, C); the images are (N, H, W) or (N, H, W, 3).
    """
    treatment = ""
    if inputs.ndim == 4 and inputs.shape[3] != 3:
        treatment = "" if inputs.shape[3] == 1 else f"channel 0 of {inputs.shape[3]}"
        inputs = inputs[..., 0]
    if inputs.dtype == np.uint8:
        return inputs, 0, 255, treatment
    finite = inputs[np.isfinite(inputs)]
    low, high = min(0.0, float(finite.min(initial=0))), max(1.0, float(finite.max(initial=1)))
    if (low, high) != (0, 1):
        treatment = "; ".join(filter(None, [treatment, f"black is {low:.3g}, white {high:.3g}"]))
    images = np.nan_to_num((inputs - low) / (high - low), nan=0, posinf=1, neginf=0)
    return images, 0, 1, treatment
