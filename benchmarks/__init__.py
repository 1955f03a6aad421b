"""Benchmarks: time and memory of remx against other systems, with equal weights, data and results.

``python -m benchmarks`` runs them; docs/performance.md says what they measure. The modules that run
inside MXNet 1.9.1's own interpreter (networks, workloads, worker, engines.symbolic, chains) keep to
Python 3.8.
"""
