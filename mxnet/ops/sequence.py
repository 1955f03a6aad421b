"""Sequences of different lengths in one array, padded to the longest."""

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .reshape import SelectionBackward, buffer
from .shapes import UNKNOWN, Mismatch

__all__ = ["SequenceLast", "SequenceMask", "SequenceReverse"]


class Sequence(Op, abstract=True):
    """What knows the length of each sequence: data (time, batch, *k), sequence_length (batch,).

    With ``axis=1`` data is (batch, time, *k). Without ``use_sequence_length`` there is no second
    input, and all sequences are as long as the time axis.
    """

    use_sequence_length: bool = False

    def inputs(self):
        return ("data", "sequence_length") if self.use_sequence_length else ("data",)

    def check(self):
        if self.axis not in (0, 1):
            raise MXNetError(f"axis should be 0 or 1 but is {self.axis}")

    def infer_lengths(self, s):
        """State how the data and the lengths belong together."""
        if len(s.data) < 2:
            raise Mismatch(f"data should have at least 2 dimensions, but is {s.data}")
        if self.use_sequence_length:
            batch = 1 - self.axis
            s.sequence_length = s.data[batch : batch + 1]
            size = (s.sequence_length[0],)
            s.data = (UNKNOWN,) * batch + size + (UNKNOWN,) * (len(s.data) - batch - 1)

    def infer_dtype(self, t):
        t.same("data", "output")
        if self.use_sequence_length and t.get("sequence_length") is None:
            t.sequence_length = t.data

    def gradient_reads(self):
        return ("d_output", *self.input_names[1:])

    def lengths(self, data, sequence_length):
        """The lengths as whole numbers, up to that of the time axis."""
        return sequence_length.long().clamp(0, data.shape[self.axis])

    def steps(self, data):
        """The steps of time, in a shape that broadcasts with the batch: time x batch, or turned."""
        steps = torch.arange(data.shape[self.axis], device=data.device)
        return steps.unsqueeze(1 - self.axis)

    def per_sequence(self, values):
        """One number a sequence, in a shape that broadcasts with the steps."""
        return values.unsqueeze(self.axis)


class SequenceMask(Sequence):
    """Set what lies behind the end of each sequence to ``value``."""

    use_sequence_length: bool = False
    value: float = 0.0
    axis: int = 0
    inplace = {"output": ("data",)}

    def infer_shape(self, s):
        s.same("data", "output")
        self.infer_lengths(s)
        s.same("data", "output")

    def forward(self, data, sequence_length=None, *, out):
        out = buffer(out, data.shape, data)
        out.copy_(data)
        if sequence_length is None:
            return out
        behind = self.steps(data) >= self.per_sequence(self.lengths(data, sequence_length))
        value = self.value if out.is_floating_point() else int(self.value)
        return out.masked_fill_(behind.reshape(*behind.shape, *(1,) * (data.dim() - 2)), value)

    def gradient(self, d_output, *sequence_length):
        masked = SequenceMask(use_sequence_length=self.use_sequence_length, axis=self.axis)
        return masked(d_output, *sequence_length), *[None] * len(sequence_length)


class SequenceLast(Sequence):
    """The last step of each sequence: (time, batch, *k) -> (batch, *k)."""

    use_sequence_length: bool = False
    axis: int = 0

    def infer_shape(self, s):
        self.infer_lengths(s)
        batch = 1 - self.axis
        output = s.get("output")
        if output is not None:
            time = s.data[self.axis]
            s.data = (output[0], time, *output[1:]) if self.axis else (time, *output)
        s.output = (s.data[batch], *s.data[2:])
        self.infer_lengths(s)

    def forward(self, data, sequence_length=None, *, out):
        out = buffer(out, (data.shape[1 - self.axis], *data.shape[2:]), data)
        if sequence_length is None:
            return out.copy_(data.select(self.axis, -1))
        place = self.last_places(data, sequence_length)
        torch.gather(data, self.axis, place, out=out.unsqueeze(self.axis))
        return out

    def last_places(self, data, sequence_length):
        """The index of the last step for every element of the output, with the time axis."""
        last = (self.lengths(data, sequence_length) - 1).clamp(min=0)
        shape = list(data.shape)
        shape[self.axis] = 1
        last = self.per_sequence(last)
        return last.reshape(*last.shape, *(1,) * (data.dim() - 2)).expand(shape)

    def gradient_reads(self):
        return ("d_output", *self.input_names)

    def gradient(self, d_output, data, *sequence_length):
        operator = SequenceLastBackward(
            use_sequence_length=self.use_sequence_length, axis=self.axis
        )
        return operator(d_output, data, *sequence_length), *[None] * len(sequence_length)


class SequenceLastBackward(SelectionBackward, name="_backward_SequenceLast"):
    """The derivative of ``SequenceLast``: zeros, with ``grad`` at the last steps."""

    use_sequence_length: bool = False
    axis: int = 0

    def inputs(self):
        names = ("grad", "data", "sequence_length")
        return names if self.use_sequence_length else names[:2]

    def last(self):
        """The operator that this is the derivative of."""
        return SequenceLast(use_sequence_length=self.use_sequence_length, axis=self.axis)

    def forward(self, grad, data, sequence_length=None, *, out):
        out = self.zeros(grad, data, out)
        if sequence_length is None:
            out.select(self.axis, -1).copy_(grad)
            return out
        place = self.last().last_places(data, sequence_length)
        return out.scatter_(self.axis, place, grad.unsqueeze(self.axis))

    def gradient_reads(self):
        return ("d_output", *self.input_names[2:])

    def gradient(self, d_output, *sequence_length):
        return self.last()(d_output, *sequence_length), None, *[None] * len(sequence_length)


class SequenceReverse(Sequence):
    """Reverse each sequence in time, up to its length; what lies behind the end stays."""

    use_sequence_length: bool = False
    axis: int = 0

    def check(self):
        if self.axis != 0:
            raise MXNetError(f"axis should be 0 but is {self.axis}")

    def infer_shape(self, s):
        s.same("data", "output")
        self.infer_lengths(s)
        s.same("data", "output")

    def forward(self, data, sequence_length=None, *, out):
        if sequence_length is None:
            reverse = torch.arange(data.shape[0] - 1, -1, -1, device=data.device)
            return torch.index_select(data, 0, reverse, out=out)
        steps = self.steps(data)
        lengths = self.per_sequence(self.lengths(data, sequence_length))
        source = torch.where(steps < lengths, lengths - 1 - steps, steps)
        source = source.reshape(*source.shape, *(1,) * (data.dim() - 2)).expand(data.shape)
        return torch.gather(data, 0, source, out=out)

    def gradient(self, d_output, *sequence_length):
        return self(d_output, *sequence_length), *[None] * len(sequence_length)
