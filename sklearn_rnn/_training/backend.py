"""What runs the layers of a network: compiled kernels, or torch."""

from __future__ import annotations

from .._networks.contract import Network
from .._networks.kernels import why_unavailable


def choose_backend(backend: str, network: Network) -> str:
    """Let a network run by kernels if `backend` asks for it and they can be used; return "compiled" or "torch".

    Raises
    ------
    ValueError
        If `backend` is "compiled" and they can't.
    """
    if backend == "torch":
        return "torch"
    obstacle = _obstacle(network)
    if obstacle is None:
        return "compiled"
    if backend == "compiled":
        raise ValueError(f"backend='compiled' can't be used: {obstacle}. Use backend='auto' to fall back to torch.")
    return "torch"


def _obstacle(network: Network) -> str | None:
    """Return what keeps a network from running by kernels; None if nothing does, and from now on it runs so."""
    if network.device.type != "cpu":
        return f"it is for a CPU, and the device is '{network.device.type}'"
    unavailable = why_unavailable()
    if unavailable is not None:
        return unavailable
    return None if network.use_kernels() else f"{type(network).__name__} has no layers that can be compiled"
