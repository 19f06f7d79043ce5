"""What the rest of the house may ask of a network."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from skbayes.choice import Choice
from skbayes.lazy_torch import Tensor, torch

#: Ways to group weights that share a learned scale; a network names those that it has.
GROUPINGS = ("unit", "layer", "feature")


class InputColumns(NamedTuple):
    """The columns of a network's inputs.

    Numbers come first, then the codes of categories: whole numbers from 0, and
    ``n_categories[i]`` for a category that is not known.
    """

    n_numeric: int
    n_categories: tuple[int, ...] = ()  # of each categorical column, those that are known
    # Feature that each column belongs to, of those whose weights may share a scale; None where each
    # is one.
    features: tuple[int, ...] | None = None
    # Column of the user's table that each is read from; None where each is one.
    sources: tuple[int, ...] | None = None


class InitialOutputs(NamedTuple):
    """What training starts from in the outputs, as the likelihood wants it."""

    bias: Tensor  # [o]
    weight_factor: Tensor  # [o], on the random weights into each output


class InitialWeights(NamedTuple):
    """Random weight vectors to start from."""

    weights: Tensor  # [M, P]
    is_unread: Tensor  # [P] bool: no training row reads the entry, and nothing will narrow it


class WeightGroups(NamedTuple):
    """Groups of weights, in named blocks."""

    of_entry: Tensor  # [P - n_points], int64: number of each entry's group, through the blocks
    blocks: dict[str, int]  # number of groups in each block, in order


class NetworkEvaluator(Protocol):
    """Repeated passes of one buffer of weight vectors ``[K, P]``, forward and back."""

    def forward(self, inputs: Any, generator: torch.Generator | None = None) -> Tensor:
        """Outputs ``[K, B, o]`` of the weights that are in the buffer now.

        Parameters
        ----------
        inputs : Tensor of shape (B, ...) or (K, B, ...), or NestedRows
        generator : torch.Generator, default=None
            In training, source of what is random in it, such as dropout; None elsewhere.
        """

    def backward(self, output_gradient: Tensor) -> None:
        """Pull ``output_gradient [K, B, o]`` of the last pass back into the gradient's buffer.

        The buffer is overwritten. So may be `output_gradient`, and what `forward` returned.
        """


class Network(Protocol):
    """A pure function ``(weights [K, P], inputs) -> outputs [K, B, o]``; it holds no weights.

    Nothing outside this folder knows more of a network than is named here: a new kind of network
    is one more file.

    Attributes
    ----------
    n_weights : int
        Length ``P`` of the flat vector.
    n_points : int
        Its last so many entries have no prior, and are points whatever the posterior.
    n_outputs : int
        Number of outputs ``o``.
    input_sources : tuple of int, or None
        Column of the user's table that each input is read from; None where each is one.
    width : int
        Numbers that a row takes at the widest place, for one weight vector: what decides how many
        rows fit in memory at a time.
    uses_threads : bool
        Whether `predict` shares its work among threads by itself.
    can_be_recorded : bool
        Whether the passes of an evaluator are the same operations every time, with nothing random
        among them, so that a GPU may repeat them from a recording.
    """

    n_weights: int
    n_points: int
    n_outputs: int
    input_sources: tuple[int, ...] | None
    width: int
    uses_threads: bool
    can_be_recorded: bool

    def forward(self, weights: Tensor, inputs: Any) -> Tensor:
        """Outputs ``[K, B, o]`` for ``weights [K, P]`` and inputs ``[B, d]`` or ``[K, B, d]``.

        Autograd can follow.
        """

    def predict(
        self,
        weights: NDArray[np.float64],
        inputs: NDArray[np.float64],
        precision: DTypeLike = np.float64,
    ) -> NDArray[np.float64]:
        """As `forward`, for ``weights (D, P)`` and inputs ``(n, d)`` that are arrays.

        Without gradients and, if the network can, without PyTorch. Sums are in double precision,
        so that the rounding of a row does not depend on its neighbours; exponentials, which are
        taken number by number, may be in another one.
        """

    def evaluator(self, weights: Tensor, gradient: Tensor) -> NetworkEvaluator:
        """Passes over one buffer of weights, gradients written to another, both ``[K, P]``."""

    def fan_in(self) -> Tensor:
        """Fan-in of each entry of the vector, ``[P]``, in double precision; 1 for a bias."""

    def layer_index(self) -> Tensor:
        """Layer of each entry of the vector, ``[P]``, int64, counted from 0.

        The last layer is what enters the outputs linearly.
        """

    def groups(self, grouping: str, n_noise_outputs: int = 0) -> WeightGroups:
        """Which weights share a learned scale; points are in no group.

        Parameters
        ----------
        grouping : str
            One of `GROUPINGS`.
        n_noise_outputs : int, default=0
            Outputs that say how large the noise is, the last ones. What they alone depend on is in
            groups of its own, where the network can tell it.

        Raises
        ------
        ValueError
            If the network has no such groups, saying which it has.
        """

    def initial_weights(
        self, n_models: int, generator: torch.Generator, outputs: InitialOutputs, like: Tensor
    ) -> InitialWeights:
        """Random weights for ``M = n_models`` starts.

        Parameters
        ----------
        n_models : int
        generator : torch.Generator
        outputs : InitialOutputs
            Where the outputs are to start.
        like : Tensor
            Of the precision and on the device that are wanted.
        """


def count_layers(network: Network) -> int:
    """Number of layers of weights."""
    return int(network.layer_index().max()) + 1


class NetworkFamily(Choice):
    """A kind of network with its parameters, before the table that it will read is known."""

    @property
    @abstractmethod
    def widest_layer(self) -> int | None:
        """Units of the widest hidden layer; None where only the network itself can tell."""

    @abstractmethod
    def build(self, columns: InputColumns, n_outputs: int) -> Network:
        """The network for inputs with these columns."""
