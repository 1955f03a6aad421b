"""The pages of the documentation do what they say."""

import pages
import pytest


@pytest.mark.slow
@pytest.mark.parametrize("page", pages.pages(), ids=lambda p: p.name)
def test_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    differences = list(pages.run(page))
    assert not differences, "\n\n".join([page.name, *map(str, differences)])


def test_a_wrong_page_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n```python\nprint('?')\n```\n")
    assert [(d.line, d.got) for d in pages.run(page)] == [(1, "2\n"), (8, "?\n")]
