"""Normalisation layers."""

from oracle.draw import Draw, Drawn, rule


def shifted(draw: Draw, shape, dtype: str = "float32"):
    return draw.array(shape, -1, 2, dtype)


@rule("BatchNorm", "BatchNorm_v1", "_contrib_BatchNormWithReLU", "_contrib_SyncBatchNorm")
def batch_norm(draw: Draw, op: str) -> Drawn:
    rank = draw.choice(2, 4, 4, 4, 3, 5) if op != "_contrib_SyncBatchNorm" else 4
    if op == "BatchNorm_v1":
        rank = draw.choice(2, 4)
    shape = draw.sizes(rank, 2, 4)
    params = draw.some(
        eps=draw.choice(1e-5, 0.1, 1e-3),
        momentum=draw.choice(0.5, 0.9, 0.99),
        fix_gamma=draw.chance(0.4),
        use_global_stats=draw.chance(0.3),
    )
    if op in ("BatchNorm", "_contrib_BatchNormWithReLU") and draw.chance(0.3):
        params["axis"] = draw.axis(rank)
    if op != "_contrib_SyncBatchNorm" and draw.chance(0.2):
        params["output_mean_var"] = True
    if op == "_contrib_SyncBatchNorm":
        params["key"] = f"k{draw.integer(0, 10**6)}"
    dtype = draw.choice("float32", "float32", "float32", "float64")
    if op == "_contrib_BatchNormWithReLU":  # in 1.9.1 what oneDNN takes
        shape, dtype = draw.sizes(4, 2, 4), "float32"
        params.pop("axis", None)
    if op == "BatchNorm":
        dtype = draw.choice(dtype, dtype, dtype, "float16")
    return Drawn(params, {"data": shifted(draw, shape, dtype)}, loose=3)


@rule("LayerNorm")
def layer_norm(draw: Draw, op: str) -> Drawn:
    shape = draw.shape(1, 4)
    params = draw.some(axis=draw.axis(len(shape)), eps=draw.choice(1e-5, 0.1))
    if draw.chance(0.3):
        params["output_mean_var"] = True
    dtype = draw.choice("float32", "float32", "float64", "float16")
    return Drawn(params, {"data": shifted(draw, shape, dtype)}, loose=5)


@rule("GroupNorm")
def group_norm(draw: Draw, op: str) -> Drawn:
    groups = draw.integer(1, 3)
    shape = (draw.integer(1, 3), groups * draw.integer(1, 3), *draw.shape(1, 3, 4))
    params = {"num_groups": groups, **draw.some(eps=draw.choice(1e-5, 0.1))}
    if draw.chance(0.3):
        params["output_mean_var"] = True
    dtype = draw.choice("float32", "float32", "float64")
    return Drawn(params, {"data": shifted(draw, shape, dtype)}, loose=5)


@rule("InstanceNorm")
def instance_norm(draw: Draw, op: str) -> Drawn:
    params = draw.some(eps=draw.choice(1e-5, 0.1))
    shape = (*draw.sizes(2, 1, 4), *draw.shape(1, 3, 4))
    return Drawn(params, {"data": shifted(draw, shape)}, loose=5)


@rule("L2Normalization")
def l2_normalization(draw: Draw, op: str) -> Drawn:
    mode = draw.choice("instance", "channel", "spatial")
    shape = draw.shape(2 if mode != "spatial" else 3, 4)
    params = {"mode": mode, **draw.some(eps=draw.choice(1e-5, 0.1))}
    return Drawn(params, {"data": shifted(draw, shape, draw.choice("float32", "float64"))})


@rule("LRN")
def lrn(draw: Draw, op: str) -> Drawn:
    params = {"nsize": draw.choice(1, 3, 5)}
    params |= draw.some(alpha=draw.choice(1e-4, 0.5), beta=draw.choice(0.5, 0.75, 1.0), knorm=1.0)
    return Drawn(params, {"data": shifted(draw, draw.sizes(4, 1, 5))})
