"""Vectors for tokens, from files with one token and its vector a line.

Files of GloVe and fastText are read from ``embedding_root``; nothing is downloaded.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...error import MXNetError
from ...registry import get_create_func, get_register_func
from .vocab import Vocabulary

if TYPE_CHECKING:
    from ...ndarray import NDArray

__all__ = [
    "CompositeEmbedding", "CustomEmbedding", "FastText", "GloVe", "create",
    "get_pretrained_file_names", "register",
]  # fmt: skip

ROOT = Path(os.environ.get("MXNET_HOME", os.path.expanduser("~/.mxnet"))) / "embeddings"


class _TokenEmbedding(Vocabulary):
    """A vocabulary of which every token has a vector; 0 is the vector of unknown tokens.

    A subclass calls ``_load_embedding`` and then, with a vocabulary or None,
    ``_build_embedding_for_vocabulary``.
    """

    folder: ClassVar[str] = ""  # in ``embedding_root``

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._vec_len = 0
        self._idx_to_vec: Any = None

    @property
    def vec_len(self) -> int:
        """The length of a vector."""
        return self._vec_len

    @property
    def idx_to_vec(self) -> NDArray:
        """The vectors, one row a token, in the order of the tokens' numbers."""
        return self._idx_to_vec

    @classmethod
    def _get_pretrained_file(cls, embedding_root: Any, pretrained_file_name: str) -> str:
        """The path of a file of vectors; raises MXNetError where it is not there."""
        path = Path(embedding_root).expanduser() / cls.folder / pretrained_file_name
        if not path.is_file():
            raise MXNetError(
                f"there is no file {path}: vectors are not downloaded, so unpack"
                f" {pretrained_file_name} of {cls.__name__} there, or name another embedding_root"
            )
        return str(path)

    def _load_embedding(
        self,
        pretrained_file_path: Any,
        elem_delim: str,
        init_unknown_vec: Callable,
        encoding: str = "utf8",
    ) -> None:
        """Read a file; raises ValueError where it is not there, AssertionError for uneven rows.

        The vector of unknown tokens is that of the unknown token in the file, or else
        ``init_unknown_vec(shape)``. A token's first vector counts; lines with one number, such as
        headers, are passed over. Both is warned of.
        """
        from ...ndarray import array

        path = os.path.expanduser(pretrained_file_path)
        if not os.path.isfile(path):
            raise ValueError(f"there is no file of token vectors at {path}")
        rows: list[np.ndarray] = []
        unknown: np.ndarray | None = None
        for number, token, values in _lines(path, elem_delim, encoding):
            if len(values) == 1:
                warnings.warn(
                    f"line {number}: token {token} with one number is taken for a header",
                    stacklevel=4,
                )
                continue
            if self._vec_len and len(values) != self._vec_len:
                raise AssertionError(
                    f"line {number}: the vector of {token} has {len(values)} numbers, those before"
                    f" have {self._vec_len}"
                )
            self._vec_len = len(values)
            vector = np.array(values, "float32")
            if token == self.unknown_token:
                unknown = vector if unknown is None else unknown
            elif token in self._token_to_idx:
                warnings.warn(f"line {number}: {token} has a vector already", stacklevel=4)
            else:
                self._token_to_idx[token] = len(self._idx_to_token)
                self._idx_to_token.append(token)
                rows.append(vector)
        special = len(self) - len(rows)
        if unknown is None:
            unknown = init_unknown_vec(shape=(self._vec_len,)).asnumpy()
        matrix = np.concatenate(
            [np.tile(unknown, (special, 1)), np.array(rows).reshape(len(rows), -1)]
        )
        self._idx_to_vec = array(matrix, dtype="float32")

    def _index_tokens_from_vocabulary(self, vocabulary: Vocabulary) -> None:
        """Take over the tokens of a vocabulary."""
        self._token_to_idx = dict(vocabulary.token_to_idx)
        self._idx_to_token = list(vocabulary.idx_to_token)
        self._unknown_token = vocabulary.unknown_token
        self._reserved_tokens = vocabulary.reserved_tokens

    def _set_idx_to_vec_by_embeddings(
        self, token_embeddings: Sequence[_TokenEmbedding], vocab_len: int, vocab_idx_to_token: list
    ) -> None:
        """Put the vectors of several embeddings side by side, for the tokens of a vocabulary."""
        from ...ndarray import concat

        if vocab_len != len(vocab_idx_to_token):
            raise MXNetError(f"{len(vocab_idx_to_token)} tokens for a length of {vocab_len}")
        tokens = [None, *vocab_idx_to_token[1:]]  # 0 is unknown, whatever it is called
        parts = [embedding.get_vecs_by_tokens(tokens) for embedding in token_embeddings]
        self._idx_to_vec = concat(*parts, dim=1)
        self._vec_len = self._idx_to_vec.shape[1]

    def _build_embedding_for_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Keep the tokens of a vocabulary alone, if there is one."""
        if vocabulary is None:
            return
        if not isinstance(vocabulary, Vocabulary):
            raise AssertionError(f"vocabulary must be a Vocabulary, not {type(vocabulary)}")
        self._set_idx_to_vec_by_embeddings([self], len(vocabulary), vocabulary.idx_to_token)
        self._index_tokens_from_vocabulary(vocabulary)

    def get_vecs_by_tokens(self, tokens: Any, lower_case_backup: bool = False) -> NDArray:
        """The vector of a token, or the rows of a list of tokens.

        With ``lower_case_backup`` a token that is unknown is looked up once more in lower case.
        """
        from ...ndarray import array

        numbers = []
        for token in tokens if isinstance(tokens, list) else [tokens]:
            number = self._token_to_idx.get(token)
            if number is None and lower_case_backup:
                number = self._token_to_idx.get(token.lower())
            numbers.append(number or 0)
        vectors = self._idx_to_vec.take(array(numbers, dtype="int64"))
        return vectors if isinstance(tokens, list) else vectors[0]

    def update_token_vectors(self, tokens: Any, new_vectors: NDArray) -> None:
        """Give a token, or a list of tokens, new vectors: one row each.

        Raises ValueError for unknown tokens (the unknown token itself can be given), AssertionError
        where the number or the length of the vectors is another.
        """
        from ...ndarray import NDArray, array

        if self._idx_to_vec is None:
            raise AssertionError("the vectors are not there yet")
        names = tokens if isinstance(tokens, list) else [tokens]
        if not isinstance(new_vectors, NDArray):
            raise AssertionError(f"new_vectors must be an NDArray, not {type(new_vectors)}")
        if new_vectors.ndim not in (1, 2) or (new_vectors.ndim == 1 and len(names) != 1):
            raise AssertionError("new_vectors must have one row a token")
        if new_vectors.shape[-1] != self._vec_len or new_vectors.size != len(names) * self._vec_len:
            raise AssertionError(
                f"new_vectors must have the shape ({len(names)}, {self._vec_len}), not"
                f" {new_vectors.shape}"
            )
        for token in names:
            if token not in self._token_to_idx:
                raise ValueError(
                    f"token {token!r} is unknown; to change the vector of all unknown tokens name"
                    f" {self.unknown_token!r}"
                )
        numbers = array([self._token_to_idx[token] for token in names], dtype="int64")
        self._idx_to_vec[numbers] = new_vectors.reshape((len(names), -1))


def _lines(path: str, elem_delim: str, encoding: str) -> Iterator[tuple[int, str, list[float]]]:
    """The number, token and values of each line that has some."""
    with open(path, encoding=encoding) as file:
        for number, line in enumerate(file, 1):
            token, *values = line.rstrip().split(elem_delim)
            if not values:
                raise AssertionError(f"line {number}: there is no vector, or another delimiter")
            try:
                yield number, token, [float(value) for value in values]
            except ValueError:
                raise AssertionError(
                    f"line {number}: the vector of {token} has what is no number"
                ) from None


_register = get_register_func(_TokenEmbedding, "token embedding")
_create = get_create_func(_TokenEmbedding, "token embedding")


def register(embedding_cls: type) -> type:
    """A class decorator that makes a token embedding known to ``create`` by its name."""
    return _register(embedding_cls)


def create(embedding_name: str, **kwargs: Any) -> _TokenEmbedding:
    """An embedding by the name of its class; raises AssertionError for an unknown name."""
    return _create(embedding_name, **kwargs)


def get_pretrained_file_names(embedding_name: str | None = None) -> Any:
    """The files of vectors in the embedding root: a list for "glove" or "fasttext", else both.

    Raises KeyError for other names.
    """
    if embedding_name is not None:
        if embedding_name not in ("glove", "fasttext"):
            raise KeyError(f"there is no embedding {embedding_name!r}, but glove and fasttext")
        folder = ROOT / embedding_name
        return sorted(path.name for path in folder.glob("*") if path.suffix in (".txt", ".vec"))
    return {name: get_pretrained_file_names(name) for name in ("glove", "fasttext")}


def _zeros(shape: tuple) -> NDArray:
    from ...ndarray import zeros

    return zeros(shape)


@register
class GloVe(_TokenEmbedding):
    """Vectors of GloVe, from a file in ``embedding_root``/glove. Pennington et al. 2014.

    Parameters: ``pretrained_file_name``, ``embedding_root``; ``init_unknown_vec``: makes the vector
    of unknown tokens from its shape; ``vocabulary``: the tokens that are kept. Raises MXNetError
    where the file is not there.
    """

    folder = "glove"

    def __init__(
        self,
        pretrained_file_name: str = "glove.840B.300d.txt",
        embedding_root: Any = ROOT,
        init_unknown_vec: Callable = _zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        self._load_embedding(path, " ", init_unknown_vec)
        self._build_embedding_for_vocabulary(vocabulary)


@register
class FastText(_TokenEmbedding):
    """Vectors of fastText, from a file in ``embedding_root``/fasttext. Bojanowski et al. 2017.

    Parameters and errors as for ``GloVe``.
    """

    folder = "fasttext"

    def __init__(
        self,
        pretrained_file_name: str = "wiki.simple.vec",
        embedding_root: Any = ROOT,
        init_unknown_vec: Callable = _zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        self._load_embedding(path, " ", init_unknown_vec)
        self._build_embedding_for_vocabulary(vocabulary)


class CustomEmbedding(_TokenEmbedding):
    """Vectors from a file of one's own.

    Parameters: ``pretrained_file_path``; ``elem_delim``: what stands between a token and the numbers
    of its vector; ``encoding``; the others as for ``GloVe``. Raises ValueError where the file is not
    there.
    """

    def __init__(
        self,
        pretrained_file_path: Any,
        elem_delim: str = " ",
        encoding: str = "utf8",
        init_unknown_vec: Callable = _zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        self._build_embedding_for_vocabulary(vocabulary)


class CompositeEmbedding(_TokenEmbedding):
    """The vectors of several embeddings side by side, for the tokens of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, token_embeddings: Any):
        if not isinstance(vocabulary, Vocabulary):
            raise AssertionError(f"vocabulary must be a Vocabulary, not {type(vocabulary)}")
        embeddings = token_embeddings if isinstance(token_embeddings, list) else [token_embeddings]
        for embedding in embeddings:
            if not isinstance(embedding, _TokenEmbedding):
                raise AssertionError(f"{type(embedding)} is no token embedding")
        super().__init__()
        self._index_tokens_from_vocabulary(vocabulary)
        self._set_idx_to_vec_by_embeddings(embeddings, len(vocabulary), vocabulary.idx_to_token)
