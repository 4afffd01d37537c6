"""One helper for everything a user may give as a value: number, law of temperature, function of (x, t), field."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh

from fem_ssb.errors import InputError, number
from fem_ssb.materials import Varied

Value = Real | Callable[..., Any] | fem.Function | fem.Constant


def as_ufl(
    value: Any, domain: mesh.Mesh, *, temperature: Any = None, time: fem.Constant | None = None, name: str = "value"
) -> Any:
    """Turn a user's value into a UFL expression on `domain`.

    Args:
        value: a number (becomes a `Constant`), a DOLFINx `Constant` or `Function`, a UFL expression, a callable
            of temperature `law(T)` or a callable of place and time `f(x, t)`.
        domain: mesh that constants live on.
        temperature: UFL temperature [K] handed to laws of one argument.
        time: model time [s], handed to functions of two arguments.
        name: what the value is called in an error.

    Raises:
        InputError: not finite, or of none of these kinds.
    """
    if isinstance(value, Real | np.number):
        return fem.Constant(domain, number(value, name))
    if isinstance(value, ufl.core.expr.Expr):
        return value
    if isinstance(value, Varied):
        return value.law(temperature) * value.factor(ufl.SpatialCoordinate(domain))
    if callable(value):
        required = sum(p.default is p.empty for p in inspect.signature(value).parameters.values())
        result = value(ufl.SpatialCoordinate(domain), time) if required == 2 else value(temperature)
        return result if isinstance(result, ufl.core.expr.Expr) else fem.Constant(domain, number(result, name))
    raise InputError(f"{name} must be a number, a law of temperature, a function of (x, t) or a field, not {value!r}")
