"""Lists of images: lines ``number<tab>label...<tab>file``."""

from __future__ import annotations

import numpy as np

from ..error import MXNetError
from ..files import read_bytes

__all__ = ["read_list"]


def read_list(path: str) -> dict[int, tuple[np.ndarray, str]]:
    """A list of images, lines ``number<tab>label...<tab>file``, by number: (labels, file).

    Raises MXNetError naming a line of another form.
    """
    found = {}
    text = read_bytes(path).decode()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip().split("\t")
        try:
            found[int(words[0])] = (np.array(words[1:-1], np.float32), words[-1])
        except (ValueError, IndexError):
            form = "'number<tab>label...<tab>file'"
            raise MXNetError(f"{path}:{number}: {line!r} is not {form}") from None
    return found
