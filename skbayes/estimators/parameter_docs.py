"""The parameters and attributes that every estimator shares, documented once."""

from __future__ import annotations

from typing import TypeVar

from skbayes.docstrings import with_texts

_Class = TypeVar("_Class", bound=type)

NETWORK_PARAMETERS = """\
hidden_layer_sizes : int, array-like of int or "auto", default="auto"
    Width of each hidden layer. An empty sequence gives a linear model. "auto" is
    (50,) for classes and (32, 16) for numbers, or (64, 32) from more than 10,000 rows; (32,) where
    ``activation="auto"`` takes "sine".

activation : {"auto", "identity", "logistic", "tanh", "relu", "silu", "gelu", "elu", "sine"}, \
default="auto"
    Activation function of the hidden layers. "auto" is "tanh" or, where the posterior is
    sampled, whichever of "tanh" and "silu" predicts held-out rows better. "sine", with a single
    hidden layer, is nearly a Gaussian process (Rahimi & Recht 2007): good for waves and smooth
    surfaces. In regressions of 100 to 500 rows "auto" takes it where short chains predict
    held-out rows better so, if `hidden_layer_sizes` is "auto", too.

linear_skip : bool, default=True
    Whether the inputs also feed the outputs directly. The hidden layers then add to a
    linear model, and where the data show nothing else the linear model remains.
    Without hidden layers the model is linear either way.
"""

MODULE_PARAMETERS = """\
module : callable
    Class or function that makes the network: called with `n_features_in`, `n_outputs` and the
    parameters given as ``module__*``, by name, it returns a `torch.nn.Module` that takes rows and
    returns `n_outputs` numbers for each. `n_features_in` is the number of numeric columns, of
    their indicators of gaps, and of known categories, each of which is a column of zeros and
    ones; of inputs of more than two dimensions it is the length of the second. Batch
    normalisation is refused. Set like any parameter, ``module__*`` can be searched over.

bayesian : {"all", "last_layer"} or sequence of str, default="all"
    Which parameters of the module have a distribution; the others are points. "all" leaves out
    those of normalisation layers. Names are as in ``named_parameters()``, with wildcards.
"""

PARAMETER_ORDER = """\
None of the parameters has to be set. They are listed by how likely they are to be worth a thought:
how much to compute, what the target is, what the table holds; then the network and its prior; last
how it is trained.
"""

FIRST_PARAMETERS = """\
budget : float, default=1.0
    How much to compute, relative to the default: a factor on whatever "auto" decides about the
    number of optimisation steps and of steps of chains. 0.2 is quick, 5 is thorough.

inference : {"auto", "variational", "mclmc", "hmc"}, `skbayes.variational.Variational` or \
instance of a class of `skbayes.samplers`, default="auto"
    How the posterior is found. An instance such as ``Variational(n_members=10)`` or
    ``skbayes.samplers.MCLMC(n_chains=16)`` sets the number of members of the ensemble, the weight
    of the Kullback-Leibler term, callbacks, the length of chains and more.

    - "auto": "mclmc" with chains whose number and length suit the table; "variational" where
      `early_stopping`, `partial_fit` or another `posterior` than "mean_field" asks for it, and
      where there are more columns than rows. The rule is in ``docs/defaults.md``, what it comes
      to in `plan_`.
    - "mclmc": draws from the posterior itself, by microcanonical Langevin chains [4]_ that
      start from a short variational fit.
    - "variational": a normal posterior that maximises the evidence lower bound, for each of
      five members. Faster, and less well calibrated.
    - "hmc": Hamiltonian Monte Carlo, exact up to Monte Carlo error: a reference for small
      problems.

random_state : int, RandomState instance or None, default=None
    Seed of everything random in `fit`. Pass an int for reproducible results.

verbose : bool or int, default=False
    Whether to print the plan, `plan_`, and then progress over all phases of the fit: the share of
    the work that is done, the ELBO per row and with `early_stopping` the validation score, in
    nats, of chains the step size in the warm-up and the number of reverted transitions after it,
    and the time left to the end of the fit. At 1, one line that is rewritten in a terminal or
    a notebook, and about twenty lines elsewhere; at 2, about a hundred lines.
"""

TABLE_PARAMETERS = """\
categorical_features : "from_dtype", array-like of bool, int or str, or None, \
default="from_dtype"
    Which features are categorical: a boolean mask, positions or names; None for none.
    "from_dtype" takes the columns of a pandas DataFrame whose dtype is category or string, or
    object with at least one string in it. A category has learned weights of its own,
    which shrink towards zero where its rows are few. A category that was not in training is
    predicted from the prior of these weights, with the uncertainty to match. A missing
    category is a category of its own, if one was missing in training.

missing : {"indicator", "error"}, default="indicator"
    How to take NaN, None and `pandas.NA`. "indicator": a missing number is the mean of its
    column, and each column with missing numbers in training has an indicator with learned
    weights. "error": they are refused. Infinity always is.

standardize : {"auto", "robust", "quantile", "whole"} or bool, default="auto"
    How inputs and targets are scaled inside the estimator. All results are in
    the units of the data either way. See ``docs/tables.md``.

    - "robust": inputs to mean 0 and standard deviation 1 of the values that are not wild, and
      smoothly bounded beyond five standard deviations, so that one wild value neither moves
      the others nor has a lever on the fit. Targets as the likelihood wants them.
    - "quantile": inputs by their rank, to a standard normal (normal scores, [5]_), which tames
      outliers and heavy tails, and bends straight lines. Targets as with "robust".
    - True: inputs to mean 0 and standard deviation 1. Targets as with "robust".
    - "whole": all inputs by one mean and one standard deviation, which keeps the relations of
      the numbers of an image, a sequence or answers. Targets as with "robust".
    - False: not at all. `prior_sigma` refers to the units of the data.
    - "auto": "robust", or "whole" for inputs of more than two dimensions and for columns that are
      readings on one scale: eight or more, with at most 256 values between them, most of which
      reach both ends of the scale.

discrete_as_categories : bool, "heaped" or "auto", default="auto"
    Whether each value of a discrete numeric column (3 to 255 values, in ten rows each on average)
    has learned weights of its own besides, as a category has, so that it may differ from
    its neighbours. "heaped" does so for columns alone of which one value is in half of the rows or
    more, such as amounts that most have none of. "auto" is True with ``standardize="quantile"``,
    False for readings on one scale, else "heaped"; or, where the posterior is sampled, most columns
    are discrete and there are rows enough, whichever of that and True predicts held-out rows
    better.

n_bins : int or "auto", default="auto"
    Bins of the piecewise-linear encoding of each numeric column ([6]_), between its quantiles: how
    far a number has come through each bin is an input of the network beside the number itself.
    Functions that are rough along single columns want them. 1 is for none. "auto" is 1 or, where
    the posterior is sampled, not most columns are discrete and there are rows enough, whichever of
    1 and 8 (of fewer rows, 4) predicts held-out rows better: for each bin of each column 50 rows
    (of fewer bins, 10), and at most 100 bins of all columns. Not for sparse `X`.

principal_components : bool or "auto", default="auto"
    Whether the network reads the principal components of the scaled numeric columns in their place:
    all that vary, at most 500. Where there are more columns than rows, as in spectra, rows differ
    in no more directions than there are rows, and these can be sampled. "auto" is True where the
    posterior of the columns is not sampled for there being more of them than rows, and scales are
    learned; unless straight lines of single columns predict held-out rows much better than those
    of components. Not for sparse `X`.
"""

TRAINING_PARAMETERS = """\
prior : {"auto", "normal", "laplace", "student_t", "scale_mixture"} or instance of a class of \
`skbayes.priors`, default="auto"
    Family of the prior of the weights. A name stands for the family with its default
    parameters: scales learned for each hidden unit, where they are learned, for "normal";
    4 degrees of freedom for "student_t"; equal shares of two normals, one with a tenth of the
    width of the other, for "scale_mixture". "auto" is normal, with scales learned for each
    column of a regression and of a dense table of more columns than rows, and for each hidden unit
    of other classifications. An instance such as
    ``skbayes.priors.StudentT(df=3)`` or ``skbayes.priors.Normal(grouping="feature")`` sets them.
    Families other than "normal" need a `prior_sigma` in numbers.

posterior : {"mean_field", "low_rank", "full", "radial", "last_layer", "deterministic"} or \
instance of a class of `skbayes.posteriors`, default="mean_field"
    Family of the variational posterior of each member. An instance such as
    ``skbayes.posteriors.LowRank(rank=10)`` sets its parameters.

    - "mean_field": independent normals.
    - "low_rank": normals whose covariance is diagonal plus of rank 5.
    - "full": normals with any covariance, for at most 2000 weights; memory and time
      grow with the square of their number.
    - "radial": uniform directions, with the distance from the mean of a single normal in each
      layer.
    - "last_layer": a distribution for the weights that enter the outputs linearly, a point
      for the others.
    - "deterministic": the mode (maximum a posteriori), a point. All doubt is then that
      between members: a deep ensemble [2]_. Where weights rival rows in number the mode has
      too little noise, and intervals are far too narrow.

n_posterior_samples : int, default=200
    Number of posterior draws that the fitted model keeps and predicts with, over all
    members or chains; at least one each, and at most what the chains store. Size on disk
    and time to predict grow with it. With ``posterior="deterministic"`` it keeps one for
    each member.

device : str, default="cpu"
    PyTorch device to train on, such as "cpu", "cuda" or "mps" (single precision alone); "auto"
    is "cuda" where PyTorch sees such a GPU, else "cpu". Small tables train faster on a CPU.
    Prediction uses the CPU.

dtype : {"auto", "float32", "float64"}, default="auto"
    Precision of training; "auto" follows `X` (double unless `X` is single), but is single
    where other errors are far above those of rounding: for "mclmc", and while a search compares
    candidates.

max_iter : int or "auto", default="auto"
    Most optimisation steps (not epochs: the cost of a fit does not grow with the
    number of rows once they exceed `batch_size`). "auto" is 4000 times `budget`, or 600 to
    2000 where chains start from the result; it grows with the root of the rows from 10,000 on.
    Chains of a regression start from half of these steps (a quarter with a `budget` of 4 or
    more) where held-out rows are predicted better so.

tol : float, default=0.0005
    Training has converged when the ELBO per row rises by less than `tol` nats in
    `n_iter_no_change` steps. Tables of fewer than 3000 rows count as 3000 rows.

n_iter_no_change : int or "auto", default="auto"
    Number of steps over which the gain of the ELBO is held against `tol`. The gain is
    the difference between the means of two successive windows of at least this length,
    longer where minibatches are noisy. "auto" is 100, and a twentieth of `max_iter` with more
    than 10,000 rows, where what is found late is worth waiting for.

batch_size : int or "auto", default="auto"
    Rows per optimisation step; "auto" is ``min(200, n_samples)``. When
    ``n_samples <= batch_size`` every step uses all rows, and integer sample weights are
    exactly equivalent to repeated rows.

learning_rate_init : float or "auto", default="auto"
    Learning rate of Adam; "auto" is 0.02 for layers of up to 32 units, and falls in proportion
    to the width of wider ones. It is held until the ELBO stops rising, at most for two thirds of
    `max_iter`, and then falls to zero.

early_stopping : bool, default=False
    Whether to hold out rows, score their predictive log density every 50 steps, and end
    training when it has not risen by `tol` nats per row for five times `n_iter_no_change` steps.
    The posterior with the best score is kept. Scores count once the Kullback-Leibler term is
    faded in. Training also ends as without early stopping, whichever is first. Only
    for ``inference="variational"``, and not for `partial_fit`.

validation_fraction : float, default=0.1
    Share of the rows that is held out, in (0, 1), and never more than 10,000 rows; stratified by
    class. Only used with ``early_stopping=True``.

warm_start : bool, default=False
    Whether `fit` starts training from the variational posterior of the previous fit. The
    prior is the same as without, and so is the result, but for the start; the
    Kullback-Leibler term is not faded in. Inputs are scaled anew; categories stay those of
    the first rows, and others are unknown ones. For the previous posterior as a prior see
    `partial_fit`. A ValueError is raised where network, posterior or classes have changed.

shuffle : bool, default=True
    Whether minibatches are drawn in a new order in every epoch. With False they take the rows
    in their order. No effect where every step uses all rows.
"""

SHARED_ATTRIBUTES = """\
best_validation_score_ : float or None
    Validation score of the posterior that was kept. None without `early_stopping`.

diagnostics_ : Bunch
    Only with chains. `r_hat`, `effective_sample_size` and
    `prediction_change` of what draws predict at 50 inputs that mix the columns of two training
    rows each, of shape (50, n_outputs) or (50, n_classes); the last is how far it may be from
    where longer chains would take it, in standard deviations of an observation. And, each of
    shape (n_chains,), `energy_error` (root mean square a transition, in nats), `n_reverted`
    (transitions that were reverted or diverged), `step_size` (in units of the
    preconditioner). `n_gradients` is a number, and so is `kl_weight`, the weight of the divergence
    that was sampled with. `reason` says what an interrupt left, or is None; the others are None
    where it came before the chains had draws enough.

member_scores_ : ndarray of shape (n_members,) or (n_chains,)
    Evidence lower bound of each member at the end of training, or the mean log-likelihood of
    each chain, in nats per row and for targets in their own units.

n_left_out_ : int
    Members or chains that ended more than 0.5 nats a row, and 50 nats in all, below the best.
    Nothing is predicted with them.

elbo_ : float
    Evidence lower bound per row at the end of training (with `early_stopping`, when
    the validation score was best), mean over members,
    in nats and for targets in their own units. Tempered where `kl_weight` is not 1.
    With ``posterior="deterministic"``, log density of targets and weights together: no
    bound on the evidence, and not to be compared with one. The same holds for
    ``posterior="last_layer"`` and the weights that are points. After `partial_fit`, on the
    evidence for the rows of the last call, given all before.

feature_names_in_ : ndarray of shape (n_features,)
    Names of the features, where `X` has string column names.

kl_weight_ : float
    Weight of the Kullback-Leibler term in the variational fit, of those to choose from.

loss_curve_ : ndarray of shape (n_iter,)
    Negative ELBO per row at each step, in nats, mean over members. Where the posterior is
    sampled, of the fit that chains start from, in which `kl_weight_` weighs the divergence.

n_features_in_ : int
    Number of features.

n_iter_ : int
    Number of optimisation steps that the last call of `fit` or `partial_fit` took.

plan_ : Plan
    What the fit did: everything that "auto" stood for. ``print(plan_)`` shows it.

n_members_ : int
    Members or chains that are mixed: those that were not left out.

posterior_draws_ : ndarray of shape (n_posterior_samples, n_weights)
    Draws from the posterior of the flat weight vector, noise parameters last, in the
    units of the network. Draw ``i`` is of member or chain ``i % n_members_``, and within one they
    are in the order of the chain: ``posterior_draws_[k :: n_members_]`` are those of the ``k``-th.

validation_scores_ : list of float or None
    Predictive log density of the held-out rows every 50 steps, in nats per row and for targets in
    their own units, estimated with 4 draws of each member. None without `early_stopping`.
"""

GIVEN_SIGMA_PARAMETER = """\
prior_sigma : float, array-like of float or "auto", default="auto"
    Scale of the prior: ``prior_sigma / sqrt(fan_in)`` for weights and `prior_sigma`
    for biases. For the normal prior that is a standard deviation, for the others
    the scale in the density. A smaller value gives smoother functions. A sequence has one
    number for each hidden layer, in order, and one for the output layer, which serves
    the linear skip too. "auto" learns scales of the normal prior, one for each group of weights
    as the `grouping` of the prior says (automatic relevance determination, [3]_).
"""

LEARNED_SIGMA_ATTRIBUTES = """\
feature_prior_scales_ : ndarray of shape (n_features,)
    Learned scale of the weights that read each feature, as a share of the sum over
    features (of their root mean squares over members). How far the prior lets weights go is no
    measure of importance: `skbayes.feature_dependence` is. Only where ``prior_sigma="auto"`` and
    scales are learned for each column.

prior_sigma_ : Bunch of ndarray of shape (n_members, n_groups) or (n_chains, n_groups)
    Learned scales in the convention of `prior_sigma` (in units of standardised data), an array
    for each block of groups: "hidden_1", "hidden_2" and so on (a scale for each unit),
    "output" (for each unit of the last hidden layer), "output_bias", "skip"; by layer also
    "hidden_1_bias" and so on; by feature "feature" in place of "hidden_1" and "skip"; where the
    network gives the noise too "noise", "noise_bias", "noise_skip" and "noise_effect", of what
    leads to it alone. A scale is the root of the reciprocal of the precision's posterior mean. One
    of 0.3, what the gamma prior of the precision expects, belongs to weights that the data say
    nothing about, such as those of a constant feature. Only where ``prior_sigma="auto"``;
    `partial_fit` learns them from its first rows.
"""

SHARED_REFERENCES = """\
.. [1] C. Blundell, J. Cornebise, K. Kavukcuoglu, D. Wierstra. "Weight uncertainty in
   neural networks", ICML 2015.
.. [2] B. Lakshminarayanan, A. Pritzel, C. Blundell. "Simple and scalable predictive
   uncertainty estimation using deep ensembles", NeurIPS 2017.
.. [3] R. M. Neal. "Bayesian learning for neural networks", Springer 1996.
.. [4] J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak. "Microcanonical Hamiltonian Monte
   Carlo", Journal of Machine Learning Research 24, 2023.
.. [5] G. Blom. "Statistical estimates and transformed beta-variables", Wiley 1958.
.. [6] Y. Gorishniy, I. Rubachev, A. Babenko. "On embeddings for numerical features in tabular
   deep learning", NeurIPS 2022.
"""


SEARCH_PARAMETERS = """\
prior_sigmas : array-like of shape (n_sigmas,), default=(0.25, 0.5, 1, 2, 4, 8)
    Candidates for the prior sigma, positive numbers.

cv : int, cross-validation generator or iterable, default=5
    How rows are split, as in `GridSearchCV`. An int means that many folds, stratified for
    classification.

scoring : str or callable, default="neg_log_predictive_density"
    What is best; greater is better. "neg_log_predictive_density" is the mean log
    predictive density of held-out rows. A name in `skbayes.metrics.SCORERS`, a name that
    `sklearn.metrics.get_scorer` knows, or a callable ``scorer(estimator, X, y)``.

n_members_cv : int, default=1
    Number of variational posteriors of each candidate in each fold; `inference` has that of the
    final fit. Candidates are compared by variational fits whatever `inference` is, without
    `early_stopping`, `warm_start` and callbacks, which are for the final fit.

n_jobs : int, default=None
    Number of processes, or of Dask's workers, that candidates and folds are shared among, as in
    `GridSearchCV`; each trains its share as one batch, and the result is the same to rounding. None
    means 1, unless a ``joblib.parallel_config`` says otherwise. It pays where one batch takes long.
"""

SEARCH_ATTRIBUTES = """\
best_index_ : int
    Position of the best candidate in `cv_results_`.

best_prior_sigma_ : float
    The prior sigma of the best mean score; the first where several are best.

best_score_ : float
    Its mean score.

cv_results_ : dict
    `param_prior_sigma`, `params`, `split0_test_score` and so on, `mean_test_score`,
    `std_test_score` and `rank_test_score`, each of length n_sigmas, as in `GridSearchCV`.
"""


#: Texts that the docstrings of methods share.
with_method_texts = with_texts(
    update="""
The posterior so far becomes the prior, and the new rows the data, of a fit of at most
`max_iter` steps. Rows that were seen before count again: pass each once. The first
call, unless it follows `fit`, fits the posterior as `fit` does, and fixes for all later
ones how inputs and targets are scaled and which categories there are; its rows should be
typical. ``docs/training.md`` says how near this comes to one fit of all rows.
""",
    inputs="""
X : array-like or sparse matrix of shape (n_samples, n_features)
    Inputs: numbers in any units and categories, as `categorical_features` and `missing` say.
""",
    sample_weight="""
sample_weight : array-like of shape (n_samples,), default=None
    How many copies of a row each row stands for; need not be whole.
""",
    fitted="""
self
    The fitted estimator.
""",
    divergence="""
FloatingPointError
    If training diverges twice; the message says what to change.
""",
    unfinished="""
ConvergenceWarning
    If `max_iter` ended training before `tol` was met, if what chains predict would still
    change, or if the fit predicts its own rows worse than a constant would.
UserWarning
    If Ctrl-C ended training; what was reached is kept.
""",
)


def with_shared_docs(cls: _Class) -> _Class:
    """Put the shared texts where the docstring of `cls` says ``{first_parameters}`` and so on."""
    return with_texts(
        network_parameters=NETWORK_PARAMETERS,
        module_parameters=MODULE_PARAMETERS,
        parameter_order=PARAMETER_ORDER,
        first_parameters=FIRST_PARAMETERS,
        table_parameters=TABLE_PARAMETERS,
        training_parameters=TRAINING_PARAMETERS,
        given_sigma_parameter=GIVEN_SIGMA_PARAMETER,
        shared_attributes=SHARED_ATTRIBUTES,
        learned_sigma_attributes=LEARNED_SIGMA_ATTRIBUTES,
        shared_references=SHARED_REFERENCES,
        search_parameters=SEARCH_PARAMETERS,
        search_attributes=SEARCH_ATTRIBUTES,
    )(cls)
