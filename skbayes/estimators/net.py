"""The estimators over a network of the user's own."""

from __future__ import annotations

from dataclasses import dataclass

from skbayes.estimators.classifier import Classification, PartialClassifierFit
from skbayes.estimators.module_parameters import ModuleParameters, with_module_parameters
from skbayes.estimators.parameter_docs import with_shared_docs
from skbayes.estimators.regressor import PartialRegressorFit, Regression
from skbayes.estimators.search import PriorSigmaSearch


@with_module_parameters
@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianNetRegressor(PartialRegressorFit, ModuleParameters):
    """Regression with any `torch.nn.Module`, its weights a posterior distribution.

    Everything is as for `BayesianMLPRegressor` but the network, and but that by default the
    posterior is variational, for each of five members, with the weight of the divergence that
    predicts a fifth of the rows best.

    Parameters
    ----------
    {module_parameters}

    {first_parameters}

    likelihood : str or instance of a class of `skbayes.likelihoods`, default="auto"
        As for `BayesianMLPRegressor`.

    {table_parameters}

    {given_sigma_parameter}

    {training_parameters}

    Attributes
    ----------
    n_outputs_ : int
        Number of targets.

    noise_std_ : float or ndarray of shape (n_outputs,), or None
        As for `BayesianMLPRegressor`.

    likelihood_parameters_ : dict of str to float or ndarray of shape (n_outputs,)
        As for `BayesianMLPRegressor`.

    {learned_sigma_attributes}

    {shared_attributes}

    See Also
    --------
    BayesianMLPRegressor : For a table, the better choice.
    skbayes.torch.BayesianModule : For a training loop of one's own.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianNetRegressor
    >>> def network(n_features_in, n_outputs, width=16):
    ...     hidden = torch.nn.Linear(n_features_in, width)
    ...     return torch.nn.Sequential(hidden, torch.nn.SiLU(), torch.nn.Linear(width, n_outputs))
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = BayesianNetRegressor(network, module__width=8, max_iter=300, random_state=0)
    >>> regressor.fit(X, y).predict_interval(X[:5]).shape
    (5, 2)
    """


@with_module_parameters
@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianNetClassifier(PartialClassifierFit, ModuleParameters):
    """Classification with any `torch.nn.Module`, its weights a posterior distribution.

    Everything is as for `BayesianMLPClassifier` but the network, and but that by default the
    posterior is variational, for each of five members, with the weight of the divergence that
    predicts a fifth of the rows best. `module` is asked for one output less than there are
    classes: one for two classes, or one for each label of a multilabel target.

    Parameters
    ----------
    {module_parameters}

    {first_parameters}

    class_weight : dict, list of dict, "balanced" or None, default=None
        As for `BayesianMLPClassifier`.

    {table_parameters}

    {given_sigma_parameter}

    {training_parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        As for `BayesianMLPClassifier`.

    {learned_sigma_attributes}

    {shared_attributes}

    See Also
    --------
    BayesianMLPClassifier : For a table, the better choice.
    skbayes.torch.BayesianModule : For a training loop of one's own.

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_digits
    >>> from skbayes import BayesianNetClassifier
    >>> def cnn(n_features_in, n_outputs):
    ...     return torch.nn.Sequential(
    ...         torch.nn.Conv2d(n_features_in, 4, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    ...         torch.nn.Flatten(), torch.nn.Linear(36, n_outputs),
    ...     )
    >>> X, y = load_digits(return_X_y=True)
    >>> images = X.reshape(-1, 1, 8, 8)
    >>> classifier = BayesianNetClassifier(cnn, budget=0.1, random_state=0)
    >>> classifier = classifier.fit(images[:500], y[:500])
    >>> classifier.predict_proba(images[500:]).shape
    (1297, 10)
    """


@with_module_parameters
@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianNetRegressorCV(Regression, PriorSigmaSearch, ModuleParameters):
    """Regression with any `torch.nn.Module` and a cross-validated prior sigma.

    As `BayesianMLPRegressorCV`, over a module.

    Parameters
    ----------
    {module_parameters}

    {search_parameters}

    {first_parameters}

    likelihood : str or instance of a class of `skbayes.likelihoods`, default="auto"
        As for `BayesianMLPRegressor`.

    {table_parameters}

    {training_parameters}

    Attributes
    ----------
    {search_attributes}

    n_outputs_ : int
        Number of targets.

    noise_std_ : float or ndarray of shape (n_outputs,), or None
        As for `BayesianMLPRegressor`.

    {shared_attributes}

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_diabetes
    >>> from skbayes import BayesianNetRegressorCV
    >>> def linear(n_features_in, n_outputs):
    ...     return torch.nn.Linear(n_features_in, n_outputs)
    >>> X, y = load_diabetes(return_X_y=True)
    >>> search = BayesianNetRegressorCV(
    ...     linear, prior_sigmas=[0.01, 1.0], cv=3, max_iter=300, random_state=0
    ... ).fit(X, y)
    >>> search.best_prior_sigma_
    1.0
    """


@with_module_parameters
@with_shared_docs
@dataclass(repr=False, eq=False)
class BayesianNetClassifierCV(Classification, PriorSigmaSearch, ModuleParameters):
    """Classification with any `torch.nn.Module` and a cross-validated prior sigma.

    As `BayesianMLPClassifierCV`, over a module.

    Parameters
    ----------
    {module_parameters}

    {search_parameters}

    {first_parameters}

    class_weight : dict, list of dict, "balanced" or None, default=None
        As for `BayesianMLPClassifier`.

    {table_parameters}

    {training_parameters}

    Attributes
    ----------
    {search_attributes}

    classes_ : ndarray of shape (n_classes,)
        As for `BayesianMLPClassifier`.

    {shared_attributes}

    References
    ----------
    {shared_references}

    Examples
    --------
    >>> import torch
    >>> from sklearn.datasets import load_iris
    >>> from skbayes import BayesianNetClassifierCV
    >>> def linear(n_features_in, n_outputs):
    ...     return torch.nn.Linear(n_features_in, n_outputs)
    >>> X, y = load_iris(return_X_y=True)
    >>> search = BayesianNetClassifierCV(
    ...     linear, prior_sigmas=[0.01, 1.0], cv=3, max_iter=300, random_state=0
    ... ).fit(X, y)
    >>> search.best_prior_sigma_
    1.0
    """
