"""Optimizers: how a step follows from the gradients.

An optimizer owns its memory (velocities, running averages), one array per parameter under the
parameter's name; layers do not know of it. Parameters are changed in place, so all replicas of a
network see the step.

Weight decay is *decoupled*: each step multiplies weights by ``1 - lr * weight_decay``, outside the
gradient's statistics. Only arrays of two or more axes decay: not biases, nor BatchNorm's scales.

References
----------
Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithms 1 and 2.
"""

import numpy as np

Arrays = dict[str, np.ndarray]


class Optimizer:
    """Base class of optimizers.

    Parameters
    ----------
    lr : float
        Learning rate of steps that are not given one.
    weight_decay : float
        See the module's docstring.

    Attributes
    ----------
    steps : int
        Steps taken.
    memory : dict of str to dict of str to ndarray
        For each kind of memory, an array per parameter.
    """

    memories: tuple[str, ...] = ()

    def __init__(self, lr: float, weight_decay: float = 0.0):
        if not lr > 0:
            raise ValueError(f"lr must be positive, not {lr!r}")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must not be negative, not {weight_decay!r}")
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self.memory: dict[str, Arrays] = {kind: {} for kind in self.memories}

    def step(self, params: Arrays, grads: Arrays, lr: float | None = None) -> None:
        """Move every parameter one step down its gradient, in place.

        ``grads`` has the names and shapes of ``params``; ``lr`` is this step's, from a schedule.
        """
        lr = self.lr if lr is None else lr
        self.steps += 1
        for name, w in params.items():
            memory = {kind: self._memory_of(kind, name, w) for kind in self.memories}
            if self.weight_decay and w.ndim > 1:
                w *= 1 - lr * self.weight_decay
            w -= self._update(grads[name], lr, **memory)

    def _memory_of(self, kind, name, w):
        """Return one parameter's memory of one kind: zeros at first."""
        if name not in self.memory[kind]:
            self.memory[kind][name] = np.zeros_like(w)
        return self.memory[kind][name]

    def _update(self, dw: np.ndarray, lr: float, **memory: np.ndarray) -> np.ndarray:
        """Return what to subtract from one parameter, and bring its memory up to date."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, with optional momentum.

    ``velocity = momentum * velocity + dw`` and ``w -= lr * velocity``; Nesterov's form looks one
    step ahead and subtracts ``lr * (dw + momentum * velocity)``.

    Parameters
    ----------
    momentum : float
        In [0, 1).
    nesterov : bool

    References
    ----------
    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013,
    section 2.
    """

    memories = ("velocity",)

    def __init__(self, lr=0.01, *, momentum=0.0, nesterov=False, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        _in_unit_interval("momentum", momentum)
        self.momentum = momentum
        self.nesterov = nesterov

    def _update(self, dw, lr, velocity):
        velocity *= self.momentum
        velocity += dw
        return lr * (dw + self.momentum * velocity if self.nesterov else velocity)


class Adam(Optimizer):
    """Adam: a weight's step is its mean gradient divided by the root of its mean squared gradient.

    Both means start at zero and would be too small at first; dividing by ``1 - beta ** steps``
    corrects that. With ``weight_decay`` this is AdamW.

    Parameters
    ----------
    betas : pair of float
        Decay rates of the two means, in [0, 1).
    eps : float
        Avoids division by zero.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.
    """

    memories = ("mean", "square")

    def __init__(self, lr=1e-3, *, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        for beta in betas:
            _in_unit_interval("betas", beta)
        self.betas = betas
        self.eps = eps

    def _update(self, dw, lr, mean, square):
        beta1, beta2 = self.betas
        mean *= beta1
        mean += (1 - beta1) * dw
        square *= beta2
        square += (1 - beta2) * dw * dw
        size = np.sqrt(square / (1 - beta2**self.steps)) + self.eps
        return (lr / (1 - beta1**self.steps)) * mean / size


class Adadelta(Optimizer):
    """Adadelta: the step size follows from earlier steps, and has the unit of the weight.

    ``step = dw * rms(earlier steps) / rms(gradients)``, each rms of an exponentially decaying mean.

    Parameters
    ----------
    lr : float
        Multiplies the step; 1 is the paper's rule.
    rho : float
        Decay rate of both means, in [0, 1).
    eps : float
        Makes the first steps possible, and avoids division by zero.

    References
    ----------
    Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, algorithm 1.
    """

    memories = ("square", "step_square")

    def __init__(self, lr=1.0, *, rho=0.95, eps=1e-6, weight_decay=0.0):
        super().__init__(lr, weight_decay)
        _in_unit_interval("rho", rho)
        self.rho = rho
        self.eps = eps

    def _update(self, dw, lr, square, step_square):
        square *= self.rho
        square += (1 - self.rho) * dw * dw
        step = dw * np.sqrt(step_square + self.eps) / np.sqrt(square + self.eps)
        step_square *= self.rho
        step_square += (1 - self.rho) * step * step
        return lr * step


def _in_unit_interval(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be in [0, 1), not {value!r}")
