"""Recurrent networks that behave like any other scikit-learn estimator."""
