"""Operators of 1.x that do not exist here, and why."""

__all__ = ["REASONS"]

_GRAPH = "it samples graphs for DGL, which has its own library now: use dgl.sampling or dgl.graph"

REASONS = {
    "_contrib_dgl_adjacency": _GRAPH,
    "_contrib_dgl_csr_neighbor_non_uniform_sample": _GRAPH,
    "_contrib_dgl_csr_neighbor_uniform_sample": _GRAPH,
    "_contrib_dgl_graph_compact": _GRAPH,
    "_contrib_dgl_subgraph": _GRAPH,
    "_contrib_edge_id": _GRAPH,
}
