"""Tables of behaviour: an expression as text, and what it gives or raises."""

from __future__ import annotations

import copy
import json
import pickle
import re

import numpy as np

import mxnet as mx

__all__ = ["evaluate"]


def evaluate(expression: str):
    """The value of an expression over variables a, b, c; statements before it end with ``;``."""
    names = {name: mx.sym.Variable(name) for name in "abc"}
    scope = {
        "mx": mx,
        "sym": mx.sym,
        "np": np,
        "json": json,
        "re": re,
        "copy": copy,
        "pickle": pickle,
        "V": mx.sym.Variable,
        "FC": mx.sym.FullyConnected,
        **names,
    }
    *statements, last = [part.strip() for part in expression.split(";")]
    for statement in statements:
        exec(statement, scope)
    return eval(last, scope)
