"""Slow obvious twins of what nnlab computes fast."""

import math

import numpy as np


def padded(x, before, after, fill):
    return np.pad(x, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)), constant_values=fill)


def window_counts(image, size, stride, before, after):
    return tuple(
        math.floor((h + b + a - k) / s) + 1
        for h, k, s, b, a in zip(image, size, stride, before, after, strict=True)
    )


def dilated(weight, dilation):
    """Return weight (K, L, ...) with zeros between its entries."""
    (height, width), (down, across) = weight.shape[:2], dilation
    wide = np.zeros(((height - 1) * down + 1, (width - 1) * across + 1, *weight.shape[2:]), weight.dtype)
    wide[::down, ::across] = weight
    return wide


def each_window(shape, size, stride, before, after):
    """Yield n, p, q and the slices of each window of a padded image."""
    p_count, q_count = window_counts(shape[1:3], size, stride, before, after)
    for n in range(shape[0]):
        for p in range(p_count):
            for q in range(q_count):
                top, left = p * stride[0], q * stride[1]
                yield n, p, q, slice(top, top + size[0]), slice(left, left + size[1])


def convolve(x, weight, bias, *, stride, before, after):
    size, filters = weight.shape[:2], weight.shape[3]
    inputs = padded(x, before, after, 0)
    y = np.zeros((len(x), *window_counts(x.shape[1:3], size, stride, before, after), filters), x.dtype)
    for n, p, q, rows, columns in each_window(x.shape, size, stride, before, after):
        for f in range(filters):
            y[n, p, q, f] = (inputs[n, rows, columns] * weight[..., f]).sum() + bias[f]
    return y


def convolve_gradients(x, grad_y, weight, *, stride, before, after):
    inputs = padded(x, before, after, 0)
    grad_inputs, grad_weight = np.zeros_like(inputs), np.zeros_like(weight)
    for n, p, q, rows, columns in each_window(x.shape, weight.shape[:2], stride, before, after):
        for f in range(weight.shape[3]):
            grad_inputs[n, rows, columns] += grad_y[n, p, q, f] * weight[..., f]
            grad_weight[..., f] += grad_y[n, p, q, f] * inputs[n, rows, columns]
    return cropped(grad_inputs, x.shape, before), grad_weight, grad_y.sum(axis=(0, 1, 2))


def convolve_channelwise(x, weight, bias, *, stride, before, after):
    """Each channel alone, with its share of weight (K, L, 1, F)."""
    share = weight.shape[3] // x.shape[3]
    parts = []
    for c in range(x.shape[3]):
        own = slice(c * share, (c + 1) * share)
        place = {"stride": stride, "before": before, "after": after}
        parts.append(convolve(x[..., c : c + 1], weight[..., own], bias[own], **place))
    return np.concatenate(parts, axis=3)


def convolve_channelwise_gradients(x, grad_y, weight, *, stride, before, after):
    share = weight.shape[3] // x.shape[3]
    parts = []
    for c in range(x.shape[3]):
        own = slice(c * share, (c + 1) * share)
        place = {"stride": stride, "before": before, "after": after}
        parts.append(convolve_gradients(x[..., c : c + 1], grad_y[..., own], weight[..., own], **place))
    grads_x, grads_weight, grads_bias = zip(*parts, strict=True)
    return np.concatenate(grads_x, axis=3), np.concatenate(grads_weight, axis=3), np.concatenate(grads_bias)


def cropped(inputs, shape, before):
    return inputs[:, before[0] : before[0] + shape[1], before[1] : before[1] + shape[2]]


def max_pool(x, size, stride, padding):
    inputs = padded(x, padding, padding, -np.inf)
    y = np.zeros((len(x), *window_counts(x.shape[1:3], size, stride, padding, padding), x.shape[3]), x.dtype)
    for n, p, q, rows, columns in each_window(x.shape, size, stride, padding, padding):
        y[n, p, q] = inputs[n, rows, columns].max(axis=(0, 1))
    return y


def max_pool_gradient(x, grad_y, size, stride, padding):
    inputs = padded(x, padding, padding, -np.inf)
    grad_inputs = np.zeros_like(inputs)
    for n, p, q, rows, columns in each_window(x.shape, size, stride, padding, padding):
        for c in range(x.shape[3]):
            window = inputs[n, rows, columns, c]
            i, j = np.unravel_index(window.argmax(), window.shape)
            grad_inputs[n, rows.start + i, columns.start + j, c] += grad_y[n, p, q, c]
    return cropped(grad_inputs, x.shape, padding)


def avg_pool(x, size, stride, padding, *, count_include_pad):
    inputs, inside = padded(x, padding, padding, 0), padded(np.ones_like(x), padding, padding, 0)
    y = np.zeros((len(x), *window_counts(x.shape[1:3], size, stride, padding, padding), x.shape[3]), x.dtype)
    for n, p, q, rows, columns in each_window(x.shape, size, stride, padding, padding):
        count = math.prod(size) if count_include_pad else inside[n, rows, columns, 0].sum()
        y[n, p, q] = inputs[n, rows, columns].sum(axis=(0, 1)) / count
    return y


def softmax(x):
    y = np.zeros_like(x)
    for place in np.ndindex(*x.shape[:-1]):
        y[place] = [1 / sum(math.exp(b - a) for b in x[place]) for a in x[place]]
    return y


def softmax_gradient(x, grad_y):
    y, grad_x = softmax(x), np.zeros_like(x)
    for place in np.ndindex(*x.shape[:-1]):
        grad_x[place] = (np.diag(y[place]) - np.outer(y[place], y[place])) @ grad_y[place]
    return grad_x


def batch_norm(x, gamma, beta, epsilon):
    y = np.zeros_like(x)
    for c in range(x.shape[-1]):
        values = [float(value) for value in x[..., c].ravel()]
        mean = sum(values) / len(values)
        variance = sum((value - mean) ** 2 for value in values) / len(values)
        y[..., c] = gamma[c] * (x[..., c] - mean) / math.sqrt(variance + epsilon) + beta[c]
    return y


def group_norm(x, gamma, beta, groups, epsilon):
    """Normalize each group of channels of x (N, ..., C) by itself, example by example."""
    y, size = np.zeros_like(x), x.shape[-1] // groups
    for n in range(len(x)):
        for group in range(groups):
            channels = slice(group * size, (group + 1) * size)
            values = [float(value) for value in x[n, ..., channels].ravel()]
            mean = sum(values) / len(values)
            variance = sum((value - mean) ** 2 for value in values) / len(values)
            y[n, ..., channels] = (x[n, ..., channels] - mean) / math.sqrt(variance + epsilon)
    return gamma * y + beta


def squeeze_excite(x, reduce, reduce_bias, expand, expand_bias):
    y = np.zeros_like(x)
    for n in range(len(x)):
        means = [x[n, :, :, c].mean() for c in range(x.shape[3])]
        hidden = [max(0.0, sum(means * reduce[:, d]) + reduce_bias[d]) for d in range(len(reduce_bias))]
        for c in range(x.shape[3]):
            score = sum(hidden * expand[:, c]) + expand_bias[c]
            y[n, :, :, c] = x[n, :, :, c] / (1 + math.exp(-score))
    return y


def decayed(w, g, decay):
    return g + decay * w


def shrink(w, decay, rate):
    return w - rate * (decay * w)


def average(m, g, keep, share):
    return keep * m + share * g


def average_square(v, g, keep, share):
    return keep * v + share * (g * g)


def add_square(v, g):
    return v + g * g


def variance(v, m):
    return np.maximum(v - m * m, 0)


def accumulate_scaled(m, g, v, epsilon, keep):
    return keep * m + g / (np.sqrt(v) + epsilon)


def descend(w, m, rate):
    return w - rate * m


def descend_ahead(w, g, m, *, share, keep, rate):
    return w - rate * (share * g + keep * m)


def descend_scaled(w, m, v, epsilon, rate):
    return w - rate * (m / (np.sqrt(v) + epsilon))


def adam(w, g, m, v, t, *, rate, betas, epsilon, decay):
    g = g + decay * w
    m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return w - rate * m_hat / (np.sqrt(v_hat) + epsilon), m, v


def adamw(w, g, m, v, t, *, rate, betas, epsilon, decay):
    return adam((1 - rate * decay) * w, g, m, v, t, rate=rate, betas=betas, epsilon=epsilon, decay=0)


def adagrad(w, g, v, *, rate, epsilon, decay):
    g = g + decay * w
    v = v + g**2
    return w - rate * g / (np.sqrt(v) + epsilon), v


def rmsprop(w, g, v, m, b, *, rate, beta, momentum, centered, epsilon, decay):
    g = g + decay * w
    v, m = beta * v + (1 - beta) * g**2, beta * m + (1 - beta) * g
    b = momentum * b + g / (np.sqrt(v - m**2 if centered else v) + epsilon)
    return w - rate * b, v, m, b


def central_differences(function, array, step=1e-5):
    """Return the derivative of a scalar ``function()`` with respect to each entry of ``array``, moved in place."""
    derivative = np.zeros_like(array)
    for place in np.ndindex(*array.shape):
        value = array[place]
        array[place] = value + step
        above = function()
        array[place] = value - step
        derivative[place] = (above - function()) / (2 * step)
        array[place] = value
    return derivative


def relative_error(a, b):
    """Return the largest |a - b| / (|a| + |b| + 1e-8)."""
    return float((np.abs(a - b) / (np.abs(a) + np.abs(b) + 1e-8)).max(initial=0.0))
