"""What users give to modules, checked: names, shapes, and what is asked of gradients."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..io import DataDesc

__all__ = ["as_list", "check_input_names", "grad_req_by_name", "parse_descriptions"]

_PARAMETER_SUFFIXES = ("_weight", "_bias", "_gamma", "_beta")


def as_list(value: Any) -> list[Any]:
    """A list of what may be one thing, a list or None."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def check_input_names(symbol: Any, names: Sequence[str], parameter: str, required: bool) -> None:
    """Raise ValueError (or warn, if not ``required``) for names that are no arguments."""
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        near = difflib.get_close_matches(name, arguments, 3)
        inputs = [arg for arg in arguments if not arg.endswith(_PARAMETER_SUFFIXES)]
        message = (
            f"You created Module with Module(..., {parameter}={list(names)}) but input with name "
            f"{name!r} is not found in symbol.list_arguments(). Did you mean one of: "
            f"{', '.join(near or inputs)}?"
        )
        if required:
            raise ValueError(message)
        warnings.warn(message, stacklevel=4)


def parse_descriptions(
    data_names: Sequence[str],
    label_names: Sequence[str],
    data_shapes: Sequence[Any],
    label_shapes: Sequence[Any] | None,
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """DataDescs of what ``bind`` is given, in its order.

    Raises ValueError where the data names are not those of the module, and warns where the
    label names are not.
    """
    data = _descriptions(data_shapes, "data_shapes")
    _match(data, data_names, "data", required=True)
    if not label_shapes:
        _match([], label_names, "label", required=False)
        return data, None
    labels = _descriptions(label_shapes, "label_shapes")
    _match(labels, label_names, "label", required=False)
    return data, labels


def _descriptions(shapes: Sequence[Any], what: str) -> list[DataDesc]:
    result = []
    for entry in shapes:
        if isinstance(entry, DataDesc):
            result.append(entry)
            continue
        try:
            result.append(DataDesc(*entry))
        except TypeError:
            raise ValueError(
                f"{what} must be a list of DataDesc or (name, shape), as iter.provide_data, "
                f"not {shapes!r}"
            ) from None
    return result


def _match(descs: Sequence[DataDesc], names: Sequence[str], kind: str, required: bool) -> None:
    if sorted(desc.name for desc in descs) == sorted(names):
        return
    message = (
        f"Data provided by {kind}_shapes don't match names specified by {kind}_names "
        f"({list(descs)} vs. {list(names)}): name the inputs alike in the iterator "
        f"({kind}_name=...) and in Module({kind}_names=...)"
    )
    if required:
        raise ValueError(message)
    if descs:
        warnings.warn(message, stacklevel=5)


def grad_req_by_name(
    grad_req: Any, arguments: Sequence[str], wanted: Collection[str]
) -> dict[str, str]:
    """What is asked of the gradient of each argument: "write", "add" or "null".

    Parameters: ``grad_req``: a str for all ``wanted`` ones, a list in the order of the arguments,
    or a dict by name, by default "write" for the wanted ones. Raises ValueError for a list of
    another length.
    """
    if isinstance(grad_req, (list, tuple)):
        if len(grad_req) != len(arguments):
            raise ValueError(
                f"grad_req has {len(grad_req)} entries, but the symbol has "
                f"{len(arguments)} arguments: {arguments}"
            )
        return dict(zip(arguments, grad_req, strict=True))
    by_name, usual = (grad_req, "write") if isinstance(grad_req, Mapping) else ({}, grad_req)
    return {name: by_name.get(name, usual if name in wanted else "null") for name in arguments}
