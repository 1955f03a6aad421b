"""Control flow: loops and branches whose bodies are graphs inside the operator.

What a body computes depends on the values of its variables; an operator says by numbers which of
its inputs they are ("locations").
"""

from typing import Annotated

from ..error import MXNetError
from .core import Op
from .lazy_torch import torch
from .parameters import Shape, at_least
from .shapes import UNKNOWN, Mismatch, known
from .subgraphs import Subgraphs

__all__ = ["Cond", "Foreach", "WhileLoop"]


class Control(Op, abstract=True):
    """What the control operators share: inputs that bodies read, and runs that backward repeats.

    ``num_args`` counts the bodies, too, as in files of 1.x. The forward run keeps, for every run of
    a body, its values; they are there for one backward run.
    """

    number_of_bodies = 1
    num_out_data = 0  # outputs that are put together from those of all runs
    count = "num_args"
    variadic_prefix = "data"
    capture = False
    keeps_state = True

    def inputs(self):
        return tuple(f"data{i}" for i in range(self.num_args - self.number_of_bodies))

    def outputs(self):
        if self.num_outputs == 1:
            return ("output",)
        return tuple(f"output{i}" for i in range(self.num_outputs))

    @property
    def groups(self):
        return {"data": self.input_names}

    @property
    def bodies(self):
        """The graphs that it runs."""
        return self.subgraphs.bodies

    @property
    def stochastic(self):
        """Whether a body draws random numbers."""
        return any(body.stochastic for body in self.subgraphs.bodies)

    @property
    def changed_names(self):
        """The inputs that a body uses as auxiliary states."""
        return {
            self.input_names[at]
            for body, where in zip(self.bodies, self.locations())
            for node, at in zip(body.graph.variables, where)
            if node in body.graph.auxiliary
        }

    def check(self):
        if len(self.bodies) != self.number_of_bodies:
            raise MXNetError(
                f"{self.op_name} needs {self.number_of_bodies} subgraphs but has {len(self.bodies)}"
            )
        for body, locations in zip(self.bodies, self.locations()):
            if len(body) != len(locations):
                raise MXNetError(
                    f"{self.op_name}: a subgraph has {len(body)} variables but {len(locations)}"
                    " locations are given"
                )
            if not all(0 <= at < len(self.inputs()) for at in locations):
                raise MXNetError(f"{self.op_name}: locations {locations} are out of range")

    def locations(self):
        """For each body, the number of the input that each of its variables stands for."""
        raise NotImplementedError

    def infer_body(self, kind, facts, number, before, after):
        """Infer a body and state what follows for the inputs; returns the facts of its outputs.

        ``before(at, fact)`` makes from the fact of an input that of the body's variable, ``after``
        the reverse.
        """
        names = self.input_names
        where = self.locations()[number]
        given = [None if (f := facts.get(names[at])) is None else before(at, f) for at in where]
        variables, outputs = self.bodies[number].infer(kind, given)
        for at, fact in zip(where, variables):
            if fact is not None:
                setattr(facts, names[at], after(at, fact))
        return outputs

    def infer_shape(self, s):
        self.infer_facts("shape", s)

    def infer_dtype(self, t):
        self.infer_facts("dtype", t)

    def gradient_reads(self):
        return ("d_outputs", "data")  # the data, so that their memory is not given to others

    def execute(self, data, requests, keep):
        """The outputs, and if ``keep`` the runs of bodies that the derivative goes back through."""
        raise NotImplementedError

    def forward(self, *data, train, rng, context, state, node):
        requests = {"train": train, "rng": rng, "context": context}
        outputs, runs = self.execute(data, requests, train)
        if state is not None and train:
            state[node] = runs
            # Others may write to the memory of outputs; what the runs keep has to stay as it is.
            outputs = [
                each.clone() if at >= self.num_out_data else each for at, each in enumerate(outputs)
            ]
        return tuple(outputs)

    def recall(self, d_outputs, data, requests, state, node):
        """The runs of bodies that the forward run kept; without one they are repeated."""
        if any(tensor.requires_grad for tensor in (*d_outputs, *data)):
            raise MXNetError(f"{self.op_name} is differentiable once only")
        if state is not None and node in state:
            return state[node]
        if self.stochastic:
            raise MXNetError(
                f"{self.op_name} draws random numbers: its derivative needs the forward run, bind"
                " the symbol and call backward instead of binding the gradient alone"
            )
        return self.execute(data, requests, True)[1]

    def gather(self, data, needs, totals):
        """The gradients asked for, zeros where there is none."""
        return tuple(
            None if not need else torch.zeros_like(tensor) if total is None else total
            for tensor, need, total in zip(data, needs, totals)
        )

    def wanted(self, body, data, number, needs):
        """For each variable of a body, whether a gradient arrives at it that somebody needs."""
        flags = []
        for node, at in zip(body.graph.variables, self.locations()[number]):
            floating = data[at].is_floating_point()
            flags.append(needs[at] and floating and node not in body.graph.auxiliary)
        return tuple(flags)


def add(total, more):
    """The sum of two gradients, either of which may be missing."""
    if total is None or more is None:
        return more if total is None else total
    return total + more


def item(data, step):
    """One item of the data; that of a vector is an array with one element."""
    return data[step : step + 1] if data.dim() == 1 else data[step]


def as_given(_at, fact):
    """A fact of an input is one of the variable, too."""
    return fact


class Foreach(Control, name="_foreach"):
    """Run a body on each item of the data along axis 0, handing on states.

    Inputs: data, first states, and what else the body reads; outputs: what the body gives, stacked,
    and the last states. ``in_data_locs``, ``in_state_locs`` and ``remain_locs`` say which variables
    of the body these inputs are.
    """

    num_args: int
    num_outputs: int
    num_out_data: int
    in_state_locs: Shape
    in_data_locs: Shape
    remain_locs: Shape
    subgraphs: Subgraphs

    def check(self):
        if not self.in_data_locs:
            raise MXNetError("_foreach needs data to go through")
        kinds = self.in_data_locs, self.in_state_locs, self.remain_locs
        if sorted(at for locations in kinds for at in locations) != list(range(len(self.inputs()))):
            raise MXNetError(f"_foreach: locations {kinds} should name each variable once")
        if self.num_outputs != self.num_out_data + len(self.in_state_locs):
            raise MXNetError("_foreach: a body should give as many states as it takes")
        super().check()

    def locations(self):
        order = (*self.in_data_locs, *self.in_state_locs, *self.remain_locs)
        return [[order.index(variable) for variable in range(len(order))]]

    @property
    def counts(self):
        """How many inputs are data and states."""
        return len(self.in_data_locs), len(self.in_state_locs)

    def infer_facts(self, kind, facts):
        """Equations on shapes or dtypes; items have the shape of the data without axis 0."""
        items, states = self.counts
        names, outputs = self.input_names, self.output_names
        steps = UNKNOWN

        def before(at, fact):
            if at >= items or kind == "dtype":
                return fact
            if not fact:
                raise Mismatch("data to go through should have at least 1 dimension")
            return fact[1:] or (1,)  # 1.x has no arrays without dimensions

        def after(at, fact):
            if at >= items or kind == "dtype":
                return fact
            vector = (given := facts.get(names[at])) is not None and len(given) == 1
            return (steps,) if vector else None if fact == (1,) else (steps, *fact)

        if kind == "shape":
            sized = (*names[:items], *outputs[: self.num_out_data])
            lengths = {s[0] for name in sized if (s := facts.get(name)) and known(s[0])}
            if len(lengths) > 1:
                raise Mismatch(f"data should have the same length but have {sorted(lengths)}")
            steps = lengths.pop() if lengths else UNKNOWN
        for name, state in zip(names[items:], outputs[self.num_out_data :]):
            facts.same(name, state)
        found = self.infer_body(kind, facts, 0, before, after)
        for number, (name, fact) in enumerate(zip(outputs, found)):
            if fact is not None:
                stacked = number < self.num_out_data and kind == "shape"
                setattr(facts, name, (steps, *fact) if stacked else fact)
        for name, state in zip(names[items : items + states], outputs[self.num_out_data :]):
            facts.same(name, state)

    def execute(self, data, requests, keep):
        (body,), (where,) = self.bodies, self.locations()
        items, count = self.counts
        states, runs = list(data[items : items + count]), []
        rows = [[] for _ in range(self.num_out_data)]
        for step in range(data[0].shape[0]):
            inputs = [item(tensor, step) for tensor in data[:items]]
            inputs += [*states, *data[items + count :]]
            results, run = body.run([inputs[at] for at in where], requests)
            states = results[self.num_out_data :]
            for row, result in zip(rows, results):
                row.append(result)
            if keep:
                runs.append(run)
        return [*map(torch.stack, rows), *states], runs

    def backward(self, d_outputs, data, *, needs, train, rng, context, state, node):
        (body,), (where,) = self.bodies, self.locations()
        items, count = self.counts
        requests = {"train": train, "rng": rng, "context": context}
        runs = self.recall(d_outputs, data, requests, state, node)
        # The gradient of a state is needed for whatever was computed before it.
        arriving = [*needs[:items], *[any(needs)] * count, *needs[items + count :]]
        wanted = self.wanted(body, data, 0, arriving)
        d_states = list(d_outputs[self.num_out_data :])
        d_items = [[] for _ in range(items)]
        totals = [None] * len(data)
        for step in reversed(range(len(runs))):
            heads = [*(d[step] for d in d_outputs[: self.num_out_data]), *d_states]
            found = body.propagate(runs[step], heads, wanted, requests)
            by_input = dict(zip(where, found))
            for at, row in enumerate(d_items):
                gradient = by_input[at]
                row.append(torch.zeros_like(item(data[at], step)) if gradient is None else gradient)
            d_states = [by_input[items + i] for i in range(count)]
            for at in range(items + count, len(data)):
                totals[at] = add(totals[at], by_input[at])
        for at, row in enumerate(d_items):
            totals[at] = torch.stack(row[::-1]).view(data[at].shape) if needs[at] else None
        totals[items : items + count] = d_states
        return self.gather(data, needs, totals)


class WhileLoop(Control, name="_while_loop"):
    """Run a body on loop variables as long as a condition on them holds.

    The bodies are the condition and the function, which gives outputs and the next values of the
    loop variables. Outputs: those of all runs, stacked, with zeros up to ``max_iterations``, and the
    last loop variables. ``cond_input_locs`` and ``func_input_locs`` number the inputs that the
    variables of the bodies stand for; ``func_var_locs`` says which variables of the function are the
    loop variables.
    """

    num_args: int
    num_outputs: int
    num_out_data: int
    max_iterations: Annotated[int, at_least(1)]
    cond_input_locs: Shape
    func_input_locs: Shape
    func_var_locs: Shape
    subgraphs: Subgraphs

    waits = True
    number_of_bodies = 2

    def check(self):
        if self.num_outputs != self.num_out_data + len(self.func_var_locs):
            raise MXNetError("_while_loop: the function should give as many variables as it takes")
        if not all(0 <= at < len(self.func_input_locs) for at in self.func_var_locs):
            raise MXNetError(f"_while_loop: func_var_locs {self.func_var_locs} is out of range")
        super().check()

    def locations(self):
        return [self.cond_input_locs, self.func_input_locs]

    def variables(self):
        """The numbers of the inputs that are loop variables."""
        return [self.func_input_locs[at] for at in self.func_var_locs]

    def infer_facts(self, kind, facts):
        """Equations on shapes or dtypes; loop variables keep theirs."""
        lasts = self.output_names[self.num_out_data :]
        names = [self.input_names[at] for at in self.variables()]
        for name, last in zip(names, lasts):
            facts.same(name, last)
        (condition,) = self.infer_body(kind, facts, 0, as_given, as_given)[:1]
        if kind == "shape":
            require_one(condition)
        found = self.infer_body(kind, facts, 1, as_given, as_given)
        for name, fact in zip(self.output_names[: self.num_out_data], found):
            if fact is not None:
                setattr(facts, name, (self.max_iterations, *fact) if kind == "shape" else fact)
        for name, last, fact in zip(names, lasts, found[self.num_out_data :]):
            if fact is not None:
                setattr(facts, last, fact)
            facts.same(name, last)

    def execute(self, data, requests, keep):
        condition, function = self.bodies
        values, runs = list(data), []
        rows = [[] for _ in range(self.num_out_data)]
        for _ in range(self.max_iterations):
            (holds, *_), _ = condition.run([values[at] for at in self.cond_input_locs], requests)
            if not is_true(holds):
                break
            results, run = function.run([values[at] for at in self.func_input_locs], requests)
            for row, result in zip(rows, results):
                row.append(result)
            for at, result in zip(self.variables(), results[self.num_out_data :]):
                values[at] = result
            if keep:
                runs.append(run)
        return [*self.stacked(data, rows), *(values[at] for at in self.variables())], runs

    def stacked(self, data, rows):
        """The outputs of all runs, with zeros up to the greatest number of them."""
        shapes = tuple(tuple(tensor.shape) for tensor in data)
        dtypes = tuple(str(tensor.dtype)[6:] for tensor in data)
        unknown = (None,) * len(self.output_names)
        _, shapes = self.infer("shape", shapes, unknown)
        _, dtypes = self.infer("dtype", dtypes, unknown)
        results = []
        for row, shape, dtype in zip(rows, shapes, dtypes):
            result = torch.zeros(shape, dtype=getattr(torch, dtype), device=data[0].device)
            if row:
                torch.stack(row, out=result[: len(row)])
            results.append(result)
        return results

    def backward(self, d_outputs, data, *, needs, train, rng, context, state, node):
        function, where = self.bodies[1], self.func_input_locs
        requests = {"train": train, "rng": rng, "context": context}
        runs, variables = self.recall(d_outputs, data, requests, state, node), self.variables()
        arriving = [need or (at in variables and any(needs)) for at, need in enumerate(needs)]
        wanted = self.wanted(function, data, 1, arriving)
        totals = [None] * len(data)
        for at, d_last in zip(variables, d_outputs[self.num_out_data :]):
            totals[at] = d_last
        for step in reversed(range(len(runs))):
            heads = [*(d[step] for d in d_outputs[: self.num_out_data])]
            heads += [totals[at] for at in variables]
            found = function.propagate(runs[step], heads, wanted, requests)
            for at in variables:
                totals[at] = None
            for at, gradient in zip(where, found):
                totals[at] = add(totals[at], gradient)
        return self.gather(data, needs, totals)


class Cond(Control, name="_cond"):
    """Run one of two bodies, depending on a condition.

    The bodies are the condition, what to compute if it holds, and what else. The ``_locs`` number
    the inputs that their variables stand for.
    """

    num_args: int
    num_outputs: int
    cond_input_locs: Shape
    then_input_locs: Shape
    else_input_locs: Shape
    subgraphs: Subgraphs

    waits = True
    number_of_bodies = 3

    def locations(self):
        return [self.cond_input_locs, self.then_input_locs, self.else_input_locs]

    def infer_facts(self, kind, facts):
        """Equations on shapes or dtypes; both branches give the same."""
        (condition,) = self.infer_body(kind, facts, 0, as_given, as_given)[:1]
        if kind == "shape":
            require_one(condition)
        for branch in (1, 2):
            found = self.infer_body(kind, facts, branch, as_given, as_given)
            for name, fact in zip(self.output_names, found):
                if fact is not None:
                    setattr(facts, name, fact)

    def execute(self, data, requests, keep):
        inputs = [data[at] for at in self.cond_input_locs]
        (holds, *_), _ = self.bodies[0].run(inputs, requests)
        branch = 1 if is_true(holds) else 2
        inputs = [data[at] for at in self.locations()[branch]]
        results, run = self.bodies[branch].run(inputs, requests)
        return results, (branch, run)

    def backward(self, d_outputs, data, *, needs, train, rng, context, state, node):
        requests = {"train": train, "rng": rng, "context": context}
        branch, run = self.recall(d_outputs, data, requests, state, node)
        body = self.bodies[branch]
        wanted = self.wanted(body, data, branch, needs)
        totals = [None] * len(data)
        found = body.propagate(run, d_outputs, wanted, requests)
        for at, gradient in zip(self.locations()[branch], found):
            totals[at] = add(totals[at], gradient)
        return self.gather(data, needs, totals)


def require_one(shape):
    """Refuse a condition that is more than one number."""
    if shape is not None and any(known(dim) and dim != 1 for dim in shape):
        raise Mismatch(f"a condition should be one number but has shape {shape}")


def is_true(condition):
    """Whether the one number of a condition is not zero."""
    if condition.numel() != 1:
        raise MXNetError(f"a condition should be one number but has shape {tuple(condition.shape)}")
    return bool(condition.item() != 0)
