"""The few functions that laws need, for floats, arrays and UFL expressions alike.

UFL is looked up only when the argument is a UFL object, so that the material library works without DOLFINx.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..errors import InputError


def is_ufl(x: Any) -> bool:
    """Whether `x` is a UFL expression (a DOLFINx `Function` or `Constant` is one)."""
    ufl = sys.modules.get("ufl")
    return ufl is not None and isinstance(x, ufl.core.expr.Expr)


def exp(x: Any) -> Any:
    """Exponential of a float, an array or a UFL expression."""
    if is_ufl(x):
        import ufl

        return ufl.exp(x)
    return np.exp(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent of a float, an array or a UFL expression."""
    if is_ufl(x):
        import ufl

        return ufl.tanh(x)
    return np.tanh(x)


def within(x: Any, low: float, high: float) -> Any:
    """`x` held between two numbers."""
    if is_ufl(x):
        import ufl

        return ufl.min_value(ufl.max_value(x, low), high)
    return np.clip(x, low, high)


def at_least(x: Any, low: float) -> Any:
    """`x`, or a number where it is below that."""
    if is_ufl(x):
        import ufl

        return ufl.max_value(x, low)
    return np.maximum(x, low)


def like(value: float, x: Any) -> Any:
    """The number `value` in the form of `x`: a UFL constant, an array of the shape of `x`, or a float."""
    if is_ufl(x):
        import ufl

        return ufl.as_ufl(value)
    return value if x is None or np.ndim(x) == 0 else np.full(np.shape(x), value)


def absolute(T: Any) -> Any:
    """`T` as a temperature: UFL as it is, a number or an array checked to be finite and above 0 K."""
    if is_ufl(T):
        return T
    values = np.asarray(T, dtype=float)
    if not (np.isfinite(values).all() and (values > 0.0).all()):
        raise InputError(f"a temperature must be finite and above 0 K, not {T}")
    return float(values) if values.ndim == 0 else values


def piecewise_linear(x: Any, xs: np.ndarray, ys: np.ndarray) -> Any:
    """Straight lines between the points (xs, ys), constant outside; `xs` ascending.

    In UFL it is y₀ + Σ sᵢ (clip(x, xᵢ, xᵢ₊₁) − xᵢ) with the slopes sᵢ, which can be differentiated.
    """
    if not is_ufl(x):
        values = np.interp(np.asarray(x, dtype=float), xs, ys)
        return float(values) if np.ndim(values) == 0 else values
    import ufl

    slopes = np.diff(ys) / np.diff(xs)
    result = ufl.as_ufl(float(ys[0]))
    for slope, a, b in zip(slopes, xs[:-1], xs[1:], strict=True):
        clipped = ufl.min_value(ufl.max_value(x, float(a)), float(b))
        result += float(slope) * (clipped - float(a))
    return result
