"""Some samples of a batch, and pieces of a batch as one: what the pass ``pieces`` cuts graphs with."""

from typing import Annotated

from .core import Op
from .lazy_torch import torch
from .parameters import at_least
from .reshape import with_dim
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["JoinedSamples", "Samples"]


class Samples(Op, name="_samples"):
    """Some entries along the first axis: data (n, *k) -> (end - begin, *k)."""

    begin: int
    end: int

    differentiable = False
    view = "strided"
    memory_format = "follows"

    def infer_shape(self, s):
        n = s.data[0]
        if not 0 <= self.begin < self.end or (known(n) and self.end > n):
            raise Mismatch(f"there are no samples {self.begin} to {self.end} in {s.data}")
        s.output = with_dim(s.data, 0, self.end - self.begin)
        s.data = with_dim(s.output, 0, UNKNOWN)

    def forward(self, data):
        return data.narrow(0, self.begin, self.end - self.begin)


class JoinedSamples(Op, name="_joined_samples"):
    """Arrays of equal shapes one after the other along their first axis: (n, *k) -> (pieces n, *k).

    Plans let the pieces be computed where they belong; then there is nothing left to do.
    """

    num_args: Annotated[int, at_least(1)]
    count = "num_args"

    differentiable = False
    joins = True
    memory_format = "follows"

    def infer_shape(self, s):
        s.same(*self.input_names)
        whole = s.get("output")
        if whole is not None:
            if known(whole[0]) and whole[0] % self.num_args:
                raise Mismatch(f"{whole[0]} samples are not {self.num_args} equal pieces")
            s.data[0] = with_dim(whole, 0, whole[0] // self.num_args)
            s.same(*self.input_names)
        if s.data[0] is not None:
            s.output = with_dim(s.data[0], 0, self.num_args * s.data[0][0])

    def forward(self, *data, out):
        if out is None:
            return torch.cat(data)
        size = out.shape[0] // self.num_args
        for index, piece in enumerate(data):
            place = out.narrow(0, index * size, size)
            if place.data_ptr() != piece.data_ptr():
                place.copy_(piece)
        return out
