"""Synthetic sequence problems whose solutions are known."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from ._base import validated

RandomState = int | np.random.RandomState | None


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    period=[Interval(Real, 0, None, closed="neither")],
    noise=[Interval(Real, 0, None, closed="left")],
    random_state=["random_state"],
)
def make_sine(
    n_samples: int = 1000, *, period: float = 50.0, noise: float = 0.0, random_state: RandomState = None
) -> tuple[np.ndarray, np.ndarray]:
    """Generate a sine wave as a table in time order, with a target per row.

    Row t is `sin(2 * pi * t / period)` plus noise. The target of a row is that row's own value, so frame
    the table before fitting, for example with `ShiftFramer(lags=24, horizon=1)`: a window then ends before
    its target.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of rows, at least 1.
    period : float, default=50.0
        Rows per cycle, above 0.
    noise : float, default=0.0
        Standard deviation of the Gaussian noise that is added to the wave of amplitude 1.
    random_state : int, RandomState instance or None, default=None
        Seed of the noise. Pass an int for the same values in every call.

    Returns
    -------
    X : ndarray of shape (n_samples, 1)
        The wave, float64.
    y : ndarray of shape (n_samples,)
        The same values.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> from sklearn_rnn.datasets import make_sine
    >>> X, y = make_sine(4, period=4)
    >>> X.shape
    (4, 1)
    >>> y.round(3)
    array([ 0.,  1.,  0., -1.])
    """
    rng = check_random_state(random_state)
    y = np.sin(2 * np.pi * np.arange(n_samples) / period)
    if noise > 0:
        y += rng.normal(scale=noise, size=n_samples)
    return y.reshape(-1, 1).copy(), y


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    n_steps=[Interval(Integral, 2, None, closed="left")],
    random_state=["random_state"],
)
def make_adding_problem(
    n_samples: int = 1000, *, n_steps: int = 100, random_state: RandomState = None
) -> tuple[np.ndarray, np.ndarray]:
    """Generate the adding problem: add the two numbers of a sequence that are marked.

    The first feature of a step is a number drawn uniformly from [0, 1). The second is a marker: 1 at one
    random step of the first half and at one of the second half, 0 at all others. To predict the sum, a network has
    to remember the first marked number for up to `n_steps` steps. Always to predict 1 has a mean squared
    error of 1/6, about 0.1667.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences, at least 1.
    n_steps : int, default=100
        Steps in each sequence, at least 2.
    random_state : int, RandomState instance or None, default=None
        Seed of numbers and markers. Pass an int for the same values in every call.

    Returns
    -------
    X : ndarray of shape (n_samples, n_steps, 2)
        Numbers and markers, float64.
    y : ndarray of shape (n_samples,)
        The sum of the two marked numbers, float64, from 0 to 2.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    The problem is due to Hochreiter and Schmidhuber [1]_, who draw numbers from [-1, 1] and scale the
    sum. This is the form used by Bai, Kolter and Koltun [2]_ and by most papers since.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (8),
       1735-1780, 1997, https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] S. Bai, J. Z. Kolter and V. Koltun, "An empirical evaluation of generic convolutional and
       recurrent networks for sequence modeling", 2018, https://arxiv.org/abs/1803.01271

    Examples
    --------
    >>> from sklearn_rnn.datasets import make_adding_problem
    >>> X, y = make_adding_problem(200, n_steps=50, random_state=0)
    >>> X.shape, y.shape
    ((200, 50, 2), (200,))
    >>> numbers, markers = X[..., 0], X[..., 1]
    >>> bool(((numbers * markers).sum(axis=1) == y).all())
    True
    """
    rng = check_random_state(random_state)
    half = n_steps // 2  # a number marked in each half: two different ones, far apart on average
    rows = np.arange(n_samples)
    first = rng.randint(0, half, size=n_samples)
    second = rng.randint(half, n_steps, size=n_samples)
    X = np.zeros((n_samples, n_steps, 2))
    X[..., 0] = rng.uniform(size=(n_samples, n_steps))
    X[rows, first, 1] = 1.0
    X[rows, second, 1] = 1.0
    return X, X[rows, first, 0] + X[rows, second, 0]


@validated(
    n_samples=[Interval(Integral, 1, None, closed="left")],
    delay=[Interval(Integral, 1, None, closed="left")],
    n_symbols=[Interval(Integral, 1, None, closed="left")],
    n_memory=[Interval(Integral, 1, None, closed="left")],
    random_state=["random_state"],
)
def make_copy_memory(
    n_samples: int = 1000,
    *,
    delay: int = 100,
    n_symbols: int = 8,
    n_memory: int = 10,
    random_state: RandomState = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Generate the copy memory problem: repeat the first symbols of a sequence after a delay.

    A sequence begins with `n_memory` symbols drawn from 1 to `n_symbols`, continues with zeros, and ends with
    `n_memory + 1` delimiters, `n_symbols + 1`. The first delimiter asks for the output: at the
    last `n_memory` steps the targets are the first symbols, in their order. All other targets are 0.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of sequences, at least 1.
    delay : int, default=100
        Steps between the last symbol and the first of the output, at least 1: `delay - 1` zeros and the
        first delimiter. Called T in [2]_.
    n_symbols : int, default=8
        How many different symbols there are, at least 1.
    n_memory : int, default=10
        How many symbols are to be remembered, at least 1.
    random_state : int, RandomState instance or None, default=None
        Seed of the symbols. Pass an int for the same values in every call.

    Returns
    -------
    X : ndarray of shape (n_samples, delay + 2 * n_memory, 1)
        The symbols 0 to `n_symbols + 1`, int64. They are names, not amounts: encode them as one-hot steps.
    y : ndarray of shape (n_samples, delay + 2 * n_memory)
        A target per step, 0 to `n_symbols`, int64, for a classifier with `return_sequences=True`.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Without a memory, the best is to predict 0 until the last `n_memory` steps and then to guess, which has a
    mean log loss of `n_memory * log(n_symbols) / (delay + 2 * n_memory)` per step.

    The problem is due to Hochreiter and Schmidhuber [1]_; this is the form used by Bai, Kolter and Koltun
    [2]_.

    References
    ----------
    .. [1] S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation 9 (8),
       1735-1780, 1997, https://doi.org/10.1162/neco.1997.9.8.1735
    .. [2] S. Bai, J. Z. Kolter and V. Koltun, "An empirical evaluation of generic convolutional and
       recurrent networks for sequence modeling", 2018, https://arxiv.org/abs/1803.01271

    Examples
    --------
    >>> from sklearn_rnn.datasets import make_copy_memory
    >>> X, y = make_copy_memory(1, delay=4, n_memory=3, random_state=0)
    >>> X[0, :, 0]
    array([5, 8, 6, 0, 0, 0, 9, 9, 9, 9])
    >>> y[0]
    array([0, 0, 0, 0, 0, 0, 0, 5, 8, 6])
    """
    rng = check_random_state(random_state)
    symbols = rng.randint(1, n_symbols + 1, size=(n_samples, n_memory))
    X = np.zeros((n_samples, delay + 2 * n_memory, 1), dtype=np.int64)
    y = np.zeros(X.shape[:2], dtype=np.int64)
    X[:, :n_memory, 0] = symbols
    X[:, -n_memory - 1 :] = n_symbols + 1
    # Delimiters fill the steps of the output as well, so that X gives no hint beside that it is due.
    y[:, -n_memory:] = symbols
    return X, y
