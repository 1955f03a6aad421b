"""Registries of classes by name, from which objects are made of strings and JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_registries: dict[type, dict[str, type]] = {}


def get_registry(base_class: type) -> dict[str, type]:
    """A copy of the classes registered under ``base_class``, by lower-case name."""
    return dict(_registries.setdefault(base_class, {}))


def get_register_func(base_class: type, nickname: str) -> Callable[..., type]:
    """A class decorator ``register(klass, name=None)`` for subclasses of ``base_class``.

    The name defaults to that of the class. A second class of the same name replaces the first,
    with a warning.
    """
    classes = _registries.setdefault(base_class, {})

    def register(klass: type, name: str | None = None) -> type:
        if not (isinstance(klass, type) and issubclass(klass, base_class)):
            raise AssertionError(f"Can only register subclass of {base_class.__name__}")
        key = (name or klass.__name__).lower()
        if key in classes and classes[key] is not klass:
            warnings.warn(
                f"New {nickname} {_path(klass)} registered with name {key} "
                f"is overriding existing {nickname} {_path(classes[key])}",
                stacklevel=2,
            )
        classes[key] = klass
        return klass

    register.__doc__ = f"Register a {nickname} class under its name, in lower case."
    return register


def get_alias_func(base_class: type, nickname: str) -> Callable[..., Callable[[type], type]]:
    """A decorator factory ``alias(*names)`` that registers a class under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[type], type]:
        def decorate(klass: type) -> type:
            for name in aliases:
                register(klass, name)
            return klass

        return decorate

    alias.__doc__ = f"Register a {nickname} class under further names."
    return alias


def get_create_func(base_class: type, nickname: str) -> Callable[..., Any]:
    """A function that makes an instance of a registered class.

    It takes an instance (returned as it is), a name with the arguments of the constructor, a dict
    ``{nickname: name, **arguments}``, or JSON: that dict, or a list ``[name, {arguments}]``.
    Raises AssertionError for unknown names and KeyError where no name is given.
    """
    classes = _registries.setdefault(base_class, {})

    def create(*args, **kwargs):
        name, args = (args[0], args[1:]) if args else (kwargs.pop(nickname), args)
        if isinstance(name, base_class):
            if args or kwargs:
                raise AssertionError(
                    f"{nickname} is already an instance. Additional arguments are invalid"
                )
            return name
        if isinstance(name, dict):
            return create(**name)
        if not isinstance(name, str):
            raise AssertionError(f"{nickname} must be of string type")
        if name.startswith(("[", "{")):
            if args or kwargs:
                raise AssertionError(f"{nickname} is given as JSON with all its arguments: {name}")
            content = json.loads(name)
            return create(content[0], **content[1]) if name[0] == "[" else create(**content)
        if name.lower() not in classes:
            raise AssertionError(
                f"{name} is not registered. Please register with {nickname}.register first; "
                f"registered are {', '.join(sorted(classes))}"
            )
        return classes[name.lower()](*args, **kwargs)

    create.__doc__ = f"Make a {nickname} of an instance, a name with arguments, or JSON."
    return create


def _path(klass: type) -> str:
    return f"{klass.__module__}.{klass.__name__}"
