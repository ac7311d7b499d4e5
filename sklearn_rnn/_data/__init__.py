"""From what users type to sequences and targets: forms of X, series, windows, time, y. Numpy, never torch."""
