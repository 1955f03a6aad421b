"""RecordIO: files of records of bytes, byte for byte as 1.x writes them.

A record is the magic number 0xced7230a, a word of 3 bits for its kind and 29 bits for its length,
its bytes, and zeros up to a multiple of 4; all little endian. A payload in which the magic number
stands at a multiple of 4 is cut there into parts (kinds 1 first, 2 middle, 3 last; 0 is a whole
record), and the magic number itself is left out.
"""

from __future__ import annotations

import os
import struct
from collections import namedtuple
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from .error import MXNetError

__all__ = [
    "IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "read_record_at",
    "record_offsets", "unpack", "unpack_img",
]  # fmt: skip

_MAGIC = 0xCED7230A
_MAGIC_BYTES = struct.pack("<I", _MAGIC)
_HEAD = struct.Struct("<II")
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_LONGEST = (1 << 29) - 1


# -- one record ------------------------------------------------------------------------------------
def _encode(payload: bytes) -> bytes:
    """A payload as the bytes of a file."""
    if len(payload) > _LONGEST:
        raise MXNetError(f"a record of {len(payload)} bytes is too long: the most is {_LONGEST}")
    parts = _split_at_magic(payload)
    kinds = [_WHOLE] if len(parts) == 1 else [_FIRST, *[_MIDDLE] * (len(parts) - 2), _LAST]
    pieces = []
    for kind, part in zip(kinds, parts, strict=True):
        pieces += [_HEAD.pack(_MAGIC, kind << 29 | len(part)), part, bytes(-len(part) % 4)]
    return b"".join(pieces)


def _split_at_magic(payload: bytes) -> list[bytes]:
    parts, start, position = [], 0, payload.find(_MAGIC_BYTES)
    while position >= 0:
        if position % 4 == 0:
            parts.append(payload[start:position])
            start = position + 4
            position = payload.find(_MAGIC_BYTES, start)
        else:
            position = payload.find(_MAGIC_BYTES, position + 1)
    return [*parts, payload[start:]]


def _read_part(file: IO[bytes], name: str, skip: bool = False) -> tuple[int, bytes] | None:
    """The kind and the bytes of the next part, or None at the end of the file."""
    offset = file.tell()
    head = file.read(8)
    if not head:
        return None
    if len(head) < 8:
        raise MXNetError(
            f"{name}: the record at offset {offset} is cut short: {len(head)} bytes left"
        )
    magic, word = _HEAD.unpack(head)
    if magic != _MAGIC:
        raise MXNetError(
            f"{name}: no record starts at offset {offset}: found {magic:#010x}, not {_MAGIC:#010x};"
            " the file is damaged there, or it is no RecordIO file"
        )
    length = word & _LONGEST
    padded = length + -length % 4
    if skip:
        file.seek(padded, os.SEEK_CUR)
        return word >> 29, b""
    payload = file.read(padded)
    if len(payload) < padded:
        raise MXNetError(
            f"{name}: the record at offset {offset} is cut short: it needs {padded} bytes after its"
            f" head, {len(payload)} are left"
        )
    return word >> 29, payload[:length]


def _read_record(file: IO[bytes], name: str, skip: bool = False) -> bytes | None:
    """The payload of the next record, or None at the end of the file."""
    offset = file.tell()
    part = _read_part(file, name, skip)
    if part is None:
        return None
    kind, payload = part
    if kind == _WHOLE:
        return payload
    if kind != _FIRST:
        raise MXNetError(f"{name}: at offset {offset} a record starts with part {kind}, not 0 or 1")
    parts = [payload]
    while kind != _LAST:
        position = file.tell()
        part = _read_part(file, name, skip)
        if part is None:
            raise MXNetError(f"{name}: the record at offset {offset} has no last part")
        kind, payload = part
        if kind not in (_MIDDLE, _LAST):
            raise MXNetError(f"{name}: at offset {position} part {kind} is inside a record")
        parts.append(payload)
    return _MAGIC_BYTES.join(parts)


def record_offsets(path: str) -> Iterator[int]:
    """Where each record of a file starts; raises MXNetError naming the offset of any damage."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        while (offset := file.tell()) < size:
            _read_record(file, path, skip=True)
            if file.tell() > size:
                raise MXNetError(
                    f"{path}: the record at offset {offset} is cut short: it ends at {file.tell()},"
                    f" the file at {size}"
                )
            yield offset


def read_record_at(file: IO[bytes], name: str, offset: int) -> bytes:
    """The payload of the record at an offset; ``name`` is what errors call the file."""
    file.seek(offset)
    record = _read_record(file, name)
    if record is None:
        raise MXNetError(f"{name}: there is no record at offset {offset}, where the file ends")
    return record


# -- files -----------------------------------------------------------------------------------------
class MXRecordIO:
    """A RecordIO file, read or written one record after another.

    Parameters: ``uri``: the path; ``flag``: "r" or "w". After a fork a reader opens the file anew,
    so that processes do not move each other's position. Raises ValueError for another flag,
    MXNetError for a file that cannot be opened.
    """

    def __init__(self, uri: str, flag: str):
        self.uri = os.fspath(uri)
        self.flag = flag
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Open the file; done by the constructor."""
        if self.flag not in ("r", "w"):
            raise ValueError(f"Invalid flag {self.flag}: it should be 'r' or 'w'")
        self.writable = self.flag == "w"
        try:
            self._file: Any = open(self.uri, self.flag + "b")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise MXNetError(f"cannot open {self.uri}: {error.strerror or error}") from None
        self.pid: int | None = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        if self.is_open:
            self._file.close()
            self.is_open = False
            self.pid = None

    def reset(self) -> None:
        """Go back to the first record; a file that is written to is emptied."""
        self.close()
        self.open()

    def write(self, buf: bytes) -> None:
        """Append a record."""
        assert self.writable, f"{self.uri} was opened for reading"
        self._check_process()
        if isinstance(buf, str):
            raise TypeError("a record is bytes, not str")
        self._file.write(_encode(bytes(buf)))

    def read(self) -> bytes | None:
        """The next record, None at the end. Raises MXNetError naming the offset of any damage."""
        assert not self.writable, f"{self.uri} was opened for writing"
        self._check_process()
        return _read_record(self._file, self.uri)

    def _check_process(self) -> None:
        if not self.is_open:
            raise RuntimeError(f"{self.uri} is closed")
        if self.pid != os.getpid():
            if self.writable:
                raise RuntimeError(f"{self.uri} is written by the process that opened it, no other")
            self.reset()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.close()

    def __del__(self):
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        """For other processes, which open the file themselves."""
        if self.writable and self.is_open:
            self._file.flush()
        return {k: v for k, v in self.__dict__.items() if k not in ("_file", "fidx")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        was_open, self.is_open = self.is_open, False
        if was_open:
            self.open()


class MXIndexedRecordIO(MXRecordIO):
    """A RecordIO file with an index (lines ``key<tab>offset``), for access in any order.

    Parameters: ``idx_path``: the index; ``uri``, ``flag``: see MXRecordIO; ``key_type``: the type
    of the keys. ``keys`` lists them in the order of the index, ``idx`` maps them to offsets.
    Raises OSError where the index cannot be opened, MXNetError where it is damaged.
    """

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: type = int):
        self.idx_path = os.fspath(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self.fidx: Any = None
        super().__init__(uri, flag)

    def open(self) -> None:
        super().open()
        self.idx, self.keys, self.fidx = {}, [], None
        try:
            self.fidx = open(self.idx_path, self.flag)  # noqa: SIM115 - closed by close()
            if not self.writable:
                self._read_index()
        except BaseException:
            self.close()
            raise

    def _read_index(self) -> None:
        for number, line in enumerate(self.fidx, 1):
            words = line.rstrip("\n").split("\t")
            try:
                key, offset = self.key_type(words[0]), int(words[1])
            except (IndexError, ValueError):
                raise MXNetError(
                    f"{self.idx_path}:{number}: {line!r} is not 'key<tab>offset'"
                ) from None
            self.idx[key] = offset
            self.keys.append(key)

    def close(self) -> None:
        if self.is_open and self.fidx is not None:
            self.fidx.close()
        super().close()

    def seek(self, idx: Any) -> None:
        """Go to the record with key ``idx``; raises KeyError where there is none."""
        assert not self.writable, f"{self.uri} was opened for writing"
        self._check_process()
        self._file.seek(self.idx[idx])

    def tell(self) -> int:
        """Where the next record will be written."""
        assert self.writable, f"{self.uri} was opened for reading"
        return self._file.tell()

    def read_idx(self, idx: Any) -> bytes | None:
        """The record with key ``idx``; raises KeyError where there is none."""
        self.seek(idx)
        return self.read()

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Append a record under a key."""
        key, offset = self.key_type(idx), self.tell()
        self.write(buf)
        self.fidx.write(f"{key}\t{offset}\n")
        self.idx[key] = offset
        self.keys.append(key)


# -- labelled records ------------------------------------------------------------------------------
# 1.x pickles it by this name.
IRHeader = namedtuple("HEADER", ["flag", "label", "id", "id2"])  # type: ignore[name-match]
HEADER = IRHeader
_IR_FORMAT = struct.Struct("<IfQQ")


def pack(header: IRHeader | tuple, s: bytes) -> bytes:
    """A header and bytes as the payload of one record.

    A label of several numbers is stored as float32 before the bytes; ``flag`` is then their count.
    """
    header = IRHeader(*header)
    if isinstance(header.label, (int, float, np.number)):
        return _IR_FORMAT.pack(0, *header[1:]) + s
    label = np.asarray(header.label, dtype="<f4")
    return _IR_FORMAT.pack(label.size, 0.0, header.id, header.id2) + label.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """The header and the bytes of a payload made by ``pack``; raises MXNetError if it is too short."""
    if len(s) < _IR_FORMAT.size:
        raise MXNetError(f"a packed record has at least {_IR_FORMAT.size} bytes, this one {len(s)}")
    header = IRHeader(*_IR_FORMAT.unpack_from(s))
    s = s[_IR_FORMAT.size :]
    if header.flag > 0:
        if len(s) < 4 * header.flag:
            raise MXNetError(f"a label of {header.flag} numbers does not fit in {len(s)} bytes")
        header = header._replace(label=np.frombuffer(s, "<f4", header.flag))
        s = s[4 * header.flag :]
    return header, s


def pack_img(
    header: IRHeader | tuple, img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg"
) -> bytes:
    """A header and an image, compressed, as the payload of one record.

    Parameters: ``img`` (h, w), (h, w, 3) in the order blue, green, red, or (h, w, 4);
    ``quality``: 1 to 100 for JPEG, the compression 0 to 9 for PNG; ``img_fmt``: ".jpg" or ".png".
    """
    from .imaging import codec

    return pack(header, codec.encode(np.asarray(img), img_fmt, quality))


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray]:
    """The header and the image (h, w, 3), in the order blue, green, red, of a payload.

    Parameters: ``iscolor``: 1 colour, 0 grey (h, w), -1 as it is stored.
    """
    from .imaging import codec

    header, compressed = unpack(s)
    return header, codec.decode_stored(compressed, iscolor)
