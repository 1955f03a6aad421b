"""Boxes: overlaps, encoding against anchors, matching, and suppression of those that overlap.

A box is (left, top, right, bottom), the format "corner", or (x, y, width, height) around its
center, the format "center".
"""

from math import prod
from typing import Literal

from .core import Op
from .dtypes import is_floating
from .indexing import within
from .lazy_torch import torch
from .shapes import UNKNOWN, Mismatch, known, product

__all__ = ["BipartiteMatching", "BoxDecode", "BoxEncode", "BoxIoU", "BoxNMS"]

Format = Literal["center", "corner"]

# A block of boxes is compared with as many others as make this number of pairs: it fits the cache.
_PAIRS = 1 << 19


def to_corners(boxes):
    """Boxes in the format "corner", from the format "center"."""
    center, half = boxes[..., :2], boxes[..., 2:4] * 0.5
    return torch.cat([center - half, center + half], -1)


def to_centers(boxes):
    """Boxes in the format "center", from the format "corner"."""
    low, extent = boxes[..., :2], boxes[..., 2:4] - boxes[..., :2]
    return torch.cat([low + extent * 0.5, extent], -1)


def converted(boxes, source, target):
    """Boxes in another format."""
    if source == target:
        return boxes
    return to_corners(boxes) if target == "corner" else to_centers(boxes)


def corners_and_areas(boxes, box_format="corner", pixel=0):
    """Boxes as corners, and their areas; a box that is turned inside out has none.

    ``pixel`` is 1 where the right and the bottom belong to the box.
    """
    extent = boxes[..., 2:4]
    if box_format == "corner":
        extent = extent - boxes[..., :2] + pixel
    extent = extent.clamp_min(0)
    corners = boxes[..., :4] if box_format == "corner" else to_corners(boxes)
    return corners, extent[..., 0] * extent[..., 1]


def overlaps(one, one_areas, other, other_areas, pixel=0):
    """Intersection over union of all pairs: corners (*n, m, 4), (*n, k, 4) -> (*n, m, k)."""

    def shared(low, high):
        extent = torch.minimum(one[..., high].unsqueeze(-1), other[..., high].unsqueeze(-2))
        extent -= torch.maximum(one[..., low].unsqueeze(-1), other[..., low].unsqueeze(-2))
        return (extent.add_(pixel) if pixel else extent).clamp_min_(0)

    shared_areas = shared(0, 2).mul_(shared(1, 3))
    union = (one_areas.unsqueeze(-1) + other_areas.unsqueeze(-2)).sub_(shared_areas)
    return shared_areas.div_(union.clamp_min_(torch.finfo(union.dtype).tiny))


def to_front(mask):
    """Positions that bring the marked ones of each row to the front, in order, and their mask.

    Both have as many columns as the fullest row needs: (n, m) -> (n, k), (n, k).
    """
    count = int(mask.sum(1).max()) if mask.numel() else 0
    marked, places = mask.sort(dim=1, descending=True, stable=True)
    return places[:, :count], marked[:, :count]


def rows_at(places, values):
    """The rows of values (n, m, *k) at places (n, j): (n, j, *k); None stays None."""
    if values is None:
        return None
    index = places.reshape(*places.shape, *(1,) * (values.dim() - 2))
    return values.gather(1, index.expand(*places.shape, *values.shape[2:]))


class Boxes:
    """Some boxes of each image of a batch, with what decides about suppression."""

    def __init__(self, corners, areas, classes=None, pixel=0):
        self.corners, self.areas, self.classes, self.pixel = corners, areas, classes, pixel

    def at(self, places):
        """The boxes at places (n, k) of each image."""
        parts = (rows_at(places, part) for part in (self.corners, self.areas, self.classes))
        return Boxes(*parts, self.pixel)

    def hits(self, others, threshold):
        """Which of the others a box suppresses, if it is kept itself: (n, m, k)."""
        iou = overlaps(self.corners, self.areas, others.corners, others.areas, self.pixel)
        found = iou > threshold
        if self.classes is not None:
            found &= self.classes.unsqueeze(-1) == others.classes.unsqueeze(-2)
        return found


class Groups:
    """The candidates of each class of each image, in their order, as rows of boxes of their own."""

    def __init__(self, classes, candidates):
        image, column = candidates.nonzero(as_tuple=True)
        number = classes[image, column].unique(return_inverse=True)[1]
        number += image * len(number)
        _, number, counts = number.unique(return_inverse=True, return_counts=True)
        order = number.argsort(stable=True)
        row = number[order]
        starts = counts.cumsum(0) - counts
        self.source = image[order], column[order]
        self.place = row, torch.arange(len(row), device=row.device) - starts[row]
        self.count, self.largest = len(counts), int(counts.max()) if len(counts) else 0
        self.real = candidates.new_zeros(self.count, self.largest)
        self.real[self.place] = True

    def gather(self, boxes):
        """The boxes, row by row."""
        parts = []
        for part in (boxes.corners, boxes.areas):
            rows = part.new_zeros(self.count, self.largest, *part.shape[2:])
            rows[self.place] = part[self.source]
            parts.append(rows)
        return Boxes(*parts, pixel=boxes.pixel)


def unsuppressed(boxes, candidates, threshold):
    """Greedy suppression: which boxes (n, m), most important first, remain of the candidates.

    A box goes if it overlaps one before it that remains by more than the threshold. Blocks of boxes
    are settled one after the other; those that remain are compared with all that follow.
    """
    kept = torch.zeros_like(candidates)
    if boxes.classes is not None:
        groups = Groups(boxes.classes, candidates)
        # Rows of boxes of one class are less work, unless most boxes are of one class.
        if groups.count * groups.largest**2 < candidates.numel() * candidates.shape[1]:
            remain = unsuppressed(groups.gather(boxes), groups.real, threshold)
            kept[groups.source] = remain[groups.place]
            return kept
    places, alive = to_front(candidates)
    while places.shape[1]:
        size = min(max(_PAIRS // places.numel(), 32), 512)
        block, rest = places[:, :size], places[:, size:]
        members = boxes.at(block)
        remain = settled(alive[:, :size], members.hits(members, threshold))
        kept.scatter_(1, block, remain)
        chosen, real = to_front(remain)
        hits = members.at(chosen).hits(boxes.at(rest), threshold)
        alive = alive[:, size:] & ~(hits & real.unsqueeze(-1)).any(1)
        order, alive = to_front(alive)
        places = rest.gather(1, order)
    return kept & candidates


def settled(alive, hits):
    """Greedy suppression in a block of boxes (n, m), from who suppresses whom (n, m, m).

    What remains is the only fixed point; the first k boxes are right after k rounds at most.
    """
    weights = hits.triu_(1).float()
    remain = alive
    while True:
        suppressed = torch.bmm(remain.float().unsqueeze(1), weights).squeeze(1) > 0
        found = alive & ~suppressed
        if torch.equal(found, remain):
            return found
        remain = found


def best_pairs(scores, limit=None):
    """Greedy matching of rows and columns: the pair with the best score first, then the next.

    Shapes: scores (n, rows, columns) -> column of each row, row of each column, -1 where there is
    none. A score of -inf is no pair; of equal scores the first counts. ``limit``: so many pairs.
    In each round all pairs are made that are the best of their row and of their column.
    """
    columns = scores.new_full(scores.shape[:2], -1, dtype=torch.int64)
    if not scores.numel():
        return columns, scores.new_full((scores.shape[0], scores.shape[2]), -1, dtype=torch.int64)
    left = scores.clone()
    own, others = (torch.arange(size, device=scores.device) for size in scores.shape[1:])
    while True:
        (best, column), (_, row) = left.max(2), left.max(1)
        mutual = (row.gather(1, column) == own) & (best > -torch.inf)
        if not mutual.any():
            break
        columns = torch.where(mutual, column, columns)
        taken = mutual.gather(1, row) & (column.gather(1, row) == others)
        left.masked_fill_(mutual.unsqueeze(2) | taken.unsqueeze(1), -torch.inf)
    if limit is not None:
        made = scores.gather(2, columns.clamp_min(0).unsqueeze(2)).squeeze(2)
        made = made.masked_fill(columns < 0, -torch.inf)
        order = made.argsort(dim=1, descending=True, stable=True)
        columns.scatter_(1, order[:, limit:], -1)
    rows = columns.new_full((scores.shape[0], scores.shape[2] + 1), -1)
    place = torch.where(columns < 0, scores.shape[2], columns)
    rows.scatter_(1, place, own.expand_as(place))
    return columns, rows[:, :-1]


def same_floats(t, *names):
    """State that dtypes are equal, and of floats; raises Mismatch."""
    t.same(*names)
    if not is_floating(getattr(t, names[0])):
        raise Mismatch(f"{names[0]} should be of floats but is {getattr(t, names[0])}")


class BoxIoU(Op, name="_contrib_box_iou"):
    """Intersection over union of all pairs of boxes; 0 where the union is empty.

    Shapes: lhs (*n, 4), rhs (*m, 4) -> (*n, *m). No gradient passes.
    """

    format: Format = "corner"

    precision = "full"

    def infer_shape(self, s):
        for name in ("lhs", "rhs"):
            shape = s.get(name)
            if shape is not None:
                if len(shape) < 2:
                    raise Mismatch(f"{name} should have 2 dimensions or more but is {shape}")
                setattr(s, name, (*shape[:-1], 4))
        s.output = (*s.lhs[:-1], *s.rhs[:-1])

    def infer_dtype(self, t):
        same_floats(t, "lhs", "rhs", "output")

    def forward(self, lhs, rhs):
        one, other = (corners_and_areas(x.reshape(-1, 4), self.format) for x in (lhs, rhs))
        return overlaps(*one, *other).view(*lhs.shape[:-1], *rhs.shape[:-1])

    def gradient(self):
        return None, None


class BoxNMS(Op, name="_contrib_box_nms", aliases=["_contrib_box_non_maximum_suppression"]):
    """Non-maximum suppression: the boxes that overlap no better one, in falling order of scores.

    Shapes: data (*n, m, k) -> (*n, m, k), each row a score, a box and perhaps a class, at
    ``score_index``, from ``coord_start`` on and at ``id_index``. Candidates are the ``topk`` rows
    (all, if negative) with the best scores above ``valid_thresh`` that are not of the class
    ``background_id``. Of the candidates of one class (of all, with ``force_suppress`` or without
    ``id_index``) that overlap by more than ``overlap_thresh`` the best one remains. Rows that
    remain come first, in ``out_format``; the others are -1. With ``topk=0`` the data is left alone.
    The gradient of a row goes to the row of the data that it came from.
    """

    overlap_thresh: float = 0.5
    valid_thresh: float = 0.0
    topk: int = -1
    coord_start: int = 2
    score_index: int = 1
    id_index: int = -1
    background_id: int = -1
    force_suppress: bool = False
    in_format: Format = "corner"
    out_format: Format = "corner"

    waits = True
    precision = "full"
    outputs = ("output0",)
    hidden = ("source",)  # the row of the data, or -1

    def infer_shape(self, s):
        s.same("data", "output0")
        if len(s.data) < 2:
            raise Mismatch(f"data should have 2 dimensions or more but is {s.data}")
        *leading, count, width = s.data
        self._check_columns(width)
        s.source = (product(leading), count)

    def _check_columns(self, width):
        """Raise Mismatch unless box, score and class have columns of their own."""
        start, end = self.coord_start, self.coord_start + 3
        if start < 0 or (known(width) and end >= width):
            raise Mismatch(f"coord_start {start} does not leave 4 of {width} columns for the box")
        columns = {"score_index": self.score_index}
        if self.id_index >= 0:
            columns["id_index"] = self.id_index
        for name, column in columns.items():
            if column < 0 or (known(width) and column >= width):
                raise Mismatch(f"{name} {column} is outside of the {width} columns")
            if start <= column <= end:
                raise Mismatch(f"{name} {column} is one of the columns {start} to {end} of the box")
        if self.id_index == self.score_index:
            raise Mismatch(f"id_index and score_index are both {self.id_index}")

    def infer_dtype(self, t):
        t.source = "int64"
        same_floats(t, "data", "output0")

    @property
    def box(self):
        """The columns of the box."""
        return slice(self.coord_start, self.coord_start + 4)

    def forward(self, data):
        rows = data.reshape(prod(data.shape[:-2]), *data.shape[-2:])
        if not self.topk:
            every = torch.arange(rows.shape[1], device=rows.device)
            return data.clone(), every.repeat(rows.shape[0], 1)
        order, kept = self._selected(rows)
        front, real = to_front(kept)
        places = order.gather(1, front)
        source = places.new_full(rows.shape[:2], -1)
        source[:, : places.shape[1]] = torch.where(real, places, -1)
        found = rows_at(places, rows)
        if self.in_format != self.out_format:
            boxes = converted(found[..., self.box], self.in_format, self.out_format)
            found[..., self.box] = boxes
        output = torch.full_like(rows, -1, memory_format=torch.contiguous_format)
        output[:, : places.shape[1]] = found.masked_fill_(~real.unsqueeze(-1), -1)
        return output.view(data.shape), source

    def _selected(self, rows):
        """The order of the candidates' scores, and which of them in this order remain."""
        scores = rows[..., self.score_index]
        valid = scores > self.valid_thresh
        if self.id_index >= 0:
            valid &= rows[..., self.id_index] != self.background_id
        scores = scores.masked_fill(~valid, -torch.inf)
        order = scores.argsort(dim=1, descending=True, stable=True)
        order = order[:, : self.topk] if self.topk > 0 else order
        classes = None
        if self.id_index >= 0 and not self.force_suppress:
            classes = rows[..., self.id_index].gather(1, order)
        boxes = rows_at(order, rows[..., self.box])
        boxes = Boxes(*corners_and_areas(boxes, self.in_format), classes)
        return order, unsuppressed(boxes, valid.gather(1, order), self.overlap_thresh)

    def backward(self, d_output0, source):
        """Rows go back to where they came from."""
        shape = d_output0.shape
        rows = d_output0.reshape(*source.shape, shape[-1])
        rows = rows.masked_fill((source < 0).unsqueeze(-1), 0)
        if self.topk:
            rows[..., self.box] = self._back_converted(rows[..., self.box])
        index = source.clamp_min(0).unsqueeze(-1).expand_as(rows)
        return torch.zeros_like(rows).scatter_add_(1, index, rows).view(shape)

    def _back_converted(self, gradient):
        """The gradient of boxes in ``in_format``, from that in ``out_format``."""
        if self.in_format == self.out_format:
            return gradient
        low, high = gradient[..., :2], gradient[..., 2:]
        if self.out_format == "corner":
            return torch.cat([low + high, (high - low) * 0.5], -1)
        return torch.cat([low * 0.5 - high, low * 0.5 + high], -1)


class BipartiteMatching(Op, name="_contrib_bipartite_matching"):
    """Greedy matching of rows and columns: the pair with the best score first, then the next.

    Shapes: data (*n, rows, columns) -> the column of each row (*n, rows) and the row of each
    column (*n, columns), -1 where there is none. Scores have to exceed ``threshold``; with
    ``is_ascend`` the lowest is the best and scores have to be below it. A positive ``topk`` stops
    after topk + 1 pairs, as in 1.x. No gradient passes.
    """

    is_ascend: bool = False
    threshold: float
    topk: int = -1
    waits = True
    outputs = ("output0", "output1")

    def infer_shape(self, s):
        if len(s.data) < 2:
            raise Mismatch(f"data should have 2 dimensions or more but is {s.data}")
        *leading, rows, columns = s.data
        s.output0, s.output1 = (*leading, rows), (*leading, columns)

    def infer_dtype(self, t):
        same_floats(t, "data", "output0", "output1")

    def forward(self, data):
        *leading, rows, columns = data.shape
        scores = data.reshape(prod(leading), rows, columns)
        valid = scores < self.threshold if self.is_ascend else scores > self.threshold
        scores = (-scores if self.is_ascend else scores).masked_fill(~valid, -torch.inf)
        pairs = best_pairs(scores, self.topk + 1 if self.topk > 0 else None)
        return tuple(found.to(data.dtype).view(*leading, found.shape[1]) for found in pairs)

    def gradient(self):
        return None


class BoxEncode(Op, name="_contrib_box_encode"):
    """What a network should predict for anchors: the boxes matched to them, relative to them.

    Shapes: samples (n, m), matches (n, m), anchors (n, m, 4), refs (n, k, 4), means (4,), stds (4,)
    -> targets and masks (n, m, 4); boxes are corners; the anchors of all images may be one set
    (1, m, 4). With an anchor (x, y, w, h) and the box (x', y', w', h') whose number ``matches``
    gives, the target is ((x' - x) / w, (y' - y) / h, log(w' / w), log(h' / h)) less ``means``, by
    ``stds``, and the mask 1, where the sample is positive: above 0.5; elsewhere both are 0.
    No gradient passes.
    """

    precision = "full"
    outputs = ("output0", "output1")

    def infer_shape(self, s):
        s.means = s.stds = (4,)
        s.same("samples", "matches")
        s.anchors = (UNKNOWN, UNKNOWN, 4)
        s.refs = (UNKNOWN, UNKNOWN, 4)
        s.samples = (UNKNOWN, UNKNOWN)
        s.samples = (UNKNOWN, s.anchors[1])
        s.anchors = (UNKNOWN, s.samples[1], 4)
        n = s.samples[0]
        for name in ("anchors", "refs"):
            own = getattr(s, name)[0]
            if known(own, n) and own not in (1, n):
                raise Mismatch(f"{name} should be those of {n} images, or of 1, but has {own}")
        if known(s.refs[1]) and s.refs[1] < 1:
            raise Mismatch(f"refs should have a box at least but is {s.refs}")
        s.same("output0", "output1")
        s.output0 = s.output1 = (n, s.samples[1], 4)

    def forward(self, samples, matches, anchors, refs, means, stds):
        index = within(matches, refs.shape[1], "clip").unsqueeze(-1)
        refs = refs.expand(len(samples), -1, -1).gather(1, index.expand(-1, -1, 4))
        anchor, box = to_centers(anchors), to_centers(refs)
        moved = (box[..., :2] - anchor[..., :2]) / anchor[..., 2:]
        scaled = torch.log(box[..., 2:] / anchor[..., 2:])
        targets = (torch.cat([moved, scaled], -1) - means) / stds
        positive = (samples > 0.5).unsqueeze(-1).expand_as(targets)
        return targets.masked_fill_(~positive, 0), positive.to(targets.dtype)

    def gradient(self):
        return (None,) * 6


class BoxDecode(Op, name="_contrib_box_decode"):
    """Boxes as corners, from predictions relative to anchors.

    Shapes: data (n, m, 4), anchors (1 or n, m, 4) in ``format`` -> (n, m, 4). With a prediction
    (x', y', w', h') times ``std0`` to ``std3`` and the anchor (x, y, w, h) the box is
    (x' w + x, y' h + y, exp(w') w, exp(h') h), where a positive ``clip`` bounds w' and h'.
    No gradient passes.
    """

    std0: float = 1.0
    std1: float = 1.0
    std2: float = 1.0
    std3: float = 1.0
    clip: float = -1.0
    format: Format = "center"

    waits = True
    precision = "full"

    def infer_shape(self, s):
        s.same("data", "output")
        s.data = s.output = (UNKNOWN, UNKNOWN, 4)
        s.anchors = (UNKNOWN, s.data[1], 4)
        s.data = s.output = (UNKNOWN, s.anchors[1], 4)
        if known(s.anchors[0], s.data[0]) and s.anchors[0] not in (1, s.data[0]):
            raise Mismatch(f"anchors should be (1, m, 4) or like data but is {s.anchors}")

    def forward(self, data, anchors):
        anchor = converted(anchors, self.format, "center")
        steps = data.new_tensor([self.std0, self.std1, self.std2, self.std3])
        moved, scaled = (data * steps).split(2, -1)
        if self.clip > 0:
            scaled = scaled.clamp_max(self.clip)
        center = moved * anchor[..., 2:] + anchor[..., :2]
        half = scaled.exp() * anchor[..., 2:] * 0.5
        return torch.cat([center - half, center + half], -1)

    def gradient(self):
        return None, None
