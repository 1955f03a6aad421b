"""Samples of detection: anchors, targets, detections and proposals."""

import numpy as np

from ops.sample import Sample
from ops.samples.boxes import boxes, centers, corners, decode, iou, matching, suppressed

RNG = np.random.RandomState(11)
VARIANCES = (0.1, 0.2, 0.3, 0.4)


def prior(data, sizes, ratios, steps=None, offsets=(0.5, 0.5)):
    h, w = data.shape[2:]
    steps = steps or (1 / h, 1 / w)
    shapes = [(s, ratios[0]) for s in sizes] + [(sizes[0], r) for r in ratios[1:]]
    found = [
        [
            (column + offsets[1]) * steps[1],
            (row + offsets[0]) * steps[0],
            size * h / w * np.sqrt(ratio),
            size / np.sqrt(ratio),
        ]
        for row in range(h)
        for column in range(w)
        for size, ratio in shapes
    ]
    return corners(found)[None]


def target(anchor, label, cls_pred, threshold=0.5, ignore=-1.0, ratio=-1, limit=0.5, least=0):
    n, _, m = cls_pred.shape
    locations, masks, classes = np.zeros((n, m, 4)), np.zeros((n, m, 4)), np.full((n, m), ignore)
    probabilities = np.exp(cls_pred) / np.exp(cls_pred).sum(1, keepdims=True)
    for i, rows in enumerate(label):
        rows = rows[: (rows[:, 0] != -1).cumprod().sum()]
        if not len(rows):
            continue
        shared = iou(anchor[0], rows[:, 1:5])
        box = matching(shared, 1e-6)[0].astype(int)
        near = (box < 0) & (shared.max(1) > threshold)
        box = np.where(near, shared.argmax(1), box)
        negative = np.flatnonzero((box < 0) & ((shared.max(1) < limit) | (ratio <= 0)))
        if ratio > 0:
            count = max(int((box >= 0).sum() * ratio), least)
            negative = negative[np.argsort(probabilities[i, 0, negative])][:count]
        classes[i, negative] = 0
        for k in np.flatnonzero(box >= 0):
            a, b = centers(anchor[0, k]), centers(rows[box[k], 1:5])
            locations[i, k, :2] = (b - a)[:2] / a[2:] / VARIANCES[:2]
            locations[i, k, 2:] = np.log(b[2:] / a[2:]) / VARIANCES[2:]
            masks[i, k], classes[i, k] = 1, rows[box[k], 0] + 1
    return locations.reshape(n, -1), masks.reshape(n, -1), classes


def detection(
    cls_prob, loc_pred, anchor, threshold=0.01, limit=0.5, force=False, topk=-1, clip=True
):
    n, _, m = cls_prob.shape
    found = decode(loc_pred.reshape(n, m, 4), centers(anchor), VARIANCES)
    found = np.clip(found, 0, 1) if clip else found
    result = np.full((n, m, 6), -1.0)
    for i, out in enumerate(result):
        classes, scores = cls_prob[i, 1:].argmax(0), cls_prob[i, 1:].max(0)
        rows = np.column_stack([classes, scores, found[i]])[scores >= threshold]
        if 0 < limit <= 1:
            order = np.argsort(-rows[:, 1], kind="stable")[: topk if topk > 0 else None]
            ranked = np.concatenate([rows[order], rows[len(order) :]])
            valid = np.arange(len(rows)) < len(order)
            kept = suppressed(
                ranked, valid, limit, lambda i, j, r=ranked: force or r[i, 0] == r[j, 0]
            )
            ranked[np.setdiff1d(np.arange(len(rows)), kept), 0] = -1
            rows = ranked
        out[: len(rows)] = rows
    return result


def base_anchors(ratios, scales, side):
    """Anchors at the corner of the image, in pixels: rows (x, y, width, height)."""
    found = []
    for ratio in ratios:
        width = np.round(np.sqrt(np.floor(side * side / ratio)))
        height = np.round(width * ratio)
        middle = (side - 1) / 2
        found += [(middle, middle, width * scale, height * scale) for scale in scales]
    return np.array(found)


def proposal(cls_prob, bbox_pred, im_info, count, before=-1, limit=0.7, low=4, move=False):
    """Regions and scores, for ratios and scales of RATIOS and SCALES and a stride of 8."""
    h, w = cls_prob.shape[2:]
    base = base_anchors(RATIOS, SCALES, 8)
    regions, scores = [], []
    for i, (height, width, scale) in enumerate(im_info):
        rows = []
        for y, x, k in np.ndindex(h, w, len(base)):
            d = bbox_pred[i, 4 * k : 4 * k + 4, y, x]
            px, py, pw, ph = base[k] + [8 * x, 8 * y, 0, 0]
            if move:
                box = (
                    np.array([px, py, px, py]) + np.array([1 - pw, 1 - ph, pw - 1, ph - 1]) / 2 + d
                )
            else:
                px, py, pw, ph = (
                    px + d[0] * pw,
                    py + d[1] * ph,
                    np.exp(d[2]) * pw,
                    np.exp(d[3]) * ph,
                )
                box = np.array([px, py, px, py]) + np.array([1 - pw, 1 - ph, pw - 1, ph - 1]) / 2
            box = np.clip(box, 0, [width - 1, height - 1] * 2)
            score, least = cls_prob[i, len(base) + k, y, x], low * scale
            if (box[2:] - box[:2] + 1 < least).any():
                box, score = box + np.array([-1, -1, 1, 1]) * least / 2, -1
            if y >= height // 8 or x >= width // 8:
                score = -1
            rows.append([0, score, *box[:2], *box[2:] + 1])
        rows = np.array(rows)
        best = np.argsort(-rows[:, 1], kind="stable")[: before if before > 0 else None]
        kept = suppressed(rows[best], np.ones(len(best), bool), limit, lambda i, j: True)
        rows = rows[best][np.resize(kept, count)]
        regions.append(np.column_stack([np.full(count, i), rows[:, 2:4], rows[:, 4:] - 1]))
        scores.append(rows[:, 1:2])
    return np.concatenate(regions), np.concatenate(scores)


def shuffled(*shape):
    """Numbers from 0 to 1 of which no two are close."""
    return (RNG.permutation(np.prod(shape)).reshape(shape) / np.prod(shape)).astype("float32")


ANCHORS = boxes(1, 8)
LABELS = np.full((3, 4, 6), -1, "float32")
for image, count in ((0, 3), (1, 1)):
    LABELS[image, :count, 0] = RNG.randint(0, 2, count)
    LABELS[image, :count, 1:5] = ANCHORS[0, 2 : 2 + count] + RNG.uniform(-0.05, 0.05, (count, 4))
TARGETS = {"anchor": ANCHORS, "label": LABELS, "cls_pred": 4 * shuffled(3, 3, 8)}
DETECTIONS = {"cls_prob": shuffled(2, 3, 8), "loc_pred": (2, 32), "anchor": ANCHORS}
RATIOS, SCALES = (0.5, 1.0, 2.0), (1.0, 2.0)
PROPOSALS = {
    "cls_prob": shuffled(2, 12, 3, 4),
    "bbox_pred": (RNG.uniform(-0.4, 0.4, (2, 24, 3, 4))).astype("float32"),
    "im_info": np.float32([[24, 32, 1], [20, 25, 1.5]]),
}
ANCHORED = {"scales": SCALES, "ratios": RATIOS, "feature_stride": 8}
ONE = {name: value[:1] for name, value in PROPOSALS.items()}

SAMPLES = [
    Sample(
        "_contrib_MultiBoxPrior",
        {"sizes": (0.5, 0.25), "ratios": (1.0, 2.0, 0.5)},
        {"data": (2, 3, 2, 4)},
        lambda data: prior(data, (0.5, 0.25), (1.0, 2.0, 0.5)),
    ),
    Sample(
        "_contrib_MultiBoxPrior",
        {"sizes": (0.8,), "clip": True, "steps": (0.3, 0.4), "offsets": (0.0, 0.25)},
        {"data": (1, 1, 3, 2)},
        lambda data: np.clip(prior(data, (0.8,), (1.0,), (0.3, 0.4), (0.0, 0.25)), 0, 1),
    ),
    Sample(
        "_contrib_MultiBoxTarget",
        {"variances": VARIANCES, "overlap_threshold": 0.3},
        TARGETS,
        lambda **given: target(**given, threshold=0.3),
        gradient=False,
    ),
    Sample(
        "_contrib_MultiBoxTarget",
        {
            "variances": VARIANCES,
            "ignore_label": -7.0,
            "negative_mining_ratio": 1.5,
            "negative_mining_thresh": 0.4,
            "minimum_negative_samples": 2,
        },
        TARGETS,
        lambda **given: target(**given, ignore=-7, ratio=1.5, limit=0.4, least=2),
        gradient=False,
        name="mining",
    ),
    Sample(
        "_contrib_MultiBoxDetection",
        {"variances": VARIANCES, "nms_threshold": 0.2},
        DETECTIONS,
        lambda **given: detection(**given, limit=0.2),
        gradient=False,
    ),
    Sample(
        "_contrib_MultiBoxDetection",
        {"variances": VARIANCES, "force_suppress": True, "threshold": 0.4, "nms_topk": 3},
        DETECTIONS,
        lambda **given: detection(**given, threshold=0.4, force=True, topk=3),
        gradient=False,
        name="topk",
    ),
    Sample(
        "_contrib_MultiBoxDetection",
        {"variances": VARIANCES, "nms_threshold": -1.0, "clip": False},
        DETECTIONS | {"anchor": boxes(2, 8)},
        lambda **given: detection(**given, limit=-1.0, clip=False),
        gradient=False,
        name="all",
    ),
    Sample(
        "_contrib_MultiProposal",
        {**ANCHORED, "rpn_post_nms_top_n": 6, "rpn_min_size": 4, "output_score": True},
        PROPOSALS,
        lambda **given: proposal(**given, count=6),
        gradient=False,
    ),
    Sample(
        "_contrib_Proposal",
        {
            **ANCHORED,
            "rpn_pre_nms_top_n": 12,
            "rpn_post_nms_top_n": 20,
            "rpn_min_size": 4,
            "threshold": 0.3,
            "iou_loss": True,
        },
        ONE,
        lambda **given: proposal(**given, count=20, before=12, limit=0.3, move=True)[0],
        gradient=False,
    ),
]
