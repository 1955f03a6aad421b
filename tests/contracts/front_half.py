"""What works where torch is not installed: run as a script, it fails loudly if torch comes in.

Composing, listing, inferring, differentiating, saving and plotting a ResNet-50, and importing
mxnet in under 0.3 seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

IMPORT_SECONDS = 0.3
BATCH = (8, 3, 224, 224)


def resnet50(mx):
    """ResNet-50 for 1000 classes, with the strides of the original in the 1x1 convolutions."""

    def convolution(data, filters, kernel, stride, name, relu=True):
        data = mx.sym.Convolution(
            data,
            num_filter=filters,
            kernel=(kernel, kernel),
            stride=(stride, stride),
            pad=(kernel // 2, kernel // 2),
            no_bias=True,
            name=f"{name}_conv",
        )
        data = mx.sym.BatchNorm(data, fix_gamma=False, name=f"{name}_bn")
        return mx.sym.Activation(data, act_type="relu", name=f"{name}_relu") if relu else data

    def bottleneck(data, filters, stride, widen, name):
        body = convolution(data, filters // 4, 1, stride, f"{name}_a")
        body = convolution(body, filters // 4, 3, 1, f"{name}_b")
        body = convolution(body, filters, 1, 1, f"{name}_c", relu=False)
        if widen:
            data = convolution(data, filters, 1, stride, f"{name}_shortcut", relu=False)
        return mx.sym.Activation(body + data, act_type="relu", name=f"{name}_relu")

    data = convolution(mx.sym.Variable("data"), 64, 7, 2, "stem")
    data = mx.sym.Pooling(data, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="max")
    for stage, (units, filters) in enumerate([(3, 256), (4, 512), (6, 1024), (3, 2048)], 1):
        for unit in range(units):
            stride = 2 if stage > 1 and unit == 0 else 1
            data = bottleneck(data, filters, stride, unit == 0, f"stage{stage}_unit{unit + 1}")
    data = mx.sym.Pooling(data, global_pool=True, kernel=(7, 7), pool_type="avg", name="pool")
    data = mx.sym.FullyConnected(mx.sym.Flatten(data), num_hidden=1000, name="fc")
    return mx.sym.SoftmaxOutput(data, name="softmax")


def check() -> None:
    """Everything that the front half promises; an AssertionError says what does not hold."""
    import mxnet as mx

    net = resnet50(mx)
    assert len(net.list_arguments()) == 161 + 2, len(net.list_arguments())
    assert len(net.list_auxiliary_states()) == 106, len(net.list_auxiliary_states())

    shapes, outputs, states = net.infer_shape(data=BATCH)
    assert outputs == [(8, 1000)], outputs
    sizes = dict(zip(net.list_arguments(), shapes, strict=True))
    count = sum(_product(s) for n, s in sizes.items() if n not in ("data", "softmax_label"))
    assert count == 25_557_032, count
    assert all(states)
    types, _, _ = net.infer_type(data="float32")
    assert {t.__name__ for t in types} == {"float32"}, types

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet-symbol.json"
        net.save(str(path))
        loaded = mx.sym.load(str(path))
        assert loaded.tojson() == net.tojson()
        assert len(json.loads(path.read_text())["nodes"]) > 300

        picture = mx.viz.plot_network(net, shape={"data": BATCH})
        assert '"stem_conv"' in picture.source or "stem_conv" in picture.source
        drawn = Path(picture.render(filename="resnet", directory=folder, format="svg"))
        assert drawn.read_text().count("<rect") > 150

    gradient = net.gradient(["fc_weight", "stem_conv_weight"])
    _, d_shapes, _ = gradient.infer_shape(data=BATCH)
    assert d_shapes == [(1000, 2048), (64, 3, 7, 7)], d_shapes

    head = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=10)
    assert head.plan_memory(data=(8, 2048)).gradients == 4 * (8 * 2048 + 2048 * 10 + 10)
    assert mx.num_gpus() == 0
    assert "pip install torch" in refusal_of(lambda: mx.nd)
    assert "pip install torch" in refusal_of(lambda: head.simple_bind(mx.cpu(), data=(8, 2048)))


def refusal_of(call) -> str:
    """What is said of torch where it is needed."""
    try:
        call()
    except ModuleNotFoundError as error:
        return str(error)
    return "nothing"


def import_seconds(tries: int = 5) -> float:
    """The least processor time of ``import mxnet`` in a fresh interpreter, numpy included."""
    code = "import time; t = time.process_time(); import mxnet; print(time.process_time() - t)"
    return min(
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(tries)
    )


def _product(sizes) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product


if __name__ == "__main__":
    sys.modules["torch"] = None  # as if it were not installed
    started = time.perf_counter()
    check()
    print(
        f"ResNet-50 composed, inferred, saved, plotted, differentiated without torch in "
        f"{time.perf_counter() - started:.1f} s"
    )
    seconds = import_seconds()
    print(f"import mxnet: {seconds:.2f} s")
    assert seconds < IMPORT_SECONDS, f"import mxnet takes {seconds:.2f} s"
