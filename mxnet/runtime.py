"""What this installation can do: ``mx.runtime.Features()``, ``mx.runtime.check_symbol(file)``."""

from __future__ import annotations

import collections
import importlib.util
from typing import NamedTuple

from .coverage import FileReport, check_symbol

__all__ = ["Feature", "Features", "FileReport", "check_symbol", "feature_list"]


class Feature(NamedTuple):
    """A capability, by the name that 1.x gives it, and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """All features of 1.x, with those that torch and the machine offer enabled."""
    import torch

    cuda = torch.cuda.is_available()
    capability = torch.backends.cpu.get_cpu_capability()
    vectors = capability not in ("DEFAULT", "NO AVX")
    mkl = torch.backends.mkl.is_available()
    # The x86 names are true of the machine where the vector kernels of torch are in use.
    enabled = {
        "CUDA": cuda,
        "CUDNN": cuda and torch.backends.cudnn.is_available(),
        "NCCL": cuda and torch.distributed.is_available() and torch.distributed.is_nccl_available(),
        **dict.fromkeys(("CPU_SSE", "CPU_SSE2", "CPU_SSE3", "CPU_SSE4_1", "CPU_SSE4_2"), vectors),
        **dict.fromkeys(("CPU_AVX", "F16C"), "AVX" in capability),
        "CPU_AVX2": "AVX2" in capability or "AVX512" in capability,
        "OPENMP": torch.backends.openmp.is_available(),
        "SSE": vectors,
        "BLAS_OPEN": torch._C.has_lapack and not mkl,
        "BLAS_MKL": mkl,
        "LAPACK": torch._C.has_lapack,
        "MKLDNN": torch.backends.mkldnn.is_available(),
        "OPENCV": importlib.util.find_spec("PIL") is not None,  # images can be read
        "PROFILER": True,
        "DIST_KVSTORE": torch.distributed.is_available(),
        "CXX14": True,
        "INT64_TENSOR_SIZE": True,
    }
    return [Feature(name, bool(enabled.get(name, False))) for name in _NAMES]


_NAMES = (
    "CUDA CUDNN NCCL CUDA_RTC TENSORRT CPU_SSE CPU_SSE2 CPU_SSE3 CPU_SSE4_1 CPU_SSE4_2 CPU_SSE4A"
    " CPU_AVX CPU_AVX2 OPENMP SSE F16C JEMALLOC BLAS_OPEN BLAS_ATLAS BLAS_MKL BLAS_APPLE LAPACK"
    " MKLDNN OPENCV CAFFE PROFILER DIST_KVSTORE CXX14 INT64_TENSOR_SIZE SIGNAL_HANDLER DEBUG TVM_OP"
).split()


class Features(collections.OrderedDict):
    """The features by name; prints which of them are enabled."""

    def __init__(self):
        super().__init__((feature.name, feature) for feature in feature_list())

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether a feature is there; the name in any case. Raises RuntimeError if it is unknown."""
        name = feature_name.upper()
        if name not in self:
            raise RuntimeError(f"Feature '{name}' is unknown, known features are: {list(self)}")
        return self[name].enabled
