"""Running programs below Python: chains of torch calls as one call of machine code.

`claims`, `normalization`, `products` and `sequences` say which torch calls the interpreter of `kernels`
can do, `blocks` puts neighbours together. Small programs take none of PyTorch's time to find the kernel
of each call, and chains of elementwise operations stay in the cache.
"""

from . import claims, normalization, products, sequences

__all__ = ["claims", "normalization", "products", "sequences"]
