r"""A metal tip on a plane electrode focuses the current: hemisphere 3, half-cylinder 2, prolate half-spheroid 1/N.

The electrode is equipotential (fast kinetics), the current density far away is i∞ = σE. With the stacking axis z:

* cylinder, sphere of radius a (dim d = 2, 3): φ = −Ez(1 − (a/r)^d) vanishes on z = 0 and r = a; at the apex
  ∂φ/∂r = −E(1 + (d − 1)) = −dE.
* prolate spheroid, semi-axes c along z and a: with the foci at z = ±f, f² = c² − a², and ξ = (r₁ + r₂)/2f of the
  distances to them, z(arcoth ξ − 1/ξ) is harmonic and vanishes far away, so φ = −Ez[1 − A(ξ)/A(c/f)],
  A = arcoth ξ − 1/ξ. At the apex ∂φ/∂z = E c A'(c/f)/(f A(c/f)), A' = 1/(ξ²(1 − ξ²)) or, with e = f/c,
  −∂φ/∂z = E/N, N = (1 − e²)/e²·(arcoth(1/e)/e − 1), the demagnetising factor (Stratton, Electromagnetic Theory,
  1941, § 3.27).

The exact current enters through the outer boundary, so that its distance does not matter. Peaks are nodal averages of
the flux from residuals (`BoundaryFlux`).
"""

import numpy as np
import pytest
import ufl
from dolfinx import fem
from shapes import tip

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux
from fem_ssb.units import um

SIGMA, FIELD, RADIUS = 0.05, 1e3, 1 * um
pytestmark = pytest.mark.system("A5")


def round_tip(dim):
    """φ/(−E) over a half-cylinder or hemisphere of radius `RADIUS`."""
    return lambda x: x[dim - 1] * (1 - (RADIUS**2 / ufl.dot(x, x)) ** (dim / 2))


def spheroid_tip(ratio):
    """φ/(−E) over a prolate half-spheroid of semi-axes `RADIUS` and ratio × `RADIUS`."""
    focus = RADIUS * np.sqrt(ratio**2 - 1)

    def decay(xi, ln):
        return 0.5 * ln((xi + 1) / (xi - 1)) - 1 / xi

    def potential(x):
        around = x[0] ** 2 + x[1] ** 2
        xi = sum(ufl.sqrt(around + (x[2] + s * focus) ** 2) for s in (1, -1)) / (2 * focus)
        return x[2] * (1 - decay(xi, ufl.ln) / decay(ratio * RADIUS / focus, np.log))

    return potential


def demagnetising(ratio):
    """N of a prolate spheroid along its axis."""
    e = np.sqrt(1 - ratio**-2)
    return (1 - e**2) / e**2 * (np.arctanh(e) / e - 1)


class Outer(ssb.Physics):
    """The exact current through the outer boundary."""

    def __init__(self, potential):
        self.potential = potential

    def residuals(self, state):
        x, n, v = ufl.SpatialCoordinate(state.domain), ufl.FacetNormal(state.domain), state.test("ionic_potential")
        entering = -SIGMA * FIELD * ufl.dot(ufl.grad(self.potential(x)), n)
        return {"ionic_potential": -entering * v * state.ds("outer")}


def tip_flux(comm, dim, potential, fine, height=1.0, outer=3.0):
    """A solved cell, the current density of its electrode, and its peak at the tip over i∞."""
    draw = tip(dim, height, 1.0, outer, fine, outer / 6)
    material = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    mesh = ssb.from_gmsh(comm, draw, scale=RADIUS, materials={"separator": material})
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), Outer(potential)])
    model.apply(*(ssb.Fixed("ionic_potential", b, 0.0) for b in ("tip", "plane")))
    model.solve()
    flux = BoundaryFlux(model, "ionic_potential")
    flux.evaluate()
    return model, flux.values, flux.at("tip")["max"] / (SIGMA * FIELD)


def error_over_the_tip(model, current):
    """Of the current density on a round tip, d i∞ cosθ, in the mean square."""
    state = model.state
    x, ds = ufl.SpatialCoordinate(state.domain), state.ds("tip")
    exact = state.dim * SIGMA * FIELD * x[state.dim - 1] / ufl.sqrt(ufl.dot(x, x))
    off, whole = state.integrate(fem.form((current - exact) ** 2 * ds), fem.form(exact**2 * ds))
    return np.sqrt(off / whole)


@pytest.mark.parametrize("dim, name", [pytest.param(2, "half-cylinder", marks=pytest.mark.parallel), (3, "hemisphere")])
def test_round_tips(verify, comm, dim, name):
    sizes, source = {2: (0.2, 0.1, 0.05), 3: (0.15, 0.1, 0.05)}[dim], "φ = −Ez(1 − (a/r)^d)"
    found = [tip_flux(comm, dim, round_tip(dim), h) for h in sizes]
    for (*_, peak), h in zip(found, sizes, strict=True):
        verify(peak, dim, rtol=0.02, what=f"{name}, cells of {h:g} a: peak/i∞", source=source)
    # The largest of many nodal averages has no clean order in 3D, the current over the whole tip has.
    errors = {"the current over the tip": [error_over_the_tip(model, current) for model, current, _ in found]}
    if dim == 2:
        errors["the peak"] = [abs(peak / dim - 1) for *_, peak in found]
    for what, e in errors.items():
        order = np.log(e[0] / e[-1]) / np.log(sizes[0] / sizes[-1])
        least = 1.5 if what == "the peak" else 1.3  # 3/2: the rim, where tip and plane meet
        verify.below(-order, -least, what=f"{name}: −(order of convergence of {what})", source=source)
    if dim == 3:
        worst = max(abs(peak / dim - 1) for *_, peak in found[1:])
        verify.below(worst, 0.005, what=f"{name}: error of the peak on the two finer meshes", source=source)


@pytest.mark.parallel
def test_hemisphere_in_parts(verify, comm):
    """The middle one of the three meshes above, divided among any number of ranks."""
    *_, peak = tip_flux(comm, 3, round_tip(3), 0.1)
    verify(peak, 3, rtol=0.02, what="hemisphere, cells of 0.1 a, on any number of ranks: peak/i∞", source="3")


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_prolate_half_spheroid(verify, comm, ratio):
    curvature = 1 / ratio  # radius of curvature a²/c at the apex, in a
    exact = 1 / demagnetising(ratio)
    errors = []
    for share in (0.4, 0.2):
        h = share * curvature
        *_, peak = tip_flux(comm, 3, spheroid_tip(ratio), h, height=ratio, outer=2 * ratio)
        errors.append(abs(peak / exact - 1))
    what = f"prolate half-spheroid {ratio:g}:1, cells of {h:.3g} a: peak/i∞"
    verify(peak, exact, rtol=0.02, what=what, source="1/N, Stratton 1941")
    verify.trend(errors, "falling", what=f"prolate half-spheroid {ratio:g}:1: error with refinement", source="1/N")
