"""scikit-learn's estimator checks, for every public estimator and transformer: no skips, strict expected failures."""

from __future__ import annotations

from functools import partial
from unittest import SkipTest

import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import (
    check_dict_unchanged,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimators_pickle,
    check_get_params_invariance,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_set_params,
    parametrize_with_checks,
)

import sklearn_rnn
from sklearn_rnn import (
    EncoderDecoderRegressor,
    GRUClassifier,
    GRURegressor,
    LSTMClassifier,
    LSTMRegressor,
    NaiveForecaster,
    RNNClassifier,
    RNNRegressor,
    SequenceForecaster,
    SequenceImputer,
    SequenceOneHotEncoder,
    SequencePadder,
    SequenceScaler,
    ShiftFramer,
)

ESTIMATORS = (RNNRegressor, LSTMRegressor, GRURegressor, RNNClassifier, LSTMClassifier, GRUClassifier)
# Exact arithmetic: the whole data in each update, in double precision. Early stopping would hold out other samples where
# some are left out or given twice.
EXACT = {
    "dtype": "float64",
    "batch_size": 10**6,
    "max_epochs": 60,
    "lr": 0.01,
    "early_stopping": False,
    "random_state": 0,
    # Adam magnifies rounding up to a billion times in 60 updates, unless small gradients stay small.
    "optimizer_params": {"eps": 1e-3},
}
# The order of samples takes no random numbers, which teacher forcing draws from, too.
CALM = EXACT | {"shuffle": False}

# A short training of a fixed number of updates; QUICK is one that the data end.
SHORT = {"max_epochs": 20, "batch_size": 32, "lr": 0.01, "early_stopping": False}
QUICK = {"max_epochs": 20, "lr": 0.005}
# Checks that ask how much an estimator has learned, or that notice a difference only after many updates. For all others
# FEW epochs do.
LEARNING = {
    "check_regressors_train",
    "check_classifiers_train",
    "check_class_weight_classifiers",
    "check_sample_weight_equivalence_on_dense_data",
}
FEW = {"max_epochs": 10}

NAN_INSIDE = {
    "check_estimators_pickle": "The tag allow_nan makes this check put NaN at random places. NaN is padding at the ends "
    "of a sequence; inside, it raises an error. test_pickle_check_without_nan runs the same check without NaN."
}
MINI_BATCHES = {
    "check_sample_weight_equivalence_on_dense_data": "A sample that is repeated falls into other mini-batches than one "
    "of weight two. With the whole data in a batch the check passes."
}
ORDER_OF_ROWS = {
    "check_methods_subset_invariance": "A window holds the rows before its row, so that a row alone has another window.",
    "check_methods_sample_order_invariance": "A window holds the rows before its row: another order is another series.",
}

CHECKED = [
    *[(estimator(**EXACT), NAN_INSIDE) for estimator in ESTIMATORS],
    *[(estimator(**SHORT), NAN_INSIDE | MINI_BATCHES) for estimator in ESTIMATORS],
    *[(estimator(**QUICK), NAN_INSIDE | MINI_BATCHES) for estimator in (GRURegressor, LSTMClassifier)],
    (LSTMRegressor(**EXACT | {"stateful": True, "tbptt": 1, "max_epochs": 200}), NAN_INSIDE),
    (GRUClassifier(**EXACT | {"tbptt": (1, 2)}), NAN_INSIDE),
    *[(EncoderDecoderRegressor(**CALM, decoder=decoder), NAN_INSIDE) for decoder in ("repeat", "feedback")],
    *[
        (EncoderDecoderRegressor(decoder=decoder, **SHORT), NAN_INSIDE | MINI_BATCHES)
        for decoder in ("repeat", "feedback")
    ],
    (SequenceScaler(), {}),
    (SequenceImputer(), {}),
    (SequenceImputer("median", add_indicator=True, add_elapsed=True), {}),
    (SequenceOneHotEncoder(), {}),
    (SequencePadder(), {}),
    (ShiftFramer(horizon=0), {}),
    (ShiftFramer(), ORDER_OF_ROWS),
    (ShiftFramer(output="table"), ORDER_OF_ROWS),
    *[
        (SequenceForecaster(estimator, lags=2, horizon=2, strategy=strategy, random_state=0), ORDER_OF_ROWS)
        for strategy in ("direct", "joint")
        for estimator in (Ridge(), LSTMRegressor(max_epochs=2))
    ],
    (SequenceForecaster(Ridge(), lags=2, validation_fraction=0.2), ORDER_OF_ROWS),
    (SequenceForecaster(LSTMRegressor(max_epochs=2), lags=2, random_state=0), ORDER_OF_ROWS),
    *[(NaiveForecaster(strategy), {}) for strategy in ("last", "drift", "mean")],
    (NaiveForecaster("seasonal", season=2), {}),
]


def same(known, estimator):
    return type(known) is type(estimator) and known.get_params() == estimator.get_params()


def run(check, estimator):
    try:
        check(estimator)
    except SkipTest as skip:
        pytest.fail(f"A check was skipped: {skip}")


@pytest.mark.filterwarnings("ignore::sklearn_rnn.SkillWarning")  # noise can't be forecast
@pytest.mark.filterwarnings("ignore::sklearn_rnn.ContextWarning")  # rows of arrays, of which nothing tells their past
@pytest.mark.filterwarnings("ignore:The .* epochs made .* updates")  # nor can it be learned
@parametrize_with_checks(
    [estimator for estimator, _ in CHECKED],
    expected_failed_checks=lambda estimator: next(failures for known, failures in CHECKED if same(known, estimator)),
)
def test_estimator_check(estimator, check):
    if "max_epochs" in estimator.get_params() and check.func.__name__ not in LEARNING:
        estimator = clone(estimator).set_params(**FEW)
    run(check, estimator)


@pytest.mark.parametrize(
    "check",
    [
        check_parameters_default_constructible,
        check_no_attributes_set_in_init,
        check_get_params_invariance,
        check_set_params,
        check_estimator_cloneable,
        check_estimator_repr,
        check_dict_unchanged,  # the one of these that fits
    ],
    ids=lambda check: check.__name__,
)
@pytest.mark.parametrize(
    "estimator",
    # The default of 24 lags wants longer tables.
    [*(estimator() for estimator in (*ESTIMATORS, EncoderDecoderRegressor)), SequenceForecaster(lags=2)],
    ids=lambda estimator: type(estimator).__name__,
)
def test_check_of_a_default_estimator(estimator, check):
    run(partial(check, type(estimator).__name__), estimator)


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize("estimator", [*ESTIMATORS, EncoderDecoderRegressor])
def test_pickle_check_without_nan(estimator, readonly):
    class WithoutNaN(estimator):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.allow_nan = False
            return tags

    # pickle finds a class by its name
    WithoutNaN.__qualname__ = WithoutNaN.__name__ = f"{estimator.__name__}WithoutNaN"
    globals()[WithoutNaN.__name__] = WithoutNaN
    check_estimators_pickle(estimator.__name__, WithoutNaN(**EXACT), readonly_memmap=readonly)


def test_all_public_estimators_are_checked():
    public = {getattr(sklearn_rnn, name) for name in sklearn_rnn.__all__}
    classes = {item for item in public if isinstance(item, type) and issubclass(item, BaseEstimator)}
    assert classes == {type(estimator) for estimator, _ in CHECKED}
