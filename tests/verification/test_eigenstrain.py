"""Strain that is given, against closed forms: a layer on rollers, the profile behind a surface, grains that swell.

A layer between rollers and under a free top is stressed by −M' ε_g along its plane, σ_xx = −E ε_g/(1 − ν) with σ_yy = 0
(plane strain, ε_zz = 0 too). Behind a flat surface of a half-space the strain is ε₀ exp(−y/δ), so σ_xx has that
profile, and the surface force per width is −Eε₀δ/(1 − ν); a layer of depth 1 has tanh(1/δ) of it.
"""

import numpy as np
import pytest
from cells import one_region, total

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

pytestmark = pytest.mark.parallel
YOUNG, POISSON, STRAIN = 150e9, 0.26, -1e-3
BODY = ssb.Material.custom(
    "body", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
)


def stress(comm, strain, cells=(2, 40), grains=None, weight=1.0):
    """∫σ_xx dx of the unit square between rollers."""
    mesh = one_region(comm, (1.0, 1.0), cells, BODY, grains=grains)
    model = ssb.Model(mesh, [ssb.Eigenstrain({"separator": strain}), ssb.Elasticity(degree=2)])
    model.apply(ssb.StackPressure(0.0)).solve()
    state = model.state
    return total(comm, weight * state.quantity("stress", "separator")[0, 0] * state.dx("separator"))


@pytest.mark.parametrize(
    "strain",
    [STRAIN, STRAIN * np.eye(3), lambda x, t: STRAIN, lambda x, t: 2 * STRAIN * x[1]],
    ids=["number", "matrix", "function", "of place"],
)
def test_a_layer_between_rollers(verify, comm, strain):
    exact = -YOUNG * STRAIN / (1 - POISSON)
    verify(
        stress(comm, strain), exact, rtol=1e-8, what="mean stress of a strain between rollers [Pa]", source="−Eε/(1−ν)"
    )


def test_behind_a_surface(verify, comm):
    depth = 0.05
    found = stress(comm, ssb.Near("top", STRAIN, depth))
    exact = -YOUNG * STRAIN / (1 - POISSON) * depth * np.tanh(1 / depth)
    verify(found, exact, rtol=1e-4, what="force of a strain behind a surface [N/m]", source="−Eε₀δ/(1−ν)")


def test_along_crystal_axes(verify, comm):
    """Frames as they are: ε_yy is free, ε_xx and ε_zz are not, σ_xx = −E(ε_xx + νε_zz)/(1 − ν²)."""
    a, b, c = 1e-3, 5e-3, -2e-3
    found = stress(comm, ssb.AlongAxes((a, b, c), share=lambda x, t: 0.5))
    exact = -0.5 * YOUNG * (a + POISSON * c) / (1 - POISSON**2)
    verify(found, exact, rtol=1e-8, what="stress of a strain along crystal axes [Pa]", source="plane strain on rollers")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ssb.Eigenstrain({"separator": "much"}), "strain of region 'separator' must be"),
        (lambda: ssb.Eigenstrain({"separator": np.ones((2, 2))}), "symmetric"),
        (lambda: ssb.Eigenstrain({"separator": np.nan}), "finite"),
        (lambda: ssb.Near("top", 1e-3, 0.0), "depth of the strain near 'top'"),
        (lambda: ssb.AlongAxes((1.0, 2.0)), "three values"),
    ],
)
def test_bad_strains_are_named(make, message):
    with pytest.raises(ssb.InputError, match=message):
        make()
