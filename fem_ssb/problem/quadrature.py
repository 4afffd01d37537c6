"""Quadrature no finer than an integral needs: constant gradients take one point, not the four of the mass term."""

from __future__ import annotations

from typing import Any

import ufl
from ufl.algebra import Abs, Division, Power
from ufl.algorithms.apply_algebra_lowering import apply_algebra_lowering
from ufl.algorithms.estimate_degrees import estimate_total_polynomial_degree
from ufl.checks import is_cellwise_constant
from ufl.conditional import Condition, Conditional, MaxValue, MinValue
from ufl.constantvalue import IntValue, Zero
from ufl.corealg.traversal import unique_pre_traversal
from ufl.mathfunctions import MathFunction


def economical(form: Any) -> Any:
    """The same form with the degree of each integral lowered to the polynomial degree of its integrand.

    Exact, where a higher degree would only cost; nothing is ever raised. What is no polynomial within a cell (laws of
    the temperature, kinetics, a field in a denominator) keeps the degree it was given, so that all forms which share
    it, a residual and the heat that balances it, see it at the same points. So do integrands with values at quadrature
    points (creep strain), which exist on one rule only.

    Args:
        form: UFL form whose measures carry "quadrature_degree".
    """
    if not isinstance(form, ufl.Form):
        return form
    return ufl.Form([_economical(integral) for integral in form.integrals()])


def _economical(integral: Any) -> Any:
    given = integral.metadata()
    coefficients = ufl.algorithms.extract_coefficients(integral.integrand())
    if "quadrature_degree" not in given or any(c.ufl_element().has_custom_quadrature for c in coefficients):
        return integral
    integrand = apply_algebra_lowering(integral.integrand())
    if not all(_keeps_polynomials(e) for e in unique_pre_traversal(integrand)):
        return integral
    needed = estimate_total_polynomial_degree(integrand)
    degree = min(given["quadrature_degree"], needed)
    return integral.reconstruct(metadata={**given, "quadrature_degree": degree})


def _keeps_polynomials(e: Any) -> bool:
    """Is an operator of UFL polynomial where its operands are, or the same everywhere in a cell?"""
    if is_cellwise_constant(e):
        return True
    if isinstance(e, Division):
        return bool(is_cellwise_constant(e.ufl_operands[1]))
    if isinstance(e, Power):
        exponent = e.ufl_operands[1]
        return isinstance(exponent, IntValue | Zero) and int(exponent) >= 0
    return not isinstance(e, MathFunction | Conditional | Condition | MinValue | MaxValue | Abs)
