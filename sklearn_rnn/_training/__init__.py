"""Training a network of the contract and running it: epochs, batches, lanes, truncation, carried state."""
