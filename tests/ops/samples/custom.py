"""A sample of operators that programs define."""

import mxnet as mx
from ops.sample import Sample


class ScaledSquare(mx.operator.CustomOp):
    """factor data²."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * in_data[0] * self.factor)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * in_data[0] * (2 * self.factor))


@mx.operator.register("sample_scaled_square")
class ScaledSquareProp(mx.operator.CustomOpProp):
    """Parameters arrive as strings."""

    def __init__(self, factor="1"):
        super().__init__(need_top_grad=True)
        self.factor = float(factor)

    def create_operator(self, ctx, shapes, dtypes):
        return ScaledSquare(self.factor)


SAMPLES = [
    Sample(
        "Custom",
        {"op_type": "sample_scaled_square", "factor": 3},
        {"data": (2, 3)},
        lambda data: 3 * data**2,
    ),
]
