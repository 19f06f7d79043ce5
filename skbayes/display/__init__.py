"""Pictures of what the package computes, in the style of scikit-learn's displays.

They need matplotlib: ``pip install "skbayes[plot]"``.
"""

from skbayes.display.calibration import CalibrationDisplay, PITDisplay
from skbayes.display.dependence import FeatureRelevanceDisplay, PartialDependenceIntervalDisplay
from skbayes.display.fits import (
    ChainDiagnosticsDisplay,
    PriorSearchDisplay,
    TrainingCurveDisplay,
)
from skbayes.display.predictions import (
    PredictionIntervalDisplay,
    UncertaintyDecompositionDisplay,
)

__all__ = [
    "CalibrationDisplay",
    "ChainDiagnosticsDisplay",
    "FeatureRelevanceDisplay",
    "PITDisplay",
    "PartialDependenceIntervalDisplay",
    "PredictionIntervalDisplay",
    "PriorSearchDisplay",
    "TrainingCurveDisplay",
    "UncertaintyDecompositionDisplay",
]
