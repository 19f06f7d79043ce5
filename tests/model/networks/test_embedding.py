"""Embeddings look up what a product with one-hot rows gives, forward and backward."""

import itertools

import pytest
import torch

from skbayes.model import InputColumns, Perceptron
from skbayes.model.networks.embedding import Embeddings, embedding_dim

DOUBLE = torch.float64
N_CATEGORIES = (3, 1, 5)


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def _codes(n_rows: int) -> torch.Tensor:
    """Codes of every category, known and not."""
    columns = [torch.arange(n_rows) % (n + 1) for n in N_CATEGORIES]
    return torch.stack(columns, 1).to(DOUBLE)


def _one_hot(codes: torch.Tensor) -> torch.Tensor:
    blocks = [
        torch.nn.functional.one_hot(column.long(), n + 1)
        for column, n in zip(codes.unbind(-1), N_CATEGORIES, strict=True)
    ]
    return torch.cat(blocks, -1).to(DOUBLE)


@pytest.mark.parametrize("n_effects", [0, 1, 2])
@pytest.mark.parametrize("dims", [(2, 1, 3), (0, 0, 0)])
def test_looking_up_is_a_product_with_one_hot_rows(dims: tuple[int, ...], n_effects: int) -> None:
    if not sum(dims) + n_effects:
        return
    embeddings = Embeddings(N_CATEGORIES, dims, n_effects=n_effects, start=7)
    codes = _codes(8)
    tables = _random(4, embeddings.stop - 7).requires_grad_()
    index = embeddings.index(codes)
    looked_up = embeddings.look_up(tables, index)

    # Each column as a block of a matrix [all categories, columns].
    offsets = [0, *itertools.accumulate(n + 1 for n in N_CATEGORIES)]
    features = [i for i, dim in enumerate(dims) for _ in range(dim)]
    features += [i for i in range(3) for _ in range(n_effects)]
    matrix = torch.zeros(4, offsets[-1], len(features), dtype=DOUBLE)
    columns = embeddings.embedded_columns + embeddings.effect_columns
    for number, (feature, column) in enumerate(zip(features, columns, strict=True)):
        rows = slice(offsets[feature], offsets[feature + 1])
        matrix[:, rows, number] = tables[:, column.start - 7 : column.stop - 7]
    product = _one_hot(codes) @ matrix
    torch.testing.assert_close(looked_up.embedded, product[..., : sum(dims)].mT)
    memory = torch.full((4, sum(dims) + 1, 8), torch.nan, dtype=DOUBLE)[:, 1:]
    embeddings.look_up(tables.detach(), index, memory)
    torch.testing.assert_close(memory, product[..., : sum(dims)].mT.detach())
    if n_effects:
        summed = product[..., sum(dims) :].unflatten(-1, (3, n_effects)).sum(2)
        torch.testing.assert_close(looked_up.effects, summed.mT)
    else:
        assert looked_up.effects is None

    embedded_gradient = _random(4, sum(dims), 8, seed=1)
    output_gradient = _random(4, max(n_effects, 1), 8, seed=2)
    scalar = (looked_up.embedded * embedded_gradient).sum()
    if looked_up.effects is not None:
        scalar = scalar + (looked_up.effects * output_gradient).sum()
    (expected,) = torch.autograd.grad(scalar, tables)
    gradient = torch.full_like(tables, torch.nan)
    embeddings.backward(index, embedded_gradient if sum(dims) else None, output_gradient, gradient)
    torch.testing.assert_close(gradient, expected)


def test_unknown_categories_are_the_last_of_each_column() -> None:
    embeddings = Embeddings(N_CATEGORIES, (1, 1, 1), n_effects=1, start=0)
    tables = torch.arange(float(embeddings.stop))[None]
    unknown = torch.tensor([N_CATEGORIES], dtype=DOUBLE)
    looked_up = embeddings.look_up(tables, embeddings.index(unknown))
    assert looked_up.embedded.flatten().tolist() == embeddings.unknown[:3]
    assert looked_up.effects.item() == sum(embeddings.unknown[3:])


@pytest.mark.parametrize("n_categories", [1, 2, 3, 7, 8, 1000])
def test_embedded_values_have_a_corner_for_every_category(n_categories: int) -> None:
    dim = embedding_dim(n_categories)
    assert 2 ** (dim - 1) <= n_categories < 2**dim


@pytest.mark.parametrize("n_inputs", [0, 2])
@pytest.mark.parametrize("hidden", [(), (4,), (4, 3)])
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("linear_skip", [False, True])
@pytest.mark.parametrize("per_vector", [False, True])
def test_network_backward_agrees_with_autograd(
    n_inputs: int, hidden: tuple[int, ...], n_outputs: int, linear_skip: bool, per_vector: bool
) -> None:
    network = Perceptron(
        InputColumns(n_inputs, N_CATEGORIES), hidden, n_outputs, "tanh", linear_skip=linear_skip
    )
    weights = _random(4, network.n_weights).requires_grad_()
    inputs = torch.cat([_random(8, n_inputs, seed=1), _codes(8)], 1)
    if per_vector:
        inputs = torch.stack([inputs.roll(k, 0) for k in range(4)])
    output_gradient = _random(4, 8, n_outputs, seed=2)
    outputs = network.forward(weights, inputs)
    (expected,) = torch.autograd.grad(outputs, weights, output_gradient)

    gradient = torch.full_like(weights, torch.nan)
    evaluator = network.evaluator(weights.detach(), gradient)
    torch.testing.assert_close(evaluator.forward(inputs), outputs)
    evaluator.backward(output_gradient)
    torch.testing.assert_close(gradient, expected, rtol=1e-12, atol=1e-12)


def test_rows_of_each_weight_vector_are_looked_up_in_its_own_tables() -> None:
    network = Perceptron(InputColumns(2, N_CATEGORIES), (4,), 1, "relu", linear_skip=True)
    weights = _random(4, network.n_weights)
    rows = torch.cat([_random(8, 2, seed=1), _codes(8)], 1)
    inputs = torch.stack([rows.roll(k, 0) for k in range(4)])
    together = network.forward(weights, inputs)
    for k in range(4):
        torch.testing.assert_close(together[k], network.forward(weights[k : k + 1], inputs[k])[0])


def test_a_linear_network_of_categories_is_a_sum_of_effects() -> None:
    network = Perceptron(InputColumns(1, (2, 2)), (), 1, "relu")
    weights = torch.tensor([[10.0, 1.0, 0.1, 0.2, 0.3, 0.01, 0.02, 0.03]])
    outputs = network.forward(weights, torch.tensor([[1.0, 0.0, 2.0], [2.0, 1.0, 0.0]]))
    torch.testing.assert_close(outputs.flatten(), torch.tensor([11.13, 21.21]))


def test_fan_in_counts_a_categorical_input_once() -> None:
    fan_in = Perceptron(InputColumns(3, (2,)), (2,), 1, "relu", linear_skip=True).fan_in().tolist()
    first, skip, embedded, effects = [5.0] * 10, [4.0] * 3, [1.0] * 6, [4.0] * 3
    assert fan_in == first + [1.0] * 2 + [2.0] * 2 + [1.0] + skip + embedded + effects
    linear = Perceptron(InputColumns(3, (2,)), (), 1, "relu").fan_in().tolist()
    assert linear == [4.0] * 3 + [1.0] + [4.0] * 3


def test_double_codes_and_single_codes_are_exact() -> None:
    n_categories = 2**20
    embeddings = Embeddings((n_categories,), (0,), n_effects=1, start=0)
    code = torch.tensor([[n_categories - 1]])
    assert embeddings.index(code.float()).effects.item() == n_categories - 1
