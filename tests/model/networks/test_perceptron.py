"""The network is the MLP that its flat vector describes, and its backward is the gradient."""

import numpy as np
import pytest
import torch
from sklearn.neural_network import MLPRegressor

from skbayes.model import ACTIVATIONS, InputColumns, Perceptron

DOUBLE = torch.float64


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def _backward(
    network: Perceptron, weights: torch.Tensor, inputs: torch.Tensor, output_gradient: torch.Tensor
) -> torch.Tensor:
    gradient = torch.full_like(weights, torch.nan)
    evaluator = network.evaluator(weights, gradient)
    evaluator.forward(inputs)
    evaluator.backward(output_gradient)
    return gradient


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_forward_agrees_with_scikit_learn(activation: str) -> None:
    X, y = _random(30, 4).numpy(), _random(30, seed=1).numpy()
    mlp = MLPRegressor(
        hidden_layer_sizes=(7, 3), activation=activation, solver="lbfgs", max_iter=5, random_state=0
    )
    with pytest.warns():  # it has not converged, and need not
        mlp.fit(X, y)
    layers = zip(mlp.coefs_, mlp.intercepts_, strict=True)
    flat = torch.cat([torch.from_numpy(part).flatten() for pair in layers for part in pair])
    outputs = Perceptron(4, (7, 3), 1, activation).forward(flat[None], torch.from_numpy(X))
    torch.testing.assert_close(outputs[0, :, 0], torch.from_numpy(mlp.predict(X)))


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3), (1, 1)])
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("linear_skip", [False, True])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_backward_agrees_with_autograd(
    hidden: tuple[int, ...], n_outputs: int, linear_skip: bool, activation: str
) -> None:
    network = Perceptron(3, hidden, n_outputs, activation, linear_skip=linear_skip)
    weights = _random(4, network.n_weights).requires_grad_()
    inputs = _random(6, 3, seed=1)
    output_gradient = _random(4, 6, n_outputs, seed=2)
    (expected,) = torch.autograd.grad(network.forward(weights, inputs), weights, output_gradient)

    actual = _backward(network, weights.detach(), inputs, output_gradient)
    torch.testing.assert_close(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("hidden", [(), (5,), (4, 3)])
@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("linear_skip", [False, True])
@pytest.mark.parametrize(("n_numeric", "n_categories"), [(2, ()), (0, (3, 2)), (2, (3, 2))])
def test_arrays_are_predicted_as_tensors_are(
    hidden: tuple[int, ...],
    n_outputs: int,
    linear_skip: bool,
    n_numeric: int,
    n_categories: tuple[int, ...],
) -> None:
    columns = InputColumns(n_numeric, n_categories)
    network = Perceptron(columns, hidden, n_outputs, "tanh", linear_skip=linear_skip)
    # Parameters of a likelihood follow the weights: rows of a longer vector.
    weights = _random(4, network.n_weights + 3)[:, : network.n_weights]
    codes = [torch.arange(6)[:, None] % (n + 1) for n in n_categories]
    inputs = torch.cat([_random(6, n_numeric, seed=1), *codes], 1)
    before = weights.clone(), inputs.clone()
    expected = network.forward(weights, inputs).numpy()
    actual = network.predict(weights.numpy(), inputs.numpy())
    # Sums of a few terms of order 1, in another order.
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)
    assert torch.equal(weights, before[0])
    assert torch.equal(inputs, before[1])


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_hidden_units_in_single_precision(activation: str) -> None:
    network = Perceptron(3, (5, 4), 2, activation, linear_skip=True)
    weights, inputs = _random(4, network.n_weights).numpy(), _random(50, 3, seed=1).numpy()
    expected = network.predict(weights, inputs)
    actual = network.predict(weights, inputs, np.float32)
    assert actual.dtype == np.float64
    # Of sums of a few terms of order 1, each rounded to single precision.
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    is_same = activation not in ("logistic", "tanh", "silu")  # which are made of exponentials
    assert np.array_equal(actual, expected) == is_same
    # Sums are in double precision: a row is the same whatever its neighbours.
    alone = np.concatenate([network.predict(weights, row[None], np.float32) for row in inputs], 1)
    np.testing.assert_allclose(actual, alone, rtol=1e-12, atol=1e-13)


def test_backward_agrees_with_finite_differences() -> None:
    network = Perceptron(2, (3,), 1, "tanh")
    weights, inputs = _random(1, network.n_weights), _random(5, 2, seed=1)
    gradient = _backward(network, weights, inputs, torch.ones(1, 5, 1, dtype=DOUBLE))
    step = 1e-6
    for index in range(network.n_weights):
        shift = torch.zeros_like(weights)
        shift[0, index] = step
        rise = network.forward(weights + shift, inputs) - network.forward(weights - shift, inputs)
        # Central differences: error of order step^2 plus rounding of order 1e-16 / step.
        assert float(rise.sum()) / (2 * step) == pytest.approx(float(gradient[0, index]), abs=1e-8)


def test_the_skip_adds_a_linear_model() -> None:
    plain, skipping = (
        Perceptron(3, (4,), 2, "tanh"),
        Perceptron(3, (4,), 2, "tanh", linear_skip=True),
    )
    weights, inputs = _random(5, skipping.n_weights), _random(6, 3, seed=1)
    added = inputs @ weights[:, plain.n_weights :].view(5, 3, 2)
    expected = plain.forward(weights[:, : plain.n_weights], inputs) + added
    torch.testing.assert_close(skipping.forward(weights, inputs), expected)


def test_a_linear_network_needs_no_skip() -> None:
    skipping = Perceptron(3, (), 2, "identity", linear_skip=True)
    assert skipping.n_weights == Perceptron(3, (), 2, "identity").n_weights == 8


def test_inputs_may_differ_between_weight_vectors() -> None:
    network = Perceptron(3, (5,), 2, "relu")
    weights, inputs = _random(4, network.n_weights), _random(4, 6, 3, seed=1)
    together = network.forward(weights, inputs)
    for k in range(4):
        torch.testing.assert_close(together[k], network.forward(weights[k : k + 1], inputs[k])[0])


def test_fan_in_counts_inputs_of_a_weight_and_one_for_a_bias() -> None:
    fan_in = Perceptron(3, (2,), 1, "relu").fan_in()
    assert fan_in.tolist() == [3.0] * 6 + [1.0] * 2 + [2.0] * 2 + [1.0]


def test_all_zero_rows_have_finite_gradients() -> None:
    network = Perceptron(3, (4,), 1, "relu")
    weights = torch.zeros(1, network.n_weights, dtype=DOUBLE)
    inputs = torch.zeros(5, 3, dtype=DOUBLE)
    gradient = _backward(network, weights, inputs, torch.ones(1, 5, 1, dtype=DOUBLE))
    assert gradient.isfinite().all()


def test_layer_of_each_entry() -> None:
    network = Perceptron(InputColumns(2, (2,)), (3,), 1, "relu", linear_skip=True)
    index = network.layer_index().tolist()
    assert index[:15] == [0] * 15  # two numbers and two embedded values to three units
    assert index[15:21] == [1] * 6  # output layer and skip
    assert index[21:27] == [0] * 6  # two embedded values of two categories and an unknown one
    assert index[27:] == [1] * 3  # their direct effects


@pytest.mark.parametrize("columns", [InputColumns(3), InputColumns(2, (3,))])
@pytest.mark.parametrize("is_per_vector", [False, True])
def test_an_evaluator_reads_every_batch(columns: InputColumns, is_per_vector: bool) -> None:
    network = Perceptron(columns, (4,), 1, "tanh", linear_skip=True)
    weights = _random(2, network.n_weights)
    gradient = torch.zeros_like(weights)
    evaluator = network.evaluator(weights, gradient)
    leading = (2,) if is_per_vector else ()
    first, *others = [_random(*leading, n, 3, seed=n).abs() for n in (6, 4, 5, 6)]
    for inputs in (first, *others):
        inputs[..., 2] = inputs[..., 2].round().clamp(max=3)  # codes, where it is a category
    for inputs in (first, first.flip(-2), *others, first, first):
        torch.testing.assert_close(evaluator.forward(inputs), network.forward(weights, inputs))
        output_gradient = torch.ones(2, inputs.shape[-2], 1, dtype=DOUBLE)
        evaluator.backward(output_gradient)
        torch.testing.assert_close(gradient, _backward(network, weights, inputs, output_gradient))
