import os

import pytest

# Read when scipy and torch are imported. The first lets scikit-learn's checks of array API input run. The second:
# networks this small gain nothing from a second thread, and on a busy machine they wait for it at every step.
os.environ["SCIPY_ARRAY_API"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture
def no_figure_is_left():
    """Close the figures of a test, and those that one before it has left."""
    import matplotlib.pyplot as plt

    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture(params=[False, True], ids=["torch", "compiled"])
def every_engine(request, monkeypatch):
    """Run the layers of all networks by torch, and as compiled kernels."""
    from sklearn_rnn._networks.cells import Recurrence

    monkeypatch.setattr(Recurrence, "kernels", request.param)
