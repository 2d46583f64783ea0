"""The windows of images as rows of a matrix (im2col), in memory that is reused.

Channels last makes one row of a window a run of L*C neighbours in memory. Where there are too few channels
for runs of a worthwhile length, the images are laid out one channel after the other and the matrix is
filled column by column, each in runs of an image's width.
"""

import numpy as np

from nnlab.arrays import Array
from nnlab.nn.kernels import threads
from nnlab.nn.kernels.windows import Windows

FEW_CHANNELS = 4
"""Most channels for which columns are filled rather than rows."""


def padded(x: Array, windows: Windows, fill: float) -> Array:
    """Return x (N, H, W, C) with the border of ``windows`` around it: ``fill``; x itself if it has none."""
    if not windows.bordered:
        return x
    out: Array = threads.scratch("padded", (len(x), *windows.padded, x.shape[3]), x.dtype)
    _, rows, columns = windows.interior
    out[:, : rows.start] = out[:, rows.stop :] = fill
    out[:, rows, : columns.start] = out[:, rows, columns.stop :] = fill
    out[windows.interior] = x
    return out


def patches(x: Array, windows: Windows) -> Array:
    """Return the windows of x (N, H, W, C), padded with 0, as a matrix (N*P*Q, K*L*C).

    The result is a view of x, or scratch memory that is valid until the thread's next call.
    """
    if windows.pointwise:
        return x.reshape(-1, x.shape[3])
    return _by_columns(x, windows) if x.shape[3] <= FEW_CHANNELS else _by_rows(x, windows)


def _by_rows(x: Array, windows: Windows) -> Array:
    n, c = len(x), x.shape[3]
    (p, q), (kh, kw), (sh, sw), (dh, dw) = windows.counts, windows.size, windows.stride, windows.dilation
    images = np.ascontiguousarray(padded(x, windows, 0))
    image, row, pixel, value = images.strides
    # The places of a row are one run of memory unless there are gaps between them.
    shape, within = ((1, kw * c), (0, value)) if dw == 1 else ((kw, c), (dw * pixel, value))
    out: Array = threads.scratch("patches", (n, p, q, kh, *shape), x.dtype)
    strides = (image, sh * row, sw * pixel, dh * row, *within)
    out[...] = np.ndarray(out.shape, x.dtype, images, strides=strides)
    return out.reshape(n * p * q, kh * kw * c)


def _by_columns(x: Array, windows: Windows) -> Array:
    n, c = len(x), x.shape[3]
    (p, q), (kh, kw), (sh, sw), (dh, dw) = windows.counts, windows.size, windows.stride, windows.dilation
    planes = threads.scratch("padded", (c, n, *windows.padded), x.dtype)
    planes.fill(0)
    planes[:, *windows.interior] = x.transpose(3, 0, 1, 2)
    plane, image, row, pixel = planes.strides
    out: Array = threads.scratch("patches", (kh, kw, c, n, p, q), x.dtype)
    strides = (dh * row, dw * pixel, plane, image, sh * row, sw * pixel)
    out[...] = np.ndarray(out.shape, x.dtype, planes, strides=strides)
    return out.reshape(kh * kw * c, n * p * q).T
