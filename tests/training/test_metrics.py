import math

import numpy as np
import pytest

import golden_data
from mxnet import metric, ndarray


def arrays(parts, update, kind):
    found = sorted(key for key in parts if key.startswith(f"update/{update}/{kind}/"))
    return [ndarray.array(parts[key], dtype=parts[key].dtype) for key in found]


def build(case):
    if case["composite"]:
        children = [metric.create(name, **kwargs) for name, kwargs in case["composite"]]
        return metric.CompositeEvalMetric(children, **case["kwargs"])
    if case["feval"]:
        return metric.CustomMetric(eval(case["feval"], {"np": np}), **case["kwargs"])
    if case["create"]:
        return metric.create(case["create"], **case["kwargs"])
    return getattr(metric, case["op"])(**case["kwargs"])


def assert_pairs(got, want, tolerance):
    assert [name for name, _ in got] == [name for name, _ in want]
    np.testing.assert_allclose(
        [value for _, value in got],
        [float(value) for _, value in want],
        tolerance["rtol"],
        tolerance["atol"],
    )


@pytest.mark.parametrize("case", golden_data.cases("metrics"))
def test_golden(case):
    parts = golden_data.parts("metrics", case)
    tested = build(case)
    for update, want in enumerate(case["name_value_after_each_update"]):
        labels, preds = arrays(parts, update, "label"), arrays(parts, update, "pred")
        if case["update_dict"]:
            label_names, output_names = case["update_dict"]
            tested.update_dict(
                dict(zip(label_names, labels, strict=True)),
                dict(zip(output_names, preds, strict=True)),
            )
        else:
            tested.update(labels, preds)
        assert_pairs(tested.get_name_value(), want, case["tolerance"])
    assert tested.get()[0] == case["get_names"]
    tested.reset()
    assert_pairs(tested.get_name_value(), case["after_reset"], case["tolerance"])


SCORES = np.array([[0.9, 0.05, 0.05], [0.3, 0.6, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1]])
LABEL = np.array([0.0, 1, 2, 1])
PAIRS = np.array([[0.1, 0.9], [0.2, 0.8]])


@pytest.mark.parametrize(
    ("tested", "first", "second", "local", "whole"),
    [
        (metric.Accuracy(), (LABEL, SCORES), (LABEL * 0 + 2, SCORES), 0.0, 0.375),
        (metric.F1(), ([0, 1], PAIRS), ([1, 1], PAIRS), 1.0, 5 / 6),
        (metric.F1(average="micro"), ([0, 1], PAIRS), ([1, 1], PAIRS), 1.0, 6 / 7),
        (metric.MAE(), ([1, 2], [1, 3]), ([1, 2], [1, 2]), 0.0, 0.25),
        (metric.Perplexity(1), (LABEL, SCORES), ([1.0], SCORES[:1]), math.nan, 1.9245009015794303),
        (metric.PCC(), (LABEL, SCORES), ([0, 1, 1, 5], np.eye(4, 6)), 0.45643546, 0.45238095),
        (
            metric.PearsonCorrelation(average="micro"),
            ([1, 2, 3], [1, 2, 4]),
            ([1, 2], [2, 1]),
            -1.0,
            np.corrcoef([1, 2, 3, 1, 2], [1, 2, 4, 2, 1])[0, 1],
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, metric.EvalMetric) else "",
)
def test_reset_local_keeps_the_value_of_the_epoch(tested, first, second, local, whole):
    def batch(label, pred):
        tested.update([np.asarray(label, np.float64)], [np.asarray(pred, np.float64)])

    tested.reset()
    batch(*first)
    tested.reset_local()
    assert math.isnan(tested.get()[1])
    batch(*second)
    assert tested.get()[1] == pytest.approx(local, nan_ok=True)
    assert tested.get_global()[1] == pytest.approx(whole)
    assert tested.get_global_name_value() == [tested.get_global()]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: metric.create("bad"), AssertionError, "bad is not registered"),
        (lambda: metric.create(None), AssertionError, "string"),
        (lambda: metric.TopKAccuracy(1), AssertionError, "Accuracy"),
        (lambda: metric.F1(average="both"), ValueError, "micro"),
        (lambda: metric.Accuracy().update([LABEL], [SCORES, SCORES]), ValueError, "labels 1"),
        (lambda: metric.Accuracy().update([LABEL[:2]], [SCORES]), ValueError, "labels 2"),
        (lambda: metric.CrossEntropy().update([LABEL[:2]], [SCORES]), AssertionError, "2 labels"),
        (lambda: metric.F1().update([LABEL], [SCORES]), ValueError, "binary"),
        (lambda: metric.F1().update([LABEL], [LABEL]), ValueError, "score for each class"),
        (lambda: metric.CompositeEvalMetric(["acc"]).get_metric(3), ValueError, "out of range"),
        (lambda: metric.create("acc", output_names=["o"]).update_dict({}, {}), KeyError, "o"),
        (
            lambda: metric.np(lambda label, pred: 1.0).get_config(),
            NotImplementedError,
            "serialized",
        ),
    ],
)
def test_mistakes(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    "spec",
    [
        metric.Accuracy(axis=2),
        metric.TopKAccuracy(3, name="top"),
        metric.F1(average="micro"),
        metric.Perplexity(5),
        metric.CompositeEvalMetric(["acc", metric.MSE(name="error")], name="both"),
    ],
    ids=lambda m: type(m).__name__,
)
def test_a_config_makes_the_metric_again(spec):
    again = metric.create(spec.get_config())
    assert type(again) is type(spec)
    assert again.get_config() == spec.get_config()
    assert again.get()[0] == spec.get()[0]


def test_ways_to_create():
    assert isinstance(metric.create("ACC"), metric.Accuracy)
    assert isinstance(metric.create(metric.Accuracy), metric.Accuracy)
    assert metric.create('["accuracy", {"axis": 2}]').axis == 2
    assert metric.create(lambda label, pred: 1.0).name == "custom(<lambda>)"

    def error(label, pred):
        return 6.0, 4

    tested = metric.np(error)
    tested.update([LABEL], [SCORES])
    assert str(tested) == "EvalMetric: {'error': 1.5}"


def test_a_metric_of_the_user_needs_only_update():
    class Count(metric.EvalMetric):
        def update(self, labels, preds):
            self.sum_metric += len(labels)
            self.num_inst += 1

    tested = Count("count")
    tested.update([1, 2], None)
    assert tested.get_global_name_value() == tested.get_name_value() == [("count", 2.0)]
