"""Samples of contributed operators."""

import numpy as np

from ops.sample import Sample
from ops.samples.norm import FREE, POSITIVE, batch_norm

INDICES = np.array([[0, 2, 0, 4, 2, 2]], "float32")
SIGNS = np.array([[1, -1, -1, 1, 1, -1]], "float32")


def sketch(data, h, s):
    result = np.zeros((*data.shape[:-1], 5))
    for i, place in enumerate(h[0].astype(int)):
        result[..., place] += s[0, i] * data[..., i]
    return result


def fourier(data):
    values = np.fft.fft(data)
    return np.stack([values.real, values.imag], -1).reshape(*data.shape[:-1], -1)


def inverse_fourier(data):
    return np.fft.ifft(data[..., ::2] + 1j * data[..., 1::2]).real * (data.shape[-1] // 2)


def hawkes(lda, alpha, beta, state, lags, marks, valid_length, max_time):
    totals, states = -max_time * lda.sum(1), state.copy()
    for n in range(len(lda)):
        events = [(lags[n, i], marks[n, i]) for i in range(int(valid_length[n]))]
        rest = max_time[n] - sum(lag for lag, _ in events)
        for lag, mark in [*events, (rest, None)]:
            before = states[n].copy()
            states[n] *= np.exp(-beta * lag)
            totals[n] -= (alpha * (before - states[n])).sum()
            if mark is not None:
                totals[n] += np.log((lda[n] + alpha * beta * states[n])[mark])
                states[n, mark] += 1
    return totals, states


EVENTS = {
    "lda": (3, 2),
    "lags": (3, 4),
    "marks": np.array([[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], "int32"),
    "valid_length": np.array([4, 2, 0], "float32"),
    "max_time": np.array([9, 8, 3], "float32"),
}
SYNC = {"key": "layer"}

SAMPLES = [
    Sample("_contrib_SyncBatchNorm", SYNC, {"data": (2, 3, 2, 2)}, batch_norm()),
    Sample(
        "_contrib_SyncBatchNorm", {**SYNC, **FREE}, {"data": (4, 3)}, batch_norm(fix_gamma=False)
    ),
    Sample(
        "_contrib_SyncBatchNorm",
        {**SYNC, **FREE, "use_global_stats": True, "ndev": 2},
        {"data": (2, 3, 2), "moving_var": POSITIVE},
        batch_norm(fix_gamma=False, train=False),
    ),
    Sample(
        "_contrib_SyncBatchNorm",
        {**SYNC, "output_mean_var": True},
        {"data": (4, 3)},
        batch_norm(statistics=lambda var: var),
        gradient=False,
    ),
    Sample(
        "_contrib_count_sketch",
        {"out_dim": 5},
        {"data": (2, 6), "h": INDICES, "s": SIGNS},
        sketch,
        gradient=False,
    ),
    Sample(
        "_contrib_count_sketch",
        {"out_dim": 5, "processing_batch_size": 4},
        {"data": (2, 3, 2, 6), "h": INDICES, "s": SIGNS},
        sketch,
        gradient=False,
    ),
    Sample("_contrib_fft", {}, {"data": (3, 5)}, fourier),
    Sample("_contrib_fft", {"compute_size": 8}, {"data": (2, 3, 2, 4)}, fourier),
    Sample("_contrib_ifft", {}, {"data": (3, 10)}, inverse_fourier),
    Sample("_contrib_ifft", {"compute_size": 8}, {"data": (2, 3, 2, 8)}, inverse_fourier),
    Sample("_contrib_hawkesll", {}, EVENTS, hawkes, low=0.2, high=1.5),
]
