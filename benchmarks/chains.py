"""Times of what is done with a long chain before it runs; a process of its own per chain.

python -m benchmarks.chains KIND NODES REPEATS        prints JSON: seconds by stage
"""

from __future__ import annotations

import gc
import json
import sys
import time

import mxnet as mx

KINDS = ("scalars", "layers")


def scalars(nodes: int):
    """x + 1 + 1 ...: as many operators as nodes, one variable."""
    symbol = mx.sym.Variable("x")
    for _ in range(nodes):
        symbol = symbol + 1.0
    return symbol


def layers(nodes: int):
    """Fully connected layers of 4 with tanh: a layer is four nodes with its variables."""
    symbol = mx.sym.Variable("x")
    for _ in range(nodes // 4):
        symbol = mx.sym.FullyConnected(symbol, num_hidden=4)
        symbol = mx.sym.Activation(symbol, act_type="tanh")
    return symbol


def stages(make, nodes: int):
    """(name, function of the symbol) in order; the first makes the symbol."""
    shape = (2, 4)

    def bind(symbol, grad_req: str):
        return symbol.simple_bind(mx.cpu(), grad_req=grad_req, x=shape)

    return (
        ("compose", lambda symbol: make(nodes)),
        ("list_arguments", lambda symbol: symbol.list_arguments()),
        ("infer_shape", lambda symbol: symbol.infer_shape(x=shape)),
        ("tojson", lambda symbol: symbol.tojson()),
        ("load_json", None),
        ("simple_bind, inference", lambda symbol: bind(symbol, "null")),
        ("simple_bind, training", lambda symbol: bind(symbol, "write")),
    )


def measure(kind: str, nodes: int, repeats: int, say) -> None:
    """Say the least processor time of each stage, as soon as it is known."""
    make = {"scalars": scalars, "layers": layers}[kind]
    symbol, text = None, ""
    for name, function in stages(make, nodes):
        if name == "load_json":
            text = symbol.tojson()
        best = float("inf")
        for _ in range(repeats):
            gc.collect()
            started = time.process_time()
            result = mx.sym.load_json(text) if function is None else function(symbol)
            mx.nd.waitall()
            best = min(best, time.process_time() - started)
            symbol = result if name == "compose" else symbol
            del result
        say({"stage": name, "seconds": best})


if __name__ == "__main__":
    measure(
        sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), lambda m: print(json.dumps(m), flush=True)
    )
