"""Links between the pages lead to files and headings that are there."""

import re

import pages
import pytest

_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def anchors(text: str) -> set[str]:
    """What a Markdown page calls its headings in links."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "page", [*pages.pages(), pages.ROOT / "ARCHITECTURE.md"], ids=lambda page: page.name
)
def test_links(page):
    for file, anchor in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        target = page.parent / file if file else page
        assert target.exists(), f"{page.name} links to {file}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{file}#{anchor}"
