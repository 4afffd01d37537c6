"""Every demo runs as its first lines say, writes a picture and leaves nothing else behind."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

SODIUM = {"metal": "Na", "electrolyte": "NZSP", "interlayer": "Na-beta-alumina", "coating": "Na-beta-alumina"}
DEMOS = sorted(Path(__file__).parent.parent.glob("demos/*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("demo", DEMOS, ids=lambda path: path.stem)
def test_demo(demo, tmp_path):
    command = [sys.executable, str(demo), "--output", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
    assert list((tmp_path / "out").glob("*.png"))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "demo", [d for d in DEMOS if 'metal="' in d.read_text(encoding="utf-8")], ids=lambda path: path.stem
)
def test_demo_with_sodium(demo, tmp_path):
    """The same script with another metal and electrolyte; a second electrolyte, where there is one, is beta-alumina."""
    text = demo.read_text(encoding="utf-8")
    given = [f"{name}={material}" for name, material in SODIUM.items() if f'{name}="' in text]
    command = [sys.executable, str(demo), "--output", str(tmp_path / "out"), *(x for g in given for x in ("--set", g))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
    assert list((tmp_path / "out").glob("*.png"))


@pytest.mark.parametrize("demo", DEMOS, ids=lambda path: path.stem)
def test_a_demo_is_one_screen_and_says_how_to_run_it(demo):
    text = demo.read_text(encoding="utf-8")
    code = text.split('"""', 2)[2]
    assert f"python3 demos/{demo.name}" in text.split('"""', 2)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 75


def commands(docstring):
    """Words of each command in the first lines of a demo; what stands behind two spaces is a remark."""
    joined = re.sub(r"(\s{2,}[^\n]*|\s*\\)?\n\s+(?=--)", " ", docstring)
    return [
        shlex.split(re.split(r"\s{2,}", line.strip())[0])
        for line in joined.splitlines()
        if re.match(r"\s+(mpirun -n \d )?python3 demos/", line)
    ]


@pytest.mark.parametrize("demo", DEMOS, ids=lambda path: path.stem)
def test_the_commands_that_a_demo_gives_are_understood(demo, monkeypatch):
    """Options, names and units; the demo is run as far as its parameters."""
    tree = ast.parse(demo.read_text(encoding="utf-8"))
    last = next(k for k, part in enumerate(tree.body) if "ssb.parameters(" in ast.unparse(part))
    head = compile(ast.Module(tree.body[: last + 1], []), str(demo), "exec")
    for words in commands(ast.get_docstring(tree, clean=False)):
        monkeypatch.setattr(sys, "argv", words[words.index(f"demos/{demo.name}") :])
        exec(head, {})
