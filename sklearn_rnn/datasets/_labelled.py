"""Loaders of labelled sequences: a list of sequences of unequal lengths, with a label for each."""

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions

from ._base import read_description, read_table, validated


@validated(subset=[StrOptions({"train", "test", "all"})], return_X_y=["boolean"])
def load_japanese_vowels(
    *, subset: str = "train", return_X_y: bool = False
) -> Bunch | tuple[list[np.ndarray], np.ndarray]:
    """Load the Japanese vowels: sequences of unequal lengths, to be told apart by their speaker.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 270 utterances for training, the 370 for testing, or all 640, those for training first.
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With these attributes:

        - `data`: list of n_utterances arrays of shape (n_steps, 12), float64. There are 7 to 29 steps, one
          every 6.4 milliseconds; the features are cepstrum coefficients, without a unit.
        - `target`: array of shape (n_utterances,), int64, the speakers, 1 to 9.
        - `frame`: None, as sequences are no table.
        - `feature_names`: list of 12 names.
        - `target_names`: list of 9 names, `"speaker 1"` to `"speaker 9"`.
        - `DESCR`: str, the description of the data.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If an argument is none of the values above.

    Notes
    -----
    The utterances are in the order of the source, speaker by speaker: shuffle them before cutting off a
    part. The mean and deviation of each feature with a logistic regression reach an accuracy of 0.962 on
    the test set.

    Source: Kudo, Toyama and Shimbo, UCI Machine Learning Repository [1]_, described in [2]_, from the
    package sktime. Licence: CC BY 4.0.

    References
    ----------
    .. [1] M. Kudo, J. Toyama and M. Shimbo, "Japanese Vowels", UCI Machine Learning Repository,
       https://doi.org/10.24432/C5NS47
    .. [2] M. Kudo, J. Toyama and M. Shimbo, "Multidimensional curve classification using passing-through
       regions", Pattern Recognition Letters 20 (11-13), 1103-1111, 1999,
       https://doi.org/10.1016/S0167-8655(99)00077-X

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_japanese_vowels
    >>> X_train, y_train = load_japanese_vowels(subset="train", return_X_y=True)
    >>> X_test, y_test = load_japanese_vowels(subset="test", return_X_y=True)
    >>> len(X_train), len(X_test)
    (270, 370)
    >>> [utterance.shape for utterance in X_train[:3]]
    [(20, 12), (26, 12), (22, 12)]
    """
    table = read_table("japanese_vowels")
    if subset != "all":
        table = table[table["subset"] == subset]
    features = [name for name in table.columns if name.startswith("cepstrum")]
    _, starts = np.unique(table["utterance"], return_index=True)
    steps = table[features].to_numpy(dtype=np.float64)
    X = [utterance.copy() for utterance in np.split(steps, starts[1:])]
    y = table["speaker"].to_numpy(dtype=np.int64)[starts]
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        frame=None,
        feature_names=features,
        target_names=[f"speaker {speaker}" for speaker in np.unique(y)],
        DESCR=read_description("japanese_vowels"),
    )


@validated(return_X_y=["boolean"])
def load_names(*, return_X_y: bool = False) -> Bunch | tuple[list[str], np.ndarray]:
    """Load first names of women and men: each name is a sequence of letters.

    Parameters
    ----------
    return_X_y : bool, default=False
        If True, return `(data, target)` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        With these attributes:

        - `data`: list of 5,494 str of 2 to 11 letters, the first a capital, as in `"Mary"`.
        - `target`: array of shape (5494,), str, `"female"` or `"male"`.
        - `frequency`: array of shape (5494,), float64, the percentage of the women, or of the men, who have
          that name; useful as sample weight.
        - `frame`: None, as sequences are no table.
        - `feature_names`, `target_names`: lists of names.
        - `DESCR`: str, the description of the data.
    (data, target) : tuple
        If `return_X_y=True`.

    Raises
    ------
    ValueError
        If an argument is none of the values above.

    Notes
    -----
    The 4,275 names of women come first, then the 1,219 of men, each from the most to the least frequent:
    shuffle them before cutting off a part. The 331 names on both lists, such as James, occur twice, with
    either target, so no classifier can be right every time.

    Source: United States census of 1990, from the package names. Public domain.

    Examples
    --------
    >>> from sklearn_rnn.datasets import load_names
    >>> names = load_names()
    >>> names.data[:3]
    ['Mary', 'Patricia', 'Linda']
    >>> names.target[names.data.index("Linda")].item()
    'female'
    >>> names.frequency[0].item()
    2.629
    """
    table = read_table("names")
    X = table["name"].tolist()
    y = np.array(table["sex"].tolist())
    if return_X_y:
        return X, y
    return Bunch(
        data=X,
        target=y,
        frequency=table["frequency"].to_numpy(copy=True),
        frame=None,
        feature_names=["name"],
        target_names=["female", "male"],
        DESCR=read_description("names"),
    )
