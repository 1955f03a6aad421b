"""Networks as pictures and as tables, and memory plans as pictures."""

from .memory import plot_memory
from .network import plot_network
from .summary import print_summary

__all__ = ["plot_memory", "plot_network", "print_summary"]
