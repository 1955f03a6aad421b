"""Kernels that are generated at their first use: loops that a single torch call cannot express.

They are written in the words of ``language``; ``compiler`` makes machine code of one with numba, when
a program needs it, ``machine`` keeps that on disk and loads it from there without numba, and ``native``
runs kernels on the threads of torch. The other modules hold the kernels.
"""
