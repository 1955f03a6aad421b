"""Counting tokens."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter | None = None,
) -> Counter:
    """How often each token occurs in a string.

    Parameters: ``token_delim`` and ``seq_delim``: regular expressions of what stands between tokens
    and between sequences of them; ``to_lower``: count without regard to case;
    ``counter_to_update``: a counter to which the tokens are added, and which is returned.
    """
    text = source_str.lower() if to_lower else source_str
    counter = Counter() if counter_to_update is None else counter_to_update
    counter.update(token for token in re.split(f"{token_delim}|{seq_delim}", text) if token)
    return counter
