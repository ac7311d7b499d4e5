"""The papers that parameters cite."""

from __future__ import annotations

GAL = """Gal and Ghahramani (2016), A theoretically grounded application of dropout in recurrent neural networks,
NeurIPS."""
WILLIAMS_PENG = """Williams and Peng (1990), An efficient gradient-based algorithm for on-line training of recurrent
network trajectories, Neural Computation 2(4)."""
CHO = """Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
translation, EMNLP."""
SUTSKEVER = "Sutskever, Vinyals and Le (2014), Sequence to sequence learning with neural networks, NeurIPS."
WILLIAMS_ZIPSER = """Williams and Zipser (1989), A learning algorithm for continually running fully recurrent neural
networks, Neural Computation 1(2)."""
LOSHCHILOV_HUTTER = "Loshchilov and Hutter (2017), SGDR: Stochastic gradient descent with warm restarts, ICLR."
SMITH_TOPIN = """Smith and Topin (2019), Super-convergence: very fast training of neural networks using large learning
rates, SPIE 11006."""
BENGIO = "Bengio et al. (2015), Scheduled sampling for sequence prediction with recurrent neural networks, NeurIPS."
