"""Which weights share a learned scale."""

import pytest
import torch

from skbayes.model import GROUPINGS, InputColumns, Perceptron
from skbayes.model.networks.perceptron_groups import feature_groups, layer_groups, unit_groups

NETWORKS = [
    Perceptron(2, (3,), 2, "relu"),
    Perceptron(2, (3, 4), 1, "relu", linear_skip=True),
    Perceptron(3, (), 1, "identity"),
    Perceptron(InputColumns(2, (3, 1)), (3,), 2, "relu", linear_skip=True),
    Perceptron(InputColumns(0, (2,)), (3,), 1, "relu"),
    Perceptron(InputColumns(0, (2, 2)), (), 1, "identity"),
]


@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_weight_has_a_group_and_every_group_a_weight(
    grouping: str, network: Perceptron
) -> None:
    groups = network.groups(grouping)
    assert groups.of_entry.shape == (network.n_weights,)
    assert sorted(set(groups.of_entry.tolist())) == list(range(sum(groups.blocks.values())))


class TestUnitGroups:
    def test_of_one_hidden_layer(self) -> None:
        groups = unit_groups(Perceptron(2, (3,), 2, "relu"))
        numbers = groups.of_entry.tolist()
        assert numbers[:6] == [0, 1, 2, 0, 1, 2]  # into each hidden unit
        assert numbers[6:9] == [0, 1, 2]  # its bias
        assert numbers[9:15] == [3, 3, 4, 4, 5, 5]  # from each hidden unit
        assert numbers[15:] == [6, 6]  # biases of the outputs
        assert groups.blocks == {"hidden_1": 3, "output": 3, "output_bias": 1}

    def test_the_skip_is_a_group_of_its_own(self) -> None:
        groups = unit_groups(Perceptron(2, (3,), 1, "relu", linear_skip=True)).of_entry.tolist()
        assert groups[-2:] == [7, 7]
        assert max(groups[:-2]) == 6

    def test_of_a_linear_model_are_its_inputs(self) -> None:
        assert unit_groups(Perceptron(3, (), 1, "identity")).of_entry.tolist() == [0, 1, 2, 3]

    def test_each_embedded_value_is_a_group_and_all_effects_of_an_input_are_one(self) -> None:
        network = Perceptron(InputColumns(2, (3, 1)), (3,), 2, "relu", linear_skip=True)
        groups = unit_groups(network).of_entry
        tables = groups[network.embeddings.start :] - groups[: network.embeddings.start].max() - 1
        embedded = [0] * 4 + [1] * 4 + [2] * 2
        assert tables.tolist() == embedded + [3] * 8 + [4] * 4


class TestLayerGroups:
    def test_weights_and_biases_of_each_layer_apart(self) -> None:
        groups = layer_groups(Perceptron(2, (3,), 1, "relu", linear_skip=True))
        expected = [0] * 6 + [1] * 3 + [2] * 3 + [3] + [4] * 2
        assert groups.of_entry.tolist() == expected
        assert list(groups.blocks) == ["hidden_1", "hidden_1_bias", "output", "output_bias", "skip"]

    def test_embedded_values_are_one_group_and_effects_another(self) -> None:
        network = Perceptron(InputColumns(1, (3, 1)), (2,), 1, "relu", linear_skip=True)
        groups = layer_groups(network)
        assert groups.of_entry[network.embeddings.start :].tolist() == [5] * 10 + [6] * 6
        assert list(groups.blocks)[-2:] == ["embedding", "effect"]


class TestFeatureGroups:
    def test_a_feature_has_what_reads_it_and_the_rest_is_as_by_unit(self) -> None:
        groups = feature_groups(Perceptron(2, (3, 2), 1, "relu", linear_skip=True))
        numbers = groups.of_entry.tolist()
        assert numbers[:6] == [0, 0, 0, 1, 1, 1]  # from each feature to the first layer
        assert numbers[6:9] == [2, 2, 2]  # biases of that layer
        assert numbers[9:15] == [3, 4] * 3  # into each unit of the second
        assert numbers[15:17] == [3, 4]  # its bias
        assert numbers[17:20] == [5, 6, 7]  # from each of them, and the output bias
        assert numbers[20:] == [0, 1]  # from each feature straight to the output
        blocks = {"feature": 2, "hidden_1_bias": 1, "hidden_2": 2, "output": 2, "output_bias": 1}
        assert groups.blocks == blocks

    def test_of_a_linear_model(self) -> None:
        groups = feature_groups(Perceptron(2, (), 2, "identity"))
        assert groups.of_entry.tolist() == [0, 0, 1, 1, 2, 2]
        assert groups.blocks == {"feature": 2, "output_bias": 1}

    def test_inputs_may_share_a_feature_and_come_in_any_order(self) -> None:
        # Two numeric inputs of feature 1 (a number and whether it is missing), then categorical
        # ones of features 2 and 0.
        network = Perceptron(
            InputColumns(2, (1, 2), (1, 1, 2, 0)), (1,), 1, "relu", linear_skip=True
        )
        numbers = feature_groups(network).of_entry.tolist()
        # One embedded value stands for the first categorical input, two for the second.
        assert numbers[:5] == [1, 1, 2, 0, 0]
        assert numbers[network.skip] == [1, 1]
        embeddings = network.embeddings
        assert [numbers[column][0] for column in embeddings.embedded_columns] == [2, 0, 0]
        assert [numbers[column][0] for column in embeddings.effect_columns] == [2, 0]

    def test_groups_do_not_mix_features_with_other_weights(self) -> None:
        network = NETWORKS[3]
        groups = feature_groups(network)
        is_feature = groups.of_entry < groups.blocks["feature"]
        first = network.layers[0]
        expected = torch.zeros(network.n_weights, dtype=torch.bool)
        expected[: first.bias_start] = True
        expected[network.skip.start :] = True  # the skip and the tables of the embeddings
        assert torch.equal(is_feature, expected)


class TestNoiseApart:
    """Of two targets, whose noise is given by the last two of four outputs."""

    network = Perceptron(InputColumns(2, (3,)), (3,), 4, "relu", linear_skip=True)

    @pytest.mark.parametrize("grouping", GROUPINGS)
    def test_noise_shares_no_group_with_the_mean(self, grouping: str) -> None:
        network = self.network
        together = network.groups(grouping)
        apart = network.groups(grouping, n_noise_outputs=2)
        added = {"noise": 1, "noise_bias": 1, "noise_skip": 1, "noise_effect": 1}
        assert apart.blocks == {**together.blocks, **added}
        first = sum(together.blocks.values())
        is_noise = apart.of_entry >= first
        assert torch.equal(apart.of_entry[~is_noise], together.of_entry[~is_noise])
        # What the last two outputs change with, and the others do not.
        weights = torch.zeros(1, network.n_weights, requires_grad=True)
        inputs = torch.tensor([[1.0, 2.0, float(level)] for level in range(4)])
        outputs = network.forward(weights + 0.5, inputs)[0]
        reads = [
            torch.autograd.grad(outputs[:, part].sum(), weights, retain_graph=True)[0][0] != 0
            for part in (slice(None, 2), slice(2, None))
        ]
        assert torch.equal(is_noise, reads[1] & ~reads[0])

    def test_each_kind_of_weight_is_a_group(self) -> None:
        network = self.network
        groups = network.groups("feature", n_noise_outputs=2)
        numbers = groups.of_entry - sum(network.groups("feature").blocks.values())
        last = network.layers[-1]
        weights = numbers[last.start : last.bias_start].view(last.n_inputs, 4)
        assert weights[:, 2:].tolist() == [[0, 0]] * 3
        assert numbers[last.bias_start : last.stop][2:].tolist() == [1, 1]
        assert numbers[network.skip].view(2, 4)[:, 2:].tolist() == [[2, 2]] * 2
        effects = [numbers[column] for column in network.embeddings.effect_columns]
        assert [set(effect.tolist()) for effect in effects[2:]] == [{3}, {3}]

    def test_of_a_linear_model(self) -> None:
        groups = Perceptron(2, (), 2, "identity").groups("feature", n_noise_outputs=1)
        assert groups.of_entry.tolist() == [0, 3, 1, 3, 2, 4]
        assert groups.blocks == {"feature": 2, "output_bias": 1, "noise": 1, "noise_bias": 1}
