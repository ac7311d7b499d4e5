"""What the public estimators share: parameters, fit and predict, and how y is coded for a network."""
