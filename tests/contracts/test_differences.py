"""Runs against 1.9.1 cover every operator, and the page on differences says what the tables say."""

from __future__ import annotations

import re

import pytest

from mxnet.coverage import operator_table
from mxnet.ops.core import get_op
from oracle import page
from oracle.differences import DIFFERENCES, OTHERS
from oracle.draw import RULES, families, load_family

# Operators that no rule draws, and why.
NOT_RUN = {
    "_CrossDeviceCopy": "1.9.1 makes it itself and takes no inputs for it",
    "_contrib_backward_index_copy": "1.9.1 has no function for it",
    "_contrib_count_sketch": "1.9.1 has it on GPUs alone",
    "_contrib_fft": "1.9.1 has it on GPUs alone",
    "_contrib_ifft": "1.9.1 has it on GPUs alone",
    "_contrib_ModulatedDeformableConvolution": "1.9.1 has it on GPUs alone",
    "_imdecode": "in 1.9.1 its own function fails: it asks for a shape",
    "_split_v2_backward": "in 1.9.1 its function takes no inputs",
}


def drawn() -> dict[str, str]:
    """The operators of rules, with their family."""
    for family in families():
        load_family(family)
    return {key.rsplit(":", 1)[-1]: family for key, (family, _) in RULES.items()}


def test_every_operator_is_run_or_has_a_reason():
    found = set()
    for name in drawn():
        try:
            found.add(get_op(name).op_name)
        except Exception:  # the name of a kind of program, no operator
            continue
    implemented = {row.name for row in operator_table() if row.status == "implemented"}
    missing = implemented - found - {get_op(name).op_name for name in NOT_RUN}
    assert not missing
    assert not {get_op(name).op_name for name in NOT_RUN} & found


def test_explanations_are_of_operators_that_are_run():
    names = set(drawn())
    for difference in DIFFERENCES:
        assert {*difference.operators} <= names, difference.key
        assert difference.parts, difference.key


@pytest.mark.parametrize("difference", [*DIFFERENCES, *OTHERS], ids=lambda d: d.key)
def test_explanations_say_what_both_do(difference):
    assert difference.topic
    assert difference.theirs != difference.ours
    assert len(difference.theirs) > 10
    assert len(difference.ours) > 4


def test_the_page_is_current():
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.page(), "run: python tests/oracle/page.py"


def test_the_runs_left_nothing_unexplained():
    rows = re.findall(r"^\| (\w+) \|(.*) (\d+) \|$", page.runs_of(page.PAGE.read_text()), re.M)
    assert {name for name, _, _ in rows} == {*families(), "all"}
    for name, columns, unexplained in rows:
        _, cases, *_ = columns.split("|")
        assert int(cases) >= 200, name
        assert unexplained == "0", name
