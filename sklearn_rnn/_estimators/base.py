"""What all estimators share: fit, partial_fit and predictions, around a skorch net of one network."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from .._data.forms import as_form
from .._data.holdout import Given, Part, split
from .._data.layouts import warn_of_layout
from .._data.pitfalls import check_no_overlap, check_order_by_y, check_series_kept, warn_of_empty
from .._data.reading import FittedForm, Reader
from .._data.sequences import Array, Sequences
from .._data.targets import Targets, read_weights
from .._networks.contract import Network
from .._training.backend import choose_backend
from .._training.batches import Batches
from .._training.net import SequenceNet
from .._training.train import build_net, epochs_to_best, take_over, train
from .codecs import Codec
from .declaring import DeclaredEstimator
from .input_parameters import ColumnParameters
from .parameters import GeneralParameters, TrainingParameters

# Targets of which early_stopping="auto" holds out a part: a tenth of fewer says too little, as the benchmarks show.
WORTH_A_PART = 100


class SequenceEstimator(TrainingParameters, ColumnParameters, GeneralParameters, DeclaredEstimator):
    """Base of all estimators: subclasses name a network, and say how y is read and coded for it."""

    # One target per sequence, read as a whole, unless a subclass makes parameters of these.
    return_sequences: bool = False
    stateful: bool = False
    tbptt: Any = None

    _ordered: ClassVar[bool]  # whether samples are taken to be in time order

    net_: SequenceNet
    backend_: str
    history_: pd.DataFrame
    n_iter_: int
    n_outputs_: int
    _codec: Codec
    _form: FittedForm

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        series: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        series_val: Any = None,
    ) -> Any:
        """Train the network from new weights, or with ``warm_start=True`` from those of the last fit.

        Parameters
        ----------
        X : array-like of shape (n, steps) or (n, steps, n_features), DataFrame, or list of arrays
            Sequences. A row of a 2-D X is one, univariate unless `columns`, or names of lags, say otherwise; with
            ``return_sequences=True`` it is one step.
        y : array-like or list of arrays
            One target per sequence, shape (n,) or (n, n_outputs); with ``return_sequences=True`` one per step. Of an
            encoder-decoder: a sequence per sequence, shape (n, output_steps) or (n, output_steps, n_outputs).
        sample_weight : array-like of shape (n,) or list of arrays, optional
            Weight of each sequence or, with ``return_sequences=True``, of each step.
        series : array-like of shape (n,), optional
            Series that each row of X belongs to.
        X_val, y_val : array-like, DataFrame or list of arrays, optional
            Validation data of your own, read as `predict` and `score` read them: sequences begin with a state of
            zero. They take the place of the part that early stopping holds out, so that all of X is learned from;
            without early stopping their loss is only recorded. A `Pipeline` transforms X_val as it does X with
            ``transform_input=["X_val"]``.
        sample_weight_val, series_val : array-like, optional
            Weights and series of the validation data.

        Returns
        -------
        self : object
            The fitted estimator. If anything fails, what an earlier fit learned is still there.

        Raises
        ------
        ValueError
            If X or y can't be read, parameters contradict each other, or the loss is no longer finite.
        KeyboardInterrupt
            On Ctrl-C, after keeping what was learned: the estimator is fitted, with the weights reached (with early
            stopping the best ones) and a row in ``history_`` for each epoch completed. If none was, what an earlier
            fit learned is still there.

        Warns
        -----
        LayoutWarning
            If X looks like word ids, or like channels before steps, or the y of a classifier looks one-hot.
        SkillWarning
            If the best validation loss of a regressor is no lower than that of a naive prediction, which ``history_``
            has: of the mean of y or, with windows of `ShiftFramer`, of the last value of y known before each.
        """
        given = Given.of(X_val, y_val, sample_weight_val, series_val)
        return self._fit(X, y, sample_weight, series, given=given)

    def summary(self) -> pd.DataFrame:
        """Count the parameters of each layer.

        Returns
        -------
        DataFrame
            A row per layer: its kind, units and parameters, and the total in the last row. The column backend is
            ``backend_``, that of the network.
        """
        parts = pd.DataFrame(self.module_.parts(), columns=["layer", "units", "parameters"]).set_index("layer")
        table = pd.concat([parts, parts.sum().to_frame("total").T.rename_axis("layer")])
        return table.assign(backend=self.backend_)

    @property
    def module_(self) -> Network:
        """The trained torch module."""
        check_is_fitted(self)
        return self.net_.module_

    @property
    def step_columns_(self) -> pd.DataFrame:
        """Which column of X is which feature of which step."""
        check_is_fitted(self)
        columns = self._form.columns
        if columns is None:
            raise AttributeError("step_columns_ is there after a fit on a 2-D X with one target per sequence.")
        layout = columns.layout(self.n_features_in_)
        names = getattr(self, "feature_names_in_", None)
        return pd.DataFrame(layout if names is None else names[layout], columns=columns.names).rename_axis("step")

    @abstractmethod
    def _network(self, n_features: int, n_outputs: int) -> tuple[type[Network], dict[str, Any]]:
        """Return the class of the network and the arguments of its constructor."""

    @abstractmethod
    def _read_y(self, y: Any, sequences: Sequences) -> Array:
        """Read y, a row per target."""

    @abstractmethod
    def _new_codec(self, y: Array, classes: Any) -> Codec:
        """Return how y, as `_read_y` returned it, is coded; `classes` are those that partial_fit is told."""

    @abstractmethod
    def _criterion(self) -> Any:
        """Return the loss, as a torch module of outputs and targets."""

    def _weigh(self, codes: Array, weights: Array | None, learned: Array | None = None) -> Array | None:
        """Return the weights of targets; of those of validation, if `learned` are the codes of training."""
        return weights

    def _scaled(self, targets: Targets) -> Codec:
        """Return the codec with the scale of training targets, if it has one."""
        return self._codec

    def _targets(self, sequences: Sequences, codes: Array, weights: Array | None) -> Targets:
        """Return targets, in the order of X."""
        return Targets(codes, weights)

    def _compare(self, part: Part, valid: Part, epochs: list[dict[str, Any]]) -> None:
        """Compare what was learned in these epochs with predictions that need no network."""

    def _prior(self, targets: Targets) -> Array | None:
        """Return the output of the network that fits training targets best if it is the same for all."""
        return None

    def _check_options(self) -> None:
        """Raise if parameters can't be combined, whatever the data are."""

    def _check_network(self, network: Network) -> None:
        """Raise if the network can't do what parameters ask for."""

    def _batches(self, batches: Batches) -> Any:
        """Return training batches in the form that the network learns from."""
        return batches

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        series: Any,
        *,
        given: Given | None = None,
        continuing: bool = False,
        classes: Any = None,
    ) -> Any:
        """Fit, or with `continuing` (partial_fit) for one more epoch, from the state of the optimizer too."""
        new, interruption = self._fitted(X, y, sample_weight, series, given, continuing=continuing, classes=classes)
        # All at once, and only now: a fit that raises anything else leaves the estimator as it was.
        self.__dict__ = new.__dict__
        if interruption is not None:
            raise interruption
        return self

    def _fitted(
        self, X: Any, y: Any, sample_weight: Any, series: Any, given: Given | None, *, continuing: bool, classes: Any
    ) -> tuple[Any, KeyboardInterrupt | None]:
        """Return a trained copy, so that an error leaves this estimator as it was, and what interrupted training."""
        self._validate_params()  # scikit-learn skips this in later calls of partial_fit
        new = copy.copy(self)
        new._check_options()
        if continuing and self.early_stopping is True:
            raise ValueError("partial_fit holds out no data; use early_stopping=False with it, or fit.")
        earlier = getattr(self, "net_", None) if continuing or self.warm_start else None
        carried = new.__dict__.pop("_carried", None)
        sequences = new._learn_form(X, y, series, reset=earlier is None)
        whole = new._learn_y(y, sample_weight, sequences, reset=earlier is None, classes=classes)
        # The split is drawn before the seed of the net: an order that stored results depend on.
        random_state = check_random_state(self.random_state)
        part, valid = (whole, None) if continuing else new._parts(whole, given, random_state)
        seed = int(random_state.randint(2**31 - 1))
        stopping = valid is not None and bool(self.early_stopping)
        new._begin(part, seed, earlier, stopping=stopping, continuing=continuing)
        interruption = train(new, part, valid, continuing=continuing, carried=carried)
        if self.refit and part is not whole and interruption is None:
            interruption = new._train_on_all(whole, seed, earlier)
        return new, interruption

    def _begin(
        self, part: Part, seed: int, earlier: SequenceNet | None, *, stopping: bool = False, continuing: bool = False
    ) -> None:
        """Build the net that training on `part` begins with: anew, or with the weights of an earlier one."""
        if earlier is None:  # from the training part alone: what is held out must not be seen
            self._codec = self._scaled(part.targets)
        self.net_ = build_net(self, part, seed, stopping=stopping, continuing=continuing)
        self._check_network(self.net_.module_)
        self.backend_ = choose_backend(self.backend, self.net_.module_)
        if earlier is not None:
            take_over(self.net_, earlier, optimizer=continuing)

    def _train_on_all(self, whole: Part, seed: int, earlier: SequenceNet | None) -> KeyboardInterrupt | None:
        """Train once more, from the same beginning on all data, for the epochs that were best with a part held out."""
        final = copy.copy(self)
        final.max_epochs = epochs_to_best(self.net_, earlier)
        final.batch_size = self.net_.batch_size  # "auto" may be twice as many here: half the updates
        final._begin(whole, seed, earlier)
        try:
            interruption = train(final, whole, None, chosen=True)
        except KeyboardInterrupt as before_an_epoch:
            interruption = before_an_epoch
        if interruption is not None:
            return interruption  # the network at hand is the better one
        # What is told of training is of the run that has a validation loss.
        final.net_.history_, final.net_.callbacks_ = self.net_.history_, self.net_.callbacks_
        kept = {name: self.__dict__[name] for name in ("max_epochs", "batch_size", "history_", "n_iter_")}
        self.__dict__ = {**final.__dict__, **kept}
        return None

    def _learn_form(self, X: Any, y: Any, series: Any, *, reset: bool) -> Sequences:
        """Read X for training, and learn its form if `reset`."""
        form = as_form(X)
        check_series_kept(form, y, series, per_step=self.return_sequences)
        check_order_by_y(form, y, series, per_step=self.return_sequences)
        if reset:
            self._form, sequences = self._reader(None).learn(form, series, columns_of=self)
            warn_of_layout(form, self._form.n_step_features)
        else:
            sequences = self._reader(self._form).read(form, series, columns_of=self)
        if self.stateful:
            check_no_overlap(form, sequences)
        if sequences.n_steps == 0:
            raise ValueError(
                "X has no steps to learn from: every sequence is empty or all padding (NaN, or mask_value)."
            )
        return sequences

    def _learn_y(self, y: Any, sample_weight: Any, sequences: Sequences, *, reset: bool, classes: Any) -> Part:
        """Read y and weights for training, and learn how y is coded if `reset`."""
        values = self._read_y(y, sequences)
        if reset:
            self._codec = self._new_codec(values, classes)
            self.n_outputs_ = self._codec.n_outputs
        codes = self._codec.code(values)
        return Part(
            sequences, self._targets(sequences, codes, self._weigh(codes, read_weights(sample_weight, sequences)))
        )

    def _read_given(self, given: Given, learned: Part) -> Part:
        """Read validation data, as they would be read for a score."""
        try:
            form = as_form(given.X)
            check_series_kept(form, given.y, given.series, per_step=self.return_sequences)
            sequences = self._reader(self._form).read(form, given.series, columns_of=self)
            codes = self._codec.code(self._read_y(given.y, sequences))
            weights = self._weigh(codes, read_weights(given.sample_weight, sequences), learned.targets.values)
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"Validation data (X_val, y_val): {error}") from error
        return Part(sequences, self._targets(sequences, codes, weights))

    def _parts(self, whole: Part, given: Given | None, random_state: np.random.RandomState) -> tuple[Part, Part | None]:
        """Return what is learned from, and what validates it."""
        if given is not None:
            return whole, self._read_given(given, whole)
        if not self.early_stopping or (self.early_stopping == "auto" and len(whole.targets.values) < WORTH_A_PART):
            return whole, None
        try:
            return self._split(whole, random_state)
        except ValueError:
            if self.early_stopping == "auto":  # such as a class with a single member, or series of a single row
                return whole, None
            raise

    def _split(self, whole: Part, random_state: np.random.RandomState) -> tuple[Part, Part]:
        # Windows that overlap share steps: a random part of them would have been seen in training.
        in_order = self._ordered or self.return_sequences or whole.sequences.overlapping
        how = ("end" if in_order else "random") if self.validation == "auto" else self.validation
        stratify = not self._ordered and not self.return_sequences and whole.targets.values.ndim == 1
        return split(whole, how, self.validation_fraction, stratify=stratify, random_state=random_state)

    def _reader(self, form: FittedForm | None) -> Reader:
        dtype = np.dtype(self.dtype)
        return Reader(type(self).__name__, self.return_sequences, dtype, self.mask_value, form, self.columns)

    def _read(self, X: Any, series: Any, y: Any = None) -> Sequences:
        """Read X for a prediction, or for a score with y."""
        check_is_fitted(self)
        if self.return_sequences != self.module_.return_sequences:
            raise ValueError(f"return_sequences was set to {self.return_sequences} after fit; call fit again.")
        if isinstance(X, Sequences):  # scorers that run after each epoch pass on what fit has read
            return X
        form = as_form(X)
        check_order_by_y(form, y, series, per_step=self.return_sequences)
        sequences = self._reader(self._form).read(form, series, columns_of=self)
        warn_of_empty(form, sequences)
        return sequences

    def _predict(self, X: Any, series: Any, method: str = "predict") -> Any:
        """Run the network, decode its outputs, and give them the form of X."""
        sequences = self._read(X, series)
        predictions = self._codec.decode(self.net_.outputs_of(sequences), method)
        if sequences.layout is None:  # one prediction per sequence
            return predictions
        # Padding in front of a sequence is predicted from the state before its first step.
        network = self.module_
        before = network.before_steps(network.initial_state(1)).detach().cpu().numpy()
        return sequences.layout.from_steps(predictions, self._codec.decode(before, method)[0])

    @classmethod
    def _attributes(cls) -> dict[str, tuple[str, str]]:
        """Return the type and the description of each fitted attribute, for the docstring."""
        return {
            "net_": ("skorch.NeuralNet", "The net that was trained."),
            "module_": ("torch.nn.Module", "Its torch module, with ``forward(x, state) -> (output, state)``."),
            "backend_": (
                "str",
                '"compiled" or "torch": what ran recurrent layers in `fit`. Predictions run likewise, where numba is\n'
                "not installed by torch.",
            ),
            "history_": (
                "DataFrame",
                "A row per epoch: train_loss, valid_loss with validation data, scores, lr with a schedule, and dur in\n"
                "seconds. Of a regressor with validation data also mean_loss, that of the mean of y, and where X is\n"
                "windows of `ShiftFramer`, last_value_loss, that of the last value of y known before each.\n"
                "With `refit` it is that of the first training.",
            ),
            "n_iter_": ("int", "Epochs in it."),
            "n_outputs_": ("int", "Targets per sequence or step; of an encoder-decoder outputs per output step."),
            "n_features_in_": ("int", "Columns of a 2-D X; features per step of other forms."),
            "feature_names_in_": (
                "ndarray of str",
                "Names of the columns, if X was a DataFrame with names that are all strings.",
            ),
            "step_columns_": (
                "DataFrame of shape (n_steps, n_features)",
                "Column of a 2-D X that each feature of each step is, by name or number (see `columns`). Only after a\n"
                "fit on a 2-D X with one target per sequence.",
            ),
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # NaN at the ends of a sequence is padding
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        return tags
