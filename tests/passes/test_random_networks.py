"""Random networks, used in random ways, give the values of the plain run."""

from __future__ import annotations

import pytest

from passes.random_networks import RandomNetwork, exercise


@pytest.mark.parametrize("number", range(16))
def test_networks_like_the_plain_run(number):
    exercise(RandomNetwork(number))
