"""Small layers with right gradients, and wrong versions of them, to test the gradient check with.

A pair is a function of a generator that returns forward, backward and the inputs by name.
"""

import re

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from utils.gradient_check import gradient_check

EPS = 1e-5
FIVE = re.compile(r".+\n  case     .+\n  where    .+\n  values   .+\n  hint     .+")


def affine_forward(x, weight, bias):
    return x @ weight + bias, (x, weight)


def affine_backward(dout, cache):
    x, weight = cache
    return dout @ weight.T, x.T @ dout, dout.sum(axis=0)


def affine(rng):
    # A square weight, so that a transposed gradient has the right shape.
    inputs = {"x": rng.normal(size=(3, 5)), "weight": rng.normal(size=(5, 5)), "bias": rng.normal(size=5)}
    return affine_forward, affine_backward, inputs


def tanh_forward(x):
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, cache):
    return dout * (1 - cache**2)


def tanh(rng):
    return tanh_forward, tanh_backward, {"x": rng.normal(size=(4, 3, 2))}


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, cache):
    return dout * (cache > 0)


def relu(rng):
    x = rng.normal(size=(5, 4))
    return relu_forward, relu_backward, {"x": x + 0.01 * np.sign(x)}


def max_forward(x):
    return x.max(axis=1), x


def max_backward(dout, cache):
    """Give the gradient of a tied maximum to its first place."""
    dx = np.zeros_like(cache)
    rows = np.arange(len(cache))
    dx[rows, cache.argmax(axis=1)] = dout
    return dx


def maximum(rng):
    # Distinct by construction: a shuffled grid.
    return max_forward, max_backward, {"x": rng.permutation(np.linspace(-2, 2, 24)).reshape(6, 4)}


def softmax_forward(x):
    out = np.exp(x - x.max(axis=1, keepdims=True))
    out /= out.sum(axis=1, keepdims=True)
    return out, out


def softmax_backward(dout, cache):
    return cache * (dout - (dout * cache).sum(axis=1, keepdims=True))


def softmax(rng):
    return softmax_forward, softmax_backward, {"x": rng.normal(size=(4, 6))}


def batchnorm_forward(x, gamma, beta):
    spread = np.sqrt(x.var(axis=0) + EPS)
    normal = (x - x.mean(axis=0)) / spread
    return gamma * normal + beta, (normal, gamma, spread)


def batchnorm_backward(dout, cache):
    normal, gamma, spread = cache
    dnormal = gamma * dout
    dx = (dnormal - dnormal.mean(axis=0) - normal * (dnormal * normal).mean(axis=0)) / spread
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)


def batchnorm(rng):
    inputs = {"x": rng.normal(1, 1, (7, 4)), "gamma": rng.normal(size=4), "beta": rng.normal(size=4)}
    return batchnorm_forward, batchnorm_backward, inputs


def batchnorm_backward_without_eps(dout, cache):
    normal, gamma, spread = cache
    exact = np.sqrt(spread**2 - EPS)
    return batchnorm_backward(dout, (normal, gamma, exact))


def batchnorm_backward_without_mean(dout, cache):
    """Treat the batch mean as a constant, as in a first attempt."""
    normal, gamma, spread = cache
    dnormal = gamma * dout
    dx = (dnormal - normal * (dnormal * normal).mean(axis=0)) / spread
    return dx, (dout * normal).sum(axis=0), dout.sum(axis=0)


def conv_forward(x, weight, bias, *, padding=0):
    KH, KW = weight.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))
    out = np.einsum("ncijhw,fchw->nfij", windows, weight) + bias[:, None, None]
    return out, (padded, weight, padding)


def conv_backward(dout, cache):
    padded, weight, padding = cache
    KH, KW = weight.shape[2:]
    OH, OW = dout.shape[2:]
    dpadded, dweight = np.zeros_like(padded), np.zeros_like(weight)
    for i in range(KH):
        for j in range(KW):
            window = (slice(None), slice(None), slice(i, i + OH), slice(j, j + OW))
            dpadded[window] += np.einsum("nfij,fc->ncij", dout, weight[:, :, i, j])
            dweight[:, :, i, j] = np.einsum("nfij,ncij->fc", dout, padded[window])
    H, W = padded.shape[2:]
    dx = dpadded[:, :, padding : H - padding, padding : W - padding]
    return dx, dweight, dout.sum(axis=(0, 2, 3))


def conv(rng):
    inputs = {
        "x": rng.normal(size=(2, 3, 7, 5)),
        "weight": rng.normal(size=(4, 3, 3, 2)),
        "bias": rng.normal(size=4),
    }
    return conv_forward, conv_backward, inputs


RIGHT = {
    "affine": affine,
    "tanh": tanh,
    "relu": relu,
    "maximum": maximum,
    "softmax": softmax,
    "batchnorm": batchnorm,
    "conv": conv,
}


def altered(make, change):
    """Return a maker whose backward passes its gradients through `change` (of copies, in a list)."""

    def make_altered(rng):
        forward, backward, inputs = make(rng)

        def wrong_backward(dout, cache):
            gradients = backward(dout, cache)
            several = isinstance(gradients, tuple)
            gradients = [np.array(g) for g in (gradients if several else [gradients])]
            change(gradients)
            return tuple(gradients) if several else gradients[0]

        return forward, wrong_backward, inputs

    return make_altered


def replaced(make, wrong_backward):
    """Return a maker with another backward."""

    def make_replaced(rng):
        forward, _, inputs = make(rng)
        return forward, wrong_backward, inputs

    return make_replaced


def one_percent(gradients):
    gradients[1] *= 1.01


def sign(gradients):
    gradients[0] *= -1


def transpose(gradients):
    gradients[1] = gradients[1].T


def mean_for_sum(gradients):
    gradients[1] /= 3


def border_lost(gradients):
    inner = gradients[0][:, :, 1:-1, 1:-1].copy()
    gradients[0][:] = 0
    gradients[0][:, :, 1:-1, 1:-1] = inner


def one_channel(gradients):
    gradients[0][:, 1] *= 2


def all_zero(gradients):
    gradients[0][:] = 0


# Wrong values: the maker, the input whose gradient is wrong, and words of the hint in full mode.
WRONG = {
    "off by one percent": (altered(affine, one_percent), "weight", "1% too large"),
    "sign": (altered(tanh, sign), "x", "wrong sign"),
    "transposed": (altered(affine, transpose), "weight", "is transposed"),
    "mean for sum": (altered(affine, mean_for_sum), "weight", "exactly 3 times too small: mean or sum?"),
    "eps forgotten": (replaced(batchnorm, batchnorm_backward_without_eps), "x", "(eps)"),
    "mean term forgotten": (replaced(batchnorm, batchnorm_backward_without_mean), "x", "no simple pattern"),
    "border lost": (altered(conv, border_lost), "x", "on the border: is the padding removed from dx?"),
    "one channel": (altered(conv, one_channel), "x", "dx[:, 1, :, :]"),
    "zero": (altered(softmax, all_zero), "x", "is the result ever written?"),
    "sum forgotten": (replaced(softmax, lambda dout, out: out * dout), "x", "no simple pattern"),
    "mask forgotten": (replaced(relu, lambda dout, x: dout.copy()), "x", "should be zero"),
}


def check(make, mode, seed=1, **options):
    rng = np.random.default_rng(seed)
    forward, backward, inputs = make(rng)
    return gradient_check(forward, backward, inputs, rng=rng, mode=mode, **options)


def check_backward(backward, mode, forward=affine_forward, make=affine, **options):
    """Check another backward, or forward too, on the inputs of a pair."""
    rng = np.random.default_rng(1)
    return gradient_check(forward, backward, make(rng)[2], rng=rng, mode=mode, **options)


def first_line(result):
    """Return the first line of a failure; there must be five."""
    assert not result.ok
    assert not result
    assert FIVE.fullmatch(str(result)), str(result)
    return str(result).splitlines()[0]
