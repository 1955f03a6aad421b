"""One step of an optimizer as an operator: the new weight is the result, states change in place.

A program that wants the weight itself changed gives it as ``out``. The formulas are those of
``update_rules``.
"""

from . import update_rules as rules
from .core import Aux, Op
from .dtypes import is_floating
from .shapes import Mismatch, known, product

__all__ = [
    "AdamUpdate",
    "AdamWUpdate",
    "FTMLUpdate",
    "FtrlUpdate",
    "GroupAdaGradUpdate",
    "LambDirection",
    "LambStep",
    "MixedAdamWUpdate",
    "MixedLambDirection",
    "MixedLambStep",
    "MixedNAGMomentumUpdate",
    "MixedSGDMomentumUpdate",
    "MixedSGDUpdate",
    "NAGMomentumUpdate",
    "RMSPropAlexUpdate",
    "RMSPropUpdate",
    "SGDMomentumUpdate",
    "SGDUpdate",
    "SignSGDUpdate",
    "SignumUpdate",
    "SparseAdaGradUpdate",
]


class Update(Op, abstract=True):
    """An update of a weight; its states are auxiliary. All arrays have one shape and dtype."""

    inplace = {"output": ("weight",)}
    differentiable = False
    auto_create = False
    capture = False

    def mutates(self):
        """The states."""
        return tuple(name for name in self.input_names if name in self.aux_names)

    @property
    def once(self):
        """Where there are states."""
        return bool(self.mutates())

    def infer_dtype(self, t):
        t.same()
        refuse_integers(t.get("weight"))

    @property
    def limit(self):
        """The limit of a gradient's elements, None where there is none."""
        return positive_or_none(self.clip_gradient)

    def scaled(self, grad, weight=None):
        """The gradient scaled and clipped, after taking in the decay of ``weight`` if given."""
        wd = 0.0 if weight is None else self.wd
        return rules.scaled(grad, self.rescale_grad, self.limit, weight, wd)


def refuse_integers(dtype):
    """Raise Mismatch for weights of integers."""
    if dtype is not None and not is_floating(dtype):
        raise Mismatch(f"weights should be floats, not {dtype}")


def positive_or_none(value):
    """A bound, where numbers below 0 mean that there is none."""
    return None if value < 0 else value


def one_element(s, name):
    """State that an input has one element, whatever its rank."""
    setattr(s, name, (1,) * (1 if s.get(name) is None else len(s.get(name))))


def copied(weight, out):
    """The array that becomes the new weight, and still holds the old one."""
    if out is None:
        return weight.clone()
    same = out is weight or out.data_ptr() == weight.data_ptr()
    return out if same else out.copy_(weight)


def rounded(weight32, weight, out):
    """The new weight of few bits."""
    return weight32.to(weight.dtype, copy=True) if out is None else out.copy_(weight32)


class MixedUpdate(Update, abstract=True):
    """An update computed on a copy of the weight in float32, which is a state like the others."""

    def infer_dtype(self, t):
        t.same("weight", "grad", "output")
        refuse_integers(t.get("weight"))
        for name in self.input_names[2:]:
            setattr(t, name, "float32")


# -- gradient descent -------------------------------------------------------------------------


class SGDUpdate(Update, name="sgd_update", aliases=["_sparse_sgd_update"]):
    """weight - lr (g + wd weight), where g = clip(rescale_grad grad)."""

    lr: float
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    lazy_update: bool = True

    def forward(self, weight, grad, *, out):
        weight = copied(weight, out)
        rules.descend(weight, self.scaled(grad), 1.0, None, 0.0, self.lr, self.wd)
        return weight


class SGDMomentumUpdate(Update, name="sgd_mom_update", aliases=["_sparse_sgd_mom_update"]):
    """mom = momentum mom - lr (g + wd weight); weight + mom; g = clip(rescale_grad grad)."""

    lr: float
    momentum: float = 0.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    lazy_update: bool = True

    def forward(self, weight, grad, mom: Aux, *, out):
        weight = copied(weight, out)
        rules.descend(weight, self.scaled(grad), 1.0, mom, self.momentum, self.lr, self.wd)
        return weight


class MixedSGDUpdate(MixedUpdate, name="mp_sgd_update"):
    """``sgd_update`` computed in float32: ``weight32`` changes, its rounded value is the result."""

    lr: float
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    lazy_update: bool = True

    def forward(self, weight, grad, weight32: Aux, *, out):
        g = self.scaled(grad.float())
        rules.descend(weight32, g, 1.0, None, 0.0, self.lr, self.wd)
        return rounded(weight32, weight, out)


class MixedSGDMomentumUpdate(MixedUpdate, name="mp_sgd_mom_update"):
    """``sgd_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

    lr: float
    momentum: float = 0.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    lazy_update: bool = True

    def forward(self, weight, grad, mom: Aux, weight32: Aux, *, out):
        g = self.scaled(grad.float())
        rules.descend(weight32, g, 1.0, mom, self.momentum, self.lr, self.wd)
        return rounded(weight32, weight, out)


class NAGMomentumUpdate(Update, name="nag_mom_update"):
    """Nesterov's accelerated gradient.

    weight + momentum² mom - (1 + momentum) lr (g + wd weight); g = clip(rescale_grad grad). As in
    1.x, mom = momentum mom - lr (g + wd weight) takes the new weight where that is ``out``.
    """

    lr: float
    momentum: float = 0.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    def forward(self, weight, grad, mom: Aux, *, out):
        new = copied(weight, out)
        g = self.scaled(grad)
        rules.nesterov(new, g, 1.0, mom, self.momentum, self.lr, self.wd, decayed=weight)
        return new


class MixedNAGMomentumUpdate(MixedUpdate, name="mp_nag_mom_update"):
    """``nag_mom_update`` computed in float32: mom and weight32 change, the result is rounded."""

    lr: float
    momentum: float = 0.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    def forward(self, weight, grad, mom: Aux, weight32: Aux, *, out):
        g = self.scaled(grad.float())
        rules.nesterov(weight32, g, 1.0, mom, self.momentum, self.lr, self.wd)
        return rounded(weight32, weight, out)


class SignSGDUpdate(Update, name="signsgd_update"):
    """(1 - lr wd) weight - lr sign(grad); no scaling or clipping changes the sign, as in 1.x."""

    lr: float
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    def forward(self, weight, grad, *, out):
        weight = copied(weight, out)
        rules.signum(weight, grad, None, 0.0, self.lr, self.wd, 0.0)
        return weight


class SignumUpdate(Update, name="signum_update"):
    """mom = momentum mom - (1 - momentum) (g + wd weight); (1 - lr wd_lh) weight + lr sign(mom).

    g = clip(rescale_grad grad)
    """

    lr: float
    momentum: float = 0.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    wd_lh: float = 0.0

    def forward(self, weight, grad, mom: Aux, *, out):
        weight = copied(weight, out)
        g = self.scaled(grad)
        rules.signum(weight, g, mom, self.momentum, self.lr, self.wd, self.wd_lh)
        return weight


# -- steps by what gradients have been --------------------------------------------------------


class AdamUpdate(Update, name="adam_update", aliases=["_sparse_adam_update"]):
    """weight - lr mean / (sqrt(var) + epsilon), with new running means of g and g².

    g = clip(rescale_grad grad + wd weight). The bias is for the caller to correct, by lr.
    """

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    lazy_update: bool = True

    def forward(self, weight, grad, mean: Aux, var: Aux, *, out):
        weight = copied(weight, out)
        g = self.scaled(grad, weight)
        rules.adam(weight, g, mean, var, self.lr, self.beta1, self.beta2, self.epsilon)
        return weight


class RMSPropUpdate(Update, name="rmsprop_update"):
    """n = gamma1 n + (1 - gamma1) g²; weight - lr g / sqrt(n + epsilon).

    g = clip(rescale_grad grad + wd weight); the new weight is kept within ``clip_weights``.
    """

    lr: float
    gamma1: float = 0.95
    epsilon: float = 1e-8
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    clip_weights: float = -1.0

    def forward(self, weight, grad, n: Aux, *, out):
        weight = copied(weight, out)
        rules.rmsprop(weight, self.scaled(grad, weight), n, self.lr, self.gamma1, self.epsilon)
        return within(weight, self.clip_weights)


def within(weight, limit):
    """Keep a weight within a limit, where this is not negative."""
    return weight if limit < 0 else weight.clamp_(-limit, limit)


class RMSPropAlexUpdate(Update, name="rmspropalex_update"):
    """RMSProp by the variance of the gradient, with momentum, as in Graves 2013.

    n and g are the running means of the squared gradient and of the gradient; delta = gamma2 delta
    - lr gradient / sqrt(n - g² + epsilon); weight + delta. The gradient is clip(rescale_grad grad
    + wd weight); the new weight is kept within ``clip_weights``.
    """

    lr: float
    gamma1: float = 0.95
    gamma2: float = 0.9
    epsilon: float = 1e-8
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    clip_weights: float = -1.0

    def forward(self, weight, grad, n: Aux, g: Aux, delta: Aux, *, out):
        weight = copied(weight, out)
        grad = self.scaled(grad, weight)
        gammas = self.gamma1, self.gamma2
        rules.centered_rmsprop(weight, grad, n, g, delta, self.lr, *gammas, self.epsilon)
        return within(weight, self.clip_weights)


class FtrlUpdate(Update, name="ftrl_update", aliases=["_sparse_ftrl_update"]):
    """Follow the regularised leader, with an L1 penalty of ``lamda1``; g = clip(rescale_grad grad).

    z += g - (sqrt(n + g²) - sqrt(n)) weight / lr; n += g²;
    -sign(z) max(|z| - lamda1, 0) / ((beta + sqrt(n)) / lr + wd)
    """

    lr: float
    lamda1: float = 0.01
    beta: float = 1.0
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    def forward(self, weight, grad, z: Aux, n: Aux, *, out):
        weight = copied(weight, out)
        rules.ftrl(weight, self.scaled(grad), z, n, self.lr, self.lamda1, self.beta, self.wd)
        return weight


class FTMLUpdate(Update, name="ftml_update"):
    """Follow the moving leader; ``t`` counts the updates from 1.

    v = beta2 v + (1 - beta2) g²; d' = (1 - beta1^t) / lr (sqrt(v / (1 - beta2^t)) + epsilon);
    z = beta1 z + (1 - beta1) g - (d' - beta1 d) weight; -z / d'; g = clip(rescale_grad grad
    + wd weight)
    """

    lr: float
    beta1: float = 0.6
    beta2: float = 0.999
    epsilon: float = 1e-8
    t: int
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_grad: float = -1.0

    @property
    def limit(self):
        """The limit of a gradient's elements, None where there is none."""
        return positive_or_none(self.clip_grad)

    def forward(self, weight, grad, d: Aux, v: Aux, z: Aux, *, out):
        weight = copied(weight, out)
        g = self.scaled(grad, weight)
        betas = self.beta1, self.beta2
        rules.ftml(weight, g, d, v, z, self.lr, *betas, self.epsilon, self.t)
        return weight


class SparseAdaGradUpdate(Update, name="_sparse_adagrad_update"):
    """history += g²; weight - lr (g / sqrt(history + epsilon) + wd weight).

    g = clip(rescale_grad grad). All arrays are dense; for row_sparse gradients there is
    ``mx.optimizer.AdaGrad``.
    """

    lr: float
    epsilon: float = 1e-7
    wd: float = 0.0
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    def forward(self, weight, grad, history: Aux, *, out):
        weight = copied(weight, out)
        rules.adagrad(weight, self.scaled(grad), history, self.lr, self.epsilon, self.wd)
        return weight


class GroupAdaGradUpdate(Update, name="_contrib_group_adagrad_update"):
    """AdaGrad with one history for each row, for embeddings.

    Shapes: weight and grad (n, *k), history with n elements, usually (n, 1). history += mean(g²)
    over each row; weight - lr g / sqrt(history + epsilon); g = clip(rescale_grad grad).
    """

    lr: float
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0
    epsilon: float = 1e-5

    def infer_shape(self, s):
        s.same("weight", "grad", "output")
        if s.get("history") is None:
            s.history = (s.weight[0], 1)
        elif known(*s.history, s.weight[0]) and product(s.history) != s.weight[0]:
            raise Mismatch(
                f"history {s.history} should have one element for each row of {s.weight}"
            )

    def forward(self, weight, grad, history: Aux, *, out):
        weight = copied(weight, out)
        rules.group_adagrad(weight, self.scaled(grad), history, self.lr, self.epsilon)
        return weight


# -- AdamW ------------------------------------------------------------------------------------


class DecoupledUpdate(Update, abstract=True):
    """What the forms of AdamW share: ``rescale_grad`` is an array with one element.

    Where that is 0, infinite or not a number, as a loss scale may be, nothing changes.
    """

    waits = True

    def infer_shape(self, s):
        s.same(*(name for name in (*self.input_names, "output") if name != "rescale_grad"))
        one_element(s, "rescale_grad")

    def step(self, weight, grad, mean, var, factor):
        """Change a weight and its states."""
        g = rules.scaled(grad, factor, self.limit)
        numbers = self.lr, self.beta1, self.beta2, self.epsilon, self.wd, self.eta
        rules.adamw(weight, g, mean, var, *numbers)


def usable_factor(rescale_grad):
    """The number in an array, None where it is no factor for a gradient."""
    value = float(rescale_grad.reshape(-1)[0])
    return value if value and abs(value) < float("inf") else None


class AdamWUpdate(DecoupledUpdate, name="_adamw_update"):
    """weight - eta (lr mean / (sqrt(var) + epsilon) + wd weight), with new running means.

    g = clip(rescale_grad grad) takes the place of ``grad``, as in 1.x. rescale_grad (1,): where it
    is 0, infinite or not a number, nothing changes.
    """

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    wd: float = 0.0
    eta: float
    clip_gradient: float = -1.0

    def infer_dtype(self, t):
        t.same("weight", "grad", "mean", "var", "output")
        refuse_integers(t.get("weight"))
        t.rescale_grad = "float32"

    def forward(self, weight, grad, mean: Aux, var: Aux, rescale_grad, *, out):
        weight = copied(weight, out)
        factor = usable_factor(rescale_grad)
        if factor is not None:
            grad.copy_(rules.scaled(grad, factor, self.limit))
            self.step(weight, grad, mean, var, 1.0)
        return weight


class MixedAdamWUpdate(DecoupledUpdate, name="_mp_adamw_update"):
    """``_adamw_update`` computed in float32: mean, var and weight32 change, the result is rounded."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    wd: float = 0.0
    eta: float
    clip_gradient: float = -1.0

    infer_dtype = MixedUpdate.infer_dtype

    def forward(self, weight, grad, mean: Aux, var: Aux, weight32: Aux, rescale_grad, *, out):
        factor = usable_factor(rescale_grad)
        if factor is None:
            return copied(weight, out)
        self.step(weight32, grad.float(), mean, var, factor)
        return rounded(weight32, weight, out)


# -- LAMB, in two phases, between which the caller takes norms --------------------------------


class LambDirection(Update, name="lamb_update_phase1"):
    """The direction of LAMB: mean' / (sqrt(var') + epsilon) + wd weight, with new running means.

    ' divides by 1 - beta^t where ``bias_correction`` is set; g = clip(rescale_grad grad).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-6
    t: int
    bias_correction: bool = True
    wd: float
    rescale_grad: float = 1.0
    clip_gradient: float = -1.0

    inplace = {}

    def direction(self, weight, grad, mean, var):
        """The direction; mean and var change."""
        numbers = self.beta1, self.beta2, self.epsilon, self.wd
        count = self.t if self.bias_correction else None
        return rules.lamb_direction(weight, self.scaled(grad), mean, var, *numbers, count)

    def forward(self, weight, grad, mean: Aux, var: Aux):
        return self.direction(weight, grad, mean, var)


class MixedLambDirection(LambDirection, name="mp_lamb_update_phase1"):
    """``lamb_update_phase1`` computed in float32, in which the result is, too."""

    def infer_dtype(self, t):
        t.same("weight", "grad")
        refuse_integers(t.get("weight"))
        t.mean = t.var = t.weight32 = t.output = "float32"

    def forward(self, weight, grad, mean: Aux, var: Aux, weight32):
        return self.direction(weight32, grad.float(), mean, var)


class LambStep(Update, name="lamb_update_phase2"):
    """weight - lr r1 / r2 g: the step of LAMB, r1 and r2 the norms of weight and direction g.

    r1 is kept between the bounds (below 0: none); the ratio is 1 where a norm is 0. Shapes: weight
    and g (*k), r1 and r2 (1,).
    """

    lr: float
    lower_bound: float = -1.0
    upper_bound: float = -1.0

    def infer_shape(self, s):
        s.same(*(name for name in (*self.input_names, "output") if name not in ("r1", "r2")))
        one_element(s, "r1")
        one_element(s, "r2")

    def step(self, weight, g, r1, r2):
        """Change a weight."""
        bounds = positive_or_none(self.lower_bound), positive_or_none(self.upper_bound)
        weight.sub_(g * rules.lamb_ratio(r1, r2, *bounds), alpha=self.lr)

    def forward(self, weight, g, r1, r2, *, out):
        weight = copied(weight, out)
        self.step(weight, g, r1, r2)
        return weight


class MixedLambStep(LambStep, name="mp_lamb_update_phase2"):
    """``lamb_update_phase2`` computed in float32: weight32 changes, the result is rounded."""

    def infer_dtype(self, t):
        t.same("weight", "output")
        refuse_integers(t.get("weight"))
        t.g = t.r1 = t.r2 = t.weight32 = "float32"

    def forward(self, weight, g, r1, r2, weight32: Aux, *, out):
        self.step(weight32, g, r1, r2)
        return rounded(weight32, weight, out)
