"""Mixed precision in training: accuracy, gradients, loss scaling, converted networks."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet import MXNetError, amp


@pytest.fixture(autouse=True)
def off_again():
    yield
    amp.init("float32")


def network(pictures=True):
    net = mx.sym.Variable("data")
    if pictures:
        net = mx.sym.Convolution(net, num_filter=8, kernel=(3, 3), name="conv")
        net = mx.sym.BatchNorm(net, fix_gamma=False, name="norm")
        net = mx.sym.Activation(net, act_type="relu")
        net = mx.sym.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max")
    net = mx.sym.FullyConnected(net, num_hidden=32, name="hidden")
    net = mx.sym.Activation(net, act_type="tanh")
    net = mx.sym.FullyConnected(net, num_hidden=4, name="out")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def bars(count=512, seed=0):
    """Pictures of bars: four classes that a small network tells apart."""
    rng = np.random.RandomState(seed)
    labels = rng.randint(4, size=count)
    pictures = rng.normal(scale=0.2, size=(count, 1, 10, 10)).astype("float32")
    for picture, label in zip(pictures, labels, strict=True):
        at = rng.randint(1, 9)
        if label < 2:
            picture[0, at, label * 4 : label * 4 + 5] += 1.5
        else:
            picture[0, (label - 2) * 4 : (label - 2) * 4 + 5, at] += 1.5
    return pictures, labels.astype("float32")


def fit(symbol, epochs=8, **options):
    pictures, labels = bars()
    mx.random.seed(7)
    np.random.seed(7)
    module = mx.mod.Module(symbol)
    module.fit(
        mx.io.NDArrayIter(pictures, labels, 32, shuffle=False), num_epoch=epochs,
        optimizer="adam", optimizer_params={"learning_rate": 0.01}, eval_metric="acc",
        initializer=mx.init.Xavier(), **options,
    )  # fmt: skip
    return module


def accuracy(module):
    score = module.score(mx.io.NDArrayIter(*bars(seed=1), 32), "acc")
    return dict(score)["accuracy"]


@pytest.mark.parametrize("pictures", [False, True])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_fit_reaches_the_accuracy_of_float32(dtype, pictures):
    reference = accuracy(fit(network(pictures)))
    amp.init(dtype)
    module = fit(network(pictures))
    assert reference > 0.8
    assert accuracy(module) > reference - 0.03
    assert {x.dtype for x in module.get_params()[0].values()} == {np.float32}


def gradients(symbol, arrays, scale=None, **options):
    executor = symbol.simple_bind(mx.cpu(), data=arrays["data"].shape, **options)
    for name, array in arrays.items():
        executor.arg_dict[name][:] = array
    if scale:
        executor.loss_scale = scale
    executor.forward(is_train=True)
    executor.backward()
    return executor, {k: g.asnumpy() for k, g in executor.grad_dict.items()}


def filled(symbol, **shapes):
    rng = np.random.RandomState(3)
    sizes, _, _ = symbol.infer_shape(**shapes)
    return {
        name: rng.randint(4, size=shape) if "label" in name else rng.normal(size=shape) * 0.3
        for name, shape in zip(symbol.list_arguments(), sizes, strict=True)
    }


@pytest.mark.parametrize(("dtype", "scale"), [("bfloat16", None), ("float16", 128.0)])
def test_gradients(dtype, scale):
    symbol = network()
    arrays = filled(symbol, data=(16, 1, 10, 10))
    _, exact = gradients(symbol, arrays)
    executor, found = gradients(symbol, arrays, scale, dtype=dtype)
    assert executor.outputs[0].dtype == np.float32
    assert executor.loss_scale == scale
    for name in exact:
        if name not in ("conv_bias", "softmax_label"):  # the gradient of that bias is 0
            error = np.linalg.norm(exact[name] - found[name]) / np.linalg.norm(exact[name])
            assert error < (0.05 if scale is None else 0.01), name


def test_small_gradients_in_float16_need_the_scale():
    data = mx.sym.Variable("data")
    net = mx.sym.MakeLoss(mx.sym.FullyConnected(data, num_hidden=1, no_bias=True) * 1e-9)
    arrays = {"data": np.ones((2, 3)), "fullyconnected0_weight": np.ones((1, 3))}
    arrays = {n: arrays.get(n, np.ones((1, 3))) for n in net.list_arguments()}
    name = next(n for n in arrays if n != "data")
    assert gradients(net, arrays, 1.0, dtype="float16")[1][name] == pytest.approx(0, abs=1e-12)
    found = gradients(net, arrays, 2.0**15, dtype="float16")[1][name]
    np.testing.assert_allclose(found, 2e-9, rtol=2e-3)


def test_a_step_that_overflows_is_left_out():
    amp.init("float16")
    module = mx.mod.Module(network(False))
    module.bind([("data", (4, 1, 10, 10))], [("softmax_label", (4,))])
    module.init_params(mx.init.Xavier())
    module.init_optimizer()
    pictures, labels = (mx.nd.array(x[:4]) for x in bars())
    for scale, kept in ((2.0**30, True), (2.0**10, False)):
        scaler = module._optimizer._amp_loss_scaler = amp.LossScaler(scale)
        module._exec_group.execs[0].loss_scale = scaler.loss_scale
        module._update_step = None
        before = module.get_params()[0]["out_weight"].asnumpy()
        module.forward_backward(mx.io.DataBatch([pictures], [labels]))
        module.update()
        after = module.get_params()[0]["out_weight"].asnumpy()
        assert np.array_equal(before, after) == kept
        assert np.isfinite(after).all()
        assert module._exec_group.execs[0].loss_scale == scale / (2 if kept else 1)


def test_the_scale_grows_and_shrinks():
    scaler = amp.LossScaler(4, scale_window=2)
    fine, broken = mx.nd.ones(3), mx.nd.array([1, np.inf])
    found = []
    for gradient in (fine, fine, broken, fine, fine, mx.nd.array([np.nan]), None):
        overflow = scaler.has_overflow([gradient])
        found.append((overflow, scaler.loss_scale))
    assert found == [
        (False, 4), (False, 8), (True, 4), (False, 4), (False, 8), (True, 4), (False, 4)
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_the_plan_is_that_of_the_executor(dtype):
    symbol = network()
    executor = symbol.simple_bind(mx.cpu(), data=(16, 1, 10, 10), dtype=dtype)
    planned = symbol.plan_memory(data=(16, 1, 10, 10), dtype=dtype)
    assert planned.total == executor.memory.total
    assert planned.alive == executor.memory.alive
    assert planned.total < symbol.plan_memory(data=(16, 1, 10, 10)).total


def test_reshape_keeps_the_precision():
    executor = network().simple_bind(mx.cpu(), data=(16, 1, 10, 10), dtype="bfloat16")
    smaller = executor.reshape(data=(8, 1, 10, 10), softmax_label=(8,))
    assert "amp_cast" in str(smaller.get_optimized_symbol().tojson(remove_amp_cast=False))


def test_converted_models():
    symbol = network()
    module = fit(symbol, epochs=2)
    arguments, states = module.get_params()
    pictures = mx.nd.array(bars(seed=1)[0][:32])

    def predict(net, args, aux):
        args = {**args, "data": pictures, "softmax_label": mx.nd.zeros(32)}
        return net.bind(mx.cpu(), args, aux_states=aux).forward()[0].asnumpy()

    wanted = predict(symbol, arguments, states)
    for optional in (False, True):
        net, args, aux = amp.convert_model(
            symbol, arguments, states, "bfloat16", cast_optional_params=optional
        )
        inputs = {**args, "data": pictures, "softmax_label": mx.nd.zeros(32)}
        program = net.bind(mx.cpu(), inputs, aux_states=aux)._program(False)
        casts = [node for node in program.graph.nodes if node.op and node.op.conversion]
        assert len(casts) == 2 + 6 * (not optional)  # of the data and the result; of weights
        low = {name for name, x in args.items() if x._tensor.element_size() == 2}
        assert low == ({n for n in args if "norm" not in n} if optional else set())
        np.testing.assert_allclose(predict(net, args, aux), wanted, atol=0.03)
        again = mx.sym.load_json(net.tojson(remove_amp_cast=False))
        np.testing.assert_array_equal(predict(again, args, aux), predict(net, args, aux))
        assert net.list_arguments() == symbol.list_arguments()
    assert mx.sym.load_json(net.tojson()).get_internals().list_outputs() == (
        symbol.get_internals().list_outputs()
    )


def names(symbol):
    return [node.op.op_name for node in symbol._graph.nodes if node.op is not None]


def test_lists_of_operators():
    data = mx.sym.Variable("data")
    net = mx.sym.FullyConnected(mx.sym.exp(data), num_hidden=2, name="f")
    relu = mx.sym.Activation(net, act_type="relu", name="r")
    casts = [
        ({}, 4),
        ({"excluded_sym_names": ["f"]}, 0),
        ({"fp32_ops": ["FullyConnected"]}, 0),
        ({"target_dtype_ops": ["exp"]}, 2),
        ({"conditional_fp32_ops": [("Activation", "act_type", ["relu"])]}, 4),
        ({"conditional_fp32_ops": [("Activation", "act_type", ["tanh"])]}, 4),
    ]
    for options, count in casts:
        assert names(amp.convert_symbol(relu, **options)).count("amp_cast") == count, options
    assert "FullyConnected" in amp.list_lp16_ops("float16")
    assert "SoftmaxOutput" in amp.list_fp32_ops("bfloat16")
    assert "elemwise_add" in amp.list_widest_type_cast("float16")
    assert "transpose" in amp.list_lp16_fp32_ops("float16")
    assert ("Activation", "act_type", ["softrelu"]) in amp.list_conditional_fp32_ops("float16")
    assert "LinearRegressionOutput" in amp.list_loss_output_functions("float16")
    assert "BatchNorm" in amp.list_lp16_use_fp32_params("bfloat16")


def test_scaled_losses_of_autograd():
    optimizer = mx.optimizer.SGD(learning_rate=1, rescale_grad=0.5)
    weight = mx.nd.array([2.0])
    weight.attach_grad()
    with pytest.raises(MXNetError, match="init_trainer"), amp.scale_loss(weight, optimizer):
        pass
    amp.init_trainer(optimizer)
    with mx.autograd.record():
        loss = weight * 3
        with amp.scale_loss(loss, optimizer) as scaled:
            scaled.backward()
    assert weight.grad.asscalar() == 3 * 2.0**16
    optimizer.update(0, weight, weight.grad, None)
    assert weight.asscalar() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: network().simple_bind(mx.cpu(), data=(1, 1, 10, 10), dtype="int8"), MXNetError,
         "bfloat16 or float16"),
        (lambda: amp.init("int8"), MXNetError, "bfloat16 or float16"),
        (lambda: amp.convert_symbol(3), AssertionError, "should be a Symbol"),
        (lambda: amp.convert_symbol(network(), "int8"), AssertionError, "float16 and bfloat16"),
        (lambda: amp.convert_symbol(network(), fp32_ops=["nope"]), MXNetError, "not registered"),
        (lambda: amp.convert_symbol(network(), fp32_ops="exp"), AssertionError, "list of strs"),
        (lambda: amp.convert_model(network(), [], {}), AssertionError, "Second argument"),
        (lambda: amp.convert_hybrid_block(None), MXNetError, "convert_model"),
        (lambda: amp.init_trainer(3), TypeError, "should be an optimizer"),
        (lambda: amp.unscale(mx.optimizer.SGD()), TypeError, "does not hold gradients"),
        (lambda: amp.list_lp16_ops("int8"), AssertionError, "float16 and bfloat16"),
    ],
)  # fmt: skip
def test_wrong_use(call, error, message):
    with pytest.raises(error, match=message):
        call()
