"""Kernels for GPUs in Triton's language: what Triton's interpreter makes of them, and that they compile.

The interpreter has to be asked for before Triton is imported, so its tests run in a process of their
own.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import mxnet as mx

pytest.importorskip("triton", reason="Triton is not installed; PyTorch for CUDA brings it")
torch = pytest.importorskip("torch")

DTYPES = {"float32": 5e-6, "bfloat16": 1e-2, "float16": 2e-3}
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
interpreted = pytest.mark.skipif(not INTERPRETED, reason="run by test_under_the_interpreter")


@pytest.mark.skipif(INTERPRETED, reason="these tests are run already")
def test_under_the_interpreter():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    environment = {**os.environ, "TRITON_INTERPRET": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def reference(data, gamma, beta, residual, relu, d_output):
    """Result and derivatives by torch, in float32."""
    leaves = [None if t is None else t.float().requires_grad_() for t in (data, residual)]
    parameters = [each.clone().requires_grad_() for each in (gamma, beta)]
    y = torch.nn.functional.batch_norm(leaves[0], None, None, *parameters, True, 0.1, 1e-3)
    y = y if residual is None else y + leaves[1]
    y = torch.relu(y) if relu else y
    y.backward(d_output.float())
    return [y.detach(), *(each.grad for each in (*leaves, *parameters) if each is not None)]


FORMS = ("rows", "dense", "channels-last", "several parts")
CASES = [(form, "float32", follows) for form in FORMS for follows in ("relu", "sum and relu")]
CASES += [("channels-last", dtype, "nothing") for dtype in DTYPES]
CASES += [("channels-last", "bfloat16", "sum and relu")]


@interpreted
@pytest.mark.parametrize(("form", "dtype", "follows"), CASES)
def test_results(form, dtype, follows):
    from mxnet.kernels import triton_normalization as kernels

    random = torch.Generator().manual_seed(0)
    shape = {"rows": (40, 33), "several parts": (9, 2, 31, 30)}.get(form, (2, 70, 3, 5))
    stored = {"memory_format": torch.channels_last} if form == "channels-last" else {}

    def drawn(shape):
        return torch.randn(shape, generator=random)

    def array():
        return (drawn(shape) * 2 + 1).to(getattr(torch, dtype)).contiguous(**stored)

    data, d_output = array(), array()
    gamma, beta = drawn(shape[1:2]).abs() + 0.5, drawn(shape[1:2])
    relu = "relu" in follows
    residual = array() if "sum" in follows else None
    mean, inverse, d_gamma, d_beta = (torch.empty_like(beta) for _ in range(4))
    y, d_data = torch.empty_like(data), torch.empty_like(data)
    d_residual = None if residual is None else torch.empty_like(data)
    assert kernels.fits(data)
    kernels.forward(data, gamma, beta, residual, 1e-3, relu, out=(y, mean, inverse))
    kernels.backward(
        d_output, data, None if residual is None else y, gamma, beta, mean, inverse, relu,
        out=(d_data, d_residual, d_gamma, d_beta),
    )  # fmt: skip
    found = [y, d_data, *(() if residual is None else (d_residual,)), d_gamma, d_beta]
    wanted = reference(data, gamma, beta, residual, relu, d_output)
    for one, two in zip(found, wanted, strict=True):
        assert (one.float() - two).abs().max() <= DTYPES[dtype] * two.abs().max()


@interpreted
@pytest.mark.parametrize("shape", [(2, 20, 24, 24), (600, 20)])
def test_operators(shape, monkeypatch):
    """A network whose operators take these kernels trains as by torch's."""
    rank = len(shape)

    def trained():
        data = mx.sym.Variable("data")
        net = mx.sym.relu(mx.sym.BatchNorm(data, fix_gamma=True, name="one"))
        other = mx.sym.BatchNorm(net * 2, fix_gamma=False, name="two")
        net = mx.sym.relu(other + data)
        net = mx.sym.MakeLoss(mx.sym.sum(net * net, axis=tuple(range(1, rank))))
        executor = net.simple_bind(mx.cpu(), data=shape)
        random = torch.Generator().manual_seed(0)
        for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
            array[:] = torch.rand(array.shape, generator=random).numpy() + ("var" in name)
        for _ in range(3):
            executor.forward(is_train=True)
            executor.backward()
        arrays = (*executor.outputs, *executor.grad_arrays, *executor.aux_arrays)
        ops = [i.node.op.op_name for i in executor._program(True).forward.instructions]
        return [each.asnumpy() for each in arrays], ops

    with monkeypatch.context() as patch:
        patch.setenv("MXNET_USE_FUSION", "0")
        wanted, _ = trained()
    from mxnet.kernels import triton_normalization as kernels

    operator = "mxnet.ops.fused_normalization.FusedNormalization.on_gpu"
    monkeypatch.setattr(operator, lambda self, data, train: kernels.fits(data))
    chosen = "mxnet.passes.target.available_kernels", "mxnet.execution.build.available_kernels"
    for name in chosen:
        monkeypatch.setattr(name, lambda device: frozenset({"triton"}))
    found, ops = trained()
    assert {"_batch_norm_relu", "_batch_norm_add_relu"} <= set(ops)
    for one, two in zip(found, wanted, strict=True):
        assert abs(one - two).max() <= 1e-4 * abs(two).max()


KERNELS = (
    "_statistics", "_finish_statistics", "_apply", "_gradient_sums", "_finish_sums", "_gradient",
)  # fmt: skip


@pytest.mark.skipif(INTERPRETED, reason="nothing is compiled")
@pytest.mark.parametrize("stored", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_compile(name, stored):
    """For a GPU that need not be there."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    from mxnet.kernels import triton_normalization

    kernel = getattr(triton_normalization, name)
    constants = {"ROWS": 32, "CHANNELS": 64, "RELU": True, "ADD": name == "_gradient_sums"}
    arrays = {"x", "y", "d", "d_x", "residual", "masked"}
    floats = {"gamma", "beta", "mean", "inverse", "means", "squares", "sums", "products"}
    kinds = {"eps": "fp32"}
    for each in kernel.arg_names:
        if each in arrays:
            kinds[each] = f"*{stored}"
        elif each in floats or each.startswith("d_"):
            kinds[each] = "*fp32"
    signature = {
        each: "constexpr" if each in constants else kinds.get(each, "i32")
        for each in kernel.arg_names
    }
    given = {(kernel.arg_names.index(n),): v for n, v in constants.items() if n in signature}
    source = ASTSource(kernel, signature, constexprs=given)
    made = triton.compile(source, target=GPUTarget("cuda", 80, 32))
    assert made.asm["cubin"]
