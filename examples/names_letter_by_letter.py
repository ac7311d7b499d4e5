"""
First names, letter by letter
=============================

An LSTM reads a name one letter at a time and predicts, after each letter, the probability of every next letter. Its
cross-entropy is measured on held-out names, in bits per letter. Then new names are sampled with a `Stream`: each
sampled letter is the next one read, for many names side by side.
"""

from __future__ import annotations

import time
from collections import Counter
from string import ascii_lowercase

import numpy as np
from sklearn.utils import shuffle

from sklearn_rnn import LSTMClassifier, SequenceOneHotEncoder
from sklearn_rnn.datasets import load_names

START, END = "^", "$"  # read before the first letter, and predicted after the last one
LONGEST = 15  # a sampled name ends here; those of the data have up to 11 letters


def main(n_names: int | None = None, n_units: int = 128, max_epochs: int = 40, n_drawn: int = 500) -> dict:
    """Train, measure and sample, with all names or `n_names` of them; return the numbers printed."""
    # 1. The data, in random order. A name that is on the list of women and on that of men is used once.
    names = shuffle(sorted({name.lower() for name in load_names().data}), n_samples=n_names, random_state=0)
    n_train = int(0.8 * len(names))
    train, test = names[:n_train], names[n_train:]

    # 2. The network.
    begin = time.perf_counter()
    encoder = SequenceOneHotEncoder([START, END, *ascii_lowercase]).fit(train)
    model = fit_network(encoder, train, n_units, max_epochs)
    seconds = time.perf_counter() - begin
    print(f"{len(train)} training names, {len(test)} held out; {model.n_iter_} epochs in {seconds:.0f} s")

    # 3. Probabilities of the letters of held-out names, compared with tables of counts.
    probabilities = {
        "letter frequencies": of_counts(train, test, order=0),
        "pairs of letters": of_counts(train, test, order=1),
        "triples of letters": of_counts(train, test, order=2),
        "LSTM": of_network(model, encoder, test),
    }
    bits = {of: -np.log2(p).mean() for of, p in probabilities.items()}
    print("\nCross-entropy on the held-out names, in bits per letter; the end of a name counts as a letter")
    for of, value in bits.items():
        print(f"  {of:20} {value:.2f}")

    # 4. New names. At a low temperature likely letters are drawn even more often.
    drawn = {}
    for temperature in (0.5, 1.0):
        drawn[temperature] = draw(model, encoder, n_drawn, temperature, np.random.default_rng(0))
        print(f"\nTemperature {temperature}: {summary(drawn[temperature], train, test)}")
    return {"bits": bits, "drawn": drawn}


def fit_network(encoder, names: list[str], n_units: int, max_epochs: int) -> LSTMClassifier:
    """Learn to predict the next letter: a name is a sequence, and each of its steps has a target.

    Names differ in length, so X is a list of arrays and y a list of lists. No padding is needed.
    """
    X = encoder.transform([START + name for name in names])
    y = [list(name + END) for name in names]
    return LSTMClassifier(
        hidden_layer_sizes=(n_units,), return_sequences=True, dropout=0.3, lr=3e-3, max_epochs=max_epochs,
        early_stopping=True, n_iter_no_change=3, random_state=0,
    ).fit(X, y)  # fmt: skip


def of_network(model, encoder, names: list[str]) -> np.ndarray:
    """Return the probability that the network gives each letter, after those before it."""
    probabilities = np.concatenate(model.predict_proba(encoder.transform([START + name for name in names])))
    column = {letter: j for j, letter in enumerate(model.classes_)}
    letters = [column[letter] for name in names for letter in name + END]
    return probabilities[np.arange(len(probabilities)), letters]


def of_counts(train: list[str], test: list[str], order: int) -> np.ndarray:
    """Return the probability that a table of counts gives each letter, after the `order` letters before it.

    One is added to every count, so that no probability is zero (Laplace smoothing).
    """
    count = Counter(pieces(train, order))
    before = Counter(piece[:-1] for piece in count.elements())
    n_letters = len(ascii_lowercase) + 1  # with the end
    return np.array([(count[piece] + 1) / (before[piece[:-1]] + n_letters) for piece in pieces(test, order)])


def pieces(names: list[str], order: int) -> list[str]:
    """Return each letter of the names, and the end, together with the `order` letters before it."""
    marked = [START * order + name + END for name in names]
    return [text[i : i + order + 1] for text in marked for i in range(len(text) - order)]


def draw(model, encoder, n_drawn: int, temperature: float, rng: np.random.Generator) -> list[str]:
    """Sample names side by side, each a series of the stream, until all have ended.

    Probabilities are raised to the power of 1 / temperature: below 1, likely letters become even more likely.
    """
    stream = model.stream(n_series=n_drawn, method="predict_proba")
    letters, names = [START] * n_drawn, [""] * n_drawn
    while not all(END in name for name in names) and len(names[0]) < LONGEST:
        (steps,) = encoder.transform(["".join(letters)])  # a row for each name, one-hot: the next step of each series
        p = stream.step(steps).astype(np.float64) ** (1 / temperature)
        letters = model.classes_[rng.multinomial(1, p / p.sum(axis=1, keepdims=True)).argmax(axis=1)]
        names = [name + letter for name, letter in zip(names, letters, strict=True)]
    ended = [name.split(END)[0] for name in names]  # all names are sampled until the last one ends
    return [name for name in ended if name]


def summary(drawn: list[str], train: list[str], test: list[str]) -> str:
    """Describe how many names are new, that is, not among the training names, and list the first of them."""
    different = list(dict.fromkeys(drawn))
    new = [name for name in different if name not in set(train)]
    counts = f"{len(drawn)} names, {len(different)} different ones, {len(new)} of them new"
    real = f"{len(set(new) & set(test))} of these are among the held-out names"
    return f"{counts}; {real}. New are\n  " + ", ".join(name.capitalize() for name in new[:10])


if __name__ == "__main__":
    main()
