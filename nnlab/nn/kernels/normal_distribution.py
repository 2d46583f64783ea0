"""The distribution function of the standard normal distribution.

It is that of the error function, ``Phi(x) = (1 + erf(x / sqrt(2))) / 2``, in a form that keeps all digits in both
tails: as Cody (1969), doi:10.1090/S0025-5718-1969-0247736-4, for ``erfc``, a rational function times the
exponential, ``Phi(-z) = exp(-z^2 / 2) P(z) / Q(z)`` for z >= 0. The coefficients are those of a least-squares fit,
computed with 60 digits at the Chebyshev points of ``z / (z + 4)`` up to z = 40, where Phi(-z) is 0 in float64. The
relative error of P / Q is below 1e-16, with fewer coefficients for single precision below 3e-8. All coefficients
are positive, so that no digits cancel.
"""

from collections.abc import Sequence

import numpy as np

from nnlab.arrays import Array

_END = 40
_DOUBLE = (
    (
        0.499999999999999978,
        0.774706035702455408,
        0.593789286187374515,
        0.289140183548647701,
        0.0976088839646198887,
        0.0235934425746293692,
        0.00408283921727792637,
        0.000489427955916421923,
        0.0000371584884305694005,
        1.38110169840713091e-6,
    ),
    (
        1.0,
        2.34729663220776719,
        2.56045031483817923,
        1.71353734616957915,
        0.781488184223380112,
        0.254717051938595129,
        0.0603598808103241337,
        0.010327302729522943,
        0.00123027586145733187,
        0.0000931425177405426376,
        3.46190856737811646e-6,
    ),
)
_SINGLE = (
    (
        0.500000009184673294,
        0.459105079479912481,
        0.199040743261374239,
        0.0460654693457795594,
        0.0049489132647971383,
    ),
    (
        1.0,
        1.71609594500699799,
        1.26731498914450821,
        0.511269028614797019,
        0.115470644876819918,
        0.012405067896313653,
    ),
)


def normal_distribution(x: Array) -> Array:
    """Return Phi(x), the probability that a standard normal variable is below x, of the shape and dtype of x."""
    z = np.minimum(np.abs(x), _END)
    numerator, denominator = _SINGLE if x.dtype == np.float32 else _DOUBLE
    below = _polynomial(numerator, z)
    below /= _polynomial(denominator, z)
    z *= z
    z *= -0.5
    below *= np.exp(z, out=z)
    # 1 - below for x >= 0, else below; without a choice for each value, which takes longer than all else.
    np.subtract(x >= 0, below, out=below)
    return np.abs(below, out=below)


def normal_density(x: Array) -> Array:
    """Return the derivative of Phi, ``exp(-x^2 / 2) / sqrt(2 pi)``."""
    y: Array = np.clip(x, -_END, _END)
    y *= y
    y *= -0.5
    np.exp(y, out=y)
    y *= (2 * np.pi) ** -0.5
    return y


def _polynomial(coefficients: Sequence[float], z: Array) -> Array:
    """Return the polynomial with these coefficients, from the lowest, by Horner's rule."""
    *rest, highest = coefficients
    y: Array = z * highest
    for coefficient in rest[:0:-1]:
        y += coefficient
        y *= z
    y += rest[0]
    return y
