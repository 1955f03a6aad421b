"""Optimizers against recorded numbers, and what the numbers do not show."""


import numpy as np
import pytest

import golden_data
from mxnet import lr_scheduler

torch = pytest.importorskip("torch")
nd = pytest.importorskip("mxnet.ndarray")

from mxnet import optimizer as opt  # noqa: E402 - it needs torch


def leaves(state):
    if state is None:
        return []
    return [a for item in state for a in leaves(item)] if isinstance(state, tuple) else [state]


def form(state):
    """The structure of a state as the recorded data write it."""
    if state is None:
        return None
    if isinstance(state, tuple):
        return [form(item) for item in state]
    return [list(state.shape), np.dtype(state.dtype).name]


def make(case):
    kwargs = golden_data.tuples(case["kwargs"])
    if case["lr_scheduler"]:
        scheduler = case["lr_scheduler"]
        kwargs["lr_scheduler"] = getattr(lr_scheduler, scheduler["class"])(**scheduler["kwargs"])
    if case["param_idx2name"]:
        kwargs["param_idx2name"] = {int(k): v for k, v in case["param_idx2name"].items()}
    made = opt.create(case["optimizer"], begin_num_update=case["begin_num_update"], **kwargs)
    if case["lr_mult"]:
        made.set_lr_mult(case["lr_mult"])
    if case["wd_mult"]:
        made.set_wd_mult(case["wd_mult"])
    return made


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "together"])
@pytest.mark.parametrize("case", golden_data.cases("optimizers"))
def test_golden(case, together):
    if together and case["optimizer"] == "test":
        pytest.skip("takes one weight at a time")
    parts, indices = golden_data.parts("optimizers", case), range(case["n_params"])
    tested = opt.get_updater(make(case))
    wanted = [parts[f"weights/{i}"] for i in indices]
    weights = [nd.array(w[0], dtype=w.dtype) for w in wanted]
    for t in range(case["steps"]):
        grads = [nd.array(parts[f"grads/{i}"][t], dtype=case["dtype"]) for i in indices]
        if together:
            tested(list(indices), grads, weights)
        else:
            for i in indices:
                tested(i, grads[i], weights[i])
        for i in indices:
            what = f"weight {i} after step {t}"
            golden_data.assert_close(
                weights[i].asnumpy(), wanted[i][t + 1], case["tolerance"], what
            )
    assert [form(tested.states[i]) for i in indices] == case["state_form"]
    for i in indices:
        for j, array in enumerate(leaves(tested.states[i])):
            want = parts[f"state/{i}/{j}"]
            golden_data.assert_close(array.asnumpy(), want, case["tolerance"], f"state {i}/{j}")
    assert tested.optimizer.num_update == case["num_update"]
