"""Networks as pictures and as tables."""

from .network import plot_network
from .summary import print_summary

__all__ = ["plot_network", "print_summary"]
