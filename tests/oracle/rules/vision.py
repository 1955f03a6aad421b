"""Sampling, regions and boxes."""

import numpy as np

from oracle.draw import Draw, Drawn, rule


@rule("BilinearSampler")
def bilinear_sampler(draw: Draw, op: str) -> Drawn:
    n, c = draw.sizes(2, 1, 3)
    grid = draw.array((n, 2, *draw.sizes(2, 1, 4)), -1.3, 1.3)
    return Drawn({}, {"data": draw.array((n, c, *draw.sizes(2, 2, 6))), "grid": grid}, loose=5)


@rule("GridGenerator")
def grid_generator(draw: Draw, op: str) -> Drawn:
    n, h, w = draw.integer(1, 3), draw.integer(1, 5), draw.integer(1, 5)
    if draw.chance(0.5):
        params = {"transform_type": "affine", "target_shape": (h, w)}
        return Drawn(params, {"data": draw.array((n, 6))})
    return Drawn({"transform_type": "warp"}, {"data": draw.array((n, 2, h, w))})


@rule("SpatialTransformer")
def spatial_transformer(draw: Draw, op: str) -> Drawn:
    n, c = draw.sizes(2, 1, 3)
    params = {
        "transform_type": "affine",
        "sampler_type": "bilinear",
        "target_shape": draw.sizes(2, 2, 5),
    }
    inputs = {
        "data": draw.array((n, c, *draw.sizes(2, 2, 6))),
        "loc": draw.array((n, 6), -0.8, 0.8),
    }
    return Drawn(params, inputs, loose=5)


@rule("_contrib_BilinearResize2D")
def bilinear_resize(draw: Draw, op: str) -> Drawn:
    shape = (*draw.sizes(2, 1, 3), *draw.sizes(2, 2, 6))
    inputs = {"data": draw.array(shape, dtype=draw.choice("float32", "float64"))}
    params = draw.some(align_corners=draw.chance(0.5))
    mode = draw.choice(
        "size", "scale", "like", "odd_scale", "to_even_down", "to_even_up", "to_odd_down",
        "to_odd_up",
    )  # fmt: skip
    if mode == "size":
        params |= {"height": draw.integer(1, 8), "width": draw.integer(1, 8)}
    elif mode == "scale":
        params |= {"scale_height": draw.choice(0.5, 2.0, 1.5), "scale_width": draw.choice(0.5, 2.0)}
    else:
        params["mode"] = mode
    if mode == "odd_scale":
        params |= {"scale_height": 2.0, "scale_width": draw.choice(0.5, 2.0)}
    if mode == "like":
        like = (*draw.sizes(2, 1, 3), *draw.sizes(2, 1, 8))
        inputs["like"] = draw.array(like, dtype=inputs["data"].dtype.name)
    return Drawn(params, inputs)


@rule("Correlation")
def correlation(draw: Draw, op: str) -> Drawn:
    params = {
        "kernel_size": draw.choice(1, 3),
        "max_displacement": draw.integer(1, 2),
        "stride1": draw.integer(1, 2),
        "stride2": draw.integer(1, 2),
        "pad_size": draw.integer(0, 2),
        "is_multiply": draw.chance(0.6),
    }
    shape = (*draw.sizes(2, 1, 3), *draw.sizes(2, 7, 9))
    return Drawn(params, {"data1": draw.array(shape), "data2": draw.array(shape)})


def regions(draw: Draw, number: int, batch: int, side: float) -> np.ndarray:
    """Rows of batch index, left, top, right, bottom; not on the raster."""
    rows = np.empty((number, 5), "float32")
    rows[:, 0] = draw.rng.randint(0, batch, number)
    start = draw.rng.uniform(0, side / 2, (number, 2))
    rows[:, 1:3] = start
    rows[:, 3:5] = start + draw.rng.uniform(side / 8, side / 2, (number, 2))
    return rows


@rule("ROIPooling", "_contrib_ROIAlign")
def roi(draw: Draw, op: str) -> Drawn:
    n, c, h, w = draw.integer(1, 2), draw.integer(1, 3), draw.integer(4, 8), draw.integer(4, 8)
    scale = draw.choice(1.0, 0.5, 0.25)
    params = {"pooled_size": draw.sizes(2, 1, 3), "spatial_scale": scale}
    if op == "_contrib_ROIAlign":
        params |= draw.some(sample_ratio=draw.integer(1, 3), aligned=draw.chance(0.5))
        if draw.chance(0.2):
            params["position_sensitive"] = True
            c = int(np.prod(params["pooled_size"])) * draw.integer(1, 2)
    rois = regions(draw, draw.integer(1, 3), n, min(h, w) / scale)
    return Drawn(params, {"data": draw.distinct((n, c, h, w)), "rois": rois}, gradients=["data"])


@rule("_contrib_RROIAlign")
def rotated_roi(draw: Draw, op: str) -> Drawn:
    n, c, side = draw.integer(1, 2), draw.integer(1, 3), 8
    number = draw.integer(1, 3)
    rois = np.empty((number, 6), "float32")
    rois[:, 0] = draw.rng.randint(0, n, number)
    rois[:, 1:3] = draw.rng.uniform(2, 6, (number, 2))
    rois[:, 3:5] = draw.rng.uniform(1, 5, (number, 2))
    rois[:, 5] = draw.rng.uniform(-90, 90, number)
    params = {"pooled_size": draw.sizes(2, 1, 3), "spatial_scale": draw.choice(1.0, 0.5)}
    params |= draw.some(sampling_ratio=draw.integer(1, 3))
    return Drawn(params, {"data": draw.array((n, c, side, side)), "rois": rois}, train=False)


@rule("_contrib_PSROIPooling")
def position_sensitive_roi(draw: Draw, op: str) -> Drawn:
    n, group, dim, side = draw.integer(1, 2), draw.integer(1, 3), draw.integer(1, 2), 8
    params = {
        "spatial_scale": draw.choice(1.0, 0.5),
        "output_dim": dim,
        "pooled_size": group,
        "group_size": group,
    }
    rois = regions(draw, draw.integer(1, 3), n, side / params["spatial_scale"])
    data = draw.array((n, dim * group**2, side, side))
    return Drawn(params, {"data": data, "rois": rois}, gradients=["data"])


@rule("_contrib_DeformablePSROIPooling")
def deformable_roi(draw: Draw, op: str) -> Drawn:
    n, group, dim, side = draw.integer(1, 2), draw.integer(1, 2), draw.integer(1, 2), 8
    parts, number = draw.integer(1, 2), draw.integer(1, 3)
    params = {
        "spatial_scale": draw.choice(1.0, 0.5),
        "output_dim": dim,
        "group_size": group,
        "pooled_size": draw.integer(1, 3),
        "part_size": parts,
        "sample_per_part": draw.integer(1, 3),
        "trans_std": 0.125,
    }
    inputs = {
        "data": draw.array((n, dim * group**2, side, side)),
        "rois": regions(draw, number, n, side / params["spatial_scale"]),
    }
    if draw.chance(0.4):
        params["no_trans"] = True
    else:
        inputs["trans"] = draw.array((number, 2 * draw.choice(1, dim), parts, parts))
    return Drawn(params, inputs, gradients=["data", "trans"])


@rule("_contrib_DeformableConvolution")
def deformable_convolution(draw: Draw, op: str) -> Drawn:
    groups, deform = draw.choice(1, 1, 2), draw.choice(1, 2)
    kernel, stride, dilate = draw.sizes(2, 1, 3), draw.sizes(2, 1, 2), draw.sizes(2, 1, 2)
    pad = draw.sizes(2, 0, 2)
    n, c, (h, w) = draw.integer(1, 2), 2 * draw.integer(1, 2), draw.sizes(2, 5, 7)
    size = [
        (k + 2 * p - d * (m - 1) - 1) // s + 1
        for k, p, d, m, s in zip((h, w), pad, dilate, kernel, stride, strict=True)
    ]
    taps = kernel[0] * kernel[1] * deform
    params = {
        "kernel": kernel, "stride": stride, "dilate": dilate, "pad": pad, "num_group": groups,
        "num_deformable_group": deform, "num_filter": groups * draw.integer(1, 2),
        **draw.some(no_bias=draw.chance(0.5)),
    }  # fmt: skip
    inputs = {
        "data": draw.array((n, c, h, w)),
        "offset": draw.array((n, 2 * taps, *size), -1.4, 1.4),
    }
    return Drawn(params, inputs, loose=5)


def boxes(draw: Draw, *shape: int) -> np.ndarray:
    """Boxes by their corners, inside the unit square."""
    start = draw.rng.uniform(0, 0.7, (*shape, 2))
    size = draw.rng.uniform(0.05, 0.5, (*shape, 2))
    return np.concatenate([start, start + size], -1).astype("float32")


def centers(corners: np.ndarray) -> np.ndarray:
    """The same by centre and size."""
    start, end = corners[..., :2], corners[..., 2:]
    return np.concatenate([(start + end) / 2, end - start], -1)


@rule("_contrib_box_iou")
def box_iou(draw: Draw, op: str) -> Drawn:
    lhs, rhs = (boxes(draw, *draw.shape(1, 2, 4)) for _ in range(2))
    params = draw.some(format=draw.choice("corner", "center"))
    if params.get("format") == "center":
        lhs, rhs = centers(lhs), centers(rhs)
    return Drawn(params, {"lhs": lhs, "rhs": rhs}, train=False)


@rule("_contrib_box_nms")
def box_nms(draw: Draw, op: str) -> Drawn:
    batch, number = draw.shape(0, 1, 3), draw.integer(1, 8)
    corners = boxes(draw, *batch, number)
    scores = draw.distinct((*batch, number, 1)) / 8
    classes = draw.rng.randint(0, 3, (*batch, number, 1)).astype("float32")
    params = draw.some(
        overlap_thresh=draw.choice(0.125, 0.25, 0.75),
        valid_thresh=draw.choice(-1.0, 0.0, 0.25),
        topk=draw.integer(1, 6),
        force_suppress=draw.chance(0.5),
        out_format=draw.choice("corner", "center"),
    )
    if draw.chance(0.6):
        params |= {"id_index": 0, **draw.some(background_id=0)}
    if draw.chance(0.3):
        params["in_format"] = "center"
        corners = centers(corners)
    data = np.concatenate([classes, scores, corners], -1)
    return Drawn(params, {"data": data.astype("float32")})


@rule("_contrib_bipartite_matching")
def bipartite_matching(draw: Draw, op: str) -> Drawn:
    shape = (*draw.shape(0, 1, 3), *draw.sizes(2, 1, 5))
    data = (draw.distinct(shape) - draw.distinct(shape).min()) / 4
    params = {"threshold": draw.real(0.125, 3)}
    params |= draw.some(is_ascend=draw.chance(0.5), topk=draw.integer(1, 4))
    return Drawn(params, {"data": data}, train=False)


@rule("_contrib_box_encode")
def box_encode(draw: Draw, op: str) -> Drawn:
    batch, number, other = draw.sizes(3, 1, 4)
    inputs = {
        "samples": draw.rng.randint(-1, 2, (batch, number)).astype("float32"),
        "matches": draw.rng.randint(0, other, (batch, number)).astype("float32"),
        "anchors": boxes(draw, batch, number),
        "refs": boxes(draw, batch, other),
        "means": draw.array((4,)),
        "stds": draw.array((4,), 0.5, 2),
    }
    return Drawn({}, inputs, train=False)


@rule("_contrib_box_decode")
def box_decode(draw: Draw, op: str) -> Drawn:
    batch, number = draw.sizes(2, 1, 4)
    corner = draw.chance(0.5)
    anchors = boxes(draw, 1, number)
    params = draw.some(std0=0.5, std1=0.25, std2=2.0, std3=0.5, clip=0.25)
    params["format"] = "corner" if corner else "center"
    inputs = {
        "data": draw.array((batch, number, 4)),
        "anchors": anchors if corner else centers(anchors),
    }
    return Drawn(params, inputs, train=False)


@rule("_contrib_MultiBoxPrior")
def prior(draw: Draw, op: str) -> Drawn:
    params = {
        "sizes": draw.array((draw.integer(1, 3),), 0.2, 1).round(2).tolist(),
        "ratios": draw.array((draw.integer(1, 3),), 0.4, 2).round(2).tolist(),
        **draw.some(clip=draw.chance(0.5), steps=(0.25, 0.5), offsets=(0.25, 0.5)),
    }
    return Drawn(params, {"data": draw.array((*draw.sizes(2, 1, 2), *draw.sizes(2, 1, 5)))})


@rule("_contrib_MultiBoxTarget")
def target(draw: Draw, op: str) -> Drawn:
    batch, anchors, objects, classes = draw.integer(1, 3), draw.integer(2, 8), draw.integer(1, 3), 3
    label = np.full((batch, objects, 5), -1, "float32")
    for row in label:
        count = draw.integer(0, objects)
        row[:count, 0] = draw.rng.randint(0, classes, count)
        row[:count, 1:] = boxes(draw, count)
    params = draw.some(
        overlap_threshold=draw.choice(0.25, 0.5, 0.75), ignore_label=-2.0,
        variances=(0.125, 0.25, 0.5, 0.5),
    )  # fmt: skip
    if draw.chance(0.4):
        params |= {"negative_mining_ratio": draw.choice(1.0, 3.0), "negative_mining_thresh": 0.5}
        params |= draw.some(minimum_negative_samples=2)
    scores = draw.distinct((batch, classes + 1, anchors)) / 16
    inputs = {"anchor": boxes(draw, 1, anchors), "label": label, "cls_pred": scores}
    return Drawn(params, inputs, train=False)


@rule("_contrib_MultiBoxDetection")
def detection(draw: Draw, op: str) -> Drawn:
    batch, anchors, classes = draw.integer(1, 3), draw.integer(1, 8), draw.integer(2, 4)
    scores = np.exp(draw.distinct((batch, classes, anchors)) / 16)
    params = draw.some(
        clip=draw.chance(0.5),
        threshold=draw.choice(0.01, 0.25),
        nms_threshold=draw.choice(0.25, 0.75),
        force_suppress=draw.chance(0.5),
        nms_topk=draw.integer(1, 6),
        variances=(0.125, 0.25, 0.5, 0.5),
    )
    inputs = {
        "cls_prob": (scores / scores.sum(1, keepdims=True)).astype("float32"),
        "loc_pred": draw.array((batch, 4 * anchors)),
        "anchor": boxes(draw, 1, anchors),
    }
    return Drawn(params, inputs, train=False)


@rule("_contrib_Proposal", "_contrib_MultiProposal")
def proposal(draw: Draw, op: str) -> Drawn:
    batch = 1 if op == "_contrib_Proposal" else draw.integer(1, 2)
    h, w = draw.sizes(2, 2, 4)
    scales, ratios = (2.0, 4.0)[: draw.integer(1, 2)], (0.5, 1.0)[: draw.integer(1, 2)]
    count = len(scales) * len(ratios)
    params = {
        "scales": scales,
        "ratios": ratios,
        "feature_stride": 8,
        "rpn_pre_nms_top_n": draw.choice(12, 6000),
        "rpn_post_nms_top_n": draw.integer(2, 10),
        "rpn_min_size": draw.choice(2, 8),
        "threshold": draw.choice(0.5, 0.75),
        **draw.some(output_score=True),
    }
    inputs = {
        "cls_prob": np.abs(draw.distinct((batch, 2 * count, h, w)) / 64 + 0.001).astype("float32"),
        "bbox_pred": draw.array((batch, 4 * count, h, w), -0.25, 0.25),
        "im_info": np.tile(np.array([[h * 8, w * 8, 1]], "float32"), (batch, 1)),
    }
    return Drawn(params, inputs, train=False)
