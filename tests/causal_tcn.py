"""A temporal convolutional network that keeps the contract of networks and is no recurrent one.

Bai, Kolter and Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
modeling, arXiv:1803.01271; here without its dropout, weight normalisation and second convolution per block.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn

from sklearn_rnn._networks.contract import Network


class CausalTCN(Network):
    """Residual blocks of causal convolutions, each dilated twice as far as the one before, and a linear output layer."""

    def __init__(self, n_features, n_outputs, channels=(4, 4), width=3, return_sequences=False):
        super().__init__()
        self.n_outputs, self.channels, self.width = n_outputs, tuple(channels), width
        self.return_sequences = return_sequences
        widths = [n_features, *channels]
        pairs = list(itertools.pairwise(widths))
        self.convs = nn.ModuleList(nn.Conv1d(a, b, width, dilation=2**i) for i, (a, b) in enumerate(pairs))
        self.skips = nn.ModuleList(nn.Conv1d(a, b, 1, bias=False) for a, b in pairs)
        self.head = nn.Linear(widths[-1], n_outputs)

    def forward(self, x, state=None, lengths=None, *, per_step=None, ragged_state=True):
        h = nn.functional.pad(x.mT, (0, 1))  # a step more at the end, which none before it sees: there may be no other
        for i, (conv, skip) in enumerate(zip(self.convs, self.skips, strict=True)):
            past = nn.functional.pad(h, ((self.width - 1) * 2**i, 0))
            h = torch.relu(conv(past)) + skip(h)
        outputs = self.head(nn.functional.pad(h[:, :, :-1], (1, 0)).mT)  # now a slot of zeros before the first step
        if per_step or (per_step is None and self.return_sequences):
            return outputs[:, 1:], []
        return outputs[:, -1] if lengths is None else outputs[torch.arange(len(x)), lengths], []

    def before_steps(self, state):
        return self.head.bias[None]

    def structure(self):
        return {"channels": self.channels, "width": self.width}

    def initialize(self, generator):
        for p in self.parameters():
            (nn.init.xavier_uniform_(p, generator=generator) if p.ndim > 1 else nn.init.zeros_(p))
