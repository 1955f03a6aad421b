"""The passes that change a joint graph before it is planned, in their order.

What is decided with the plan is elsewhere: constants (``constants``), what is computed again (``spare``,
``recompute``), and the order of execution (``order``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ..graph.node import Graph
from .epilogues import fuse_epilogues
from .fold import fold
from .fuse import accumulate_derivatives, accumulate_products, join_products
from .fuse_normalization import fuse_normalization
from .im2col import use_patches
from .joint import Joint
from .pieces import use_pieces
from .pointwise import use_products
from .simplify import drop_idle_casts, drop_neutral, merge_duplicates
from .subsample import use_subsampling
from .swap_pooling import swap_pooling
from .target import Facts, Target
from .winograd import use_winograd

__all__ = ["optimize"]

# Each takes the joint graph, a function that gives the facts of it, and the target. ``fold`` follows.
PASSES: tuple[Callable[[Joint, Callable[[], Facts], Target], Joint], ...] = (
    drop_idle_casts,
    drop_neutral,
    merge_duplicates,
    accumulate_products,
    join_products,
    fuse_normalization,
    swap_pooling,
    use_winograd,
    use_subsampling,
    use_products,
    use_patches,
    fuse_epilogues,
    accumulate_derivatives,
    use_pieces,
)


def optimize(
    joint: Joint,
    infer: Callable[[Graph], Facts],
    target: Target,
    known: dict[Target, Joint] | None = None,
) -> Joint:
    """A joint graph that computes the same with fewer passes over memory.

    ``known`` is where graphs are kept for targets that differ in ``prepared`` alone, which is for the
    last pass.
    """
    known = {} if known is None else known
    common = replace(target, prepared=None)
    found = known.get(common)
    if found is None:
        found = joint
        for change in PASSES:
            found = change(found, partial(infer, found.graph), target)
        known[common] = found
    return fold(found, partial(infer, found.graph), target)
