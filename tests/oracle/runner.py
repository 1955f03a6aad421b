"""Run recorded cases with whatever ``mxnet`` this Python imports, and record what happens.

    python runner.py CASES RESULTS [FIRST]

CASES (without suffix) names a ``.json`` with the cases and a ``.npz`` with their arrays. Started
once in remx and once in MXNet 1.9.1: it uses the interface of 1.x alone, and Python 3.8. A record
is appended to RESULTS after every case, so that a crash loses one case: start again with FIRST.
"""

import contextlib
import json
import os
import sys

import numpy as np

import mxnet as mx

PREFIXES = (("_contrib_", "contrib"), ("_linalg_", "linalg"), ("_image_", "image"),
            ("_sparse_", "sparse"), ("_random_", "random"))  # fmt: skip


def find(package, name):
    """The function of an operator, wherever the namespaces of 1.x have put it."""
    for space in (package, package._internal):
        if hasattr(space, name):
            return getattr(space, name)
    for prefix, space in PREFIXES:
        if name.startswith(prefix) and hasattr(getattr(package, space), name[len(prefix) :]):
            return getattr(getattr(package, space), name[len(prefix) :])
    raise AttributeError("no function " + name)


def parameters(case):
    """Parameters as Python values; JSON has lists where they are tuples."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in case["params"].items()}


def to_array(value):
    return mx.nd.array(value, dtype=value.dtype)


def tuples(shapes):
    return {name: tuple(shape) for name, shape in shapes.items()}


def shape_lists(found):
    return [None if group is None else [list(shape) for shape in group] for group in found]


def type_lists(found):
    return [
        None if group is None else [None if t is None else np.dtype(t).name for t in group]
        for group in found
    ]


class Run:
    """One case: ``facts`` (for JSON) and ``arrays`` gather what it gives."""

    def __init__(self, case, given):
        self.case, self.given = case, given
        self.facts, self.arrays, self.errors = {}, {}, {}
        self.facts["errors"] = self.errors

    def attempt(self, stage, function):
        """Call, and note the message if that fails."""
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                return function()
        except Exception as error:
            self.errors[stage] = f"{type(error).__name__}: {str(error)[:600]}"
            return None

    def part(self, kind):
        """The arrays given as ``<kind>/<name>``, by name."""
        start = kind + "/"
        return {k[len(start) :]: v for k, v in self.given.items() if k.startswith(start)}

    def keep(self, kind, arrays):
        """Note arrays as ``<kind>/<name>``."""
        for name, value in arrays:
            self.arrays[f"{kind}/{name}"] = value.asnumpy()

    def symbolic(self):
        self.symbol = self.attempt("compose", self.compose)
        if self.symbol is None:
            return
        self.infer()
        self.attempt("run", self.bound)

    def compose(self):
        variables = {name: mx.sym.Variable(name) for name in self.case["inputs"]}
        if self.case["program"]:
            made = self.executed(variables)
        elif self.case["positional"]:
            made = find(mx.sym, self.case["op"])(
                *variables.values(), name="t", **parameters(self.case)
            )
        else:
            made = find(mx.sym, self.case["op"])(name="t", **variables, **parameters(self.case))
        self.facts["names"] = [
            made.list_arguments(), made.list_outputs(), made.list_auxiliary_states(),
        ]  # fmt: skip
        return made

    def executed(self, inputs):
        """What the program of the case makes of its inputs."""
        scope = dict(inputs, mx=mx, np=np)
        with mx.name.NameManager():  # names that are counted up start anew
            exec(self.case["program"], scope)
        return scope["net"]

    def infer(self):
        known = self.case["known"]
        for stage, kind, function, convert in (
            ("shapes", "shapes", "infer_shape", shape_lists),
            ("partial shapes", "some_shapes", "infer_shape_partial", shape_lists),
            ("types", "types", "infer_type", type_lists),
            ("partial types", "some_types", "infer_type_partial", type_lists),
        ):
            given = tuples(known[kind]) if "shape" in kind else known[kind]
            found = self.attempt(stage, lambda f=function, g=given: getattr(self.symbol, f)(**g))
            if found is not None:
                self.facts[stage] = convert(found)

    def bound(self):
        case, inputs = self.case, self.part("in")
        requests = case["requests"]
        arguments = {name: to_array(inputs[name]) for name in self.symbol.list_arguments()}
        gradients = {name: to_array(value) for name, value in self.part("grad").items()}
        states = {name: to_array(inputs[name]) for name in self.symbol.list_auxiliary_states()}
        executor = self.symbol.bind(
            mx.cpu(), arguments, args_grad=gradients, grad_req=requests, aux_states=states
        )
        outputs = executor.forward(is_train=case["train"])
        self.keep("out", enumerate(outputs))
        if requests:
            self.attempt("backward", lambda: self.backward(executor, gradients))
        self.keep("state", states.items())
        self.keep("argument", arguments.items())

    def backward(self, executor, gradients):
        heads = self.part("head")
        heads = [to_array(heads[str(i)]) for i in range(len(heads))]
        executor.backward(heads or None)
        self.keep("grad", gradients.items())

    def imperative(self):
        inputs = {name: to_array(value) for name, value in self.part("in").items()}
        for name, kind in self.case["storage"].items():
            inputs[name] = inputs[name].tostype(kind)

        def call():
            options = parameters(self.case)
            function = None if self.case["program"] else find(mx.nd, self.case["op"])
            out = self.case["out"]
            if out:
                options["out"] = inputs[out] if isinstance(out, str) else [inputs[k] for k in out]
            if self.case["program"]:
                found = self.executed(inputs)
            elif self.case["positional"]:
                found = function(*inputs.values(), **options)
            else:
                found = function(**inputs, **options)
            outputs = found if isinstance(found, (list, tuple)) else [found]
            outputs = [
                x if isinstance(x, mx.nd.NDArray) else to_array(np.asarray(x)) for x in outputs
            ]
            self.facts["storage"] = [output.stype for output in outputs]
            self.keep("out", enumerate(outputs))
            self.keep("argument", inputs.items())

        self.attempt("run", call)


def write(file, number, run):
    """A line of JSON, then the arrays that it names."""
    record = dict(run.facts, case=number, arrays=list(run.arrays))
    file.write(json.dumps(record).encode() + b"\n")
    for value in run.arrays.values():
        np.save(file, value, allow_pickle=False)
    file.flush()


def main(cases_path, results_path, first=0):
    with open(cases_path + ".json") as file:
        cases = json.load(file)
    arrays = np.load(cases_path + ".npz")
    given = [{} for _ in cases]
    for key in arrays.files:
        number, part = key.split("/", 1)
        given[int(number)][part] = arrays[key]
    with open(results_path, "ab") as file:
        for number in range(first, len(cases)):
            run = Run(cases[number], given[number])
            np.random.seed(0)
            mx.random.seed(0)
            (run.imperative if cases[number]["imperative"] else run.symbolic)()
            write(file, number, run)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
