import logging

import pytest

import golden_data
from mxnet import lr_scheduler


@pytest.mark.parametrize("case", golden_data.cases("lr_schedulers"))
def test_golden(case):
    scheduler = getattr(lr_scheduler, case["class"])(**case["kwargs"])
    if case["base_lr_set_after"] is not None:
        scheduler.base_lr = case["base_lr_set_after"]
    got = [scheduler(update) for update in case["num_updates"]]
    assert got == pytest.approx(
        case["lr"], rel=case["tolerance"]["rtol"], abs=case["tolerance"]["atol"]
    )


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda s: s.FactorScheduler(0), ValueError, "step"),
        (lambda s: s.FactorScheduler(1, 1.5), ValueError, "Factor"),
        (lambda s: s.MultiFactorScheduler(3), AssertionError, "list"),
        (lambda s: s.MultiFactorScheduler([]), AssertionError, "list"),
        (lambda s: s.MultiFactorScheduler([3, 3]), ValueError, "increasing"),
        (lambda s: s.MultiFactorScheduler([0, 2]), ValueError, "greater"),
        (lambda s: s.MultiFactorScheduler([1], 2), ValueError, "Factor"),
        (lambda s: s.PolyScheduler(0), ValueError, "positive"),
        (lambda s: s.CosineScheduler(1.5), AssertionError, "max_update"),
        (lambda s: s.LRScheduler(0.1, -1), ValueError, "Warmup"),
        (lambda s: s.LRScheduler(0.1, 1, 0.5), ValueError, "higher"),
        (lambda s: s.LRScheduler(0.1, 1, 0, "cubic"), ValueError, "linear and constant"),
        (lambda s: s.LRScheduler()(1), NotImplementedError, "override"),
        (lambda s: s.LRScheduler(0.1, 3).get_warmup_lr(4), AssertionError, "warmup"),
    ],
)
def test_mistakes(make, error, words):
    with pytest.raises(error, match=words):
        make(lr_scheduler)


def test_updates_may_jump_and_are_reported_once(caplog):
    scheduler = lr_scheduler.FactorScheduler(step=2, factor=0.1, base_lr=1.0, stop_factor_lr=0.05)
    with caplog.at_level(logging.INFO):
        assert scheduler(5) == pytest.approx(0.05)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == ["Update[5]"] * 2


def test_an_old_program_finds_the_first_schedulers():
    from mxnet import misc

    scheduler = misc.FactorScheduler(2, 0.5)
    assert [scheduler(i) for i in range(5)] == [0.01, 0.01, 0.005, 0.005, 0.0025]
    with pytest.raises(ValueError, match="less than 1"):
        misc.FactorScheduler(2, 1.0)
