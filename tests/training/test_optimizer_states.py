"""Saved optimizer states: the bytes of 1.x, and files that mean harm."""

import os
import pickle

import numpy as np
import pytest

import golden_data
from mxnet import lr_scheduler, nd
from mxnet import optimizer as opt
from mxnet.error import MXNetError


def trained(optimizer, *indices):
    tested = opt.get_updater(optimizer)
    for index in indices:
        tested(index, nd.ones((2, 3)), nd.ones((2, 3)))
    return tested


def values(state):
    if state is None or not isinstance(state, tuple):
        return state if state is None else state.asnumpy().tolist()
    return tuple(values(item) for item in state)


@pytest.mark.parametrize("case", golden_data.cases("files", op="checkpoint"))
def test_files_of_mxnet_are_read_and_written_back(case):
    content = (golden_data.directory() / case["states_file"]).read_bytes()
    tested = opt.get_updater(opt.create(case["optimizer"], **case["optimizer_params"]))
    tested.set_states(content)
    shapes = {
        str(index): [list(a.shape) for a in (state if isinstance(state, tuple) else [state])]
        for index, state in tested.states.items()
    }
    assert shapes == case["state_shapes"]
    assert tested.get_states() == content


@pytest.mark.parametrize(
    "optimizer",
    [
        opt.SGD(),
        opt.SGD(momentum=0.9, lr_scheduler=lr_scheduler.MultiFactorScheduler([3, 5], 0.5)),
        opt.Adam(learning_rate=np.float32(0.25), param_idx2name={0: "a_weight"}),
        opt.LARS(momentum=0.9),
        opt.create("groupadagrad"),
    ],
    ids=lambda o: type(o).__name__,
)
def test_round_trip(optimizer):
    tested = trained(optimizer, 0, "name")
    again = opt.get_updater(opt.create("test"))
    again.set_states(tested.get_states(dump_optimizer=True))
    assert {k: values(s) for k, s in again.states.items()} == {
        k: values(s) for k, s in tested.states.items()
    }
    loaded = again.optimizer
    assert type(loaded) is type(optimizer)
    before, after = dict(vars(optimizer)), dict(vars(loaded))
    schedulers = before.pop("lr_scheduler"), after.pop("lr_scheduler")
    assert before == after
    assert loaded._index_update_count is loaded._all_index_update_counts[0]
    if schedulers[0] is not None:
        assert vars(schedulers[0]) == vars(schedulers[1])
    again(0, nd.ones((2, 3)), nd.ones((2, 3)))
    assert loaded._index_update_count[0] == 2


def test_numpy_in_states():
    content = {
        0: np.arange(6, dtype=np.float32).reshape(2, 3),
        1: np.asfortranarray(np.arange(6).reshape(2, 3)),
        2: np.arange(3, dtype=">i4"),
        3: np.float16(1.5),
        4: (np.array(2.0), [np.bool_(True)], {"a": b"bytes", "b": {1, 2}}),
    }
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        tested = opt.get_updater(opt.SGD())
        tested.set_states(pickle.dumps(content, protocol))
        for index in range(4):
            got, want = tested.states[index], content[index]
            np.testing.assert_array_equal(got, want)
            assert got.dtype == want.dtype
        assert tested.states[4] == content[4]


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def _run(marker):
    os.environ["REMX_TEST_CODE_RAN"] = marker


class NotKnown:
    pass


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pickle.dumps({0: Call(os.system, "true")}), id="system"),
        pytest.param(pickle.dumps({0: Call(eval, "_run('eval')")}), id="eval"),
        pytest.param(pickle.dumps(({}, Call(_run, "own"))), id="function of a module"),
        pytest.param(pickle.dumps({0: Call(getattr, "text", "upper")}), id="getattr"),
        pytest.param(pickle.dumps({0: NotKnown()}), id="unknown class"),
        pytest.param(pickle.dumps(({}, Call(opt.SGD, 0.9))), id="constructor"),
        pytest.param(pickle.dumps({0: np.array([Call(_run, "x")], dtype=object)}), id="objects"),
        pytest.param(pickle.dumps({0: Call(bytearray, 1 << 40)}), id="huge"),
        pytest.param(b"cos\nsystem\n(S'true'\ntR.", id="protocol 0"),
        pytest.param(b"\x80\x04cmxnet.optimizer.states\nload\n(tR.", id="ourselves"),
        pytest.param(b"\x80\x04cmxnet.lr_scheduler\nlogging.info\n(tR.", id="dotted"),
        pytest.param(pickle.dumps({0: 1})[:-2], id="truncated"),
        pytest.param(b"", id="empty"),
        pytest.param(b"no pickle at all", id="garbage"),
        pytest.param(pickle.dumps([1, 2]), id="a list"),
    ],
)
def test_anything_else_is_refused(content, monkeypatch):
    monkeypatch.delenv("REMX_TEST_CODE_RAN", raising=False)
    tested = trained(opt.SGD(momentum=0.9), 0)
    before = tested.get_states()
    with pytest.raises(MXNetError):
        tested.set_states(content)
    assert "REMX_TEST_CODE_RAN" not in os.environ
    assert tested.get_states() == before


def test_the_refusal_says_what_to_do():
    with pytest.raises(MXNetError, match=r"NotKnown.*register"):
        opt.get_updater(opt.SGD()).set_states(pickle.dumps({0: NotKnown()}))
