"""A module with a posterior: an `nn.Module` in every respect, and its bound the right one."""

import copy
import io
import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from skbayes.predictive import ClassDistribution
from skbayes.torch import BayesianModule, Moped

DOUBLE = torch.float64


class LastOutput(nn.Module):
    def __init__(self, layer: nn.Module, width: int) -> None:
        super().__init__()
        self.layer, self.head = layer, nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.layer(x)
        return self.head((out[0] if isinstance(out, tuple) else out)[:, -1])


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.head = nn.Embedding(7, 4), nn.Linear(4, 1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.head(self.table(tokens).mean(1))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.attention(x, x, x, need_weights=False)[0].mean(1))


def _encoder() -> nn.Module:
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    return LastOutput(nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), 8)


def _flat(layer: nn.Module, n_values: int) -> nn.Module:
    return nn.Sequential(layer, nn.Tanh(), nn.Flatten(), nn.Linear(n_values, 1))


SEQUENCE = (20, 6, 8)
KINDS = {
    "mlp": (lambda: nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1)), (20, 3)),
    "conv1d": (lambda: _flat(nn.Conv1d(6, 3, 3), 18), SEQUENCE),
    "conv2d": (lambda: _flat(nn.Conv2d(1, 3, 3), 48), (20, 1, 6, 6)),
    "conv3d": (lambda: _flat(nn.Conv3d(1, 3, 2), 24), (20, 1, 3, 3, 3)),
    "transposed": (lambda: _flat(nn.ConvTranspose2d(1, 2, 2), 32), (20, 1, 3, 3)),
    "embedding": (Tokens, None),
    "rnn": (lambda: LastOutput(nn.RNN(8, 5, batch_first=True), 5), SEQUENCE),
    "lstm": (lambda: LastOutput(nn.LSTM(8, 5, 2, batch_first=True), 5), SEQUENCE),
    "gru": (lambda: LastOutput(nn.GRU(8, 5, batch_first=True, bidirectional=True), 10), SEQUENCE),
    "attention": (Attention, SEQUENCE),
    "encoder": (_encoder, SEQUENCE),
    "layer_norm": (lambda: nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 1)), (20, 3)),
    "batch_norm": (
        lambda: nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 1)),
        (20, 3),
    ),
    "dropout": (
        lambda: nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.2), nn.Linear(5, 1)),
        (20, 3),
    ),
}


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _data(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    shape = KINDS[kind][1]
    if shape is None:
        x = torch.randint(7, (20, 5), generator=_generator())
        return x, x.float().mean(1, keepdim=True)
    x = torch.randn(shape, generator=_generator())
    return x, x.flatten(1)[:, :3].sum(1, keepdim=True)


def _module(kind: str, **parameters: object) -> BayesianModule:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = KINDS[kind][0]()
    return BayesianModule(module, **{"likelihood": "normal", **parameters})


def _mlp(**parameters: object) -> BayesianModule:
    return _module("mlp", **parameters)


@pytest.fixture(autouse=True)
def _own_random_numbers():
    """Draws come from PyTorch's global generator, as everywhere in PyTorch."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_of_ones_own_trains_every_kind_of_layer(kind: str) -> None:
    bayesian = _module(kind)
    x, y = _data(kind)
    optimizer = torch.optim.Adam(bayesian.parameters(), lr=0.02)
    bounds = []
    for _ in range(80):
        optimizer.zero_grad()
        bound = bayesian.elbo(x, y, dataset_size=200)
        (-bound).backward()
        optimizer.step()
        bounds.append(bound.item())
    assert np.mean(bounds[-10:]) > np.mean(bounds[:10]) + 0.2
    assert all(parameter.grad is not None for parameter in bayesian.parameters())
    dist = bayesian.eval().predict(x, 20)
    assert dist.interval(0.9).shape == (20, 2)
    assert np.isfinite(dist.log_prob(y[:, 0].numpy())).all()


@pytest.mark.parametrize("kind", KINDS)
def test_kl_divergence_is_the_closed_form_over_all_weights(kind: str) -> None:
    # DESIGN: earlier libraries averaged it, or took the prior's variance for its deviation.
    bayesian = _module(kind, prior_sigma=1.7).double()
    names = {name for name, scale in bayesian.named_scales().items() if bool((scale > 0).any())}
    expected = 0.0
    fan_ins = {piece.name: piece.fan_in for piece in bayesian._network.layout.pieces}
    for name in names:
        mean, scale = bayesian.named_means()[name], bayesian.named_scales()[name]
        prior = torch.distributions.Normal(0.0, 1.7 / math.sqrt(fan_ins[name]))
        posterior = torch.distributions.Normal(mean, scale)
        expected += float(torch.distributions.kl_divergence(posterior, prior).sum())
    # And of the noise, the last entry.
    loc, scale = bayesian.likelihood.parameter_prior()
    noise = torch.distributions.Normal(
        bayesian.posterior.mean[0, -1], bayesian.posterior.scale[0, -1]
    )
    expected += float(
        torch.distributions.kl_divergence(noise, torch.distributions.Normal(loc[0], scale[0]))
    )
    # The prior was built in single precision.
    assert bayesian.kl_divergence().item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("kind", ["conv1d", "lstm", "encoder", "mlp"])
def test_kl_divergence_depends_on_neither_rows_nor_length(kind: str) -> None:
    bayesian = _module(kind).double()
    x, y = (part.double() for part in _data(kind))
    parts = [x[:3], x] if kind in ("mlp", "conv1d") else [x[:3], x, x[:, :2]]
    divergences = {
        float(bayesian.elbo_terms(part, y[: len(part)], dataset_size=1000).kl_divergence.detach())
        for part in parts
    }
    assert len(divergences) == 1
    assert divergences.pop() * 1000 == pytest.approx(bayesian.kl_divergence().item())


def test_the_bound_averages_log_likelihoods_over_draws() -> None:
    bayesian = _mlp().double()
    x, y = (part.double() for part in _data("mlp"))
    torch.manual_seed(1)
    terms = bayesian.elbo_terms(x, y, dataset_size=60, n_draws=4, kl_weight=0.3)
    torch.manual_seed(1)
    draws = bayesian(x, n_draws=4)
    torch.manual_seed(1)
    vectors, _ = bayesian._posterior_draws(4)
    noise = bayesian.likelihood.noise_scale(vectors[:, -1:]).unsqueeze(1)
    expected = torch.distributions.Normal(draws, noise).log_prob(y).mean()
    torch.testing.assert_close(terms.expected_log_likelihood, expected)
    torch.testing.assert_close(terms.kl_divergence, bayesian.kl_divergence() / 60)
    torch.testing.assert_close(terms.elbo, expected - 0.3 * terms.kl_divergence)


@pytest.mark.parametrize("gradient", ["weights", "flipout", "local_reparameterization"])
def test_gradients_of_the_bound_agree_with_finite_differences(gradient: str) -> None:
    bayesian = _mlp(gradient=gradient).double()
    x, y = (part.double() for part in _data("mlp"))

    def bound() -> torch.Tensor:
        torch.manual_seed(3)
        return bayesian.elbo(x, y, dataset_size=60, n_draws=3)

    bound().backward()
    state = bayesian.posterior_state
    direction = torch.randn(state.shape, dtype=DOUBLE, generator=_generator(1))
    values = []
    with torch.no_grad():
        for sign in (1, -1):
            state += sign * 1e-5 * direction
            values.append(float(bound()))
            state -= sign * 1e-5 * direction
    expected = (values[0] - values[1]) / 2e-5
    assert float((state.grad * direction).sum()) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gradient", ["weights", "flipout", "local_reparameterization"])
def test_every_estimator_is_unbiased(gradient: str) -> None:
    # A linear layer with squared errors: the expected loss is known, and so is its gradient.
    module = BayesianModule(nn.Linear(3, 1), gradient=gradient).double()
    x = torch.randn(8, 3, dtype=DOUBLE, generator=_generator(1))
    y = torch.randn(8, 1, dtype=DOUBLE, generator=_generator(2))
    with torch.no_grad():
        module.posterior_state[:, 1].fill_(math.log(0.5))

    def loss(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return -0.5 * (y - outputs).square().squeeze(-1)

    n_draws = 20_000
    bound = module.elbo(x, y, dataset_size=8, n_draws=n_draws, likelihood=loss, kl_weight=0.0)
    bound.backward()
    actual = module.posterior_state.grad
    state = module.posterior_state.detach().requires_grad_()
    mean, log_scale = state[0]
    with_one = torch.cat([x, torch.ones(8, 1, dtype=DOUBLE)], 1)
    variance = with_one.square() @ (2 * log_scale).exp()
    exact = (-0.5 * ((y[:, 0] - with_one @ mean).square() + variance)).mean()
    (expected,) = torch.autograd.grad(exact, state)
    # The standard error of a mean over 20,000 draws of numbers of the order of 1 is 0.01.
    torch.testing.assert_close(actual, expected, rtol=0, atol=0.05)
    assert bound.item() == pytest.approx(exact.item(), abs=0.03)


def test_noise_for_each_row_has_less_variance_than_one_draw_for_all() -> None:
    x = torch.randn(64, 3, generator=_generator(1))
    variances = {}
    for gradient in ("weights", "flipout", "local_reparameterization"):
        module = _mlp(gradient=gradient)
        with torch.no_grad():
            module.posterior_state[:, 1].fill_(math.log(0.3))
        gradients = []
        for _ in range(200):
            module.zero_grad()
            module.elbo(x, torch.sin(x[:, :1]), dataset_size=64, n_draws=1).backward()
            gradients.append(module.posterior_state.grad[0, 0].clone())
        variances[gradient] = float(torch.stack(gradients).var(0).sum())
    assert variances["flipout"] < 0.5 * variances["weights"]
    assert variances["local_reparameterization"] < 0.5 * variances["weights"]


@pytest.mark.parametrize("gradient", ["flipout", "local_reparameterization"])
@pytest.mark.parametrize("kind", ["conv1d", "conv2d", "conv3d", "lstm", "attention", "embedding"])
def test_layers_without_such_noise_take_draws(kind: str, gradient: str) -> None:
    bayesian = _module(kind, gradient=gradient)
    x, y = _data(kind)
    bayesian.elbo(x, y, dataset_size=20).backward()
    # The noise reaches every weight: none is passed by at its mean.
    is_moved = bayesian.posterior_state.grad[0, 1] + 1.0 / 20  # without the entropy's part
    assert float((is_moved.abs() > 1e-9).float().mean()) > 0.9


@pytest.mark.parametrize("gradient", ["flipout", "local_reparameterization"])
def test_rows_of_zeros_have_finite_gradients(gradient: str) -> None:
    module = BayesianModule(nn.Linear(3, 1, bias=False), likelihood="normal", gradient=gradient)
    module.elbo(torch.zeros(5, 3), torch.ones(5), dataset_size=5).backward()
    assert bool(module.posterior_state.grad.isfinite().all())


def test_stick_the_landing_is_unbiased_and_vanishes_at_an_exact_posterior() -> None:
    module = BayesianModule(nn.Linear(2, 1), prior_sigma=1.0).double()

    def nothing(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return 0.0 * outputs.squeeze(-1)

    x, y = torch.zeros(1, 2, dtype=DOUBLE), torch.zeros(1, 1, dtype=DOUBLE)
    with torch.no_grad():  # without rows the posterior is the prior
        module.posterior_state[0, 0] = module.prior_loc
        module.posterior_state[0, 1] = module.prior_scale.log()
    bound = module.elbo(x, y, dataset_size=1, likelihood=nothing, kl="stick_the_landing", n_draws=3)
    bound.backward()
    torch.testing.assert_close(
        module.posterior_state.grad, torch.zeros_like(module.posterior_state), atol=1e-12, rtol=0
    )
    with torch.no_grad():
        module.posterior_state += 0.3
    means = []
    for kl, n_draws in (("closed_form", 2), ("stick_the_landing", 40_000)):
        module.zero_grad()
        module.elbo(x, y, dataset_size=1, likelihood=nothing, kl=kl, n_draws=n_draws).backward()
        means.append(module.posterior_state.grad.clone())
    # 20,000 pairs of numbers of the order of 1.
    torch.testing.assert_close(means[0], means[1], rtol=0, atol=0.05)


def test_a_distribution_of_torch_is_a_prior() -> None:
    normal = torch.distributions.Normal(0.0, 0.7)
    torch.manual_seed(0)
    given = BayesianModule(nn.Linear(3, 1, bias=False), prior=normal).double()
    torch.manual_seed(0)
    named = BayesianModule(nn.Linear(3, 1, bias=False), prior_sigma=0.7 * math.sqrt(3)).double()
    exact = named.kl_divergence()
    exact.backward()
    estimate = given.kl_divergence(n_draws=40_000)
    estimate.backward()
    # The squares of 20,000 pairs at a scale of 5 % of the prior's.
    assert estimate.item() == pytest.approx(exact.item(), abs=0.01)
    torch.testing.assert_close(
        given.posterior_state.grad, named.posterior_state.grad, rtol=0, atol=0.02
    )
    with pytest.raises(ValueError, match="distribution of single numbers"):
        BayesianModule(
            nn.Linear(3, 1),
            prior=torch.distributions.MultivariateNormal(torch.zeros(3), torch.eye(3)),
        )


def test_moped_is_centred_at_a_copy_of_the_weights() -> None:
    pretrained = nn.Linear(3, 1)
    with torch.no_grad():
        pretrained.weight.copy_(torch.tensor([[0.5, -1.0, 2.0]]))
    before = pretrained.weight.detach().clone()
    bayesian = BayesianModule(pretrained, prior=Moped(0.2), likelihood="normal")
    optimizer = torch.optim.SGD(bayesian.parameters(), lr=0.1)
    for _ in range(3):
        (-bayesian.elbo(torch.randn(5, 3), torch.randn(5), dataset_size=5)).backward()
        optimizer.step()
    assert not torch.equal(bayesian.named_means()["weight"], before)
    assert torch.equal(bayesian.prior_loc[:3], before[0])
    torch.testing.assert_close(bayesian.prior_scale[:3], 0.2 * before[0].abs())
    assert torch.equal(pretrained.weight, before)
    saved = bayesian.state_dict()
    assert {"prior_loc", "prior_scale", "posterior_state"} <= set(saved)
    other = BayesianModule(nn.Linear(3, 1), prior=Moped(0.2), likelihood="normal")
    other.load_state_dict(saved)
    assert torch.equal(other.kl_divergence(), bayesian.kl_divergence())


@pytest.mark.parametrize("fraction", [0.0, -1.0])
def test_moped_needs_a_width(fraction: float) -> None:
    with pytest.raises(ValueError, match="fraction must be a positive number"):
        Moped(fraction)


def _frozen(bayesian: BayesianModule, x: torch.Tensor) -> torch.Tensor:
    return bayesian.eval().freeze()(x).detach()


POSTERIORS = ["mean_field", "low_rank", "full", "radial", "last_layer", "deterministic"]


@pytest.mark.parametrize("kind", ["mlp", "lstm", "batch_norm", "encoder"])
@pytest.mark.parametrize("posterior", ["mean_field", "last_layer"])
def test_copies_predict_as_the_original(kind: str, posterior: str) -> None:
    bayesian = _module(kind, posterior=posterior)
    x, y = _data(kind)
    (-bayesian.elbo(x, y, dataset_size=20)).backward()
    torch.optim.Adam(bayesian.parameters(), lr=0.1).step()
    expected = _frozen(bayesian, x)
    for other in (copy.deepcopy(bayesian), pickle.loads(pickle.dumps(bayesian))):
        assert torch.equal(_frozen(other, x), expected)
        with torch.no_grad():
            other.posterior_state.add_(1.0)
        assert torch.equal(_frozen(bayesian, x), expected)
    double = copy.deepcopy(bayesian).double()
    torch.testing.assert_close(_frozen(double, x.double()), expected.double(), rtol=1e-4, atol=1e-5)
    assert double.predict(x.double(), 4).mean().shape == (20,)


@pytest.mark.parametrize("posterior", POSTERIORS)
def test_loading_a_state_keeps_the_loss(posterior: str) -> None:
    x, y = _data("mlp")
    trained = _mlp(posterior=posterior, prior_sigma=2.0)
    for _ in range(3):
        (-trained.elbo(x, y, dataset_size=20)).backward()
        torch.optim.Adam(trained.parameters(), lr=0.1).step()
    file = io.BytesIO()
    torch.save(trained.state_dict(), file)
    file.seek(0)
    torch.manual_seed(5)
    fresh = BayesianModule(KINDS["mlp"][0](), likelihood="normal", posterior=posterior)
    fresh.load_state_dict(torch.load(file, weights_only=True))  # with the prior of sigma 2
    losses = []
    for module in (trained, fresh):
        torch.manual_seed(2)
        losses.append(module.elbo(x, y, dataset_size=20).item())
    assert losses[0] == losses[1]


@pytest.mark.parametrize("prior_sigma", ["auto", [0.5, 2.0], 1.0])
@pytest.mark.parametrize("posterior", POSTERIORS)
def test_every_posterior_and_prior(posterior: str, prior_sigma: object) -> None:
    bayesian = _mlp(posterior=posterior, prior_sigma=prior_sigma)
    x, y = _data("mlp")
    bayesian.elbo(x, y, dataset_size=20).backward()
    assert bool(bayesian.posterior_state.grad.isfinite().all())
    assert bayesian.predict(x, 6).mean().shape == (20,)


@pytest.mark.parametrize("prior", ["laplace", "student_t", "scale_mixture"])
def test_priors_by_name(prior: str) -> None:
    bayesian = _mlp(prior=prior)
    assert math.isfinite(bayesian.kl_divergence(n_draws=20).item())
    assert "prior_scale" in bayesian.state_dict()


def test_equal_rows_agree_within_a_draw_and_differ_between_draws() -> None:
    bayesian = _mlp()
    draws = bayesian(torch.ones(4, 3), n_draws=5)
    assert draws.shape == (5, 4, 1)
    assert torch.equal(draws[:, 0], draws[:, 3])
    assert len(draws[:, 0].unique()) == 5
    assert bayesian(torch.ones(4, 3)).shape == (4, 1)


def test_frozen_calls_take_the_mean_and_unfrozen_ones_do_not() -> None:
    bayesian = _mlp().eval()
    x, _ = _data("mlp")
    frozen = bayesian.freeze()(x)
    torch.testing.assert_close(frozen, bayesian.mean_module()(x))
    assert torch.equal(frozen, bayesian(x, n_draws=2)[1])
    assert not torch.equal(bayesian.unfreeze()(x), frozen)


def test_points_are_trained_and_not_in_doubt() -> None:
    bayesian = _mlp(bayesian="last_layer")
    x, y = _data("mlp")
    before = bayesian.named_means()["0.weight"].clone()
    assert not bool(bayesian.named_scales()["0.weight"].any())
    assert bool((bayesian.named_scales()["2.weight"] > 0).all())
    (-bayesian.elbo(x, y, dataset_size=20)).backward()
    torch.optim.Adam(bayesian.parameters(), lr=0.1).step()
    assert not torch.equal(bayesian.named_means()["0.weight"], before)
    # The body of a pretrained network may stay as it is.
    body = KINDS["mlp"][0]()
    body[0].requires_grad_(False)
    fixed = BayesianModule(body, likelihood="normal")
    assert set(fixed.named_means()) == {"2.weight", "2.bias"}
    torch.testing.assert_close(fixed.mean_module()[0].weight, body[0].weight)
    assert "module_state.0/weight" in fixed.state_dict()


def test_batch_normalisation_keeps_its_statistics_with_the_module() -> None:
    bayesian = _module("batch_norm")
    x, y = _data("batch_norm")
    bayesian.eval()
    before = bayesian.state_dict()["module_state.1/running_mean"].clone()
    bayesian(x)
    assert torch.equal(bayesian.state_dict()["module_state.1/running_mean"], before)
    bayesian.train()
    bayesian.elbo(x, y, dataset_size=20)
    assert not torch.equal(bayesian.state_dict()["module_state.1/running_mean"], before)
    bayesian.eval()
    assert torch.equal(bayesian.freeze()(x)[:2], bayesian(x[:2]))


# PyTorch's compiler uses what PyTorch deprecates, and looks at gradients of what are no leaves.
@pytest.mark.filterwarnings("ignore")
def test_torch_compile_keeps_everything() -> None:
    bayesian = _mlp()
    x, y = _data("mlp")
    compiled = torch.compile(bayesian, backend="eager")  # without a compiler of the machine
    torch.manual_seed(0)
    expected = bayesian(x, n_draws=3)
    torch.manual_seed(0)
    torch.testing.assert_close(compiled(x, n_draws=3), expected)
    (-compiled.elbo(x, y, dataset_size=20)).backward()
    assert bayesian.posterior_state.grad is not None


def test_several_inputs_by_place_and_by_name() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix = nn.Bilinear(2, 3, 1)

        def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
            return self.mix(left, right)

    bayesian = BayesianModule(Two(), likelihood="normal").freeze()
    left, right = torch.randn(5, 2), torch.randn(5, 3)
    expected = bayesian(left, right)
    for outputs in (bayesian(right=right, left=left), bayesian(left, right=right)):
        assert torch.equal(outputs, expected)
    y = torch.randn(5)
    for x in ((left, right), {"left": left, "right": right}):
        assert bool(bayesian.elbo(x, y, dataset_size=5).isfinite())
        assert bayesian.predict(x, 4).mean().shape == (5,)


def test_classes_and_labels() -> None:
    x = torch.randn(30, 4)
    softmax = BayesianModule(nn.Linear(4, 3), likelihood="softmax", classes=["a", "b", "c"])
    y = torch.randint(3, (30,))
    bound = softmax.elbo_terms(x, y, dataset_size=30, n_draws=2)
    torch.manual_seed(1)
    draws = softmax(x, n_draws=50)
    torch.manual_seed(1)
    dist = softmax.predict(x, 50)
    assert isinstance(dist, ClassDistribution)
    np.testing.assert_allclose(
        dist.probabilities(), draws.softmax(-1).mean(0).detach().numpy(), rtol=1e-4
    )
    assert set(dist.mode()) <= {"a", "b", "c"}
    assert bound.expected_log_likelihood.item() < 0
    labels = BayesianModule(nn.Linear(4, 2), likelihood="bernoulli", classes=2)
    targets = torch.randint(2, (30, 2))
    torch.manual_seed(1)
    terms = labels.elbo_terms(x, targets, dataset_size=30, n_draws=2)
    torch.manual_seed(1)
    logits = labels(x, n_draws=2)
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(targets.float()).sum(-1).mean()
    torch.testing.assert_close(terms.expected_log_likelihood, expected)


def test_a_target_at_each_place_of_a_sequence() -> None:
    class EachStep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.head = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.lstm(x)[0])

    bayesian = BayesianModule(EachStep(), likelihood="softmax", classes=5)
    x, y = torch.randn(6, 7, 3), torch.randint(5, (6, 7))
    torch.manual_seed(1)
    terms = bayesian.elbo_terms(x, y, dataset_size=6)
    torch.manual_seed(1)
    log_probs = bayesian(x, n_draws=2).log_softmax(-1)
    expected = log_probs.gather(-1, y.expand(2, 6, 7).unsqueeze(-1)).sum((2, 3)).mean()
    torch.testing.assert_close(terms.expected_log_likelihood, expected)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"likelihood": "gaussian"}, "likelihood must be one of"),
        ({"likelihood": "softmax"}, "needs classes"),
        ({"classes": 3}, "classes must be None"),
        ({"prior": "gaussian"}, "prior must be one of"),
        ({"posterior": "gaussian"}, "posterior must be one of"),
        ({"prior_sigma": -1.0}, "prior_sigma must be positive"),
        ({"prior_sigma": [1.0, 2.0, 3.0]}, "one number for each of the 2 layers"),
        ({"prior_sigma": "auto", "prior": "laplace"}, "prior_sigma must be a positive number"),
        ({"prior_sigma": 1.0, "prior": Moped()}, "must be None for"),
        ({"gradient": "exact"}, "gradient must be one of"),
        ({"gradient": "flipout", "posterior": "full"}, "needs posterior='mean_field'"),
        ({"bayesian": ["9.*"]}, "bayesian must be"),
    ],
)
def test_parameters_that_do_not_go_are_named(parameters: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        _mlp(**parameters)


def test_what_does_not_fit_is_named() -> None:
    x, y = _data("mlp")
    bayesian = _mlp()
    with pytest.raises(ValueError, match="Got outputs of shape"):
        bayesian.elbo(x, torch.cat([y, y], 1), dataset_size=20)
    with pytest.raises(ValueError, match="Got outputs of shape"):
        bayesian.elbo(x, y[:5], dataset_size=20)
    with pytest.raises(ValueError, match="likelihood must return"):
        bayesian.elbo(x, y, dataset_size=20, likelihood=lambda outputs, y: outputs)
    with pytest.raises(ValueError, match="kl must be one of"):
        bayesian.elbo(x, y, dataset_size=20, kl="exact")
    with pytest.raises(ValueError, match="n_draws must be at least 1"):
        bayesian(x, n_draws=0)
    with pytest.raises(ValueError, match="likelihood must be given"):
        _mlp(likelihood=None).elbo(x, y, dataset_size=20)
    with pytest.raises(ValueError, match=r"must be a torch\.nn\.Module"):
        BayesianModule("linear")
    softmax = BayesianModule(nn.Linear(3, 3), likelihood="softmax", classes=3)
    with pytest.raises(ValueError, match=r"numbers of classes in \[0, 2\]"):
        softmax.elbo(x, torch.full((20,), 3), dataset_size=20)
    bound = bayesian.elbo(x, y, dataset_size=20)
    bound.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="differentiated once"):
        bound.backward()
