"""The operator ``_backward_X`` that stands for the derivative kernel of an operator X."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

from .core import Op, keyword_only, remembered
from .generated import MatrixProduct
from .lazy_torch import torch
from .parameters import REQUIRED, Parameter, declare
from .shapes import Equations

__all__ = ["Backward", "backward_class", "backward_of"]

_CLASSES: dict[type[Op], type[Backward]] = {}


class Backward(Op, abstract=True):
    """The derivative of ``forward_class``: from what its kernel reads to ``d_<input>``.

    Its last parameter, ``needs`` (``needs2`` for the derivative of a derivative), has one character
    per input of the forward operator: "1" where the gradient is wanted.
    Forward inputs that the kernel does not read are inputs all the same, for their shapes alone.
    A kernel that updates auxiliary states asks for ``updates``, and does so where that is set: the
    operator has a parameter of this name then.
    """

    forward_class: ClassVar[type[Op]]
    needs_name: ClassVar[str]
    # Of the outputs' names: "d_", or "d2_" for the derivative of a derivative.
    prefix: ClassVar[str]
    can_update: ClassVar[bool] = False

    @property
    def flags(self) -> str:
        """The parameter that says which gradients are wanted."""
        return getattr(self, self.needs_name)

    @cached_property
    def forward_op(self) -> Op:
        """The operator, with its parameters, whose derivative this is."""
        extra = (self.needs_name, "updates") if self.can_update else (self.needs_name,)
        own = {name: value for name, value in self.changed().items() if name not in extra}
        return self.forward_class(**own)

    @property
    def once(self) -> bool:
        """Whether a run updates auxiliary states."""
        return self.can_update and self.updates

    def without_update(self) -> Op:
        """The same derivative, with the states as they are."""
        return type(self)(**{**self.changed(), "updates": False}) if self.once else self

    @cached_property
    def written_names(self) -> frozenset[str]:
        """The auxiliary states, unless another node updates them."""
        return frozenset() if self.can_update and not self.updates else super().written_names

    @remembered
    def reads(self) -> list[tuple[str, tuple[str, ...] | str]]:
        """What the kernel asks for: (its parameter, the value or values that this stands for)."""
        forward = self.forward_op
        groups = {**forward.groups, "outputs": forward.output_names}
        groups["d_outputs"] = tuple(f"d_{name}" for name in visible_outputs(forward))
        wanted = forward.gradient_reads() if forward.backward else None
        if wanted is None:
            wanted = (*forward.input_names, "d_outputs")
        return [(name, groups.get(name, name)) for name in wanted]

    def read_names(self) -> tuple[str, ...]:
        """The names of the values that the kernel reads, in its order, without repetition."""
        names: dict[str, None] = {}
        for _, value in self.reads():
            names.update(dict.fromkeys((value,) if isinstance(value, str) else value))
        return tuple(names)

    def inputs(self) -> Sequence[str]:
        read = self.read_names()
        return (*read, *(name for name in self.forward_op.input_names if name not in read))

    def auxiliary(self) -> Sequence[str]:
        return tuple(self.forward_op.aux_names)

    def shape_only(self) -> Sequence[str]:
        forward = self.forward_op
        read = {*self.read_names()} - {*forward.backward_shape_only}
        return tuple(name for name in forward.input_names if name not in read)

    @property
    def dense(self) -> tuple[str, ...]:
        """The inputs of the forward operator that have to be dense, and what is like them."""
        return self.forward_op.dense

    @property
    def kernels(self) -> tuple[str, ...]:
        """Those of the derivative kernel."""
        return self.forward_op.backward_kernels

    @property
    def waits(self) -> bool:
        """As the forward operator, on whose inputs the kernel works."""
        return self.forward_op.waits

    def workspace(self, inputs: list, outputs: list) -> tuple:
        """The scratch memory of the derivative kernel."""
        return self.forward_op.backward_workspace(inputs, outputs)

    def temporary(self, inputs: list, outputs: list, last: Sequence[bool]) -> int:
        """What the derivative kernel allocates beside its results."""
        return self.forward_op.backward_temporary(inputs, outputs, last, self.wanted())

    def products(self, inputs: list, outputs: list) -> Sequence[MatrixProduct]:
        """Those of the derivative kernel."""
        return self.forward_op.backward_products(inputs, outputs)

    def wanted(self) -> list[str]:
        """The forward inputs whose gradients are computed."""
        return [n for n, need in zip(self.forward_op.input_names, self.flags) if need == "1"]

    def outputs(self) -> Sequence[str]:
        return [self.prefix + name for name in self.wanted()]

    def _like_inputs(self, facts: Equations) -> None:
        names = set(self.input_names)
        for name in self.wanted():
            facts.same(self.prefix + name, name)
        for name in visible_outputs(self.forward_op):
            if name in names and f"d_{name}" in names:
                facts.same(name, f"d_{name}")

    infer_shape = infer_dtype = _like_inputs

    def prepare(self, tensors: Sequence[Any], **requests: Any) -> Callable[[], Any]:
        values = dict(zip(self.input_names, tensors))
        requests["needs"] = tuple(need == "1" for need in self.flags)
        if self.can_update:
            requests["updates"] = self.updates and requests.get("updates", True)
        given = {name: requests[name] for name in self.requests if name in requests}
        forward = self.forward_op
        if forward.backward is None:
            return partial(_vjp, forward, self.wanted(), values, requests)
        arguments = [
            values[value] if isinstance(value, str) else tuple(values[v] for v in value)
            for _, value in self.reads()
        ]
        return partial(forward.backward, *arguments, **given)

    def results(self, raw: Any) -> tuple:
        if self.forward_op.backward is None:
            return raw
        raw = raw if isinstance(raw, tuple) else (raw,)
        return tuple(value for value, need in zip(raw, self.flags) if need == "1")

    def out_argument(self, outs: Sequence[Any]) -> Any:
        remaining = iter(outs)
        return tuple(next(remaining) if need == "1" else None for need in self.flags)


def visible_outputs(op: Op) -> tuple[str, ...]:
    """The outputs of an operator that have head gradients."""
    return op.output_names[: op.num_visible]


def _vjp(op: Op, wanted: list[str], values: dict[str, Any], requests: dict[str, Any]) -> tuple:
    """The vector-Jacobian product of ``op.forward``, by torch's own differentiation."""
    requests = {name: value for name, value in requests.items() if name != "out"}
    requests["out"] = None
    requests["updates"] = False  # of what is run once more to be differentiated
    with torch.enable_grad():
        inputs = {}
        for name in op.input_names:
            value = values[name]
            if name in wanted and not value.requires_grad:
                value = value.detach().requires_grad_()
            inputs[name] = value
        results = op.results(op.prepare(list(inputs.values()), **requests)())
        pairs = [
            (result, values[f"d_{name}"])
            for name, result in zip(visible_outputs(op), results)
            if result.requires_grad
        ]
        leaves = [inputs[name] for name in wanted]
        if not pairs:
            return tuple(torch.zeros_like(leaf) for leaf in leaves)
        gradients = torch.autograd.grad(
            [result for result, _ in pairs],
            leaves,
            [head for _, head in pairs],
            allow_unused=True,
            create_graph=any(values[f"d_{n}"].requires_grad for n in visible_outputs(op))
            or any(value.requires_grad for value in values.values()),
        )
    return tuple(
        torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, gradients)
    )


def backward_class(forward_class: type[Op]) -> type[Backward]:
    """The class of ``_backward_X`` for the operator class X, made once."""
    found = _CLASSES.get(forward_class)
    if found is None:
        found = _CLASSES[forward_class] = _make_class(forward_class)
    return found


def _make_class(forward_class: type[Op]) -> type[Backward]:
    depth = 1
    inner = forward_class
    while issubclass(inner, Backward):
        inner, depth = inner.forward_class, depth + 1
    needs_name = "needs" if depth == 1 else f"needs{depth}"
    needs = Parameter(needs_name, "string", REQUIRED, False, None, (), str)
    body = {
        "__doc__": f"The derivative of {forward_class.op_name}.",
        "__module__": forward_class.__module__,
        "forward_class": forward_class,
        "needs_name": needs_name,
        "prefix": "d_" if depth == 1 else f"d{depth}_",
        "stochastic": forward_class.stochastic,
        "keeps_state": forward_class.keeps_state,
        "capture": forward_class.capture and forward_class.backward is not None,
        "open_parameters": forward_class.open_parameters,
        "inplace": {},
    }
    made = type(f"Backward{forward_class.__name__}", (Backward,), body, abstract=True)
    made.abstract = False
    made.op_name = f"_backward_{forward_class.op_name}"
    made.aliases = ()
    made.parameters = {**forward_class.parameters, needs_name: needs}
    if forward_class.backward is not None:
        made.requests = keyword_only(forward_class.backward)
        made.can_update = "updates" in made.requests
        if made.can_update:
            made.parameters["updates"] = declare("updates", bool, True)
        made.inplace = getattr(forward_class, "backward_inplace", {})
    else:
        made.requests = forward_class.requests - {"out"}
    return made


@remembered
def backward_of(op: Op, needs: tuple[bool, ...]) -> Backward:
    """The derivative operator of ``op`` that computes the gradients asked for."""
    flags = "".join("1" if need else "0" for need in needs)
    cls = backward_class(type(op))
    return cls(**op.changed(), **{cls.needs_name: flags})
