"""What goes wrong, said once and on all ranks: the name of the thing and the remedy."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any


class InputError(ValueError):
    """The user asked for something that cannot be: names the thing and the remedy."""


class ConvergenceError(RuntimeError):
    """A solve did not converge; its values are never a result."""


def unknown(kind: str, name: object, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> InputError:
    """Error for a name that is not there, with the nearest one that is; `aliases` are other words for the names.

    >>> str(unknown("region", "anod", ["anode", "separator"]))
    "unknown region 'anod': did you mean 'anode'? There are: anode, separator"
    """
    known = sorted(names)
    meant = {n.lower(): n for n in known} | {other.lower(): n for other, n in (aliases or {}).items()}
    near = difflib.get_close_matches(str(name).lower(), meant, n=1, cutoff=0.5)
    hint = f" did you mean '{meant[near[0]]}'?" if near else ""
    return InputError(f"unknown {kind} '{name}':{hint} There are: {', '.join(known) or 'none'}")


def number(
    value: Any, name: str, *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> float:
    """`value` as a finite float within its bounds, or an `InputError` that names it.

    Args:
        value: what the user gave.
        name: what it is called in the message, with its unit.
        above: exclusive lower bound.
        least: inclusive lower bound.
        most: inclusive upper bound.
    """
    try:
        if isinstance(value, str | bytes | bool):  # text of a number is a mistake, and so is a flag
            raise TypeError
        x = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be a number, not {value!r}") from None
    if not math.isfinite(x):
        raise InputError(f"{name} must be finite, not {x}")
    if x <= above:
        raise InputError(f"{name} must be above {above:g}, not {x:g}")
    if x < least:
        raise InputError(f"{name} must be at least {least:g}, not {x:g}")
    if x > most:
        raise InputError(f"{name} must be at most {most:g}, not {x:g}")
    return x


def raise_on_all(comm: Any, error: BaseException | None) -> None:
    """Collective: if any rank has an error, every rank raises it (the lowest such rank's, with its type).

    Call it where one rank alone may fail (Gmsh, files) before the next collective operation, so that no
    rank is left waiting.
    """
    errors = [e for e in comm.allgather(_sendable(error)) if e is not None]
    if error is not None:
        raise error
    if errors:
        raise errors[0]


def _sendable(error: BaseException | None) -> BaseException | None:
    """What may go to other ranks: errors of Python and this package that hold words and numbers; else their words."""
    if error is None or (
        type(error).__module__ in ("builtins", __name__)
        and all(isinstance(held, (str, int, float, bytes)) for held in (*error.args, *vars(error).values()))
    ):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
