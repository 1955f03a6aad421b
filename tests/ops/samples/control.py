"""Samples of loops and branches; bodies are the JSON text of graphs."""

import json

import numpy as np

from ops.sample import Sample


def graph(*nodes, heads):
    """A graph as JSON: nodes are names of variables, or (operator, inputs, attributes)."""
    made = []
    for number, node in enumerate(nodes):
        if isinstance(node, str):
            made.append({"op": "null", "name": node, "inputs": []})
        else:
            operator, inputs, attrs = node
            made.append(
                {
                    "op": operator,
                    "name": f"n{number}",
                    "attrs": attrs,
                    "inputs": [[i, 0, 0] for i in inputs],
                }
            )
    variables = [i for i, node in enumerate(nodes) if isinstance(node, str)]
    return {"nodes": made, "arg_nodes": variables, "heads": [[i, 0, 0] for i in heads]}


def text(*graphs):
    return json.dumps(graphs)


# y = x s + w, next s = s + x
ACCUMULATE = graph(
    "x",
    "s",
    ("elemwise_mul", (0, 1), {}),
    "w",
    ("elemwise_add", (2, 3), {}),
    ("elemwise_add", (0, 1), {}),
    heads=(4, 5),
)
LOOP = {
    "num_args": 4,
    "num_outputs": 2,
    "num_out_data": 1,
    "in_data_locs": (0,),
    "in_state_locs": (1,),
    "remain_locs": (2,),
    "subgraphs": text(ACCUMULATE),
}


def foreach(data0, data1, data2):
    rows, state = [], np.reshape(data1, data0.shape[1:] or (1,))
    for item in data0:
        rows.append(item * state + data2)
        state = state + item
    return np.stack(rows), state


# while sum(i) < limit: y = s i, i = i + 1, s = s i
BELOW = graph("i", "limit", ("sum", (0,), {}), ("broadcast_lesser", (2, 1), {}), heads=(3,))
GROW = graph(
    "s",
    "i",
    ("broadcast_mul", (0, 1), {}),
    ("_plus_scalar", (1,), {"scalar": "1"}),
    heads=(2, 3, 2),
)
REPEAT = {
    "num_args": 5,
    "num_outputs": 3,
    "num_out_data": 1,
    "cond_input_locs": (0, 2),
    "func_input_locs": (1, 0),
    "func_var_locs": (1, 0),
    "subgraphs": text(BELOW, GROW),
}


def while_loop(limit):
    def reference(data0, data1, data2):
        rows, steps = [], 0
        while data0[0] < data2[0] and steps < limit:
            steps += 1
            data1 = data1 * data0
            data0 = data0 + 1
            rows.append(data1)
        rows += [np.zeros_like(data1)] * (limit - steps)
        return np.stack(rows), data0, data1

    return reference


PRODUCT = graph("a", "b", ("elemwise_mul", (0, 1), {}), ("sin", (0,), {}), heads=(2, 3))
DIFFERENCE = graph("b", "a", ("elemwise_sub", (0, 1), {}), ("exp", (1,), {}), heads=(2, 3))
BRANCH = {
    "num_args": 6,
    "num_outputs": 2,
    "cond_input_locs": (0,),
    "then_input_locs": (1, 2),
    "else_input_locs": (2, 1),
    "subgraphs": text(graph("p", heads=(0,)), PRODUCT, DIFFERENCE),
}


def cond(data0, data1, data2):
    if data0[0] != 0:
        return data1 * data2, np.sin(data1)
    return data2 - data1, np.exp(data1)


def numbers(*values):
    return np.array(values, "float32")


SAMPLES = [
    Sample("_foreach", LOOP, {"data0": (4, 2), "data1": (2,), "data2": (2,)}, foreach, name="rows"),
    Sample(
        "_foreach",
        LOOP,
        {"data0": (1, 2, 3), "data1": (2, 3), "data2": (2, 3)},
        foreach,
        name="one",
    ),
    Sample("_foreach", LOOP, {"data0": (3,), "data1": (1,), "data2": (1,)}, foreach, name="vector"),
    *(
        Sample(
            "_while_loop",
            {**REPEAT, "max_iterations": limit},
            {"data0": numbers(start), "data1": (2, 3), "data2": numbers(4.5)},
            while_loop(limit),
            name=f"{start}-{limit}",
            gradient=start < 4.5,
        )
        for start, limit in ((1, 6), (1, 2), (2, 1), (9, 3))
    ),
    *(
        Sample(
            "_cond",
            BRANCH,
            {"data0": numbers(value), "data1": (2, 3), "data2": (2, 3)},
            cond,
            name=str(value),
        )
        for value in (0.0, 0.5)
    ),
]
