"""Running small programs below Python: chains of captured torch calls as one call of machine code.

`claims` says which torch calls the interpreter can do, `blocks` puts neighbours together, and
`interpreter` (compiled by numba at first use, then kept on disk) runs them. It takes none of PyTorch's
time to find the kernel of each call, and keeps elementwise chains in the cache.
"""
