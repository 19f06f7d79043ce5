"""From what a user passes to what a network sees: tables, targets and row weights."""

from skbayes.tables.canonical import canonical_rows
from skbayes.tables.common_rows import check_same_format, common_classes, common_rows
from skbayes.tables.encoding import InputEncoding
from skbayes.tables.heaps import Heap, heaps_of
from skbayes.tables.holdout import split_rows
from skbayes.tables.labels import (
    ClassWeight,
    apply_class_weight,
    check_classes,
    check_labels,
    known_labels,
)
from skbayes.tables.numeric_columns import are_one_scale, count_discrete
from skbayes.tables.rows import Parts, Rows, check_row_weights
from skbayes.tables.table import Table, TableFormat, as_pandas, slices_of
from skbayes.tables.target_units import target_units
from skbayes.tables.targets import read_target

__all__ = [
    "ClassWeight",
    "Heap",
    "InputEncoding",
    "Parts",
    "Rows",
    "Table",
    "TableFormat",
    "apply_class_weight",
    "are_one_scale",
    "as_pandas",
    "canonical_rows",
    "check_classes",
    "check_labels",
    "check_row_weights",
    "check_same_format",
    "common_classes",
    "common_rows",
    "count_discrete",
    "heaps_of",
    "known_labels",
    "read_target",
    "slices_of",
    "split_rows",
    "target_units",
]
