"""Which weights of a multilayer perceptron share a learned scale."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from skbayes.lazy_torch import Tensor, torch
from skbayes.model.networks.base import WeightGroups
from skbayes.model.networks.layout import LayerSlice, PerceptronLayout


class _Builder:
    """Numbers groups block by block."""

    def __init__(self, network: PerceptronLayout) -> None:
        self._index = torch.full((network.n_weights,), -1)
        self._blocks: dict[str, int] = {}
        self._n_groups = 0

    def add(self, name: str, n_groups: int, *members: tuple[slice, int | Tensor]) -> None:
        """Add a block.

        Parameters
        ----------
        name : str
        n_groups : int
            Blocks without groups are left out.
        *members : tuple
            A stretch of the vector and the number of its group, or of that of each entry,
            counted from 0 in the block.
        """
        for stretch, numbers in members:
            self._index[stretch] = self._n_groups + numbers
        if n_groups:
            self._blocks[name] = n_groups
        self._n_groups += n_groups

    def result(self) -> WeightGroups:
        return WeightGroups(self._index, self._blocks)


def unit_groups(network: PerceptronLayout) -> WeightGroups:
    """Groups that a hidden unit can be switched off with.

    The weights into a hidden unit and its bias are one group; so are the weights from
    each unit of the last hidden layer to the outputs, the biases of the outputs, and the
    weights of the linear skip. In a network without hidden layers the weights of each input
    are a group. Of a categorical input, each embedded value is a group, over all categories,
    and the direct effects are one: categories share a scale, and rare ones
    shrink towards zero (random effects).
    """
    builder = _Builder(network)
    for number, layer in enumerate(network.layers[:-1], 1):
        _add_units(builder, number, layer)
    _add_output(builder, network.layers[-1])
    builder.add("skip", int(network.has_skip), (network.skip, 0))
    embeddings = network.embeddings
    if embeddings is not None:
        embedded = enumerate(embeddings.embedded_columns)
        builder.add("embedding", embeddings.width, *((column, i) for i, column in embedded))
        effects = list(zip(embeddings.effect_columns, embeddings.effect_features, strict=True))
        builder.add("effect", embeddings.n_features if effects else 0, *effects)
    return builder.result()


def layer_groups(network: PerceptronLayout) -> WeightGroups:
    """A group for the weights of each layer and one for its biases (Neal 1996, section 3.1).

    The weights of the skip are a group; so are all embedded values, and all direct effects of
    categories.
    """
    builder = _Builder(network)
    for number, layer in enumerate(network.layers, 1):
        name = "output" if layer is network.layers[-1] else f"hidden_{number}"
        builder.add(name, min(1, layer.n_inputs), (slice(layer.start, layer.bias_start), 0))
        builder.add(f"{name}_bias", 1, (slice(layer.bias_start, layer.stop), 0))
    builder.add("skip", int(network.has_skip), (network.skip, 0))
    embeddings = network.embeddings
    if embeddings is not None:
        embedded = [(column, 0) for column in embeddings.embedded_columns]
        builder.add("embedding", min(1, len(embedded)), *embedded)
        effects = [(column, 0) for column in embeddings.effect_columns]
        builder.add("effect", min(1, len(effects)), *effects)
    return builder.result()


def feature_groups(network: PerceptronLayout) -> WeightGroups:
    """A group for each feature: automatic relevance determination (MacKay 1994; Neal 1996).

    It holds all that reads the feature: weights of the first layer and of the skip,
    and for a categorical feature its embedded values and direct effects. The biases of the
    first hidden layer are a group, and the other layers have the groups of `unit_groups`: what
    lets units be switched off must stay.
    """
    embeddings, input_features = network.embeddings, network.input_features
    numeric = torch.tensor(input_features[: network.n_inputs], dtype=torch.int64)
    categorical = torch.tensor(input_features[network.n_inputs :], dtype=torch.int64)
    first = network.layers[0]
    read_by_first = numeric
    tables: list[tuple[slice, int]] = []
    if embeddings is not None:
        read_by_first = torch.cat([numeric, categorical[embeddings.embedded_features]])
        for columns, features in (
            (embeddings.embedded_columns, embeddings.embedded_features),
            (embeddings.effect_columns, embeddings.effect_features),
        ):
            tables += zip(columns, categorical[features].tolist(), strict=True)
    skip = numeric.repeat_interleave(network.n_outputs) if network.has_skip else numeric[:0]
    builder = _Builder(network)
    builder.add(
        "feature",
        max(input_features) + 1,
        (slice(first.start, first.bias_start), read_by_first.repeat_interleave(first.n_outputs)),
        (network.skip, skip),
        *tables,
    )
    biases = slice(first.bias_start, first.stop)
    if len(network.layers) == 1:
        builder.add("output_bias", 1, (biases, 0))
        return builder.result()
    builder.add("hidden_1_bias", 1, (biases, 0))
    for number, layer in enumerate(network.layers[1:-1], 2):
        _add_units(builder, number, layer)
    _add_output(builder, network.layers[-1])
    return builder.result()


_GROUPINGS: dict[str, Callable[[PerceptronLayout], WeightGroups]] = {
    "unit": unit_groups,
    "layer": layer_groups,
    "feature": feature_groups,
}


def perceptron_groups(
    network: PerceptronLayout, grouping: str, n_noise_outputs: int = 0
) -> WeightGroups:
    """Groups by name, with what gives the noise in groups of its own.

    What matters for the mean need not for the noise: with a scale in common, the noise would follow
    every column that the mean does.

    Parameters
    ----------
    network : PerceptronLayout
    grouping : str
    n_noise_outputs : int, default=0
        Outputs that say how large the noise is, the last ones.
    """
    groups = _GROUPINGS[grouping](network)
    index, blocks = groups.of_entry.clone(), dict(groups.blocks)
    for name, entries in _noise_entries(network, n_noise_outputs).items():
        if len(entries):
            index[entries] = sum(blocks.values())
            blocks[name] = 1
    return WeightGroups(index, blocks)


def _noise_entries(network: PerceptronLayout, n_noise_outputs: int) -> dict[str, Tensor]:
    """Entries of the vector that the last outputs alone depend on, block by block."""
    n_outputs, last = network.n_outputs, network.layers[-1]
    is_noise = torch.arange(n_outputs) >= n_outputs - n_noise_outputs

    def of_noise(stretch: slice) -> Tensor:
        entries = torch.arange(stretch.start, stretch.stop)
        return entries[is_noise.repeat(len(entries) // n_outputs)]

    effects = torch.arange(0)
    if network.embeddings is not None:
        columns = network.embeddings.effect_columns
        is_effect = is_noise.repeat(len(columns) // n_outputs).tolist()
        parts = [torch.arange(column.start, column.stop) for column in columns]
        effects = torch.cat([effects, *itertools.compress(parts, is_effect)])
    return {
        "noise": of_noise(slice(last.start, last.bias_start)),
        "noise_bias": of_noise(slice(last.bias_start, last.stop)),
        "noise_skip": of_noise(network.skip),
        "noise_effect": effects,
    }


def _add_units(builder: _Builder, number: int, layer: LayerSlice) -> None:
    """Weights into each unit of a hidden layer, with its bias."""
    units = torch.arange(layer.n_outputs)
    builder.add(
        f"hidden_{number}",
        layer.n_outputs,
        (slice(layer.start, layer.bias_start), units.repeat(layer.n_inputs)),
        (slice(layer.bias_start, layer.stop), units),
    )


def _add_output(builder: _Builder, layer: LayerSlice) -> None:
    """Weights from each input of the output layer, and its biases."""
    inputs = torch.arange(layer.n_inputs).repeat_interleave(layer.n_outputs)
    builder.add("output", layer.n_inputs, (slice(layer.start, layer.bias_start), inputs))
    builder.add("output_bias", 1, (slice(layer.bias_start, layer.stop), 0))
