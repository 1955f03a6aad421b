"""Reading and writing whole files, safely."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable

from .error import MXNetError

__all__ = ["read_bytes", "write_atomically"]


def read_bytes(fname: str) -> bytes:
    """The content of a file; raises MXNetError if it cannot be read."""
    try:
        with open(fname, "rb") as file:
            return file.read()
    except OSError as error:
        raise MXNetError(f"cannot read {fname}: {error.strerror or error}") from None


def write_atomically(fname: str, content: bytes | Iterable[bytes | memoryview]) -> None:
    """Write a file so that a crash leaves either the old content or the new, never a part.

    ``content`` may come in pieces. Raises MXNetError if the place cannot be written to.
    """
    pieces = (content,) if isinstance(content, bytes) else content
    directory = os.path.dirname(os.path.abspath(fname))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=os.path.basename(fname) + ".", dir=directory)
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        mode = os.stat(fname).st_mode & 0o777 if os.path.exists(fname) else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, fname)
    except BaseException as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise MXNetError(f"cannot write {fname}: {error.strerror or error}") from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
