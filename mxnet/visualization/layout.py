"""A layered drawing of a directed graph: where the boxes stand and how the edges run.

The method of Sugiyama, Tagawa and Toda (1981): every node gets a layer, long edges get a bend in
every layer they cross, each layer is ordered to avoid crossings, and the x coordinates are those
of Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment" (2001), which draws long
edges straight.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Placement", "place"]

Point = tuple[float, float]


@dataclass(frozen=True)
class Placement:
    """Centres of the nodes, the points that each edge passes, and the size of the picture."""

    centres: list[Point]
    routes: list[list[Point]]
    width: float
    height: float


def place(
    sizes: Sequence[Point],
    edges: Sequence[tuple[int, int]],
    *,
    node_gap: float = 26.0,
    layer_gap: float = 46.0,
    bend_width: float = 10.0,
    sweeps: int = 12,
) -> Placement:
    """Lay out a graph from top to bottom.

    ``sizes`` are the widths and heights of the nodes, ``edges`` pairs of node numbers, upper node
    first. A route starts at the centre of the upper node and ends at that of the lower one.
    """
    down = _without_cycles(len(sizes), edges)
    layer_of = _assign_layers(len(sizes), down)
    grid = _Grid.build(layer_of, down, [width for width, _ in sizes], bend_width)
    grid.order(sweeps)
    x = _coordinates(grid, node_gap)
    heights = [0.0] * len(grid.layers)
    for node, (_, height) in enumerate(sizes):
        heights[layer_of[node]] = max(heights[layer_of[node]], height)
    y, top = [], 0.0
    for height in heights:
        y.append(top + height / 2)
        top += height + layer_gap
    left = min((x[v] - grid.widths[v] / 2 for v in range(len(x))), default=0.0)
    right = max((x[v] + grid.widths[v] / 2 for v in range(len(x))), default=0.0)
    points = [(x[v] - left, y[grid.layer_of[v]]) for v in range(len(x))]
    routes = [[points[v] for v in chain] for chain in grid.chains]
    for route, given, drawn in zip(routes, edges, down, strict=True):
        if given != drawn:
            route.reverse()
    return Placement(points[: len(sizes)], routes, right - left, max(top - layer_gap, 0.0))


def _without_cycles(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The edges, with those that close a cycle turned round; a loop at one node stays as it is."""
    successors: list[list[int]] = [[] for _ in range(count)]
    for tail, head in edges:
        successors[tail].append(head)
    place_in_order: dict[int, int] = {}
    state = [0] * count
    for root in range(count):
        stack = [(root, iter(successors[root]))] if not state[root] else []
        while stack:
            node, remaining = stack[-1]
            state[node] = 1
            following = next((s for s in remaining if not state[s]), None)
            if following is not None:
                stack.append((following, iter(successors[following])))
            else:
                place_in_order[node] = -len(place_in_order)
                stack.pop()
    return [
        (tail, head) if place_in_order[tail] <= place_in_order[head] else (head, tail)
        for tail, head in edges
    ]


def _assign_layers(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Layers from the top: each node right below its lowest predecessor, then edges tightened."""
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for tail, head in edges:
        if tail != head:
            above[head].append(tail)
            below[tail].append(head)
    order = _topological(above, below)
    layer = [0] * count
    for node in order:
        layer[node] = 1 + max((layer[p] for p in above[node]), default=-1)
    # A node that has more edges down than up shortens their sum by going down.
    for node in reversed(order):
        if len(below[node]) > len(above[node]):
            layer[node] = min(layer[s] for s in below[node]) - 1
    top = min(layer, default=0)
    return [value - top for value in layer]


def _topological(above: list[list[int]], below: list[list[int]]) -> list[int]:
    waiting = [len(predecessors) for predecessors in above]
    order = [node for node, number in enumerate(waiting) if number == 0]
    for node in order:
        for successor in below[node]:
            waiting[successor] -= 1
            if waiting[successor] == 0:
                order.append(successor)
    return order


@dataclass
class _Grid:
    """Nodes and bends in layers; every link joins neighbouring layers."""

    layer_of: list[int]
    widths: list[float]
    first_bend: int
    layers: list[list[int]]
    above: list[list[int]]
    below: list[list[int]]
    chains: list[list[int]]
    position: list[int] = field(default_factory=list)

    @classmethod
    def build(
        cls,
        node_layers: list[int],
        edges: Sequence[tuple[int, int]],
        node_widths: list[float],
        bend_width: float,
    ) -> _Grid:
        layer_of, widths = list(node_layers), list(node_widths)
        chains = []
        for tail, head in edges:
            bends = range(layer_of[tail] + 1, layer_of[head])
            first = len(layer_of)
            layer_of.extend(bends)
            widths.extend([bend_width] * len(bends))
            chains.append([tail, *range(first, len(layer_of)), head])
        above: list[list[int]] = [[] for _ in layer_of]
        below: list[list[int]] = [[] for _ in layer_of]
        for chain in chains:
            for upper, lower in pairwise(chain):
                if upper != lower and upper not in above[lower]:
                    above[lower].append(upper)
                    below[upper].append(lower)
        layers: list[list[int]] = [[] for _ in range(1 + max(layer_of, default=-1))]
        grid = cls(layer_of, widths, len(node_layers), layers, above, below, chains)
        for vertex in grid._depth_first():
            layers[layer_of[vertex]].append(vertex)
        grid._number()
        return grid

    def _depth_first(self) -> list[int]:
        """Vertices in the order of a walk down from each top node: neighbours come out together."""
        seen: dict[int, None] = {}
        stack = [v for v in reversed(range(len(self.layer_of))) if not self.above[v]]
        while stack:
            vertex = stack.pop()
            if vertex not in seen:
                seen[vertex] = None
                stack.extend(reversed(self.below[vertex]))
        return list(seen)

    def _number(self) -> None:
        self.position = [0] * len(self.layer_of)
        for layer in self.layers:
            for index, vertex in enumerate(layer):
                self.position[vertex] = index

    def order(self, sweeps: int) -> None:
        """Sort the layers by the mean place of their neighbours, up and down; keep the best."""
        best, fewest = [list(layer) for layer in self.layers], self.crossings()
        for sweep in range(sweeps):
            if fewest == 0:
                break
            downward = sweep % 2 == 0
            neighbours = self.above if downward else self.below
            for layer in self.layers if downward else reversed(self.layers):
                self._sort(layer, neighbours)
            self._swap_neighbours()
            number = self.crossings()
            if number < fewest:
                best, fewest = [list(layer) for layer in self.layers], number
        self.layers = best
        self._number()

    def _sort(self, layer: list[int], neighbours: list[list[int]]) -> None:
        position = self.position

        def wanted(vertex: int) -> float:
            near = neighbours[vertex]
            return sum(position[n] for n in near) / len(near) if near else float(position[vertex])

        layer.sort(key=wanted)
        for index, vertex in enumerate(layer):
            position[vertex] = index

    def _swap_neighbours(self) -> None:
        """Exchange two vertices side by side wherever that saves crossings."""
        for layer in self.layers:
            improved = True
            while improved:
                improved = False
                for index in range(len(layer) - 1):
                    left, right = layer[index], layer[index + 1]
                    if self._between(left, right) > self._between(right, left):
                        layer[index], layer[index + 1] = right, left
                        self.position[left], self.position[right] = index + 1, index
                        improved = True

    def _between(self, left: int, right: int) -> int:
        """Crossings among the links of two vertices if ``left`` stands left of ``right``."""
        position = self.position
        return sum(
            position[a] > position[b]
            for side in (self.above, self.below)
            for a in side[left]
            for b in side[right]
        )

    def crossings(self) -> int:
        """The number of pairs of links that cross."""
        total = 0
        for layer in self.layers:
            ends = [
                place
                for vertex in layer
                for place in sorted(self.position[s] for s in self.below[vertex])
            ]
            total += _inversions(ends)
        return total


def _inversions(values: list[int]) -> int:
    """The number of pairs in the wrong order, by merge sort."""
    if len(values) < 2:
        return 0
    half = len(values) // 2
    left, right = values[:half], values[half:]
    count = _inversions(left) + _inversions(right)
    merged, i = [], 0
    for value in right:
        while i < len(left) and left[i] <= value:
            merged.append(left[i])
            i += 1
        count += len(left) - i
        merged.append(value)
    values[:] = merged + left[i:]
    return count


def _coordinates(grid: _Grid, gap: float) -> list[float]:
    """Brandes and Köpf: the mean of the two middle ones of four extreme alignments."""
    if not grid.layers:
        return []
    marked = _type_one_conflicts(grid)
    candidates = []
    for upward in (False, True):
        layers = grid.layers[::-1] if upward else grid.layers
        neighbours = grid.below if upward else grid.above
        for mirrored in (False, True):
            ordered = [layer[::-1] for layer in layers] if mirrored else layers
            root, align = _align(grid, ordered, neighbours, marked)
            x = _compact(grid, ordered, root, align, gap)
            candidates.append([-value for value in x] if mirrored else x)
    spans = [max(c) - min(c) for c in candidates]
    narrowest = candidates[spans.index(min(spans))]
    for index, candidate in enumerate(candidates):
        # Left alignments meet at the left edge, right alignments at the right one.
        pick = max if index % 2 else min
        shift = pick(narrowest) - pick(candidate)
        candidates[index] = [value + shift for value in candidate]
    return [sum(sorted(values)[1:3]) / 2 for values in zip(*candidates, strict=True)]


def _type_one_conflicts(grid: _Grid) -> set[tuple[int, int]]:
    """Links that cross an inner link of a long edge; the long edge keeps its straight line."""
    marked = set()
    position, bend = grid.position, grid.first_bend
    for upper, lower in pairwise(grid.layers):
        left, done = 0, 0
        for index, vertex in enumerate(lower):
            inner = next((u for u in grid.above[vertex] if u >= bend), None)
            is_inner = vertex >= bend and inner is not None
            if not is_inner and index < len(lower) - 1:
                continue
            right = position[inner] if is_inner and inner is not None else len(upper) - 1
            for other in lower[done : index + 1]:
                for above in grid.above[other]:
                    inside = left <= position[above] <= right
                    if not inside and not (above >= bend and other >= bend):
                        marked.add((above, other))
            left, done = right, index + 1
    return marked


def _align(
    grid: _Grid,
    layers: Iterable[list[int]],
    neighbours: list[list[int]],
    marked: set[tuple[int, int]],
) -> tuple[list[int], list[int]]:
    """Chain each vertex to its median neighbour in the layer before, without crossings."""
    count = len(grid.layer_of)
    root, align = list(range(count)), list(range(count))
    place: Mapping[int, int] = {}
    for layer in layers:
        reached = -1
        for vertex in layer:
            near = sorted((n for n in neighbours[vertex]), key=place.__getitem__)
            for median in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                conflict = (median, vertex) in marked or (vertex, median) in marked
                if align[vertex] == vertex and not conflict and reached < place[median]:
                    align[median] = vertex
                    root[vertex] = root[median]
                    align[vertex] = root[vertex]
                    reached = place[median]
        place = {vertex: index for index, vertex in enumerate(layer)}
    return root, align


def _compact(
    grid: _Grid, layers: list[list[int]], root: list[int], align: list[int], gap: float
) -> list[float]:
    """The leftmost x of every chain that keeps its neighbours apart.

    Chains are vertices of a graph whose links are the distances between neighbours in a layer;
    a longest path gives the leftmost places, and a second pass pulls each chain as far to the
    right as its neighbours allow.
    """
    apart: dict[int, dict[int, float]] = {r: {} for r in set(root)}
    for layer in layers:
        for left, right in pairwise(layer):
            distance = (grid.widths[left] + grid.widths[right]) / 2 + gap
            known = apart[root[left]].get(root[right], 0.0)
            apart[root[left]][root[right]] = max(known, distance)
    before: dict[int, list[int]] = {r: [] for r in apart}
    for chain, others in apart.items():
        for other in others:
            before[other].append(chain)
    order = _chain_order(apart, before)
    x: dict[int, float] = {}
    for chain in order:
        x[chain] = max((x[b] + apart[b][chain] for b in before[chain]), default=0.0)
    for chain in reversed(order):
        if apart[chain] and before[chain] == []:
            x[chain] = min(x[other] - distance for other, distance in apart[chain].items())
    return [x[root[vertex]] for vertex in range(len(grid.layer_of))]


def _chain_order(apart: dict[int, dict[int, float]], before: dict[int, list[int]]) -> list[int]:
    waiting = {chain: len(others) for chain, others in before.items()}
    order = [chain for chain, number in waiting.items() if number == 0]
    for chain in order:
        for other in apart[chain]:
            waiting[other] -= 1
            if waiting[other] == 0:
                order.append(other)
    return order
