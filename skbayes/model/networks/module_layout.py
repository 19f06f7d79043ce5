"""Where the parameters of a `torch.nn.Module` lie in the flat vector."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvTransposeNd

from skbayes.model.networks.base import WeightGroups

# What normalisation layers scale by starts at 1, and is a point unless it is asked for by name.
_NORMALISATION = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_TABLES = (nn.Embedding, nn.EmbeddingBag)


@dataclass(frozen=True)
class Piece:
    """One parameter of the module in the flat vector.

    Attributes
    ----------
    name : str
        As in `torch.nn.Module.named_parameters`.
    shape : torch.Size
    start : int
        Where it begins.
    fan_in : int
        Numbers that are summed with it; 1 for a bias.
    unit_axis : int or None
        Axis along which its units lie; None for a bias or a scale.
    layer : int
        Number of the part of the module that it belongs to.
    offset : float
        Value of the parameter where the entry of the vector is zero.
    """

    name: str
    shape: torch.Size
    start: int
    fan_in: int
    unit_axis: int | None
    layer: int
    offset: float

    @property
    def stop(self) -> int:
        return self.start + self.shape.numel()

    @property
    def entries(self) -> slice:
        return slice(self.start, self.stop)


class ModuleLayout:
    """Parameters of a module as one flat vector: those in doubt first, then the points.

    Parameters that need no gradient are neither: they stay what they are in the module.

    Parameters
    ----------
    module : torch.nn.Module
    bayesian : {"all", "last_layer"} or sequence of str
        Which parameters have a distribution; the others are points. "all" leaves out those of
        normalisation layers. Names are as in `torch.nn.Module.named_parameters`, with wildcards.

    Attributes
    ----------
    n_weights : int
        Length of the vector.
    n_points : int
        The last so many entries are points.
    pieces : list of Piece

    Raises
    ------
    ValueError
        If the module has nothing to train, or a parameter that cannot be.

    Examples
    --------
    >>> import torch
    >>> layout = ModuleLayout(torch.nn.Linear(3, 2), "all")
    >>> [(piece.name, piece.fan_in) for piece in layout.pieces]
    [('weight', 3), ('bias', 1)]
    """

    def __init__(self, module: nn.Module, bayesian: str | Sequence[str]) -> None:
        owners = _owners(module)
        chosen = _chosen(owners, bayesian)
        ordered = [name for name in owners if name in chosen]
        ordered += [name for name in owners if name not in chosen]
        layers = {leaf: i for i, leaf in enumerate(dict.fromkeys(x[0] for x in owners.values()))}
        self.pieces: list[Piece] = []
        start = 0
        for name in ordered:
            leaf_name, leaf, parameter = owners[name]
            axis = _unit_axis(leaf, parameter)
            is_scale = isinstance(leaf, _NORMALISATION) and name.endswith("weight")
            piece = Piece(
                name,
                parameter.shape,
                start,
                _fan_in(leaf, parameter, axis),
                axis,
                layers[leaf_name],
                float(is_scale),
            )
            self.pieces.append(piece)
            start = piece.stop
        self.n_weights = start
        self.n_points = sum(p.shape.numel() for p in self.pieces if p.name not in chosen)

    def unpack(self, vectors: Tensor) -> dict[str, Tensor]:
        """Parameters ``[K, *shape]`` by name, views of ``vectors [K, P]`` where they can be."""
        parts = vectors.split([piece.shape.numel() for piece in self.pieces], -1)
        parameters = {}
        for piece, part in zip(self.pieces, parts, strict=True):
            values = part.reshape(*vectors.shape[:-1], *piece.shape)
            parameters[piece.name] = values + piece.offset if piece.offset else values
        return parameters

    def pack(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """The vector ``[P]`` whose parameters are these."""
        return torch.cat([(parameters[p.name].detach() - p.offset).flatten() for p in self.pieces])

    def fan_in(self) -> Tensor:
        sizes = [torch.full((p.shape.numel(),), float(p.fan_in)) for p in self.pieces]
        return torch.cat(sizes).double()

    def layer_index(self) -> Tensor:
        # The last of those that are in doubt: a layer of points alone is none.
        numbers = [torch.full((p.shape.numel(),), p.layer) for p in self.pieces]
        index = torch.cat(numbers)
        doubtful = index[: self.n_weights - self.n_points]
        _, index = torch.unique(index.clamp_max(int(doubtful.max())), return_inverse=True)
        return index

    def groups(self, grouping: str) -> WeightGroups:
        """Of the entries in doubt alone.

        "unit": the weights into a unit (or a filter) and its bias; of an embedding those of
        each embedded value; of the last layer the weights from each unit that it reads. "layer":
        each parameter of the module.
        """
        if grouping == "feature":
            raise ValueError(
                "grouping must be 'unit' or 'layer' for a module: which of its weights read a "
                "feature is not known. Got grouping='feature' instead."
            )
        doubtful = [p for p in self.pieces if p.start < self.n_weights - self.n_points]
        index = torch.empty(self.n_weights - self.n_points, dtype=torch.int64)
        blocks: dict[str, int] = {}
        last = max(piece.layer for piece in doubtful)
        first_of_layer: dict[int, tuple[int, int]] = {}  # first group, number of units
        n_groups = 0
        for piece in sorted(doubtful, key=lambda p: (p.layer, p.unit_axis is None)):
            axis = None if grouping == "layer" else piece.unit_axis
            if axis is not None and piece.layer == last and len(piece.shape) == 2:
                axis = 1 - axis
            n_units = 1 if axis is None else piece.shape[axis]
            start, n_found = first_of_layer.get(piece.layer, (0, 0))
            is_bias_of_units = (
                grouping == "unit"
                and piece.layer != last
                and piece.unit_axis is None
                and piece.shape == (n_found,)
            )
            if is_bias_of_units:
                index[piece.entries] = start + torch.arange(n_found)
                continue
            shape = [1] * len(piece.shape)
            if axis is not None:
                shape[axis] = n_units
                if piece.layer not in first_of_layer:
                    first_of_layer[piece.layer] = (n_groups, n_units)
            numbers = torch.arange(n_units).view(shape).expand(piece.shape)
            index[piece.entries] = n_groups + numbers.flatten()
            blocks[piece.name] = n_units
            n_groups += n_units
        return WeightGroups(index, blocks)


def _owners(module: nn.Module) -> dict[str, tuple[str, nn.Module, Tensor]]:
    """Trainable parameters by name, in order, with the part that holds them and its name."""
    owners: dict[str, tuple[str, nn.Module, Tensor]] = {}
    leaves = dict(module.named_modules())
    n_found = 0
    for name, parameter in module.named_parameters():
        n_found += 1
        if isinstance(parameter, nn.UninitializedParameter):
            raise ValueError(
                f"module has the lazy parameter {name!r}, whose shape is not known yet. Call the "
                "module on a batch first, or give its layers their sizes."
            )
        if not parameter.is_floating_point():
            raise ValueError(
                "Parameters of module must be real floating-point numbers. "
                f"Got {name!r} of {parameter.dtype} instead."
            )
        if parameter.requires_grad and parameter.numel():
            leaf_name = name.rpartition(".")[0]
            owners[name] = (leaf_name, leaves[leaf_name], parameter)
    if not owners:
        has = "none that requires a gradient" if n_found else "none"
        raise ValueError(f"module must have parameters to learn. It has {has}.")
    return owners


def _chosen(
    owners: Mapping[str, tuple[str, nn.Module, Tensor]], bayesian: str | Sequence[str]
) -> set[str]:
    """Names of the parameters that have a distribution."""
    if bayesian == "all":
        chosen = {n for n, (_, leaf, _) in owners.items() if not isinstance(leaf, _NORMALISATION)}
        return chosen or set(owners)
    if bayesian == "last_layer":
        leaves = [x[0] for x in owners.values() if not isinstance(x[1], _NORMALISATION)]
        return {name for name, (leaf_name, _, _) in owners.items() if leaf_name == leaves[-1]}
    patterns = [bayesian] if isinstance(bayesian, str) else list(bayesian)
    chosen = set()
    for pattern in patterns:
        found = set(fnmatch.filter(owners, pattern))
        if not found:
            raise ValueError(
                "bayesian must be 'all', 'last_layer' or names of parameters, with wildcards. "
                f"Got {pattern!r}, which none of {list(owners)} matches."
            )
        chosen |= found
    if not chosen:
        raise ValueError("bayesian must name at least one parameter. Got no name.")
    return chosen


def _unit_axis(leaf: nn.Module, parameter: Tensor) -> int | None:
    if parameter.ndim < 2:
        return None
    return 1 if isinstance(leaf, (*_TABLES, _ConvTransposeNd)) else 0


def _fan_in(leaf: nn.Module, parameter: Tensor, unit_axis: int | None) -> int:
    """How many products with entries of the parameter an output sums."""
    shape = parameter.shape
    if unit_axis is None or isinstance(leaf, _TABLES):
        return 1
    if isinstance(leaf, _ConvTransposeNd):
        # Of each output position only every stride-th tap of the kernel meets an input.
        taps = math.prod(max(1, k // s) for k, s in zip(shape[2:], leaf.stride, strict=True))
        return max(1, shape[0] // leaf.groups * taps)
    return math.prod(shape[1:])
