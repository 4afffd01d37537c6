"""Parameters of a demo script, changed from the command line without touching it.

    python3 demos/polycrystal.py --set current=1.0*mA_cm2 --set grains=300 --dry-run

Values are arithmetic with numbers and the names of `fem_ssb.units`, or plain words.
"""

from __future__ import annotations

import argparse
import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from mpi4py import MPI

from fem_ssb import units
from fem_ssb.errors import InputError, number, unknown

SWITCHES = {
    "dry_run": "print all values with their sources and a prediction, and stop",
    "resume": "go on from the last checkpoint",
}
OPERATORS: dict[type, Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


class Parameters:
    """Values of a script by attribute, with the switches that it has.

    Attributes:
        output: folder of results, None = the script's own.
        values: all parameters by name, SI; without the switches.
        switches: `dry_run` and `resume`, where the script has them.
    """

    def __init__(self, values: dict[str, Any], switches: dict[str, bool], output: str | None):
        self.values, self.switches, self.output = values, switches, output

    def __getattr__(self, name: str) -> Any:
        known = self.__dict__.get("values", {}) | self.__dict__.get("switches", {})
        if name not in known:
            raise AttributeError(str(unknown("parameter", name, known)))
        return known[name]


class _Parser(argparse.ArgumentParser):
    """Speaks on rank 0 alone."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if MPI.COMM_WORLD.rank == 0:
            super()._print_message(message, file)


def parameters(arguments: Sequence[str] | None = None, /, **defaults: Any) -> Parameters:
    """Parameters of a script, `defaults` with what the command line sets.

    Args:
        arguments: command line; None = the process's own.
        defaults: names with values, SI; their type is kept (a whole number stays whole). `dry_run=False` and
            `resume=False` give the script the switches --dry-run and --resume, for it to pass on to `Model.run`; a
            script without them refuses the switches.

    Returns:
        The values by attribute, `p.current`, all of them as `p.values`, and the folder of --output as `p.output`.

    Raises:
        InputError: unknown name (with the nearest), or a value that cannot be read.
    """
    for name in ("output", "switches", "values"):
        if name in defaults:
            raise InputError(f"a parameter cannot be called '{name}', as Parameters.{name} is something else")
    switches = {name: bool(defaults.pop(name)) for name in SWITCHES if name in defaults}
    parser = _Parser(description="Parameters: " + ", ".join(f"{k}={v}" for k, v in defaults.items()))
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="change a parameter, e.g. current=1.0*mA_cm2"
    )
    for name, default in switches.items():
        parser.add_argument("--" + name.replace("_", "-"), action="store_true", default=default, help=SWITCHES[name])
    parser.add_argument("--output", default=None, help="folder of results")
    given = parser.parse_args(arguments)
    values = dict(defaults)
    for item in given.set:
        name, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise InputError(f"--set wants name=value, not '{item}'")
        if name not in values:
            raise unknown("parameter", name, values)
        values[name] = _read(name, text, values[name])
    return Parameters(values, {name: getattr(given, name) for name in switches}, given.output)


def _read(name: str, text: str, default: Any) -> Any:
    if isinstance(default, str):
        return text
    if isinstance(default, bool) and text in ("True", "False"):
        return text == "True"
    value = _evaluate(name, text)
    if isinstance(default, bool):
        return bool(value)
    if isinstance(default, int):
        if value != int(value):
            raise InputError(f"parameter {name} must be a whole number, not {text}")
        return int(value)
    return float(value)


def _evaluate(name: str, text: str) -> float:
    """Arithmetic of numbers and units; nothing else is run."""
    unreadable = InputError(f"cannot read {name}={text}: use numbers and units, e.g. 0.5*mA_cm2")

    def value(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return float(node.value)  # whole numbers of any length would take for ever
        if isinstance(node, ast.Name):
            known = {k: v for k, v in vars(units).items() if isinstance(v, float | int) and not k.startswith("_")}
            if node.id not in known:
                raise unknown("unit", node.id, known)
            return float(known[node.id])
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.operand))
        raise unreadable

    try:
        return number(value(ast.parse(text, mode="eval").body), f"parameter {name}")
    except (SyntaxError, RecursionError, MemoryError):
        raise unreadable from None
    except ArithmeticError as problem:
        raise InputError(f"cannot read {name}={text}: {problem}") from None
