"""What other libraries call the options of this package, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

# By parameter: a name as Keras, torch or scikit-learn has it, without case and signs, and what to write here.
SQUARED, ABSOLUTE = "squared_error", "absolute_error"
FOREIGN: dict[str, dict[str, str]] = {
    "loss": {
        **dict.fromkeys(("mse", "l2", "mseloss", "meansquarederror"), SQUARED),
        **dict.fromkeys(("mae", "l1", "l1loss", "meanabsoluteerror"), ABSOLUTE),
        **dict.fromkeys(("huberloss", "smoothl1", "smoothl1loss"), "huber"),
        **dict.fromkeys(("pinball", "pinballloss", "meanpinballloss", "quantileloss"), "quantile"),
        **dict.fromkeys(("categoricalcrossentropy", "sparsecategoricalcrossentropy"), "log_loss"),
        **dict.fromkeys(("binarycrossentropy", "crossentropy", "crossentropyloss", "ce", "bce"), "log_loss"),
        **dict.fromkeys(("bceloss", "bcewithlogits", "bcewithlogitsloss", "nll", "nllloss", "logloss"), "log_loss"),
    },
    "lr_schedule": {
        **dict.fromkeys(("cosineannealing", "cosineannealinglr", "cosinedecay"), "cosine"),
        "onecyclelr": "onecycle",
        "reducelronplateau": "plateau",
    },
    "scoring": {
        "acc": "accuracy",
        "auc": "roc_auc",
        "f1score": "f1",
        **dict.fromkeys(("mse", "meansquarederror", "squarederror"), "neg_mean_squared_error"),
        **dict.fromkeys(("mae", "meanabsoluteerror", "absoluteerror"), "neg_mean_absolute_error"),
        **dict.fromkeys(("rmse", "rootmeansquarederror"), "neg_root_mean_squared_error"),
        **dict.fromkeys(("mape", "meanabsolutepercentageerror"), "neg_mean_absolute_percentage_error"),
        **dict.fromkeys(("logloss", "crossentropy"), "neg_log_loss"),
    },
}
# Classes of torch that go by no name here, but can be given.
CLASSES = {
    "optimizer": {
        name.lower(): f"torch.optim.{name}" for name in ("Adadelta", "Adafactor", "Adagrad", "Adamax", "NAdam", "RAdam")
    }
}


def did_you_mean(parameter: str, value: Any, options: Iterable[str]) -> str:
    """Say what an unknown option probably stands for.

    Parameters
    ----------
    parameter : str
        Name of the parameter.
    value : object
        What was given.
    options : iterable of str
        What there is.

    Returns
    -------
    str
        A sentence behind a space, to be put behind a message; empty if nothing is like it.
    """
    if not isinstance(value, str):
        return ""
    plain, own = _plain(value), {_plain(option): option for option in options}
    if plain in CLASSES.get(parameter, {}):
        return f" Did you mean {parameter}={CLASSES[parameter][plain]}?"
    known = FOREIGN.get(parameter, {}) | own
    # A slip or two in a long name, none in one of three letters, nor in a number: float16 is not float64 misspelt.
    alike = [name for name in known if _digits(name) == _digits(plain)]
    close = get_close_matches(plain, alike, n=1, cutoff=0.75)
    if not close:
        return ""
    option = known[close[0]]
    if option not in own.values():  # the loss of a classifier for a regressor
        return f" That is {option!r} here, which is no option of this estimator."
    return f" Did you mean {parameter}={option!r}?"


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdigit())
