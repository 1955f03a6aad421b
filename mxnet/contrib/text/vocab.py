"""Numbers for tokens."""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

__all__ = ["Vocabulary"]


class Vocabulary:
    """Tokens by number: the unknown one is 0, then come reserved ones, then frequent ones.

    Parameters: ``counter``: how often tokens occur; ``most_freq_count``: how many of them are kept
    at most; ``min_freq``: how often a token that is kept occurs at least; ``unknown_token``: what
    stands for tokens that are not kept; ``reserved_tokens``: such as padding. Of tokens that are
    equally frequent, the first in alphabetical order come first. Raises AssertionError for a
    ``min_freq`` below 1 and for reserved tokens that are not distinct.
    """

    def __init__(
        self,
        counter: Mapping[Any, int] | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: Hashable = "<unk>",
        reserved_tokens: Sequence[Hashable] | None = None,
    ):
        if min_freq < 1:
            raise AssertionError(f"min_freq must be positive, not {min_freq}")
        reserved = list(reserved_tokens or ())
        if unknown_token in reserved:
            raise AssertionError(
                f"reserved_tokens cannot contain the unknown token {unknown_token}"
            )
        if len(set(reserved)) < len(reserved):
            raise AssertionError("reserved_tokens cannot contain a token twice")
        self._unknown_token = unknown_token
        self._reserved_tokens = None if reserved_tokens is None else reserved
        special = {unknown_token, *reserved}
        frequent = sorted(sorted((counter or {}).items()), key=lambda item: -item[1])
        kept = [token for token, count in frequent if count >= min_freq and token not in special]
        self._idx_to_token: list[Any] = [unknown_token, *reserved, *kept[:most_freq_count]]
        self._token_to_idx = {token: index for index, token in enumerate(self._idx_to_token)}

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict[Any, int]:
        """The number of each token."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list[Any]:
        """The tokens in the order of their numbers."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Hashable:
        """What stands for tokens that have no number of their own."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> list[Any] | None:
        """The reserved tokens; None if none were given."""
        return self._reserved_tokens

    def to_indices(self, tokens: Any) -> Any:
        """The number of a token, or those of a list of tokens; 0 for unknown ones."""
        if isinstance(tokens, list):
            return [self._token_to_idx.get(token, 0) for token in tokens]
        return self._token_to_idx.get(tokens, 0)

    def to_tokens(self, indices: Any) -> Any:
        """The token of a number, or those of a list of numbers.

        Raises TypeError for what is no integer, ValueError for numbers that no token has.
        """
        if isinstance(indices, list):
            return [self.to_tokens(index) for index in indices]
        if not isinstance(indices, numbers.Integral):
            raise TypeError(f"a token has an integer as its number, not {indices!r}")
        number = int(indices)
        if not 0 <= number < len(self):
            raise ValueError(f"there is no token {number}, numbers go from 0 to {len(self) - 1}")
        return self._idx_to_token[number]
