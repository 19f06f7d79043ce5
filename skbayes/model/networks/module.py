"""Any `torch.nn.Module` as a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from skbayes.model.networks.base import InitialOutputs, InitialWeights, WeightGroups
from skbayes.model.networks.module_call import Inputs, ModuleCall, first_rows
from skbayes.model.networks.module_layout import ModuleLayout
from skbayes.threads import threads_for

# Numbers that the layers of a call may return at a time, for a processor's cache to hold them.
_CACHE_SIZE = 2**19


class ModuleNetwork:
    """A module as a pure function ``(weights [K, P], inputs) -> outputs [K, B, o]``.

    The parameters of the module are stretches of one vector; whatever its layers are, priors,
    posteriors and samplers see the vector alone. Gradients come by automatic differentiation.

    In training the module is in its training mode: dropout drops, and batch normalisation goes by
    the batch. Everywhere else it is in evaluation mode and goes by `buffers`.

    Parameters
    ----------
    module : torch.nn.Module
        Copied: neither changed nor referred to.
    n_outputs : int
        Outputs that it must give for each row.
    bayesian : {"all", "last_layer"} or sequence of str, default="all"
        Which parameters have a distribution, as in `ModuleLayout`.
    make : callable, default=None
        ``make()`` gives a module of the same kind with random weights of its own; None where
        starts other than the module's own weights cannot be had.
    read_rows : callable, default=None
        What makes inputs of the module from those of the network; None for what they are.
    input_sources : tuple of int, default=None
        Column of the user's table that each input is read from; None where each is one.

    Attributes
    ----------
    layout : ModuleLayout
    buffers : dict of str to Tensor
        Statistics and constants, as the module has them.

    Examples
    --------
    >>> import torch
    >>> network = ModuleNetwork(torch.nn.Linear(2, 1), n_outputs=1)
    >>> network.forward(torch.ones(5, 3), torch.ones(4, 2))[0, 0]
    tensor([3.])
    """

    uses_threads = True
    can_be_recorded = False  # it may have noise or a state of its own

    def __init__(
        self,
        module: nn.Module,
        n_outputs: int,
        *,
        bayesian: str | Sequence[str] = "all",
        make: Callable[[], nn.Module] | None = None,
        read_rows: Callable[[Tensor], Tensor] | None = None,
        input_sources: tuple[int, ...] | None = None,
    ) -> None:
        self.layout = ModuleLayout(module, bayesian)
        self.n_weights, self.n_points = self.layout.n_weights, self.layout.n_points
        self.n_outputs = n_outputs
        self.input_sources = input_sources
        # A first guess; `probe` measures it.
        self.width = max(max(piece.shape) for piece in self.layout.pieces if len(piece.shape))
        self._call = ModuleCall(module)
        self._make = make
        self._read_rows = read_rows
        own = dict(self._call.module.named_parameters())
        learned = {piece.name for piece in self.layout.pieces}
        self._initial = self.layout.pack(own)
        self._fixed = {n: p.detach() for n, p in own.items() if n not in learned}
        self.buffers = {n: b.detach().clone() for n, b in self._call.module.named_buffers()}

    @property
    def state(self) -> dict[str, Tensor]:
        """Buffers, and parameters that are not learned, by name."""
        return {**self._fixed, **self.buffers}

    @state.setter
    def state(self, state: dict[str, Tensor]) -> None:
        self._fixed = {name: state[name] for name in self._fixed}
        self.buffers = {name: state[name] for name in self.buffers}

    @property
    def own_weights(self) -> Tensor:
        """The vector ``[P]`` of the module's own parameters."""
        return self._initial

    @property
    def normalises_batches(self) -> bool:
        """Whether the module keeps statistics of batches, as batch normalisation does."""
        return any(
            getattr(part, "track_running_stats", False) for part in self._call.module.modules()
        )

    def probe(self, inputs: Inputs, weights: Tensor | None = None) -> None:
        """Try the module on some rows, and measure how much memory a row takes.

        Parameters
        ----------
        inputs : Tensor or NestedRows
        weights : Tensor of shape (1, P), default=None
            None for the module's own.

        Raises
        ------
        ValueError
            If its outputs are not of the right shape, or a row's depend on the other rows.
        """
        widest = 0

        def measure(part: nn.Module, arguments: Any, output: Any) -> None:
            nonlocal widest
            sizes = [x.numel() // n_rows for x in tree_leaves(output) if isinstance(x, Tensor)]
            widest = max(widest, *sizes, 0)

        n_rows = max(1, min(2, len(inputs)))
        handles = [part.register_forward_hook(measure) for part in self._call.module.modules()]
        try:
            weights = self._initial.unsqueeze(0) if weights is None else weights
            rows = first_rows(inputs, n_rows)
            together = self.forward(weights, rows)
            alone = torch.cat([self.forward(weights, row) for row in rows.split(1)], 1)
        finally:
            for handle in handles:
                handle.remove()
        stack = self._call.stack
        self.width = max(widest, self.n_outputs, 0 if stack is None else stack.width)
        scale = together.abs().max().clamp_min(1.0)
        if not torch.allclose(together / scale, alone / scale, atol=1e-3, rtol=0):
            raise ValueError(
                "module must predict each row by itself: the outputs of a row differ with the "
                "other rows of the call. Are the rows along the first axis (batch_first=True)?"
            )

    def call(self, weights: Tensor, inputs: Inputs, *, is_training: bool = False) -> Any:
        """Whatever the module returns, with a leading axis ``K`` on every tensor.

        Parameters
        ----------
        weights : Tensor of shape (K, P)
        inputs : Tensor or NestedRows
        is_training : bool, default=False
            Whether the module is in training mode; `buffers` then move on as those of the module
            would, by the mean over the ``K`` vectors.
        """
        if self._read_rows is not None and isinstance(inputs, Tensor):
            inputs = self._read_rows(inputs)
        parameters = self.layout.unpack(weights)
        buffers = {
            name: self._placed(buffer, weights).expand(len(weights), *buffer.shape)
            for name, buffer in self.buffers.items()
        }
        if is_training:
            buffers = {name: buffer.clone() for name, buffer in buffers.items()}
        fixed = {name: self._placed(value, weights) for name, value in self._fixed.items()}
        most_sets = None
        if not torch.is_grad_enabled():
            most_sets = max(1, _CACHE_SIZE // (self.width * max(1, len(inputs))))
        result = self._call(
            parameters, fixed, buffers, inputs, is_training=is_training, most_sets=most_sets
        )
        if is_training:
            self._keep_buffers(buffers)
        return result

    def call_once(
        self, parameters: dict[str, Tensor], inputs: Inputs, within: AbstractContextManager[Any]
    ) -> Any:
        """What the module returns in training mode for one set of parameters, within a context."""
        buffers = {name: buffer.clone() for name, buffer in self.buffers.items()}
        tensors = {**parameters, **self._fixed, **buffers}
        result = self._call.once(tensors, inputs, is_training=True, within=within)
        self.buffers = buffers
        return result

    def by_name(self, weights: Tensor, *, is_difference: bool = False) -> dict[str, Tensor]:
        """Parameters ``[K, *shape]`` of ``weights [K, P]``, or what differences of weights are."""
        parameters = self.layout.unpack(weights)
        if is_difference:
            offsets = {piece.name: piece.offset for piece in self.layout.pieces}
            return {name: value - offsets[name] for name, value in parameters.items()}
        return parameters

    def parameters_of(self, layers: tuple[type[nn.Module], ...]) -> list[str]:
        """Names of the parameters in doubt of layers that are of these very types."""
        n_doubtful = self.n_weights - self.n_points
        names = [piece.name for piece in self.layout.pieces if piece.start < n_doubtful]
        module = self._call.module
        owners = {name: module.get_submodule(name.rpartition(".")[0]) for name in names}
        return [name for name in names if type(owners[name]) in layers]

    def plain_module(self) -> nn.Module:
        """A copy of the module as it came."""
        return self._call.copy_of_module()

    def forward(
        self, weights: Tensor, inputs: Inputs, generator: torch.Generator | None = None
    ) -> Tensor:
        if generator is None:
            return self._checked(self.call(weights, inputs), len(weights), len(inputs))
        with seeded(_seed(generator), weights.device):
            result = self.call(weights, inputs, is_training=True)
        return self._checked(result, len(weights), len(inputs))

    def predict(
        self,
        weights: NDArray[np.float64],
        inputs: NDArray[np.float64],
        precision: DTypeLike = np.float64,
    ) -> NDArray[np.float64]:
        with torch.no_grad(), threads_for(weights.size * len(inputs)):
            outputs = self.forward(torch.tensor(weights), torch.tensor(inputs))
        array: NDArray[np.float64] = outputs.numpy()
        return array

    def evaluator(self, weights: Tensor, gradient: Tensor) -> ModuleEvaluator:
        return ModuleEvaluator(self, weights, gradient)

    def fan_in(self) -> Tensor:
        return self.layout.fan_in()

    def layer_index(self) -> Tensor:
        return self.layout.layer_index()

    def groups(self, grouping: str, n_noise_outputs: int = 0) -> WeightGroups:
        return self.layout.groups(grouping)

    def initial_weights(
        self, n_models: int, generator: torch.Generator, outputs: InitialOutputs, like: Tensor
    ) -> InitialWeights:
        """Weights as the module begins with: its own, or with ``make`` new ones for each model.

        The last layer, if it is linear, starts where `outputs` says.
        """
        vectors = self._initial.repeat(n_models, 1)
        if self._make is not None:
            for row in vectors:
                row.copy_(self.layout.pack(dict(self._seeded_module(generator).named_parameters())))
            self._start_outputs(vectors, outputs)
        is_unread = torch.zeros(self.n_weights, dtype=torch.bool, device=like.device)
        return InitialWeights(vectors.to(like), is_unread)

    def _seeded_module(self, generator: torch.Generator) -> nn.Module:
        assert self._make is not None
        with seeded(_seed(generator), torch.device("cpu")):
            return self._make()

    def _start_outputs(self, vectors: Tensor, outputs: InitialOutputs) -> None:
        parts = list(self._call.module.named_modules())
        name, last = parts[-1]
        if not (isinstance(last, nn.Linear) and last.out_features == self.n_outputs):
            return
        views = self.layout.unpack(vectors)
        prefix = f"{name}." if name else ""
        if f"{prefix}weight" in views:
            views[f"{prefix}weight"].mul_(outputs.weight_factor.to(vectors).unsqueeze(-1))
        if f"{prefix}bias" in views:
            views[f"{prefix}bias"].copy_(outputs.bias.to(vectors))

    def _placed(self, tensor: Tensor, like: Tensor) -> Tensor:
        """On the device of `like`, and of its precision where it is floating."""
        if tensor.is_floating_point():
            return tensor.to(like)
        return tensor.to(like.device)

    def _keep_buffers(self, buffers: dict[str, Tensor]) -> None:
        for name, buffer in buffers.items():
            is_number = buffer.is_floating_point()
            kept = buffer.detach().mean(0) if is_number else buffer[0]
            self.buffers[name] = kept.to(self.buffers[name].dtype)

    def _checked(self, outputs: Any, n_vectors: int, n_rows: int) -> Tensor:
        """The outputs as ``[K, B, o]``."""
        if isinstance(outputs, Tensor):
            if self.n_outputs == 1 and outputs.shape == (n_vectors, n_rows):
                outputs = outputs.unsqueeze(-1)
            if outputs.shape == (n_vectors, n_rows, self.n_outputs):
                return outputs
            got = f"a tensor of shape {tuple(outputs.shape[1:])}"
        else:
            got = f"a {type(outputs).__name__}"
        raise ValueError(
            f"module must return a tensor of shape (n_rows, n_outputs) = ({n_rows}, "
            f"{self.n_outputs}) for {n_rows} rows. It returned {got}."
        )


class ModuleEvaluator:
    """Repeated passes of one buffer of weight vectors, by automatic differentiation."""

    def __init__(self, network: ModuleNetwork, weights: Tensor, gradient: Tensor) -> None:
        self._network = network
        self._weights, self._gradient = weights, gradient

    def forward(self, inputs: Inputs, generator: torch.Generator | None = None) -> Tensor:
        with torch.enable_grad():
            self._leaf = self._weights.detach().clone().requires_grad_()
            self._outputs = self._network.forward(self._leaf, inputs, generator)
        return self._outputs.detach().clone()  # the caller may write there

    def backward(self, output_gradient: Tensor) -> None:
        (gradient,) = torch.autograd.grad(self._outputs, self._leaf, output_gradient)
        self._gradient.copy_(gradient)
        del self._leaf, self._outputs


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """PyTorch's global generators, from which modules draw, seeded; and put back at the end."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(seed)
        if devices:
            torch.cuda.manual_seed(seed)
        yield


def _seed(generator: torch.Generator) -> int:
    return int(torch.randint(2**31 - 1, (), generator=generator))
