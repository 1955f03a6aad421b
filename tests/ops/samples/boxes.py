"""Samples of boxes: overlaps, suppression, matching and encoding."""

import numpy as np

from ops.sample import Sample

RNG = np.random.RandomState(7)


def boxes(*shape):
    """Random boxes as corners."""
    center, extent = RNG.uniform(0, 1, (*shape, 2)), RNG.uniform(0.1, 0.5, (*shape, 2))
    return np.concatenate([center - extent / 2, center + extent / 2], -1).astype("float32")


def corners(box):
    x, y, w, h = np.moveaxis(np.asarray(box), -1, 0)
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1)


def centers(box):
    left, top, right, bottom = np.moveaxis(np.asarray(box), -1, 0)
    return np.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], -1)


def overlap(one, other):
    """Intersection over union of two boxes."""
    w, h = np.maximum(np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]), 0)
    areas = [np.prod(np.maximum(box[2:] - box[:2], 0)) for box in (one, other)]
    union = sum(areas) - w * h
    return w * h / union if union > 0 else 0.0


def iou(lhs, rhs):
    pairs = [overlap(a, b) for a in lhs.reshape(-1, 4) for b in rhs.reshape(-1, 4)]
    return np.reshape(pairs, (*lhs.shape[:-1], *rhs.shape[:-1]))


def suppressed(rows, valid, threshold, same, box=slice(2, 6), score=1):
    """The numbers of the rows that remain, the best first."""
    order = [i for i in np.argsort(-rows[:, score], kind="stable") if valid[i]]
    kept = []
    for i in order:
        if all(not same(i, j) or overlap(rows[i, box], rows[j, box]) <= threshold for j in kept):
            kept.append(i)
    return kept


def nms(data, threshold=0.5, valid_thresh=0.0, topk=-1, id_index=-1, background=-1, force=False):
    result = np.full_like(data, -1.0)
    for image, out in zip(data.reshape(-1, *data.shape[-2:]), result.reshape(-1, *data.shape[-2:])):
        valid = image[:, 1] > valid_thresh
        if id_index >= 0:
            valid &= image[:, id_index] != background
        if topk > 0:
            best = np.argsort(-np.where(valid, image[:, 1], -np.inf), kind="stable")[:topk]
            valid &= np.isin(np.arange(len(image)), best)
        classes = np.zeros(len(image)) if force or id_index < 0 else image[:, id_index]
        kept = suppressed(image, valid, threshold, lambda i, j, c=classes: c[i] == c[j])
        out[: len(kept)] = image[kept]
    return result


def matching(data, threshold, sign=1, count=None):
    rows, columns = np.full(data.shape[:-1], -1.0), np.full(data[..., 0, :].shape, -1.0)
    for where in np.ndindex(*data.shape[:-2]):
        scores, made = data[where], 0
        for place in np.argsort(-sign * scores.ravel(), kind="stable"):
            i, j = divmod(int(place), scores.shape[1])
            if rows[where][i] >= 0 or columns[where][j] >= 0 or made == count:
                continue
            if sign * scores[i, j] > sign * threshold:
                rows[where][i], columns[where][j], made = j, i, made + 1
    return rows, columns


def encode(samples, matches, anchors, refs, means, stds):
    refs = np.take_along_axis(
        np.broadcast_to(refs, (len(samples), *refs.shape[1:])), matches[..., None].astype(int), 1
    )
    a, b = centers(anchors), centers(refs)
    moved = np.concatenate([(b - a)[..., :2] / a[..., 2:], np.log(b[..., 2:] / a[..., 2:])], -1)
    positive = np.broadcast_to((samples > 0.5)[..., None], moved.shape)
    return np.where(positive, (moved - means) / stds, 0), positive.astype(float)


def decode(data, anchors, stds, clip=np.inf):
    steps = data * np.asarray(stds)
    extent = np.exp(np.minimum(steps[..., 2:], clip)) * anchors[..., 2:]
    return corners(
        np.concatenate([steps[..., :2] * anchors[..., 2:] + anchors[..., :2], extent], -1)
    )


ROWS = np.concatenate(
    [
        RNG.randint(-1, 3, (2, 9, 1)),
        RNG.permutation(18).reshape(2, 9, 1) / 18 - 0.2,
        boxes(2, 9),
        RNG.uniform(0, 1, (2, 9, 1)),
    ],
    -1,
).astype("float32")
SCORES = (RNG.permutation(40).reshape(2, 4, 5) / 40).astype("float32")
TIES = np.round(SCORES[0] * 4) / 4
ENCODED = {
    "samples": np.float32([[1, 0, 1], [0.6, -1, 0.4]]),
    "matches": np.float32([[1, 0, 0], [1, 1, 0]]),
    "anchors": boxes(2, 3),
    "refs": boxes(2, 2),
    "means": np.float32([0.1, 0.0, -0.1, 0.2]),
    "stds": np.float32([0.5, 1, 0.5, 2]),
}
DECODED = {"data": (2, 3, 4), "anchors": centers(boxes(1, 3))}
STDS = {"std0": 0.5, "std1": 0.25, "std2": 1.0, "std3": 2.0}


def same_as(data, **more):
    return Sample("_contrib_box_nms", more, {"data": data}, lambda data: data, name="topk=0")


SAMPLES = [
    Sample("_contrib_box_iou", {}, {"lhs": boxes(2, 3), "rhs": boxes(4)}, iou, gradient=False),
    Sample(
        "_contrib_box_iou",
        {"format": "center"},
        {"lhs": centers(boxes(3)), "rhs": np.zeros((2, 4), "float32")},
        lambda lhs, rhs: iou(corners(lhs), corners(rhs)),
        gradient=False,
    ),
    Sample(
        "_contrib_box_nms", {"overlap_thresh": 0.2}, {"data": ROWS}, lambda data: nms(data, 0.2)
    ),
    Sample(
        "_contrib_box_nms",
        {"overlap_thresh": 0.1, "id_index": 0, "background_id": 0, "valid_thresh": 0.1, "topk": 5},
        {"data": ROWS},
        lambda data: nms(data, 0.1, 0.1, 5, 0, 0),
        gradient=False,  # a step in a class is a jump
    ),
    Sample(
        "_contrib_box_non_maximum_suppression",
        {"overlap_thresh": 0.1, "id_index": 0, "force_suppress": True, "valid_thresh": -1.0},
        {"data": ROWS[0]},
        lambda data: nms(data, 0.1, -1.0, -1, 0, -1, True),
        gradient=False,
    ),
    Sample(
        "_contrib_box_nms",
        {"coord_start": 0, "score_index": 4, "in_format": "center", "out_format": "corner"},
        {"data": np.concatenate([centers(ROWS[..., 2:6]), ROWS[..., 1:2]], -1)},
        lambda data: np.roll(
            nms(np.concatenate([data[..., 4:], data[..., 4:], corners(data[..., :4])], -1))[
                ..., 1:
            ],
            -1,
            -1,
        ),
    ),
    Sample(
        "_contrib_box_nms",
        {"valid_thresh": 5.0, "in_format": "corner", "out_format": "center"},
        {"data": ROWS},
        lambda data: np.full_like(data, -1),
    ),
    same_as(ROWS, topk=0),
    Sample(
        "_contrib_bipartite_matching",
        {"threshold": 0.3},
        {"data": SCORES},
        lambda data: matching(data, 0.3),
        gradient=False,
    ),
    Sample(
        "_contrib_bipartite_matching",
        {"threshold": 0.8, "is_ascend": True, "topk": 1},
        {"data": SCORES},
        lambda data: matching(data, 0.8, -1, 2),
        gradient=False,
    ),
    Sample(
        "_contrib_bipartite_matching",
        {"threshold": 0.1},
        {"data": TIES},
        lambda data: matching(data, 0.1),
        gradient=False,
        name="ties",
    ),
    Sample("_contrib_box_encode", {}, ENCODED, encode, gradient=False),
    Sample(
        "_contrib_box_encode",
        {},
        ENCODED | {"anchors": boxes(1, 3), "refs": boxes(1, 2)},
        encode,
        gradient=False,
        name="shared",
    ),
    Sample(
        "_contrib_box_decode",
        STDS,
        DECODED,
        lambda data, anchors: decode(data, anchors, [*STDS.values()]),
        gradient=False,
    ),
    Sample(
        "_contrib_box_decode",
        {"clip": 0.3, "format": "corner"},
        {"data": (2, 3, 4), "anchors": boxes(2, 3)},
        lambda data, anchors: decode(data, centers(anchors), [1.0] * 4, 0.3),
        gradient=False,
    ),
]
