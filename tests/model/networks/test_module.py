"""Any module as a network: the same outputs as the module's own, and autograd's gradients."""

import math

import pytest
import torch
from torch import nn

from skbayes.model import NestedRows
from skbayes.model.networks import InitialOutputs
from skbayes.model.networks.module import ModuleNetwork
from skbayes.model.networks.module_layout import ModuleLayout
from skbayes.model.networks.stack import LinearStack

DOUBLE = torch.float64


class Last(nn.Module):
    """A recurrent layer and a linear one on its last output."""

    def __init__(self, layer: nn.Module, width: int) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.layer(x)[0][:, -1])


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.attention(x, x, x)[0].mean(1))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.encoder(x).mean(1))


class Whole(nn.Module):
    """Encoder and decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.transformer(x, x[:, :2])[:, -1])


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x + self.second(torch.relu(self.first(x))))


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Bilinear(3, 4, 2)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return self.mix(left, right)


def _tied() -> nn.Module:
    module = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 6), nn.Linear(6, 2))
    module[2].weight = module[0].weight
    return module


def _convolution(layer: nn.Module, n_values: int) -> nn.Module:
    return nn.Sequential(layer, nn.Tanh(), nn.Flatten(), nn.Linear(n_values, 2))


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


SEQUENCE, FLAT = (5, 4, 8), (5, 6)
KINDS = {
    "linear": (lambda: nn.Linear(6, 2), FLAT),
    "mlp": (lambda: nn.Sequential(nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 2)), FLAT),
    "residual": (Residual, FLAT),
    "shared": (_tied, FLAT),
    "conv1d": (lambda: _convolution(nn.Conv1d(4, 3, 3), 18), SEQUENCE),
    "conv2d": (lambda: _convolution(nn.Conv2d(2, 3, 3), 48), (5, 2, 6, 6)),
    "conv3d": (lambda: _convolution(nn.Conv3d(2, 3, 2), 24), (5, 2, 3, 3, 3)),
    "grouped": (lambda: _convolution(nn.Conv2d(4, 4, 3, groups=2), 64), (5, 4, 6, 6)),
    "transposed1d": (lambda: _convolution(nn.ConvTranspose1d(4, 3, 3), 30), SEQUENCE),
    "transposed2d": (lambda: _convolution(nn.ConvTranspose2d(2, 3, 3, 2), 3 * 49), (5, 2, 3, 3)),
    "transposed3d": (lambda: _convolution(nn.ConvTranspose3d(2, 3, 2), 81), (5, 2, 2, 2, 2)),
    "rnn": (lambda: Last(nn.RNN(8, 5, 2, batch_first=True), 5), SEQUENCE),
    "lstm": (
        lambda: Last(nn.LSTM(8, 5, 2, batch_first=True, bidirectional=True), 10),
        SEQUENCE,
    ),
    "gru": (lambda: Last(nn.GRU(8, 5, 2, batch_first=True, bidirectional=True), 10), SEQUENCE),
    "attention": (Attention, SEQUENCE),
    "encoder": (Encoder, SEQUENCE),
    "transformer": (Whole, SEQUENCE),
    "layer_norm": (lambda: nn.Sequential(nn.LayerNorm(6), nn.Linear(6, 2)), FLAT),
    "group_norm": (
        lambda: nn.Sequential(nn.GroupNorm(2, 6), nn.Tanh(), nn.Linear(6, 2)),
        FLAT,
    ),
    "batch_norm": (
        lambda: nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)),
        FLAT,
    ),
    "dropout": (lambda: nn.Sequential(nn.Linear(6, 5), nn.Dropout(0.5), nn.Linear(5, 2)), FLAT),
    "prelu": (lambda: nn.Sequential(nn.Linear(6, 5), nn.PReLU(5), nn.Linear(5, 2)), FLAT),
}
LOOPED = {"rnn", "lstm", "gru", "encoder", "transformer"}
STACKS = {"linear", "mlp", "dropout"}
IMAGES = {"conv2d", "conv3d", "grouped", "transposed2d", "transposed3d"}


def _module(kind: str) -> tuple[nn.Module, torch.Tensor]:
    make, shape = KINDS[kind]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = make().double()
    return module, _random(*shape)


def _with(module: nn.Module, layout: ModuleLayout, vector: torch.Tensor) -> nn.Module:
    """The module itself with the parameters of a vector."""
    parameters = layout.unpack(vector[None])
    module.load_state_dict(
        {**module.state_dict(), **{name: value[0] for name, value in parameters.items()}}
    )
    return module.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_the_modules_own(kind: str) -> None:
    module, inputs = _module(kind)
    network = ModuleNetwork(module, 2)
    network.probe(inputs)
    weights = network.own_weights + 0.1 * _random(3, network.n_weights)
    outputs = network.forward(weights, inputs)
    for vector, output in zip(weights, outputs, strict=True):
        with torch.no_grad():
            expected = _with(module, network.layout, vector)(inputs)
        torch.testing.assert_close(output, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_agree_with_finite_differences(kind: str) -> None:
    module, inputs = _module(kind)
    network = ModuleNetwork(module, 2)
    weights = network.own_weights + 0.1 * _random(2, network.n_weights)
    gradient = torch.full_like(weights, torch.nan)
    evaluator = network.evaluator(weights, gradient)
    factor = _random(2, 5, 2, seed=1)
    assert not evaluator.forward(inputs).requires_grad
    evaluator.backward(factor)
    direction = _random(2, network.n_weights, seed=2)
    step = 1e-5
    values = [
        (network.forward(weights + sign * step * direction, inputs) * factor).sum((1, 2))
        for sign in (1, -1)
    ]
    expected = (values[0] - values[1]) / (2 * step)
    torch.testing.assert_close((gradient * direction).sum(1), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_can_be_is_batched(kind: str) -> None:
    module, inputs = _module(kind)
    network = ModuleNetwork(module, 2)
    network.probe(inputs)
    expected = None if kind in IMAGES | STACKS else kind not in LOOPED
    assert network._call.uses_vmap is expected


@pytest.mark.parametrize("kind", sorted(IMAGES))
def test_images_could_be_batched(kind: str) -> None:
    # On a CPU they are not, since that is slower; on other devices they are.
    module, inputs = _module(kind)
    network = ModuleNetwork(module, 2)
    weights = network.own_weights + 0.1 * _random(3, network.n_weights)
    looped = network.forward(weights, inputs)
    network._call._has_convolutions = False
    torch.testing.assert_close(network.forward(weights, inputs), looped)
    assert network._call.uses_vmap


def test_the_module_is_neither_changed_nor_referred_to() -> None:
    module, inputs = _module("batch_norm")
    before = {name: value.clone() for name, value in module.state_dict().items()}
    network = ModuleNetwork(module, 2)
    network.forward(network.own_weights[None] + 1, inputs, torch.Generator())
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    own = network.own_weights.clone()
    with torch.no_grad():
        module[0].weight.add_(1.0)
    assert torch.equal(network.own_weights, own)


def test_training_normalises_by_the_batch_and_keeps_its_statistics() -> None:
    module, inputs = _module("batch_norm")
    network = ModuleNetwork(module, 2)
    trained = network.forward(network.own_weights[None], inputs, torch.Generator())
    expected = module.train()(inputs)
    torch.testing.assert_close(trained[0], expected)
    for name in ("1.running_mean", "1.running_var", "1.num_batches_tracked"):
        torch.testing.assert_close(network.buffers[name], dict(module.named_buffers())[name])
    torch.testing.assert_close(
        network.forward(network.own_weights[None], inputs)[0], module.eval()(inputs)
    )


def test_dropout_is_seeded_by_the_generator_and_leaves_the_global_one_alone() -> None:
    module, inputs = _module("dropout")
    network = ModuleNetwork(module, 2)
    weights = network.own_weights.repeat(2, 1)
    before = torch.get_rng_state()
    first, again = (
        network.forward(weights, inputs, torch.Generator().manual_seed(0)) for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(*network.forward(weights, inputs))


def test_several_inputs_come_as_arguments_or_by_name() -> None:
    module = TwoInputs().double()
    left, right = _random(5, 3), _random(5, 4, seed=1)
    network = ModuleNetwork(module, 2)
    weights = network.own_weights[None]
    for parts in ((left, right), {"right": right, "left": left}):
        torch.testing.assert_close(
            network.forward(weights, NestedRows(parts))[0], module(left, right)
        )


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.Linear(7, 3), 7),
        (nn.Conv2d(4, 6, 3), 36),
        (nn.Conv2d(4, 6, 3, groups=2), 18),
        (nn.ConvTranspose1d(4, 6, 3), 12),
        (nn.ConvTranspose2d(4, 6, 4, stride=2), 16),
        (nn.Embedding(11, 3), 1),
        (nn.Bilinear(3, 4, 2), 12),
        (nn.LayerNorm(5), 1),
    ],
    ids=repr,
)
def test_fan_in_keeps_the_variance_of_the_outputs(layer: nn.Module, expected: int) -> None:
    layout = ModuleLayout(layer, ["*"])
    fan_in = dict(
        zip([p.name for p in layout.pieces], [p.fan_in for p in layout.pieces], strict=True)
    )
    assert fan_in["weight"] == expected
    assert fan_in.get("bias", 1) == 1
    assert layout.fan_in()[0] == expected


def test_normalisation_is_a_point_unless_it_is_asked_for() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.Linear(3, 1))
    assert ModuleLayout(module, "all").n_points == 6
    assert ModuleLayout(module, ["*"]).n_points == 0
    last = ModuleLayout(module, "last_layer")
    assert [p.name for p in last.pieces[:2]] == ["2.weight", "2.bias"]
    assert last.n_points == last.n_weights - 4
    # A vector of zeros scales by one: that is where its prior is centred.
    zero = ModuleLayout(module, ["*"]).unpack(torch.zeros(1, 25))
    assert torch.equal(zero["1.weight"], torch.ones(1, 3))


def test_parameters_that_need_no_gradient_stay_as_they_are() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    module[0].requires_grad_(False)
    network = ModuleNetwork(module, 1)
    assert network.n_weights == 4
    inputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        network.forward(network.own_weights[None], inputs)[0], module(inputs)
    )


def test_units_of_a_layer_share_a_scale_with_their_bias() -> None:
    module = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Linear(3, 2))
    layout = ModuleLayout(module, "all")
    units, layers = layout.groups("unit"), layout.groups("layer")
    assert units.blocks == {"0.weight": 3, "2.weight": 3, "2.bias": 1}
    assert units.of_entry[:24].tolist() == [0] * 8 + [1] * 8 + [2] * 8
    assert units.of_entry[24:27].tolist() == [0, 1, 2]  # the biases of the filters
    assert units.of_entry[27:33].tolist() == [3, 4, 5, 3, 4, 5]  # by what the last layer reads
    assert list(layers.blocks.values()) == [1, 1, 1, 1]
    with pytest.raises(ValueError, match="grouping must be 'unit' or 'layer'"):
        layout.groups("feature")


def test_new_weights_come_from_the_generator() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))

    network = ModuleNetwork(make(), 1, make=make)
    start = InitialOutputs(torch.tensor([2.0]), torch.tensor([0.0]))
    before = torch.get_rng_state()
    first, again = (
        network.initial_weights(2, torch.Generator().manual_seed(0), start, torch.zeros(0)).weights
        for _ in range(2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first[0], first[1])
    outputs = network.forward(first, torch.zeros(5, 3))
    torch.testing.assert_close(outputs, torch.full((2, 5, 1), 2.0))


def test_a_row_counts_what_its_widest_layer_holds() -> None:
    network = ModuleNetwork(_convolution(nn.Conv2d(1, 10, 3), 10 * 36), 2)
    network.probe(torch.zeros(4, 1, 8, 8))
    assert network.width == 360


class Keeps(nn.Module):
    """Remembers how often it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.n_calls = nn.Linear(6, 2), 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.n_calls += 1
        return self.linear(x) + self.n_calls


class Centred(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x - x.mean(0))


class Squeezed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x).squeeze()


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, int]:
        return self.linear(x), len(x)


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (nn.ReLU(), "must have parameters to learn"),
        (nn.Linear(6, 2).requires_grad_(False), "none that requires a gradient"),
        (nn.LazyLinear(2), "lazy parameter"),
        (nn.Linear(6, 2, dtype=torch.complex64), "real floating-point"),
        (nn.Linear(6, 3), r"shape \(n_rows, n_outputs\) = \(2, 2\)"),
        (Squeezed(), "returned a tensor of shape"),
        (Pair(), "returned a tuple"),
        (Keeps(), "same outputs for one set of weights"),
        (Centred(), "each row by itself"),
    ],
    ids=["none", "fixed", "lazy", "complex", "outputs", "squeezed", "tuple", "state", "rows"],
)
def test_modules_that_cannot_serve_are_refused(module: nn.Module, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        ModuleNetwork(module, 2).probe(torch.randn(4, 6))


def test_sequences_along_the_first_axis_are_noticed() -> None:
    class TimeFirst(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.lstm(x)[0][:, 0]

    with pytest.raises(ValueError, match="batch_first"):
        ModuleNetwork(TimeFirst(), 2).probe(torch.randn(4, 5, 3))


@pytest.mark.parametrize("bayesian", ["head.*", ["body.*", "nothing"], []])
def test_names_that_match_nothing_are_refused(bayesian: object) -> None:
    with pytest.raises(ValueError, match="bayesian must"):
        ModuleLayout(nn.Sequential(nn.Linear(2, 1)), bayesian)


def test_variance_of_outputs_does_not_depend_on_the_kind_of_layer() -> None:
    # Weights of variance 1 / fan_in give outputs of the variance of the inputs.
    for layer, shape in (
        (nn.Linear(40, 300), (1, 40)),
        (nn.Conv2d(8, 60, 3), (1, 8, 9, 9)),
        (nn.ConvTranspose2d(60, 40, 4, stride=2), (1, 60, 9, 9)),
    ):
        layout = ModuleLayout(layer, "all")
        vector = _random(1, layout.n_weights) / layout.fan_in().sqrt()
        parameters = {name: value[0] for name, value in layout.unpack(vector).items()}
        parameters["bias"] = torch.zeros_like(parameters["bias"])
        outputs = torch.func.functional_call(layer.double(), parameters, (_random(*shape),))
        # Hundreds of outputs, at the edges of the transposed one with fewer summands.
        assert math.sqrt(float(outputs.square().mean())) == pytest.approx(1.0, abs=0.2)


def test_stacks_of_linear_layers_are_found_and_others_are_not() -> None:
    linear = nn.Linear(3, 3)
    nested = nn.Sequential(linear, nn.Sequential(nn.Tanh(), nn.Linear(3, 2, bias=False)))
    assert LinearStack.of(nested).width == 3
    shared = nn.Sequential(linear, nn.Tanh(), linear)
    hooked = nn.Sequential(nn.Linear(3, 2))
    hooked.register_forward_hook(lambda module, args, output: 2 * output)
    weight_normed = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    for module in (shared, hooked, weight_normed, nn.Sequential(nn.Softmax(1)), Residual()):
        assert LinearStack.of(module) is None


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("fixed", [(), (0,), (2,)])
def test_a_stack_gives_the_outputs_of_the_loop(bias: bool, fixed: tuple[int, ...]) -> None:
    module = nn.Sequential(
        nn.Linear(4, 5, bias=bias), nn.GELU(), nn.Linear(5, 6), nn.Linear(6, 2, bias=bias)
    ).double()
    for layer in fixed:
        module[layer].weight.requires_grad_(False)
    network = ModuleNetwork(module, 2)
    weights = network.own_weights + _random(3, network.n_weights)
    inputs = _random(7, 4)
    stacked = network.forward(weights, inputs)
    network._call.stack = None
    torch.testing.assert_close(network.forward(weights, inputs), stacked)


def test_linear_layers_over_sequences_are_no_stack_of_rows() -> None:
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(15, 2))
    inputs = torch.randn(6, 5, 4)
    network = ModuleNetwork(module, 2)
    torch.testing.assert_close(
        network.forward(network.own_weights[None], inputs)[0], module(inputs)
    )
    plain = ModuleNetwork(nn.Linear(4, 3), 3)
    assert plain.call(plain.own_weights[None], inputs).shape == (1, 6, 5, 3)
