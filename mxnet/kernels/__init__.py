"""Kernels that are generated at their first use: loops that a single torch call cannot express.

``native`` compiles them with numba and runs them on the threads of torch; the other modules hold
the kernels. All import numba when they are loaded, so operators import them when they run.
"""
