"""What is timed: each workload once, for all systems, with its weights and data."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import networks

__all__ = ["WORKLOADS", "Workload", "make_arrays", "pack_gradients", "unpack"]

INPUTS = ("data", "softmax_label", "state", "cell")


@dataclass(frozen=True)
class Workload:
    """A network with its sizes and the shape of its data.

    ``network`` names a function of ``networks``, ``function`` one of ``functional`` if it is called
    otherwise; ``tiny`` are the sizes for tests; ``tolerance`` is the largest relative difference
    of outputs and gradients (see ``compare.largest_difference``) between systems.
    """

    name: str
    title: str
    network: str
    batch: int
    shape: tuple
    sizes: dict = field(default_factory=dict)
    tiny_shape: tuple | None = None
    tiny: dict = field(default_factory=dict)
    function: str | None = None
    pictures: bool = False
    tolerance: float = 1e-3

    def shrunk(self) -> Workload:
        """The same workload with the smallest sizes, for tests."""
        sizes, shape = {**self.sizes, **self.tiny}, self.tiny_shape or self.shape
        return Workload(
            self.name, f"{self.name} with tiny sizes", self.network, min(self.batch, 2), shape, sizes,
            function=self.function, pictures=self.pictures, tolerance=self.tolerance,
        )  # fmt: skip

    def chosen(self, tiny: bool, batch: int | None) -> Workload:
        """It, or the smallest form of it, with the batch size asked for, if there is one."""
        result = self.shrunk() if tiny else self
        if batch is None:
            return result
        return replace(result, batch=batch, title=f"{result.title}, with batches of {batch}")

    @property
    def symbol(self) -> Any:
        """The network as a symbol."""
        return getattr(networks, self.network)(**self.sizes)

    @property
    def shapes(self) -> dict[str, tuple]:
        """The shapes of the inputs that the symbol cannot infer."""
        result = {"data": (self.batch, *self.shape)}
        if self.words:
            result["softmax_label"] = result["data"]
        if self.network == "lstm":
            start = (self.batch, self.sizes.get("size", 200))
            for layer in range(self.sizes.get("layers", 2)):
                result.update({f"state{layer}": start, f"cell{layer}": start})
        return result

    @property
    def words(self) -> int:
        """The number of words, where the data are words."""
        defaults = {"lstm": 10000, "lstm_fused": 10000}
        return self.sizes.get("vocabulary", defaults.get(self.network, 0))

    @property
    def classes(self) -> int:
        """The number of classes."""
        if self.network == "chain":
            return self.sizes["width"]
        large = {"lstm": 10000, "lstm_fused": 10000, "resnet": 1000}
        return self.sizes.get("classes", large.get(self.network, 10))


_LSTM_TINY = {"steps": 3, "size": 4, "layers": 2, "classes": 7, "vocabulary": 9, "embed": 5}
_ONE_LSTM = {"layers": 1, "vocabulary": 0, "classes": 10, "last_only": True}
_ONE_LSTM_TINY = {"steps": 3, "size": 4}
_IMAGE = {"pictures": True}

_ALL = (
    *(
        Workload(f"mlp-b{n}", f"MLP 784-128-64-10, batch {n}", "mlp", n, (784,),
                 tiny_shape=(6,), tiny={"hidden": (5, 4)})
        for n in (1, 32, 100)
    ),
    Workload("deep-mlp-b8", "33 layers of 64, batch 8", "mlp", 8, (64,),
             {"hidden": (64,) * 32}, (4,), {"hidden": (4,) * 3}),
    Workload("chain-b16", "1,000 layers of 32, batch 16", "chain", 16, (32,),
             {"layers": 1000, "width": 32}, (4,), {"layers": 5, "width": 4}),
    Workload("lstm-cell-b1", "LSTM, one step of 128, batch 1", "lstm", 1, (1, 128),
             {**_ONE_LSTM, "steps": 1, "size": 128}, (1, 5), {"size": 4}),
    Workload("lstm-b1", "LSTM, 20 steps of 128, batch 1, unrolled", "lstm", 1, (20, 128),
             {**_ONE_LSTM, "steps": 20, "size": 128}, (3, 5), _ONE_LSTM_TINY),
    Workload("lstm-fused-b1", "LSTM, 20 steps of 128, batch 1, RNN operator", "lstm_fused", 1,
             (20, 128), {**_ONE_LSTM, "steps": 20, "size": 128}, (3, 5), _ONE_LSTM_TINY,
             function="lstm"),
    Workload("lstm-lm-b32", "LSTM language model 2x200, T 35, batch 32, unrolled", "lstm", 32,
             (35,), {}, (3,), _LSTM_TINY),
    Workload("lstm-lm-fused-b32", "LSTM language model 2x200, T 35, batch 32, RNN operator",
             "lstm_fused", 32, (35,), {}, (3,), _LSTM_TINY, function="lstm"),
    Workload("transformer-b8", "Transformer encoder, 4 layers of 256, T 128, batch 8",
             "transformer", 8, (128, 256), {}, (3, 8),
             {"layers": 1, "size": 8, "heads": 2, "steps": 3}),
    Workload("lenet-b64", "LeNet 1x28x28, batch 64", "lenet", 64, (1, 28, 28), **_IMAGE),
    Workload("inception-bn-28-b32", "Inception-BN 3x28x28, batch 32", "inception_bn_28", 32,
             (3, 28, 28), {}, (3, 8, 8), {"units": ((2, 3), 2), "stem": 4},
             tolerance=1e-2, **_IMAGE),
    Workload("resnet-50-b8", "ResNet-50 3x224x224, batch 8", "resnet", 8, (3, 224, 224), {},
             (3, 32, 32), {"units": (1, 1), "width": 4, "classes": 10}, tolerance=2e-2, **_IMAGE),
)  # fmt: skip

WORKLOADS = {workload.name: workload for workload in _ALL}


def is_input(name: str) -> bool:
    """Whether an argument is an input rather than a parameter."""
    return name.rstrip("0123456789") in INPUTS


def make_arrays(workload: Workload) -> dict[str, np.ndarray]:
    """Weights, states and data by argument name, the same in every call."""
    symbol = workload.symbol
    shapes, _, state_shapes = symbol.infer_shape(**workload.shapes)
    names = symbol.list_arguments() + symbol.list_auxiliary_states()
    return {
        name: _array(workload, name, shape) for name, shape in zip(names, [*shapes, *state_shapes])
    }


def _array(workload: Workload, name: str, shape: tuple) -> np.ndarray:
    random = np.random.RandomState(zlib.crc32(name.encode()))
    if name == "softmax_label":
        return random.randint(workload.classes, size=shape).astype("float32")
    if name == "data" and workload.words:
        return random.randint(workload.words, size=shape).astype("float32")
    values = random.standard_normal(shape)
    if name.endswith(("_gamma", "_var")):
        values = 1 + 0.1 * np.abs(values)
        if name.endswith("c_bn_gamma"):
            values *= 0.2  # small residual branches: rounding is not amplified from layer to layer
    elif name.endswith(("_beta", "_bias", "_mean", "_parameters")) or name[:5] in ("state", "cell"):
        values *= 0.1
    elif workload.network == "chain" and name.endswith("_weight"):
        values = np.linalg.qr(values)[0]  # keeps lengths through any number of layers
    elif name.endswith("_weight"):
        values *= (2 / np.prod(shape[1:])) ** 0.5
    return values.astype("float32")


# -- the fused LSTM has its parameters in one vector -----------------------------------------------
def _pieces(arrays: dict[str, np.ndarray]) -> list[tuple[str, tuple]]:
    layers, _, size = arrays["state"].shape
    pieces = []
    for layer in range(layers):
        first = arrays.get("embed_weight", arrays["data"]).shape[-1]
        features = size if layer else first
        pieces.append((f"i2h{layer}_weight", (4 * size, features)))
        pieces.append((f"h2h{layer}_weight", (4 * size, size)))
    for layer in range(layers):
        pieces += [(f"{part}{layer}_bias", (4 * size,)) for part in ("i2h", "h2h")]
    return pieces


def unpack(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays for ``functional``: the parameters and states of each layer by themselves."""
    if "lstm_parameters" not in arrays:
        return arrays
    result = dict(arrays)
    vector = result.pop("lstm_parameters")
    start = 0
    for name, shape in _pieces(arrays):
        end = start + int(np.prod(shape))
        result[name] = vector[start:end].reshape(shape)
        start = end
    assert start == vector.size
    for kind in ("state", "cell"):
        result.update((f"{kind}{n}", part) for n, part in enumerate(result.pop(kind)))
    return result


def pack_gradients(
    arrays: dict[str, np.ndarray], gradients: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The reverse of ``unpack`` for gradients."""
    if "lstm_parameters" not in arrays:
        return gradients
    result = dict(gradients)
    pieces = [result.pop(name).ravel() for name, _ in _pieces(arrays)]
    return {**result, "lstm_parameters": np.concatenate(pieces)}
