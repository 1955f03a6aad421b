"""The page on differences, docs/differences.md, from the tables in the tests.

    python tests/oracle/page.py          write the page; the section on runs stays as it is

``tools/differential.py --write`` runs all families and writes that section.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "differences.md"
if __name__ == "__main__":  # the parts of the tests import each other from their folder
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from golden_differences import BETTER_ERRORS, BETTER_RESULTS, DEFECTS  # noqa: E402
from oracle.differences import DIFFERENCES, OTHERS, Difference  # noqa: E402
from oracle.draw import REGISTRY  # noqa: E402

__all__ = ["PAGE", "page", "runs_of", "runs_section"]

START, END = "<!-- runs: written by tools/differential.py -->", "<!-- end of runs -->"

INTRODUCTION = """# Differences from MXNet 1.9.1

remx does what MXNet 1.9.1 does, except for its defects. This page lists every place where results
differ on purpose; whatever differs elsewhere is a mistake, please report it. It is made from the
tables by which the tests accept these differences (`python tests/oracle/page.py`).

Programs hardly notice most of them: they concern memory that 1.9.1 leaves unset, derivatives that it
gets wrong, and calls that it should have refused. To find out whether one of them matters when
numbers differ after porting, look for the operator here first.
"""

RECORDED = """## Recorded programs

Among the recorded programs and operators of 1.9.1 that the tests compare with, these are left out:
"""

RUNS = """## Random runs

Both systems run the same random cases: names, inference of shapes and types with all and with part of
the facts, results, derivatives, states. A case *agrees* if all of that does, or if both refuse it;
*explained* ones differ by the list above; *ours alone* are cases that 1.9.1 refuses.
"""


def page() -> str:
    """The page, with the section on runs that it has now."""
    current = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    return _page(runs_of(current))


def runs_of(text: str) -> str:
    """The section on runs in a page."""
    found = re.search(f"{START}\n(.*){END}", text, re.DOTALL)
    return found[1] if found else ""


def _page(runs: str) -> str:
    topics: dict[str, list[Difference]] = {}
    for difference in (*DIFFERENCES, *OTHERS):
        topics.setdefault(difference.topic, []).append(difference)
    parts = [INTRODUCTION]
    for topic in sorted(topics):
        parts.append(f"## {topic}\n")
        parts.append(_table(topics[topic]))
    parts += [RECORDED, _recorded(), RUNS, f"{START}\n{runs}{END}\n"]
    return "\n".join(parts)


# What the page calls the kinds of programs that are run like operators.
KINDS = {"getitem": "`x[key]`", "setitem": "`x[key] = value`"}


def _table(differences: list[Difference]) -> str:
    lines = ["| operators | MXNet 1.9.1 | remx | why |", "|---|---|---|---|"]
    for each in differences:
        known = [f"`{name}`" if name in REGISTRY else KINDS.get(name) for name in each.operators]
        names = " ".join(filter(None, known)) or "all"
        cells = (names, each.theirs, each.ours, each.why)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _recorded() -> str:
    lines = ["| case | MXNet 1.9.1 | remx |", "|---|---|---|"]
    for case, (part, text) in DEFECTS.items():
        name = f"{case}, {part}" if part else case
        lines.append(f"| {name} | {text} | does what is documented |")
    for case, (_, text) in BETTER_RESULTS.items():
        lines.append(f"| {case} | {text} | leaves it unknown |")
    for case, text in BETTER_ERRORS.items():
        lines.append(f"| {case} | accepts {text} | refuses it |")
    return "\n".join(lines) + "\n"


def runs_section(counts: Mapping[str, Mapping[str, Counter]], seed: int, command: str) -> str:
    """The table of the runs: for each family the counts of its operators."""
    lines = [
        f"Seed {seed}; the command is `{command}`.\n",
        "| family | operators | cases | agree | ours alone | explained | unexplained |",
        "|---|---|---|---|---|---|---|",
    ]
    whole: Counter = Counter()
    for family, operators in counts.items():
        total = sum(operators.values(), Counter())
        row = _row(total)
        row["operators"] = len(operators)
        whole += row
        lines.append(_line(family, row))
    lines.append(_line("all", whole))
    keys = sum((sum(each.values(), Counter()) for each in counts.values()), Counter())
    lines.append("\nExplanations by key: " + _explanations(keys) + ".\n")
    return "\n".join(lines)


PLAIN = ("cases", "agree", "both refuse", "accepted here alone", "disagree")


def _row(total: Counter) -> Counter:
    return Counter(
        cases=total["cases"],
        agree=total["agree"] + total["both refuse"],
        alone=total["accepted here alone"],
        explained=sum(n for key, n in total.items() if key not in PLAIN),
        unexplained=total["disagree"],
    )


def _line(name: str, row: Counter) -> str:
    columns = ("operators", "cases", "agree", "alone", "explained", "unexplained")
    return f"| {name} | " + " | ".join(str(row[column]) for column in columns) + " |"


def _explanations(total: Counter) -> str:
    keys: Counter = Counter()
    for verdict, number in total.items():
        if verdict not in PLAIN:
            for key in verdict.split():
                keys[key] += number
    return ", ".join(f"{key} {keys[key]}" for key in sorted(keys))


def write(runs: str | None = None) -> None:
    """Write the page, with another section on runs if one is given."""
    if runs is None:
        runs = runs_of(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else ""
    PAGE.write_text(_page(runs), encoding="utf-8")


if __name__ == "__main__":
    write()
