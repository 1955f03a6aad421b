"""Detection of objects: anchors, training targets, and boxes from what networks predict."""

from itertools import product as pairs
from math import floor, sqrt

from ..error import MXNetError
from .boxes import (
    Boxes,
    best_pairs,
    corners_and_areas,
    overlaps,
    rows_at,
    to_centers,
    to_front,
    unsuppressed,
)
from .core import Op
from .lazy_torch import torch
from .parameters import Floats
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = [
    "MultiBoxDetection",
    "MultiBoxPrior",
    "MultiBoxTarget",
    "MultiProposal",
    "Proposal",
]

# Boxes have to overlap by more than this to be matched at all.
_TOUCHING = 1e-6


def check_lengths(op, **lengths):
    """Raise MXNetError unless tuples of numbers have the given lengths."""
    for name, length in lengths.items():
        value = getattr(op, name)
        if len(value) != length:
            raise MXNetError(f"{name} should have {length} entries but is {value}")


class MultiBoxPrior(Op, name="_contrib_MultiBoxPrior"):
    """Anchors around every position of a feature map, as fractions of the image.

    Shapes: data (n, c, h, w) -> (1, h w k, 4), corners, with k = sizes + ratios - 1 anchors at a
    position: one of each size with the first ratio, then one of each further ratio with the first
    size. An anchor is size h/w sqrt(ratio) wide and size / sqrt(ratio) high. Its center is at
    (row + offset) * step, with ``offsets`` and ``steps`` for y and x; steps are by default 1/h and
    1/w. ``clip`` cuts off what is outside of the image.
    """

    sizes: Floats = (1.0,)
    ratios: Floats = (1.0,)
    clip: bool = False
    steps: Floats = (-1.0, -1.0)
    offsets: Floats = (0.5, 0.5)

    waits = True
    precision = "full"
    shape_only = ("data",)

    def check(self):
        if not self.sizes or not self.ratios:
            raise MXNetError("sizes and ratios should have 1 entry at least")
        if any(ratio <= 0 for ratio in self.ratios):
            raise MXNetError(f"ratios should be positive but are {self.ratios}")
        check_lengths(self, steps=2, offsets=2)
        if self.steps[0] * self.steps[1] < 0:
            raise MXNetError(f"steps should be both given or both left out but are {self.steps}")

    def infer_shape(self, s):
        if len(s.data) < 4:
            raise Mismatch(f"data should be (n, c, h, w) but is {s.data}")
        count = len(self.sizes) + len(self.ratios) - 1
        s.output = (1, product(s.data[2:4]) * count, 4)

    def forward(self, data):
        h, w = data.shape[2:4]
        shapes = [(size, self.ratios[0]) for size in self.sizes]
        shapes += [(self.sizes[0], ratio) for ratio in self.ratios[1:]]
        halves = data.new_tensor(
            [(size * h / w * sqrt(ratio) / 2, size / sqrt(ratio) / 2) for size, ratio in shapes]
        )
        y, x = (
            (torch.arange(length, device=data.device) + offset) * (step if step > 0 else 1 / length)
            for length, step, offset in zip((h, w), self.steps, self.offsets, strict=True)
        )
        centers = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).to(data.dtype)
        centers = centers.view(h * w, 1, 2)
        anchors = torch.cat([centers - halves, centers + halves], -1).view(1, -1, 4)
        return anchors.clamp_(0, 1) if self.clip else anchors

    def gradient(self):
        return None


class MultiBoxTarget(Op, name="_contrib_MultiBoxTarget"):
    """What a detector should predict for its anchors, from the labelled boxes of the images.

    Shapes: anchor (1, m, 4), corners; label (n, k, 5 or more), rows (class, corners, ...), which end
    at the first class -1; cls_pred (n, classes + 1, m), before the softmax, background first ->
    loc_target (n, 4 m), loc_mask (n, 4 m), cls_target (n, m).

    Every labelled box gets the anchor that overlaps it best, in the order of the overlaps; other
    anchors get the box that they overlap best, if by more than a positive ``overlap_threshold``.
    For these cls_target is the class + 1, loc_mask is 1, and loc_target the center and the log of
    the extent of the box relative to the anchor, by ``variances``. All others are background, 0;
    with a positive ``negative_mining_ratio`` only that many for each anchor with a box, and
    ``minimum_negative_samples`` at least: those that look the least like background, of those that
    overlap no box by ``negative_mining_thresh``. The rest, and images without boxes, have
    ``ignore_label``. No gradient passes.
    """

    overlap_threshold: float = 0.5
    ignore_label: float = -1.0
    negative_mining_ratio: float = -1.0
    negative_mining_thresh: float = 0.5
    minimum_negative_samples: int = 0
    variances: Floats = (0.1, 0.1, 0.2, 0.2)
    waits = True
    precision = "full"
    outputs = ("loc_target", "loc_mask", "cls_target")

    def check(self):
        check_lengths(self, variances=4)

    def infer_shape(self, s):
        s.anchor = (1, UNKNOWN, 4)
        s.cls_pred = (UNKNOWN, UNKNOWN, s.anchor[1])
        s.anchor = (1, s.cls_pred[2], 4)
        _, k, width = s.label if len(s.label) == 3 else (0, 0, 0)
        if (known(k) and k < 1) or (known(width) and width < 5):
            raise Mismatch(f"label should be (n, 1 or more, 5 or more) but is {s.label}")
        s.label = (s.cls_pred[0], *s.label[1:])
        s.cls_pred = (s.label[0], *s.cls_pred[1:])
        n, m = s.cls_pred[0], s.anchor[1]
        s.loc_target = s.loc_mask = (n, 4 * m)
        s.cls_target = (n, m)

    def forward(self, anchor, label, cls_pred):
        real = (label[..., 0] != -1).cumprod(1).bool()  # the rows before the first -1
        one, other = corners_and_areas(anchor), corners_and_areas(label[..., 1:5])
        iou = overlaps(*one, *other).masked_fill(~real.unsqueeze(1), -1)
        number, nearest = self._boxes_of_anchors(iou)
        positive = number >= 0
        cls_target = torch.full_like(iou[..., 0], self.ignore_label)
        cls_target.masked_fill_(self._negative(positive, nearest, cls_pred), 0)
        boxes = rows_at(number.clamp_min(0), label[..., :5])
        cls_target = torch.where(positive, boxes[..., 0] + 1, cls_target)
        cls_target.masked_fill_(~real.any(1, keepdim=True), self.ignore_label)
        mask = positive.unsqueeze(-1).expand(*positive.shape, 4).to(iou.dtype)
        targets = self._encoded(anchor, boxes[..., 1:]).masked_fill_(mask == 0, 0)
        return targets.flatten(1), mask.flatten(1), cls_target

    def _boxes_of_anchors(self, iou):
        """The number of the box of each anchor or -1, and how much each overlaps a box."""
        number, _ = best_pairs(iou.masked_fill(iou <= _TOUCHING, -torch.inf))
        nearest, box = iou.max(2)
        if self.overlap_threshold > 0:
            near = (number < 0) & (nearest > self.overlap_threshold)
            number = torch.where(near, box, number)
        return number, nearest

    def _negative(self, positive, nearest, cls_pred):
        """Which anchors are background."""
        if self.negative_mining_ratio <= 0:
            return ~positive
        found = positive.sum(1)
        wanted = (found * self.negative_mining_ratio).long()
        wanted = wanted.clamp_min(self.minimum_negative_samples)
        candidates = ~positive & (nearest < self.negative_mining_thresh)
        background = cls_pred.softmax(1)[:, 0].masked_fill(~candidates, torch.inf)
        rank = background.argsort(dim=1, stable=True).argsort(dim=1)
        return candidates & (rank < wanted.unsqueeze(1))

    def _encoded(self, anchor, boxes):
        """The boxes relative to the anchors, by the variances."""
        anchor, boxes = to_centers(anchor), to_centers(boxes)
        moved = (boxes[..., :2] - anchor[..., :2]) / anchor[..., 2:]
        scaled = torch.log(boxes[..., 2:] / anchor[..., 2:])
        return torch.cat([moved, scaled], -1) / anchor.new_tensor(self.variances)

    def gradient(self):
        return None, None, None


class MultiBoxDetection(Op, name="_contrib_MultiBoxDetection"):
    """Boxes, classes and scores, from the predictions of a detector for its anchors.

    Shapes: cls_prob (n, classes + 1, m), background first, loc_pred (n, 4 m), anchor (1 or n, m, 4),
    corners -> (n, m, 6), rows (class, score, corners), best scores first.

    Every anchor has the class with the best score; those below ``threshold`` are left out, and rows
    of -1 at the end stand for them. ``variances`` scale the predictions, and ``clip`` cuts off what
    is outside of the image. The class becomes -1 in rows that overlap a better one of their class
    (of any, with ``force_suppress``) by ``nms_threshold`` or more, and in all after a positive
    ``nms_topk``; these rows are in the order of the anchors, as in 1.x. A ``nms_threshold`` outside
    of (0, 1] leaves all rows in the order of the anchors. ``background_id`` is accepted for
    compatibility. No gradient passes.
    """

    clip: bool = True
    threshold: float = 0.01
    background_id: int = 0
    nms_threshold: float = 0.5
    force_suppress: bool = False
    variances: Floats = (0.1, 0.1, 0.2, 0.2)
    nms_topk: int = -1

    waits = True
    precision = "full"

    def check(self):
        check_lengths(self, variances=4)

    def infer_shape(self, s):
        s.cls_prob = (UNKNOWN,) * 3
        s.anchor = (UNKNOWN, s.cls_prob[2], 4)
        s.cls_prob = (UNKNOWN, UNKNOWN, s.anchor[1])
        n, classes, m = s.cls_prob
        if known(classes) and classes < 2:
            raise Mismatch(
                f"cls_prob should have 1 class and the background at least: {s.cls_prob}"
            )
        if known(s.anchor[0], n) and s.anchor[0] not in (1, n):
            raise Mismatch(f"anchor should be those of {n} images, or of 1: {s.anchor}")
        s.loc_pred = (n, 4 * m)
        s.output = (s.loc_pred[0], m, 6)

    def forward(self, cls_prob, loc_pred, anchor):
        scores, classes = cls_prob[:, 1:].max(1)
        boxes = self._decoded(loc_pred.view(*scores.shape, 4), anchor)
        rows = torch.cat([classes.unsqueeze(-1), scores.unsqueeze(-1), boxes], -1)
        valid = scores >= self.threshold
        output = torch.full_like(rows, -1)
        places, real = to_front(valid)
        found = rows_at(places, rows)
        if 0 < self.nms_threshold <= 1:
            found = self._suppressed(found, real)
        output[:, : places.shape[1]] = found.masked_fill_(~real.unsqueeze(-1), -1)
        return output

    def _decoded(self, predictions, anchor):
        """The boxes as corners."""
        predictions = predictions * anchor.new_tensor(self.variances)
        anchor = to_centers(anchor)
        center = predictions[..., :2] * anchor[..., 2:] + anchor[..., :2]
        half = predictions[..., 2:].exp() * anchor[..., 2:] / 2
        boxes = torch.cat([center - half, center + half], -1)
        return boxes.clamp_(0, 1) if self.clip else boxes

    def _suppressed(self, rows, real):
        """The rows by falling scores, with class -1 for those that are suppressed or too many."""
        scores = rows[..., 1].masked_fill(~real, -torch.inf)
        order = scores.argsort(dim=1, descending=True, stable=True)
        if self.nms_topk > 0:
            order = order[:, : self.nms_topk]
        best = rows_at(order, rows)
        classes = None if self.force_suppress else best[..., 0]
        boxes = Boxes(*corners_and_areas(best[..., 2:]), classes)
        # Suppression is for overlaps above a threshold; here those of exactly that count too.
        limit = torch.tensor(self.nms_threshold, dtype=rows.dtype)
        limit = limit.nextafter(torch.zeros_like(limit)).item()
        kept = unsuppressed(boxes, real[:, : order.shape[1]], limit)
        best[..., 0].masked_fill_(~kept, -1)
        rest = rows[:, order.shape[1] :]
        rest[..., 0] = -1
        return torch.cat([best, rest], 1)

    def gradient(self):
        return None, None, None


class MultiProposal(Op, name="_contrib_MultiProposal"):
    """Regions in which there may be an object, from the predictions of a proposal network.

    Shapes: cls_prob (n, 2 k, h, w), the last k the scores of objects; bbox_pred (n, 4 k, h, w);
    im_info (n, 3), rows (height, width, scale) -> regions (n * rpn_post_nms_top_n, 5), rows (image,
    corners), and with ``output_score`` their scores (n * rpn_post_nms_top_n, 1). Sizes are in
    pixels, and the right and the bottom belong to a box.

    There are k = ratios * scales anchors at a position, ``feature_stride`` pixels from the next. The
    predictions move and scale them (with ``iou_loss``: move their corners), and they are cut off at
    the border of the image. Boxes of less than rpn_min_size * scale are enlarged by that and, like
    those beyond the image, get the score -1. Of the ``rpn_pre_nms_top_n`` best (all, if not
    positive) those remain that overlap no better one by more than ``threshold``. If these are not
    enough they are repeated. Ren et al. 2015. No gradient passes.
    """

    rpn_pre_nms_top_n: int = 6000
    rpn_post_nms_top_n: int = 300
    threshold: float = 0.7
    rpn_min_size: int = 16
    scales: Floats = (4.0, 8.0, 16.0, 32.0)
    ratios: Floats = (0.5, 1.0, 2.0)
    feature_stride: int = 16
    output_score: bool = False
    iou_loss: bool = False

    waits = True
    precision = "full"

    def check(self):
        if not self.scales or not self.ratios or self.feature_stride < 1:
            raise MXNetError("scales, ratios and a positive feature_stride are needed for anchors")
        if self.rpn_post_nms_top_n < 1:
            raise MXNetError("rpn_post_nms_top_n should be 1 at least")

    def outputs(self):
        return ("output", "score") if self.output_score else ("output",)

    def hidden(self):
        return () if self.output_score else ("score",)

    def infer_shape(self, s):
        count = len(self.scales) * len(self.ratios)
        for name, channels in (("cls_prob", 2), ("bbox_pred", 4)):
            setattr(s, name, (UNKNOWN, channels * count, UNKNOWN, UNKNOWN))
        n, _, h, w = s.cls_prob
        s.bbox_pred = (n, 4 * count, h, w)
        n, _, h, w = s.bbox_pred
        s.cls_prob = (n, 2 * count, h, w)
        if known(h, w) and not h * w:
            raise Mismatch(f"cls_prob should have a position at least but is {s.cls_prob}")
        s.im_info = (n, 3)
        s.output = (n * self.rpn_post_nms_top_n, 5)
        s.score = (n * self.rpn_post_nms_top_n, 1)

    def forward(self, cls_prob, bbox_pred, im_info):
        n, count, h, w = cls_prob.shape[0], cls_prob.shape[1] // 2, *cls_prob.shape[2:]
        steps = bbox_pred.view(n, count, 4, h, w).permute(0, 3, 4, 1, 2)
        boxes = self._moved(self._anchors(h, w, cls_prob), steps)
        size = (im_info[:, [1, 0]] - 1).view(n, 1, 1, 1, 2)
        boxes = boxes.clamp_min(0).minimum(torch.cat([size, size], -1))
        scores = cls_prob[:, count:].permute(0, 2, 3, 1)
        boxes, scores = self._filtered(boxes, scores, im_info)
        return self._selected(boxes.view(n, h * w * count, 4), scores.reshape(n, h * w * count))

    def _anchors(self, h, w, like):
        """The anchors of all positions, (h, w, k, 4) corners."""
        side, middle = self.feature_stride, (self.feature_stride - 1) / 2
        base = []
        for ratio, scale in pairs(self.ratios, self.scales):
            width = floor(sqrt(floor(side * side / ratio)) + 0.5)
            height = floor(width * ratio + 0.5) * scale
            x, y = (width * scale - 1) / 2, (height - 1) / 2
            base.append((middle - x, middle - y, middle + x, middle + y))
        y, x = (torch.arange(length, device=like.device) * side for length in (h, w))
        places = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).repeat(1, 1, 2)
        return places.unsqueeze(2) + like.new_tensor(base)

    def _moved(self, anchors, steps):
        """The boxes that the network predicts, from anchors."""
        if self.iou_loss:
            return anchors + steps
        extent = anchors[..., 2:] - anchors[..., :2] + 1
        center = anchors[..., :2] + 0.5 * (extent - 1)
        center = steps[..., :2] * extent + center
        half = 0.5 * (steps[..., 2:].exp() * extent - 1)
        return torch.cat([center - half, center + half], -1)

    def _filtered(self, boxes, scores, im_info):
        """The boxes and scores, -1 for boxes that are too small or beyond the image."""
        h, w = boxes.shape[1:3]
        low = (self.rpn_min_size * im_info[:, 2]).view(-1, 1, 1, 1)
        extent = boxes[..., 2:] - boxes[..., :2] + 1
        small = (extent < low.unsqueeze(-1)).any(-1)
        half = torch.where(small, low / 2, 0).unsqueeze(-1)
        boxes = torch.cat([boxes[..., :2] - half, boxes[..., 2:] + half], -1)
        rows, columns = (
            torch.arange(length, device=boxes.device) >= (limit // self.feature_stride).unsqueeze(1)
            for length, limit in ((h, im_info[:, 0]), (w, im_info[:, 1]))
        )
        beyond = (rows.unsqueeze(2) | columns.unsqueeze(1)).unsqueeze(-1)
        return boxes, scores.masked_fill(small | beyond, -1)

    def _selected(self, boxes, scores):
        """The regions and their scores."""
        n, wanted = scores.shape[0], self.rpn_post_nms_top_n
        order = scores.argsort(dim=1, descending=True, stable=True)
        if self.rpn_pre_nms_top_n > 0:
            order = order[:, : self.rpn_pre_nms_top_n]
        best = rows_at(order, boxes)
        candidates = Boxes(*corners_and_areas(best, pixel=1), pixel=1)
        kept = unsuppressed(candidates, torch.ones_like(order, dtype=torch.bool), self.threshold)
        places, real = to_front(kept)
        again = torch.arange(wanted, device=boxes.device) % real.sum(1, keepdim=True)
        places = places.gather(1, again)
        images = torch.arange(n, device=boxes.device).view(n, 1, 1).expand(n, wanted, 1)
        regions = torch.cat([images, rows_at(places, best)], -1).view(-1, 5)
        return regions, scores.gather(1, order).gather(1, places).view(-1, 1)

    def gradient(self):
        return None, None, None


class Proposal(MultiProposal, name="_contrib_Proposal"):
    """Regions of one image in which there may be an object: MultiProposal with n = 1."""

    def infer_shape(self, s):
        super().infer_shape(s)
        if known(s.cls_prob[0]) and s.cls_prob[0] != 1:
            raise Mismatch(f"cls_prob should be that of 1 image; use MultiProposal: {s.cls_prob}")
