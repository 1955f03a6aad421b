"""Files of a trained network: the symbol and its parameters by epoch."""

from __future__ import annotations

import glob
import logging
import os
from typing import Any

from .error import MXNetError
from .files import check_checksum, write_checksum

__all__ = [
    "load_checkpoint",
    "load_params",
    "parameters_by_kind",
    "read_params",
    "save_checkpoint",
]


def save_checkpoint(
    prefix: str,
    epoch: int,
    symbol: Any,
    arg_params: dict,
    aux_params: dict,
    remove_amp_cast: bool = True,
) -> None:
    """Write ``<prefix>-symbol.json`` and ``<prefix>-0001.params`` (for epoch 1).

    Each file is replaced as a whole: a crash leaves the old one or the new one. The checksum in
    ``<prefix>-0001.params.crc32`` comes last; ``load_checkpoint`` compares it where it exists.
    ``symbol`` may be None, to write the parameters alone.
    """
    from .ndarray import save

    if symbol is not None:
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
    name = f"{prefix}-{epoch:04d}.params"
    save(name, parameters_by_kind(arg_params, aux_params))
    write_checksum(name)
    logging.info('Saved checkpoint to "%s"', name)


def load_checkpoint(prefix: str, epoch: int) -> tuple[Any, dict, dict]:
    """The symbol, parameters and auxiliary states that ``save_checkpoint`` wrote.

    Raises MXNetError for a missing file, and then names the epochs that there are.
    """
    from . import symbol

    name = f"{prefix}-symbol.json"
    if not os.path.isfile(name):
        raise MXNetError(f"there is no file {name!r} (looked from {os.getcwd()})")
    return symbol.load(name), *load_params(prefix, epoch)


def load_params(prefix: str, epoch: int) -> tuple[dict, dict]:
    """The parameters and auxiliary states of a checkpoint.

    Raises MXNetError for a missing file, or one that does not go with its checksum.
    """
    name = f"{prefix}-{epoch:04d}.params"
    if not os.path.isfile(name):
        found = sorted(glob.glob(f"{glob.escape(prefix)}-[0-9][0-9][0-9][0-9].params"))
        others = f"; there are {', '.join(found)}" if found else ""
        raise MXNetError(f"there is no file {name!r} (looked from {os.getcwd()}){others}")
    check_checksum(name)
    return read_params(name)


def parameters_by_kind(arg_params: dict, aux_params: dict) -> dict[str, Any]:
    """One dict with the keys of a ``.params`` file: ``arg:<name>`` and ``aux:<name>``."""
    return {f"arg:{name}": array for name, array in arg_params.items()} | {
        f"aux:{name}": array for name, array in aux_params.items()
    }


def read_params(fname: str) -> tuple[dict, dict]:
    """Parameters and auxiliary states from a ``.params`` file.

    Raises ValueError where a key is neither ``arg:...`` nor ``aux:...``.
    """
    from .ndarray import load

    content = load(fname)
    kinds: dict[str, dict[str, Any]] = {"arg": {}, "aux": {}}
    for key, array in content.items() if isinstance(content, dict) else ():
        kind, _, name = key.partition(":")
        if kind not in kinds or not name:
            raise ValueError(
                f"Invalid param file {fname}: the key {key!r} is neither 'arg:<name>' nor "
                f"'aux:<name>'"
            )
        kinds[kind][name] = array
    if isinstance(content, list) and content:
        raise ValueError(f"Invalid param file {fname}: its arrays have no names")
    return kinds["arg"], kinds["aux"]
