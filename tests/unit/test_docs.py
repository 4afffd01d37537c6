"""What the documents name is there: files, tests, demos, names of the package, anchors."""

import re
from pathlib import Path

import pytest

import fem_ssb as ssb

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TESTS = {path.name for path in (ROOT / "tests").rglob("test_*.py")}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_names_is_there(document):
    text = document.read_text(encoding="utf-8")
    files = re.findall(r"\b(?:benchmarks|demos|docker|docs|fem_ssb|meshes|tests)/[\w/]+\.[a-z]+\b", text)
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert set(re.findall(r"`(test_\w+\.py)`", text)) <= TESTS
    assert [name for name in re.findall(r"\bssb\.(\w+)", text) if not hasattr(ssb, name)] == []
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors
    links = [link.split("#")[0] for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text)]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_demos_of_the_readme_are_there():
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| demo | shows |")[1].split("\n\n")[0]
    named = re.findall(r"`(\w+)`", table)
    assert named and [name for name in named if not (ROOT / "demos" / f"{name}.py").exists()] == []
