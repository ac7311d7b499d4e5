"""Networks as torch modules that keep one contract, and losses. Torch alone: they know nothing of this package."""
