"""The parameters of the estimators in words: one text each, with the default read off the signature."""

from __future__ import annotations

import inspect
from textwrap import indent
from typing import TypeVar

T = TypeVar("T", bound=type)

PARAMETERS = {
    "cell": (
        '{{"rnn", "lstm", "gru"}}',
        "Kind of the recurrent layers: those of `RNNRegressor`, `LSTMRegressor` or `GRURegressor`.",
    ),
    "hidden_layer_sizes": (
        "int or tuple of int",
        "Units of each recurrent layer, first to last{of_both}. Layers may differ in size.",
    ),
    "nonlinearity": ('{{"tanh", "relu"}}', "Activation of the hidden state{of_rnn}."),
    "decoder": (
        '{{"repeat", "feedback"}}',
        'What the decoder reads in every output step. "repeat": the last output of the encoder [2]_. "feedback": its\n'
        "own output of the step before, zeros in the first [3]_.",
    ),
    "teacher_forcing": (
        "float in [0, 1]",
        "Probability that the decoder is fed the true output of the step before, not its own, drawn for each output\n"
        'step of a batch in training [4]_ [5]_. It is of ``decoder="feedback"`` alone: with "repeat" it does nothing.\n'
        "1 trains fastest, 0 on just what `predict` does.",
    ),
    "bidirectional": (
        "bool",
        "Whether a second set of cells reads each sequence from its end. Refused with ``stateful=True``.",
    ),
    "dropout": (
        "float in [0, 1)",
        "Share of each recurrent layer's outputs that is dropped in training before the next layer, by one mask per\n"
        "sequence for all its steps [1]_.",
    ),
    "recurrent_dropout": (
        "float in [0, 1)",
        "Share of the hidden state that is dropped in training on its way to the next step, by one mask per sequence\n"
        "[1]_. Such a layer runs step by step, several times slower.",
    ),
    "return_sequences": (
        "bool",
        "False: one target per sequence. True: one target per step, so that a 2-D X is a table of one step per row.",
    ),
    "stateful": (
        "bool",
        "Whether training carries the state over the cuts of `tbptt` and, with one target per step, from one call of\n"
        "`partial_fit` to the next. False: every chunk begins with a state of zero. `predict` reads whole sequences\n"
        "either way.",
    ),
    "tbptt": (
        "None, int or tuple (k1, k2)",
        "Truncated back-propagation through time [2]_: weights are updated after every k1 steps, by gradients that\n"
        "flow back k2 steps at most. An int stands for both. None: through whole sequences. With one target per\n"
        "sequence there is one update, at its end, and k2 alone matters.",
    ),
    "loss": (
        "{loss}",
        "What training minimises. A torch loss, class or instance, takes (output, target), of shape{loss_targets}; "
        "with weights its reduction must be 'none', as it is if a class is given.",
    ),
    "quantile": ("float in (0, 1)", "Which quantile ``loss='quantile'`` predicts."),
    "optimizer": (
        '{{"adam", "adamw", "sgd", "rmsprop"}} or class of torch.optim.Optimizer',
        "How weights are updated.",
    ),
    "lr": ("float", "Learning rate."),
    "optimizer_params": (
        "dict or None",
        "Further arguments of the optimizer, such as ``{{'momentum': 0.9}}``.",
    ),
    "weight_decay": ("float", "Strength of the penalty on weights, as the optimizer defines it."),
    "clip_grad_norm": (
        "float or None",
        "Greatest norm of the gradient, over all weights; longer ones are shortened.",
    ),
    "batch_size": (
        "int",
        "Sequences per update.{lanes}",
    ),
    "max_epochs": ("int", "Passes over the data."),
    "shuffle": ("bool", "Whether sequences are drawn into new batches in each epoch."),
    "early_stopping": (
        "bool",
        "Whether to hold out a part of the data, stop when its loss no longer falls, and restore the best weights.",
    ),
    "validation_fraction": ("float in (0, 1)", "Share of the data that early stopping holds out."),
    "n_iter_no_change": ("int", "Epochs without a better validation loss after which training stops."),
    "tol": ("float", "Least fall of the validation loss that counts as better."),
    "validation": (
        '{{"auto", "end", "random"}}',
        "What is held out: the last sequences (of each series){last_rows}"
        'or a random part{stratified}. "auto" is {validation_auto}.',
    ),
    "normalize_y": (
        "bool",
        "Whether to learn on standardised targets. Predictions are in the units of y either way.",
    ),
    "class_weight": (
        'None, "balanced" or dict',
        'Weights of classes. "balanced": in inverse proportion to their frequency.',
    ),
    "mask_value": (
        "float or None",
        "Steps whose features all have this value are skipped, beside those at the ends that are all NaN.",
    ),
    "warm_start": ("bool", "Whether `fit` goes on from the weights of the last fit, with its classes or scale of y."),
    "random_state": (
        "int, RandomState instance or None",
        "Seed of weights, batches, dropout and random validation.",
    ),
    "verbose": ("int", "0: silent, 1: a progress bar per epoch, 2: a line per epoch."),
    "scoring": (
        "str, callable, list, dict or None",
        "Scorers of scikit-learn, recorded in ``history_`` after each epoch for the validation part, or without one\n"
        "for the training part.",
    ),
    "callbacks": (
        "list or None",
        "Callbacks of skorch, which see the net. Each is used as it is, not copied.",
    ),
    "device": ('"auto", str or torch.device', '"auto": "cuda" if there is a GPU, else "cpu".'),
    "dtype": ('{{"float32", "float64"}}', "Floating type of weights and computations."),
}

ATTRIBUTES = """\
net_ : skorch.NeuralNet
    The net that was trained.
module_ : torch.nn.Module
    Its torch module, with ``forward(x, state) -> (output, state)``.
history_ : DataFrame
    A row per epoch: train_loss, valid_loss with early stopping, scores, and dur in seconds.
n_iter_ : int
    Epochs run.
n_outputs_ : int
    {n_outputs}
n_features_in_ : int
    Columns of a 2-D X; features per step of other forms.
feature_names_in_ : ndarray of str
    Names of the columns, if X was a DataFrame with names that are all strings.
"""

CLASSES = """\
classes_ : ndarray
    Labels of the classes, in the order of the columns of `predict_proba`.
"""

DROPOUT = """\
.. [1] Gal and Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural networks,
   NeurIPS.
"""

TRUNCATION = """\
.. [2] Williams and Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent network
   trajectories, Neural Computation 2(4).
"""

OF_ONE_NETWORK = {
    "of_both": "",
    "of_rnn": "",
    "lanes": (
        " With `stateful` or `tbptt`: number of lanes, each of which goes through one sequence\n"
        "after the other. A few long ones are cut into segments, so that all lanes are busy; with 1 none is."
    ),
    "last_rows": ", or of a table of steps the last rows of each series;\n",
    "n_outputs": "Targets per sequence or step.",
    "references": DROPOUT + TRUNCATION,
}
OF_REGRESSORS = {
    "loss": '{"squared_error", "absolute_error", "huber", "quantile"} or a torch loss',
    "loss_targets": " (n, n_outputs)\nboth",
    "stratified": "",
    "validation_auto": '"end"',
    "classes": "",
}
# By the end of a class's name; the first that fits counts.
WORDS = {
    "EncoderDecoderRegressor": OF_REGRESSORS
    | {
        "of_both": ", of the encoder and of the decoder",
        "of_rnn": ' of ``cell="rnn"``; other cells have theirs',
        "loss_targets": "\n(n, output_steps, n_outputs) both",
        "lanes": "",
        "last_rows": "; ",
        "n_outputs": "Outputs per step of the answer.\noutput_steps_ : int\n    Steps of the answer.",
        "references": DROPOUT,
    },
    "Regressor": OF_ONE_NETWORK | OF_REGRESSORS,
    "Classifier": OF_ONE_NETWORK
    | {
        "loss": '{"log_loss"} or a torch loss',
        "loss_targets": " (n, n_outputs)\nand codes of classes of shape (n,)",
        "stratified": ", with the same shares of classes",
        "validation_auto": '"end" with ``return_sequences=True`` or overlapping windows, else "random"',
        "classes": CLASSES,
    },
}


def documented(cls: T) -> T:
    """Fill ``{parameters}``, ``{attributes}`` and ``{references}`` in the docstring of an estimator."""
    words = next(words for name, words in WORDS.items() if cls.__name__.endswith(name))
    parameters = []
    for name, parameter in inspect.signature(cls).parameters.items():
        kind, text = (part.format(**words) for part in PARAMETERS[name])
        parameters.append(f"{name} : {kind}, default={parameter.default!r}\n{indent(text, '    ')}")
    blocks = {
        "parameters": "\n".join(parameters),
        "attributes": ATTRIBUTES.format(**words) + words["classes"],
        "references": words["references"],
    }
    doc = inspect.cleandoc(cls.__doc__ or "")
    for name, block in blocks.items():
        doc = doc.replace(f"{{{name}}}", block.rstrip())
    cls.__doc__ = doc
    return cls
