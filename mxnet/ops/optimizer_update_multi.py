"""Steps of an optimizer for several weights at once; see ``optimizer_update``."""

from ..error import MXNetError
from . import update_rules as rules
from .core import Op
from .lazy_torch import torch
from .optimizer_update import one_element, positive_or_none, refuse_integers, usable_factor
from .parameters import Floats, Shape
from .shapes import Mismatch

__all__ = [
    "MultiAdamWUpdate",
    "MultiLambUpdate",
    "MultiLars",
    "MultiMixedAdamWUpdate",
    "MultiMixedLambUpdate",
    "MultiMixedSGDMomentumUpdate",
    "MultiMixedSGDUpdate",
    "MultiSGDMomentumUpdate",
    "MultiSGDUpdate",
    "PreloadedMultiMixedSGDMomentumUpdate",
    "PreloadedMultiMixedSGDUpdate",
    "PreloadedMultiSGDMomentumUpdate",
    "PreloadedMultiSGDUpdate",
]


class MultiUpdate(Op, abstract=True):
    """Updates of several weights; the results are the new weights, states change in place.

    Subclasses say what the arrays of each weight are (``group``: the weight, its gradient, states,
    perhaps ``weight32``, a copy in float32 on which the update is computed), what arrays follow
    after all groups (``shared``), and the ``step`` of one weight.
    """

    group = ("weight", "grad")
    shared = ()
    counter = "num_weights"
    lists = ("lrs", "wds")  # the parameters with one entry for each weight

    differentiable = False
    auto_create = False
    capture = False

    @property
    def number(self):
        """How many weights there are."""
        return getattr(self, self.counter)

    def inputs(self):
        each = (f"{name}_{i}" for i in range(self.number) for name in self.group)
        return (*each, *self.shared)

    def auxiliary(self):
        return tuple(f"{name}_{i}" for i in range(self.number) for name in self.group[2:])

    def mutates(self):
        """The states."""
        return self.auxiliary()

    @property
    def once(self):
        """Where there are states."""
        return bool(self.mutates())

    def outputs(self):
        return [f"output{i}" for i in range(self.number)] if self.number > 1 else ["output"]

    def check(self):
        if self.number < 1:
            raise MXNetError(f"{self.counter} should be at least 1 but is {self.number}")

    def infer_shape(self, s):
        for name in self.lists:
            if name in self.parameters and len(getattr(self, name)) != self.number:
                raise Mismatch(
                    f"{name} {getattr(self, name)} should have one entry for each of {self.number}"
                    f" weights ({self.counter})"
                )
        for i, output in enumerate(self.output_names):
            s.same(*(f"{name}_{i}" for name in self.group), output)
        for name in self.shared:
            if name == "rescale_grad":
                one_element(s, name)
            else:
                setattr(s, name, (self.number,))

    def infer_dtype(self, t):
        for i, output in enumerate(self.output_names):
            narrow = self.group[:2] if "weight32" in self.group else self.group
            t.same(*(f"{name}_{i}" for name in narrow), output)
            refuse_integers(t.get(f"weight_{i}"))
            for name in self.group[len(narrow) :]:
                setattr(t, f"{name}_{i}", "float32")
        for name in self.shared:
            setattr(t, name, "float32")

    def forward(self, *data):
        size, results = len(self.group), []
        factors = self.factors(*data[self.number * size :])
        for i in range(self.number):
            weight, grad, *states = data[i * size : (i + 1) * size]
            mixed = self.group[-1] == "weight32"
            target = states.pop() if mixed else weight.clone()
            if factors is not None:
                self.step(i, factors, target, grad.float() if mixed else grad, *states)
                weight = target
            results.append(weight.to(data[i * size].dtype, copy=True) if mixed else weight)
        return tuple(results)

    def factors(self):
        """The numbers that the steps read from the shared arrays, None where no step is to be."""
        return ()

    def scaled(self, grad):
        """The gradient scaled and clipped."""
        return rules.scaled(grad, self.rescale_grad, positive_or_none(self.clip_gradient))


# -- gradient descent -------------------------------------------------------------------------


class MultiDescent(MultiUpdate, abstract=True):
    """Gradient descent, perhaps with momentum."""

    def factors(self):
        return self.lrs, self.wds

    def step(self, i, rates, weight, grad, mom=None):
        """Change a weight and its momentum."""
        lr, wd = rates[0][i], rates[1][i]
        mu = 0.0 if mom is None else self.momentum
        rules.descend(weight, self.scaled(grad), 1.0, mom, mu, lr, wd)


class Preloaded(MultiDescent, abstract=True):
    """Gradient descent whose rates and decays are arrays."""

    waits = True
    shared = ("lrs", "wds")

    def factors(self, lrs, wds):
        return lrs.tolist(), wds.tolist()


class MultiSGDUpdate(MultiDescent, name="multi_sgd_update"):
    """``sgd_update`` of several weights: data is weight_0, grad_0, weight_1, grad_1..."""

    lrs: Floats
    wds: Floats
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1


class MultiSGDMomentumUpdate(MultiDescent, name="multi_sgd_mom_update"):
    """``sgd_mom_update`` of several weights: data is weight_0, grad_0, mom_0, weight_1..."""

    lrs: Floats
    wds: Floats
    momentum: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mom")


class MultiMixedSGDUpdate(MultiDescent, name="multi_mp_sgd_update"):
    """``mp_sgd_update`` of several weights: data is weight_0, grad_0, weight32_0, weight_1..."""

    lrs: Floats
    wds: Floats
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "weight32")


class MultiMixedSGDMomentumUpdate(MultiDescent, name="multi_mp_sgd_mom_update"):
    """``mp_sgd_mom_update`` of several weights: weight_0, grad_0, mom_0, weight32_0, weight_1..."""

    lrs: Floats
    wds: Floats
    momentum: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mom", "weight32")


class PreloadedMultiSGDUpdate(Preloaded, name="preloaded_multi_sgd_update"):
    """``multi_sgd_update`` with the arrays lrs and wds after all others."""

    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1


class PreloadedMultiSGDMomentumUpdate(Preloaded, name="preloaded_multi_sgd_mom_update"):
    """``multi_sgd_mom_update`` with the arrays lrs and wds after all others."""

    momentum: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mom")


class PreloadedMultiMixedSGDUpdate(Preloaded, name="preloaded_multi_mp_sgd_update"):
    """``multi_mp_sgd_update`` with the arrays lrs and wds after all others."""

    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "weight32")


class PreloadedMultiMixedSGDMomentumUpdate(Preloaded, name="preloaded_multi_mp_sgd_mom_update"):
    """``multi_mp_sgd_mom_update`` with the arrays lrs and wds after all others."""

    momentum: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mom", "weight32")


# -- AdamW and LAMB ---------------------------------------------------------------------------


class MultiDecoupled(MultiUpdate, abstract=True):
    """AdamW, with the array ``rescale_grad`` after all others."""

    waits = True
    shared = ("rescale_grad",)
    lists = ("lrs", "wds", "etas")

    def factors(self, rescale_grad):
        return usable_factor(rescale_grad)

    def step(self, i, factor, weight, grad, mean, var):
        """Change a weight and its running means."""
        g = rules.scaled(grad, factor, positive_or_none(self.clip_gradient))
        numbers = self.beta1, self.beta2, self.epsilon, self.wds[i], self.etas[i]
        rules.adamw(weight, g, mean, var, self.lrs[i], *numbers)


class MultiAdamWUpdate(MultiDecoupled, name="_multi_adamw_update"):
    """``_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight_1..., and last
    rescale_grad (1,)."""

    lrs: Floats
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    wds: Floats
    etas: Floats
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mean", "var")


class MultiMixedAdamWUpdate(MultiDecoupled, name="_multi_mp_adamw_update"):
    """``_mp_adamw_update`` of several weights: weight_0, grad_0, mean_0, var_0, weight32_0,
    weight_1..., and last rescale_grad (1,)."""

    lrs: Floats
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    wds: Floats
    etas: Floats
    clip_gradient: float = -1.0
    num_weights: int = 1

    group = ("weight", "grad", "mean", "var", "weight32")


class MultiLamb(MultiUpdate, abstract=True):
    """LAMB: ``step_count`` counts the updates of each weight from 1."""

    counter = "num_tensors"
    lists = ("learning_rates", "wds", "step_count")

    def step(self, i, _, weight, grad, mean, var):
        """Change a weight and its running means."""
        bounds = positive_or_none(self.lower_bound), positive_or_none(self.upper_bound)
        count = self.step_count[i] if self.bias_correction else None
        numbers = self.beta1, self.beta2, self.epsilon, self.wds[i]
        direction = rules.lamb_direction(weight, self.scaled(grad), mean, var, *numbers, count)
        ratio = rules.lamb_ratio(rules.norm(weight), rules.norm(direction), *bounds)
        weight.sub_(direction.mul_(ratio), alpha=self.learning_rates[i])


class MultiLambUpdate(MultiLamb, name="_multi_lamb_update"):
    """Both phases of LAMB for several weights: weight_0, grad_0, mean_0, var_0, weight_1..."""

    learning_rates: Floats
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-6
    wds: Floats
    rescale_grad: float = 1.0
    lower_bound: float = -1.0
    upper_bound: float = -1.0
    clip_gradient: float = -1.0
    bias_correction: bool = True
    step_count: Shape
    num_tensors: int = 1

    group = ("weight", "grad", "mean", "var")


class MultiMixedLambUpdate(MultiLamb, name="_multi_mp_lamb_update"):
    """``_multi_lamb_update`` computed in float32: weight_0, grad_0, mean_0, var_0, weight32_0..."""

    learning_rates: Floats
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-6
    wds: Floats
    rescale_grad: float = 1.0
    lower_bound: float = -1.0
    upper_bound: float = -1.0
    clip_gradient: float = -1.0
    bias_correction: bool = True
    step_count: Shape
    num_tensors: int = 1

    group = ("weight", "grad", "mean", "var", "weight32")


# -- LARS -------------------------------------------------------------------------------------


class MultiLars(Op, name="multi_lars"):
    """The learning rates of LARS: lr eta |w| / (|rescale_grad g| + wd |w| + eps).

    Where a norm is 0, the rate stays. All arrays have one shape; the sums of
    squares are those that ``multi_sum_sq`` gives.
    """

    eta: float
    eps: float
    rescale_grad: float = 1.0

    differentiable = False

    def infer_dtype(self, t):
        t.same()
        refuse_integers(t.get("lrs"))

    def forward(self, lrs, weights_sum_sq, grads_sum_sq, wds):
        size, slope = weights_sum_sq.sqrt(), grads_sum_sq.sqrt() * self.rescale_grad
        adapted = lrs * self.eta * size / (slope + wds * size + self.eps)
        return torch.where((weights_sum_sq > 0) & (grads_sum_sq > 0), adapted, lrs)
