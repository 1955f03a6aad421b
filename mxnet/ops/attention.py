"""Products of multi-head attention on interleaved projections.

Queries, keys and values come from one matrix product, so that they lie side by side: the last axis
is (heads, parts, depth), with parts = (query, key, value) or (key, value).
"""

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .shapes import UNKNOWN, Mismatch, known

__all__ = ["EncoderDecoderQK", "EncoderDecoderValues", "SelfAttentionQK", "SelfAttentionValues"]


class InterleavedProduct(Op, abstract=True):
    """What the products share: the parameter ``heads``, and how projections and scores are cut."""

    heads: int

    precision = "low"

    def check(self):
        if self.heads < 1:
            raise MXNetError(f"heads should be positive but is {self.heads}")

    def parts(self, projection, number):
        """The parts of a projection, (batch·heads, time, depth) each, as views."""
        time, batch, width = projection.shape
        cut = projection.reshape(time, batch * self.heads, number, width // self.heads // number)
        return [cut.select(2, part).transpose(0, 1) for part in range(number)]

    def targets(self, projection, number):
        """The parts of a planned array, to be written to; Nones where there is none."""
        return [None] * number if projection is None else self.parts(projection, number)

    def joined(self, parts, projection):
        """The projection that consists of parts, of which one may be None for zeros."""
        if projection is not None:
            for part, target in zip(parts, self.parts(projection, len(parts))):
                if part is None:
                    target.zero_()
            return projection
        some = next(part for part in parts if part is not None)
        parts = [torch.zeros_like(some) if part is None else part for part in parts]
        total, time, depth = some.shape
        stacked = torch.stack(parts, 2).transpose(0, 1)
        return stacked.reshape(time, total // self.heads, self.heads * len(parts) * depth)

    def state_projection(self, s, name, parts):
        """State that an input is a projection; returns its dimensions (time, batch, width)."""
        shape = s.get(name)
        if shape is not None and len(shape) != 3:
            raise Mismatch(f"{name} should have 3 dimensions (time, batch, width) but is {shape}")
        s_shape = shape or (UNKNOWN,) * 3
        if known(s_shape[2]) and s_shape[2] % (self.heads * parts):
            raise Mismatch(
                f"the last axis of {name} should be a multiple of {self.heads} heads times {parts}"
                f" parts but is {s_shape[2]}"
            )
        return s_shape

    def state_scores(self, s, name, batch, queries, keys):
        """State that a value is (batch·heads, queries, keys); returns batch, queries and keys."""
        setattr(s, name, (batch * self.heads, queries, keys))
        total, queries, keys = s.get(name)
        if known(total):
            if total % self.heads:
                raise Mismatch(
                    f"the first axis of {name} should be a multiple of {self.heads} heads"
                )
            batch = total // self.heads
        return batch, queries, keys


def product(one, other, out, scale=1.0):
    """``scale`` times the matrix products of two batches, into ``out`` where that is not None."""
    if out is None:
        return torch.bmm(one, other) * scale
    return torch.baddbmm(out, one, other, beta=0, alpha=scale, out=out)


def depth_scale(part):
    """1 / sqrt(depth) of a part."""
    return part.shape[2] ** -0.5


class SelfAttentionQK(InterleavedProduct, name="_contrib_interleaved_matmul_selfatt_qk"):
    """Scores of self-attention: query · keyᵀ / sqrt(depth), for each sample and head.

    Shapes: queries_keys_values (time, batch, heads·3·depth) -> (batch·heads, time, time).
    """

    heads: int

    def infer_shape(self, s):
        time, batch, width = self.state_projection(s, "queries_keys_values", 3)
        batch, time, keys = self.state_scores(s, "output", batch, time, time)
        s.queries_keys_values = (time, batch, width)
        s.queries_keys_values = (keys, batch, width)

    def forward(self, queries_keys_values, *, out):
        query, key, _ = self.parts(queries_keys_values, 3)
        return product(query, key.transpose(1, 2), out, depth_scale(query))

    def backward(self, d_output, queries_keys_values, *, out):
        (d_all,) = out or (None,)
        (query, key, _), target = self.parts(queries_keys_values, 3), self.targets(d_all, 3)
        d_query = product(d_output, key, target[0], depth_scale(query))
        d_key = product(d_output.transpose(1, 2), query, target[1], depth_scale(query))
        return (self.joined([d_query, d_key, None], d_all),)


class SelfAttentionValues(InterleavedProduct, name="_contrib_interleaved_matmul_selfatt_valatt"):
    """Values of self-attention, weighted by the attention.

    Shapes: queries_keys_values (time, batch, heads·3·depth), attention (batch·heads, time, time)
    -> (time, batch, heads·depth).
    """

    heads: int

    def infer_shape(self, s):
        time, batch, width = self.state_projection(s, "queries_keys_values", 3)
        batch, time, keys = self.state_scores(s, "attention", batch, time, time)
        s.queries_keys_values = (time, batch, width)
        s.queries_keys_values = (keys, batch, width)
        s.output = (time, batch, width // 3)
        s.queries_keys_values = (s.output[0], s.output[1], s.output[2] * 3)

    def forward(self, queries_keys_values, attention, *, out):
        return weighted(self, self.parts(queries_keys_values, 3)[2], attention, out)

    def backward(self, d_output, queries_keys_values, attention, *, out, needs):
        d_all, d_attention = out or (None, None)
        (d_heads,), value = self.parts(d_output, 1), self.parts(queries_keys_values, 3)[2]
        if needs[0]:
            target = self.targets(d_all, 3)[2]
            d_value = product(attention.transpose(1, 2), d_heads, target)
            d_all = self.joined([None, None, d_value], d_all)
        if needs[1]:
            d_attention = product(d_heads, value.transpose(1, 2), d_attention)
        return d_all, d_attention


class EncoderDecoderQK(InterleavedProduct, name="_contrib_interleaved_matmul_encdec_qk"):
    """Scores of attention from one sequence to another: query · keyᵀ / sqrt(depth).

    Shapes: queries (time, batch, heads·depth), keys_values (keys, batch, heads·2·depth) ->
    (batch·heads, time, keys).
    """

    heads: int

    def infer_shape(self, s):
        time, batch, width = self.state_projection(s, "queries", 1)
        s.keys_values = (UNKNOWN, batch, width * 2)
        keys, batch, both = self.state_projection(s, "keys_values", 2)
        batch, time, keys = self.state_scores(s, "output", batch, time, keys)
        s.queries = (time, batch, both // 2)
        s.keys_values = (keys, batch, both)

    def forward(self, queries, keys_values, *, out):
        (query,), (key, _) = self.parts(queries, 1), self.parts(keys_values, 2)
        return product(query, key.transpose(1, 2), out, depth_scale(query))

    def backward(self, d_output, queries, keys_values, *, out, needs):
        d_queries, d_both = out or (None, None)
        (query,), (key, _) = self.parts(queries, 1), self.parts(keys_values, 2)
        scale = depth_scale(query)
        if needs[0]:
            d_query = product(d_output, key, self.targets(d_queries, 1)[0], scale)
            d_queries = self.joined([d_query], d_queries)
        if needs[1]:
            target = self.targets(d_both, 2)[0]
            d_key = product(d_output.transpose(1, 2), query, target, scale)
            d_both = self.joined([d_key, None], d_both)
        return d_queries, d_both


class EncoderDecoderValues(InterleavedProduct, name="_contrib_interleaved_matmul_encdec_valatt"):
    """Values of another sequence, weighted by the attention.

    Shapes: keys_values (keys, batch, heads·2·depth), attention (batch·heads, time, keys) ->
    (time, batch, heads·depth).
    """

    heads: int

    def infer_shape(self, s):
        keys, batch, both = self.state_projection(s, "keys_values", 2)
        batch, time, keys = self.state_scores(s, "attention", batch, UNKNOWN, keys)
        s.output = (time, batch, both // 2)
        time, batch, width = s.output
        s.keys_values = (keys, batch, width * 2)
        self.state_scores(s, "attention", batch, time, keys)

    def forward(self, keys_values, attention, *, out):
        return weighted(self, self.parts(keys_values, 2)[1], attention, out)

    def backward(self, d_output, keys_values, attention, *, out, needs):
        d_both, d_attention = out or (None, None)
        (d_heads,), (_, value) = self.parts(d_output, 1), self.parts(keys_values, 2)
        if needs[0]:
            d_value = product(attention.transpose(1, 2), d_heads, self.targets(d_both, 2)[1])
            d_both = self.joined([None, d_value], d_both)
        if needs[1]:
            d_attention = product(d_heads, value.transpose(1, 2), d_attention)
        return d_both, d_attention


def weighted(op, value, attention, out):
    """attention · value, with the heads side by side: (time, batch, heads·depth)."""
    result = product(attention, value, op.targets(out, 1)[0])
    return op.joined([result], out)
