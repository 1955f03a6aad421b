"""Reading and writing whole files, safely."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterable

from .error import MXNetError

__all__ = ["check_checksum", "read_bytes", "write_atomically", "write_checksum"]

_CHECKSUM = ".crc32"
_PART = 1 << 20


def read_bytes(fname: str) -> bytes:
    """The content of a file; raises MXNetError if it cannot be read."""
    try:
        with open(fname, "rb") as file:
            return file.read()
    except OSError as error:
        raise MXNetError(f"cannot read {fname}: {error.strerror or error}") from None


def write_checksum(fname: str) -> None:
    """Write the CRC-32 of a file to ``<fname>.crc32``, for ``check_checksum``.

    Any later ``write_atomically`` to the file removes it.
    """
    write_atomically(fname + _CHECKSUM, f"{_checksum(fname):08x}\n".encode())


def check_checksum(fname: str) -> None:
    """Raise MXNetError where a file does not go with its ``<fname>.crc32``, if that exists."""
    if not os.path.exists(fname + _CHECKSUM):
        return
    expected = read_bytes(fname + _CHECKSUM).decode("ascii", "replace").strip()
    if expected != f"{_checksum(fname):08x}":
        raise MXNetError(
            f"{fname} is damaged: it does not go with the checksum in {fname}{_CHECKSUM} "
            f"(if it was changed on purpose, remove that file)"
        )


def _checksum(fname: str) -> int:
    code = 0
    try:
        with open(fname, "rb") as file:
            while part := file.read(_PART):
                code = zlib.crc32(part, code)
    except OSError as error:
        raise MXNetError(f"cannot read {fname}: {error.strerror or error}") from None
    return code


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
        if os.path.exists(fname + _CHECKSUM):
            os.unlink(fname + _CHECKSUM)  # that of the old content
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
