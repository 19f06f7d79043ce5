"""Parameters of an estimator from the command line."""

from __future__ import annotations

import json
from typing import Any

from skbayes.inference import INFERENCES, POSTERIORS
from skbayes.model import LIKELIHOODS, PRIORS

CHOICES: dict[str, Any] = {
    "inference": INFERENCES,
    "likelihood": LIKELIHOODS,
    "posterior": POSTERIORS,
    "prior": PRIORS,
}
#: A variational fit with one noise level, for figures that were measured with it.
VARIATIONAL: dict[str, Any] = {
    "activation": "relu",
    "likelihood": "normal",
    "inference": "variational",
}
#: What `--settings` takes.
HELP = (
    "parameters as JSON; of a choice its name, or its name and its parameters, such as "
    '\'{"max_iter": 2000, "inference": ["mclmc", {"n_warmup": 1000}]}\''
)


def from_json(text: str) -> dict[str, Any]:
    """Parameters from JSON, choices as objects."""
    settings = json.loads(text)
    for parameter, table in CHOICES.items():
        if isinstance(settings.get(parameter), list):
            name, parameters = settings[parameter]
            settings[parameter] = table[name](**parameters)
    return settings
