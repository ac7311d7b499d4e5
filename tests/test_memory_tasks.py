"""Tasks that show what a carried state and the length of back-propagation are for."""

from __future__ import annotations

import numpy as np

from sklearn_rnn import GRUClassifier, LSTMRegressor

CHUNK = 20
SEED = 0  # the margins below hold for each of 0 to 9


def shown_and_asked(n, seed, *, shown, noise):
    """Sequences that show +1 or -1 in their first steps and noise all along; the target is which, at each step.

    Half of the sequences are of each kind, so that a prediction which sees nothing of it is right half of the time.
    """
    rng = np.random.default_rng(seed)
    cue = rng.permutation(np.arange(n) % 2)
    X = np.zeros((n, 11 * CHUNK, 2))
    X[:, :shown, 0] = 2 * cue[:, None] - 1
    X[:, :, 1] = noise * rng.normal(size=X.shape[:2])
    return X, np.repeat(cue[:, None], X.shape[1], axis=1)


def cue_classifier(seed, *, stateful, lr=1e-2, max_epochs=10):
    return GRUClassifier(
        hidden_layer_sizes=(8,), return_sequences=True, stateful=stateful, tbptt=CHUNK, lr=lr, max_epochs=max_epochs,
        random_state=seed,
    )  # fmt: skip


def accuracy_at_the_end(model, X, y):
    """Accuracy at the last step of whole sequences, and of last chunks that begin with a state of zero."""
    whole, chunk = model.predict(X), model.predict(X[:, -CHUNK:])
    return (whole[:, -1] == y[:, -1]).mean(), (chunk[:, -1] == y[:, -1]).mean()


def test_a_cue_is_known_200_steps_later_with_the_state_alone():
    """The cue fills the first chunk of 20 steps, what it was is asked in the ten chunks after it.

    So no chunk has both, and no gradient ever flows from a prediction to the cue: what is learned from is the state at
    the cut. Compared are two nets that differ in `stateful` alone, at the last step of new sequences, 200 steps after
    the last of the cue. Both read these whole (as `predict` always does); the naive split also reads the last chunk
    by itself, as it was trained.
    """
    X, y = shown_and_asked(256, SEED, shown=CHUNK, noise=0.3)
    asked = np.ones(y.shape)
    asked[:, :CHUNK] = 0
    X_new, y_new = shown_and_asked(1000, SEED + 100, shown=CHUNK, noise=0.3)
    carried = cue_classifier(SEED, stateful=True).fit(X, y, sample_weight=asked)
    naive = cue_classifier(SEED, stateful=False).fit(X, y, sample_weight=asked)
    assert accuracy_at_the_end(carried, X_new, y_new)[0] > 0.98
    for accuracy in accuracy_at_the_end(naive, X_new, y_new):
        assert 0.4 < accuracy < 0.6


def test_predict_carries_the_state_even_for_a_naive_split():
    """Where a single chunk shows how to hold a cue, the naive split learns it there, and whole sequences use it.

    The cue is the first step and is asked from then on, so the first chunk of 20 steps has it all. The other chunks
    are noise to the naive split, and it says so of a last chunk by itself.
    """
    X, y = shown_and_asked(256, SEED, shown=1, noise=1)
    X_new, y_new = shown_and_asked(1000, SEED + 100, shown=1, noise=1)
    naive = cue_classifier(SEED, stateful=False, lr=3e-2, max_epochs=8).fit(X, y)
    whole, chunk = accuracy_at_the_end(naive, X_new, y_new)
    assert whole > 0.98
    assert 0.4 < chunk < 0.6


def delayed_questions(n, seed, n_periods=8, period=40):
    """Once per period a pulse of +1 or -1, and 25 to 30 steps later the question which of them it was.

    Features are the pulse, the question and a little noise. The target counts at questions alone.
    """
    rng = np.random.default_rng(seed)
    begin = period * np.arange(n_periods)
    pulse = begin + rng.integers(0, period - 30, size=(n, n_periods))
    question = pulse + rng.integers(25, 31, size=(n, n_periods))
    up = rng.integers(0, 2, size=(n, n_periods))
    rows = np.arange(n)[:, None]
    X = np.zeros((n, n_periods * period, 3))
    X[rows, pulse, 0] = 2 * up - 1
    X[rows, question, 1] = 1
    X[:, :, 2] = 0.1 * rng.normal(size=X.shape[:2])
    y, asked = np.zeros(X.shape[:2], dtype=int), np.zeros(X.shape[:2])
    y[rows, question] = up
    asked[rows, question] = 1
    return X, y, asked


def accuracy_of_predictions(seed, tbptt):
    X, y, asked = delayed_questions(128, seed)
    model = GRUClassifier(
        hidden_layer_sizes=(16,), return_sequences=True, stateful=True, tbptt=tbptt, lr=1e-2, max_epochs=20,
        random_state=seed,
    )  # fmt: skip
    model.fit(X, y, sample_weight=asked)
    X, y, asked = delayed_questions(200, seed + 100)
    return (model.predict(X) == y)[asked > 0].mean()


def test_gradients_must_reach_back_to_what_is_asked():
    """With an update every 10 steps, gradients over 40 connect a question to its pulse; those over 10 never do."""
    assert 0.4 < accuracy_of_predictions(SEED, (10, 10)) < 0.6
    assert accuracy_of_predictions(SEED, (10, 40)) > 0.95


def test_a_hundred_long_sequences_need_no_divisible_numbers():
    """100 sequences of 5,000 steps, a few shorter, in 32 lanes and cut at 500: lanes and chunks don't come out even."""
    rng = np.random.default_rng(0)
    lengths = [5000] * 95 + [4999] * 3 + [37] * 2
    rng.shuffle(lengths)
    waves = [np.sin(np.arange(n + 1) / 5 + rng.uniform(0, 2 * np.pi)) for n in lengths]
    X, y = [wave[:-1, None] for wave in waves], [wave[1:] for wave in waves]
    model = LSTMRegressor(
        hidden_layer_sizes=(8,), return_sequences=True, stateful=True, tbptt=500, batch_size=32, max_epochs=1, lr=1e-2,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    predictions = model.predict(X)
    assert [prediction.shape for prediction in predictions] == [(n,) for n in lengths]
    assert np.isfinite(np.concatenate(predictions)).all()
    assert len(model.history_) == 1
    assert 0 < model.history_.train_loss.iloc[0] < 1  # 1 is what the mea prediction costs
    assert model.score(X, y) > 0.3
