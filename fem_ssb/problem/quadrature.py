"""Quadrature no finer than an integral needs: constant gradients take one point, not the four of the mass term."""

from __future__ import annotations

from typing import Any

import ufl
from ufl.algorithms.apply_algebra_lowering import apply_algebra_lowering
from ufl.algorithms.estimate_degrees import estimate_total_polynomial_degree


def economical(form: Any) -> Any:
    """The same form with the degree of each integral lowered to the polynomial degree of its integrand.

    Exact for polynomials, where a higher degree would only cost; nothing is ever raised, so what is no polynomial
    keeps the degree it was given. Integrands with values at quadrature points (creep strain) are left alone: they
    exist on one rule only.

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
    needed = estimate_total_polynomial_degree(apply_algebra_lowering(integral.integrand()))
    degree = min(given["quadrature_degree"], needed)
    return integral.reconstruct(metadata={**given, "quadrature_degree": degree})
