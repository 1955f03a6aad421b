"""Boxes and regions: large sets, gradients of feature maps, and input that makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from ops.sample import Sample
from ops.samples import deformable, roi
from running import array, run_plainly

MAPS = [s for s in (*roi.SAMPLES, *deformable.SAMPLES) if "rois" in s.inputs]


@pytest.mark.parametrize("sample", MAPS, ids=str)
def test_gradients_beside_those_of_regions(sample: Sample):
    symbol, arrays = sample.symbol(), sample.full_arrays("float64")
    wanted = {name: "write" for name in arrays if name != "rois"}
    rng = np.random.RandomState(0)
    head = rng.uniform(-1, 1, run_plainly(symbol, arrays).outputs[0].shape)
    gradients = run_plainly(symbol, arrays, [head], wanted | {"rois": "write"}).gradients
    assert not gradients.pop("rois").any()
    assert list(gradients) == list(wanted)
    for name, gradient in gradients.items():
        direction = rng.uniform(-1, 1, gradient.shape)
        ends = [
            np.sum(head * run_plainly(symbol, arrays | {name: arrays[name] + step}).outputs[0])
            for step in (1e-6 * direction, -1e-6 * direction)
        ]
        numeric = (ends[0] - ends[1]) / 2e-6
        assert np.sum(gradient * direction) == pytest.approx(numeric, rel=1e-4, abs=1e-6)


def rows(count: int, spread: float, classes: int = 1) -> np.ndarray:
    """Rows (class, score, corners); a wide spread means that few boxes overlap."""
    rng = np.random.RandomState(count)
    corner, extent = rng.uniform(0, spread, (count, 2)), rng.uniform(0.2, 1, (count, 2))
    facts = rng.randint(0, classes, (count, 1)), rng.permutation(count)[:, None] / count
    return np.concatenate([*facts, corner, corner + extent], 1).astype("float32")


def overlaps(row: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of the box of a row with those of others."""
    low, high = np.maximum(row[2:4], others[:, 2:4]), np.minimum(row[4:], others[:, 4:])
    shared = np.prod(np.maximum(high - low, 0), 1)
    areas = [np.prod(x[..., 4:] - x[..., 2:4], -1) for x in (row, others)]
    return shared / (areas[0] + areas[1] - shared)


CHAIN = np.float32([[0, 1 - i / 900, 0.3 * i, 0, 0.3 * i + 1, 1] for i in range(900)])


@pytest.mark.parametrize(
    "data",
    [rows(700, 2), rows(700, 30), rows(700, 8, 5), np.tile(rows(1, 1), (600, 1)), CHAIN],
    ids=["dense", "sparse", "classes", "equal", "chain"],
)
def test_suppression_among_many_boxes(data):
    found = mx.nd.contrib.box_nms(
        array(data[None]), overlap_thresh=0.4, id_index=0, valid_thresh=0.02
    ).asnumpy()[0]
    kept = []
    for i in np.argsort(-data[:, 1], kind="stable"):
        rivals = [j for j in kept if data[j, 0] == data[i, 0]]
        if data[i, 1] > np.float32(0.02) and (overlaps(data[i], data[rivals]) <= 0.4).all():
            kept.append(i)
    np.testing.assert_array_equal(found[: len(kept)], data[kept])
    assert (found[len(kept) :] == -1).all()


def test_suppression_image_by_image():
    images = np.stack([rows(300, 2), rows(300, 30, 7), CHAIN[:300]])
    together = mx.nd.contrib.box_nms(array(images), id_index=0, topk=200).asnumpy()
    for image, found in zip(images, together, strict=True):
        alone = mx.nd.contrib.box_nms(array(image), id_index=0, topk=200).asnumpy()
        np.testing.assert_array_equal(found, alone)


@pytest.mark.parametrize("op", ["ROIPooling", "contrib.ROIAlign", "contrib.PSROIPooling"])
def test_regions_that_do_not_exist_are_zero(op):
    call = mx.nd
    for name in op.split("."):
        call = getattr(call, name)
    params = {"pooled_size": (2, 2)}
    if op.endswith("PSROIPooling"):
        params = {"pooled_size": 2, "output_dim": 1}
    data = array(np.ones((2, 4, 3, 3), "float32"))
    nan = np.nan
    rois = [[-1, 0, 0, 2, 2], [2, 0, 0, 2, 2], [nan, 0, 0, 2, 2], [0, nan, nan, nan, nan]]
    found = call(data, array(np.float32([*rois, [1, 0, 0, 2, 2]])), spatial_scale=1.0, **params)
    assert not found.asnumpy()[:3].any()
    assert found.asnumpy()[4].all()
    assert np.isfinite(found.asnumpy()).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("contrib.box_nms(boxes, coord_start=3)", "coord_start 3"),
        ("contrib.box_nms(boxes, score_index=4)", "columns 2 to 5 of the box"),
        ("contrib.box_nms(boxes, id_index=1)", "both 1"),
        ("contrib.box_nms(whole)", "of floats but is int32"),
        ("contrib.bipartite_matching(whole, threshold=1)", "of floats but is int32"),
        ("contrib.box_iou(boxes, boxes)", "lhs should be"),
        ("contrib.MultiBoxPrior(image, sizes=())", "1 entry"),
        ("contrib.MultiBoxPrior(image, steps=(0.1, -1))", "both"),
        ("contrib.MultiBoxTarget(corners, corners, scores)", "label should be"),
        ("contrib.MultiBoxDetection(scores, locations, corners, variances=(1, 1))", "4 entries"),
        ("contrib.Proposal(two, two, two)", "cls_prob"),
        ("ROIPooling(image, rois, pooled_size=(2,), spatial_scale=1)", "pooled_size"),
        ("contrib.ROIAlign(image, far, pooled_size=(1, 1), spatial_scale=1)", "number of samples"),
        ("contrib.PSROIPooling(image, rois, 1.0, 3, 2)", "data should be"),
        ("SpatialTransformer(image, rois, (0, 2), 'affine', 'bilinear')", "target_shape"),
        ("Correlation(image, image, kernel_size=2)", "odd"),
        ("Correlation(image, image, max_displacement=9)", "do not fit"),
        ("contrib.BilinearResize2D(image, scale_height=2.0)", "both needed"),
        ("contrib.BilinearResize2D(image, mode='odd_scale')", "both needed"),
        ("contrib.BilinearResize2D(image, scale_height=0.1, scale_width=0.1)", "would have"),
        ("contrib.DeformableConvolution(image, image, image, kernel=(3,), num_filter=1)", "kernel"),
    ],
)
def test_refusals(call, message):
    names = {
        "boxes": np.ones((2, 3, 6)),
        "whole": np.ones((2, 3, 6), "int32"),
        "corners": np.ones((1, 3, 4)),
        "scores": np.ones((1, 2, 3)),
        "locations": np.ones((1, 12)),
        "image": np.ones((1, 4, 5, 5)),
        "two": np.ones((2, 24, 5, 5)),
        "rois": np.array([[0, 0, 0, 2, 2]]),
        "far": np.array([[0, 0, 0, 1e30, 1e30]]),
    }
    arrays = {k: array(v if v.dtype == "int32" else v.astype("float32")) for k, v in names.items()}
    with pytest.raises(mx.MXNetError, match=message):
        eval(f"nd.{call}", {"nd": mx.nd, **arrays}).wait_to_read()
