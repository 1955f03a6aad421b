"""Fully connected layers."""

from typing import Annotated

from .core import Op, get_op
from .generated import matrix_product
from .lazy_torch import torch
from .parameters import at_least
from .shapes import Mismatch, product

__all__ = ["FullyConnected"]


class FullyConnected(Op, aliases=["_sparse_FullyConnected"]):
    """Linear map of the flattened rows: output = data · weightᵀ + bias.

    Shapes: data (n, *k), weight (num_hidden, ∏k), bias (num_hidden,) -> (n, num_hidden); with
    ``flatten=False`` the last axis alone is mapped: data (*n, k) -> (*n, num_hidden).
    """

    num_hidden: Annotated[int, at_least(1)]
    no_bias: bool = False
    flatten: bool = True

    heavy = True
    precision = "low"
    per_sample = ("data",)

    def inputs(self):
        return ("data", "weight") if self.no_bias else ("data", "weight", "bias")

    def infer_shape(self, s):
        if s.get("weight") is not None and len(s.weight) != 2:
            raise Mismatch(f"weight should have 2 dimensions but is {s.weight}")
        if not s.data:
            raise Mismatch("data should have at least 1 dimension")
        if not self.no_bias:
            s.bias = (self.num_hidden,)
        *leading, last = s.data
        if self.flatten:
            leading, last = s.data[:1], product(s.data[1:])
        s.weight = (self.num_hidden, last)
        s.output = (*leading, self.num_hidden)
        # First states of recurrent cells learn their batch size from here.
        s.data = (*s.output[: len(leading)], *s.data[len(leading) :])

    def products(self, inputs, outputs):
        (weight, _), (result, _) = inputs[1], outputs[0]
        return matrix_product(product(result[:-1]), *weight)

    def rows(self, data):
        """The data as a matrix, one row a sample."""
        return data.reshape(data.shape[0], -1) if self.flatten else data.reshape(-1, data.shape[-1])

    def forward(self, data, weight, bias=None, *, out):
        if data.dim() == 2:
            if bias is None:
                return torch.mm(data, weight.t(), out=out)
            return torch.addmm(bias, data, weight.t(), out=out)
        rows = self.rows(data)
        result = out if out is None else out.view(-1, self.num_hidden)
        if bias is None:
            result = torch.mm(rows, weight.t(), out=result)
        else:
            result = torch.addmm(bias, rows, weight.t(), out=result)
        return result.view(*self.leading(data), self.num_hidden) if out is None else out

    def leading(self, data):
        """The dimensions of the output before the last."""
        return data.shape[:1] if self.flatten else data.shape[:-1]

    def gradient(self, d_output, data, weight, *, shapes):
        dot = get_op("dot")
        rows, d_rows = data, d_output
        is_matrix = len(shapes.get("data", ())) == 2
        if not is_matrix:
            flatten = get_op("Reshape")(shape=(-1, 0), reverse=True)
            rows = get_op("Flatten")()(data) if self.flatten else flatten(data)
            d_rows = d_output if self.flatten else flatten(d_output)
        d_data = dot()(d_rows, weight)
        if not is_matrix:
            d_data = get_op("reshape_like")()(d_data, data)
        d_weight = dot(transpose_a=True)(d_rows, rows)
        if self.no_bias:
            return d_data, d_weight
        return d_data, d_weight, get_op("sum")(axis=(0,))(d_rows)
