"""Pictures of what the package computes, in the style of scikit-learn's displays.

They need matplotlib: ``pip install "skbayes[plot]"``.
"""

from skbayes.display.calibration import CalibrationDisplay, PITDisplay
from skbayes.display.chains import ChainDiagnosticsDisplay
from skbayes.display.dependence import FeatureRelevanceDisplay, PartialDependenceIntervalDisplay
from skbayes.display.fits import PriorSearchDisplay, TrainingCurveDisplay
from skbayes.display.intervals import PredictionIntervalDisplay
from skbayes.display.uncertainty import UncertaintyDecompositionDisplay

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
