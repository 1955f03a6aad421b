"""Operators of 1.x that do not exist here: why, and what to use instead."""

from __future__ import annotations

from ..error import MXNetError

__all__ = ["REASONS", "ExcludedOperator", "refuse", "why_excluded"]

_GRAPH = "it samples graphs for DGL, which has its own library now: use dgl.sampling or dgl.graph"
_HYBRID = "it runs a hybridised Gluon block as one node: compose the block's symbol instead"
_CALLBACK = (
    "it holds a pointer into the process that made it: write the operator as mx.operator.CustomOp"
    " and use Custom"
)
_DERIVATIVE = (
    "it is a step of a derivative inside 1.x: derivatives are made from the forward graph here;"
    " see Symbol.gradient"
)
_ENGINE = "it is a step of the engine of 1.x: use NDArray.copyto, or assign to a slice of the array"
_ONEDNN = (
    "it is a group of operators that 1.x fused for oneDNN: save the model with"
    " MXNET_SUBGRAPH_BACKEND=NONE, and without get_backend_symbol or optimize_for"
)
_TENSORRT = "it is a part of the graph compiled for TensorRT: save the model before that step"
_TVM = "it needs a build of 1.x with TVM kernels: use the operator of the same purpose without tvm"
_NUMPY = (
    "it belongs to the NumPy interface (mx.np, mx.npx) of 1.x: use the operators of mx.sym, or"
    " export the model without npx.set_np()"
)

REASONS = {
    "_CachedOp": _HYBRID,
    "_CachedOpThreadSafe": _HYBRID,
    "_CustomFunction": "it is a step of autograd.Function on arrays, which no graph can hold",
    "_NDArray": _CALLBACK,
    "_Native": _CALLBACK,
    "_NoGradient": _DERIVATIVE,
    "_broadcast_backward": _DERIVATIVE,
    "_contrib_backward_hawkesll": _DERIVATIVE,
    "_contrib_backward_quadratic": _DERIVATIVE,
    "_contrib_dgl_adjacency": _GRAPH,
    "_contrib_dgl_csr_neighbor_non_uniform_sample": _GRAPH,
    "_contrib_dgl_csr_neighbor_uniform_sample": _GRAPH,
    "_contrib_dgl_graph_compact": _GRAPH,
    "_contrib_dgl_subgraph": _GRAPH,
    "_contrib_edge_id": _GRAPH,
    "_copyto": _ENGINE,
    "_set_value": _ENGINE,
    "_sg_mkldnn_conv": _ONEDNN,
    "_sg_mkldnn_fully_connected": _ONEDNN,
    "_sg_mkldnn_selfatt_qk": _ONEDNN,
    "_sg_mkldnn_selfatt_valatt": _ONEDNN,
}
# What other builds of 1.x have besides, by the start of its name.
_FAMILIES = {
    "_contrib_dgl_": _GRAPH,
    "_contrib_tvm_": _TVM,
    "_sg_": _ONEDNN,
    "_TensorRT": _TENSORRT,
    "_trt_op": _TENSORRT,
    "_np_": _NUMPY,
    "_npi_": _NUMPY,
    "_npx_": _NUMPY,
}


class ExcludedOperator(MXNetError, AttributeError):
    """An operator of 1.x that this system leaves out; an AttributeError, so that hasattr is False."""


def why_excluded(name: str) -> str | None:
    """Why there is no operator of this name, and what to use instead; None for unknown names."""
    if name in REASONS:
        return REASONS[name]
    return next((why for start, why in _FAMILIES.items() if name.startswith(start)), None)


def refuse(name: str) -> None:
    """Raise ExcludedOperator if an operator is left out; return for other names."""
    reason = why_excluded(name)
    if reason:
        raise ExcludedOperator(f"Operator {name} is not part of this system: {reason}")
