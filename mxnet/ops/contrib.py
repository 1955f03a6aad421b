"""Contributed operators of 1.x that belong to no other family."""

from typing import Annotated

from ..error import MXNetError
from .core import Aux, Op
from .lazy_torch import torch
from .norm import BatchNormV1
from .parameters import at_least
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["FFT", "IFFT", "CountSketch", "HawkesLogLikelihood", "SyncBatchNorm"]


class SyncBatchNorm(BatchNormV1, name="_contrib_SyncBatchNorm"):
    """Batch normalisation with the statistics of all devices that work on one batch.

    Like ``BatchNorm`` on axis 1, but for the output ``var``, the variance. ``ndev`` is the number of
    devices, ``key`` distinguishes the layers. Training on several devices of one process runs them
    one after the other, so that ``ndev`` has to be 1 there.
    """

    ndev: int = 1
    key: str

    def forward(self, data, gamma, beta, moving_mean: Aux, moving_var: Aux, *, out, train):
        if train and self.ndev > 1 and not self.use_global_stats:
            raise MXNetError(
                f"SyncBatchNorm cannot share statistics between ndev={self.ndev} executors of one"
                " process: train on one device, and set ndev=1"
            )
        return super().forward(data, gamma, beta, moving_mean, moving_var, out=out, train=train)


class CountSketch(Op, name="_contrib_count_sketch"):
    """A random projection of the last axis to ``out_dim`` numbers: out[h[i]] += s[i] · data[i].

    Shapes: data (*n, k), h (1, k) indices below ``out_dim``, s (1, k) signs -> (*n, out_dim).
    ``processing_batch_size`` has no effect. Charikar et al. 2002; Pham and Pagh 2013.
    """

    out_dim: Annotated[int, at_least(1)]
    processing_batch_size: int = 32

    waits = True
    precision = "full"

    def infer_shape(self, s):
        if len(s.data) not in (2, 4):
            raise Mismatch(f"data should have 2 or 4 dimensions but is {s.data}")
        s.h = s.s = (1, s.data[-1])
        s.data = (*s.data[:-1], s.h[1])
        s.output = (*s.data[:-1], self.out_dim)
        s.data = (*s.output[:-1], s.data[-1])

    def places(self, h):
        """The indices as whole numbers."""
        places = h.reshape(-1).long()
        if places.numel() and not 0 <= int(places.min()) <= int(places.max()) < self.out_dim:
            raise MXNetError(f"the indices h should be in 0..{self.out_dim - 1}")
        return places

    def forward(self, data, h, s):
        result = data.new_zeros(*data.shape[:-1], self.out_dim)
        return result.index_add_(-1, self.places(h), data * s.reshape(-1))

    def backward(self, d_output, h, s, *, needs):
        d_data = d_output.index_select(-1, self.places(h)).mul_(s.reshape(-1))
        rest = (torch.zeros_like(x) if need else None for x, need in zip((h, s), needs[1:]))
        return d_data if needs[0] else None, *rest


class Transform(Op, abstract=True):
    """What the Fourier transforms share: complex numbers are pairs along the last axis."""

    precision = "full"

    def complex(self, data):
        """Pairs as complex numbers."""
        pairs = data.float() if data.element_size() < 4 else data
        return torch.view_as_complex(pairs.reshape(*data.shape[:-1], -1, 2).contiguous())

    def infer_dtype(self, t):
        t.same()
        if t.data not in ("float16", "float32", "float64"):
            raise Mismatch(f"data should have a floating type but is {t.data}")


class FFT(Transform, name="_contrib_fft"):
    """The discrete Fourier transform of real numbers along the last axis.

    Shapes: data (*n, k) -> (*n, 2 k), real and imaginary parts in turn. ``compute_size`` has no
    effect.
    """

    compute_size: int = 128

    def infer_shape(self, s):
        if s.get("output") is not None:
            *leading, last = s.output
            if known(last) and last % 2:
                raise Mismatch(f"the last axis of the output should be even but is {last}")
            s.data = (*leading, last // 2)
        s.output = (*s.data[:-1], s.data[-1] * 2)

    def forward(self, data):
        real = data.float() if data.element_size() < 4 else data
        pairs = torch.view_as_real(torch.fft.fft(real))
        return pairs.reshape(*data.shape[:-1], -1).to(data.dtype)

    def gradient(self, d_output):
        return IFFT()(d_output)


class IFFT(Transform, name="_contrib_ifft"):
    """The real part of the inverse Fourier transform along the last axis, times its length.

    Shapes: data (*n, 2 k), real and imaginary parts in turn -> (*n, k). ``compute_size`` has no
    effect.
    """

    compute_size: int = 128

    def infer_shape(self, s):
        if s.get("output") is not None:
            *leading, last = s.output
            s.data = (*leading, last * 2)
        *leading, last = s.data
        if known(last) and last % 2:
            raise Mismatch(f"the last axis of data should be even (real, imaginary) but is {last}")
        s.output = (*leading, last // 2)

    def forward(self, data):
        values = torch.fft.ifft(self.complex(data), norm="forward")
        return values.real.to(data.dtype)

    def gradient(self, d_output):
        return FFT()(d_output)


class HawkesLogLikelihood(Op, name="_contrib_hawkesll"):
    """The log-likelihood of marked self-exciting (Hawkes) point processes with exponential decay.

    The intensity of mark k is lda[k] + alpha[k] beta[k] Σ exp(-beta[k] (t - tᵢ)), the sum over the
    events of that mark so far. Shapes: lda (n, k), alpha (k,), beta (k,), state (n, k): the sums at
    time 0; lags (n, t): times since the event before, marks (n, t), valid_length (n,): the number of
    events, max_time (n,): the end of observation -> the log-likelihoods (n,), and the state at the
    end (n, k).
    """

    waits = True
    outputs = ("output", "out_state")
    labels = ("valid_length",)

    def infer_shape(self, s):
        s.same("lda", "state", "out_state")
        s.same("alpha", "beta")
        s.same("lags", "marks")
        s.same("valid_length", "max_time", "output")
        n, k, t = UNKNOWN, UNKNOWN, UNKNOWN
        for _ in range(2):
            s.lda, s.alpha, s.lags, s.max_time = (n, k), (k,), (n, t), (n,)
            rows = [s.lda[0], s.lags[0], s.max_time[0]]
            n = next((row for row in rows if known(row)), UNKNOWN)
            k = s.alpha[0] if known(s.alpha[0]) else s.lda[1]
            t = s.lags[1]
        s.same("lda", "state", "out_state")
        s.same("alpha", "beta")
        s.same("lags", "marks")
        s.same("valid_length", "max_time", "output")

    def infer_dtype(self, t):
        t.marks = "int32"
        t.same(*(name for name in (*self.input_names, *self.output_names) if name != "marks"))

    def forward(self, lda, alpha, beta, state, lags, marks, valid_length, max_time):
        marks = marks.long()
        if marks.numel() and not 0 <= int(marks.min()) <= int(marks.max()) < lda.shape[1]:
            raise MXNetError(f"the marks should be in 0..{lda.shape[1] - 1}")
        now, total = torch.zeros_like(max_time), -(lda.sum(1) * max_time)
        for i in range(lags.shape[1]):
            happens = i < valid_length
            lag = torch.where(happens, lags[:, i], 0.0)
            now = now + lag
            decay = torch.exp(-beta * lag[:, None])
            total = total - (alpha * state * (1 - decay)).sum(1)
            state = state * decay
            mark = marks[:, i : i + 1]
            intensity = (lda + alpha * beta * state).gather(1, mark).squeeze(1)
            total = total + torch.where(happens, torch.log(intensity), 0.0)
            state = state.scatter_add(1, mark, happens[:, None].to(state.dtype))
        decay = torch.exp(-beta * (max_time - now)[:, None])
        total = total - (alpha * state * (1 - decay)).sum(1)
        return total, state * decay
