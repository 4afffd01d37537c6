"""A conductivity that varies through the thickness of a layer: resistances in series."""

import numpy as np
import pytest
import ufl
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity
from fem_ssb.materials import Arrhenius, Constant, Varied

um = 1e-6
L, LOW, RATIO = 20 * um, 0.05, 4.0


def graded(law, factor, size):
    """One layer between box faces."""
    stack = ssb.Stack(width=5 * um)
    material = ssb.Material.custom("graded", kind="electrolyte", ionic_conductivity=Varied(law, factor))
    stack.layer("electrolyte", material, thickness=L)
    return stack.mesh(MPI.COMM_WORLD, size=size)


@pytest.mark.parallel
def test_linear_gradient(verify):
    """σ(z) = σ₀(1 + (r − 1)z/L): R = ∫dz/σ = L ln r/((r − 1)σ₀), so σ_eff = L/R; across it the mean."""
    mesh = graded(Constant(LOW), lambda x: 1 + (RATIO - 1) * x[1] / L, 1 * um)
    sigma = effective_conductivity(mesh, boundary="faces", degree=4)
    exact = LOW * (RATIO - 1) / np.log(RATIO)
    verify(sigma[1, 1], exact, rtol=1e-7, what="σ_eff along a gradient [S/m]", source="series")
    verify(sigma[0, 0], LOW * (RATIO + 1) / 2, rtol=1e-10, what="σ_eff across a gradient [S/m]", source="parallel")


def test_convergence(verify):
    """σ₀ exp(z ln r/L) has σ_eff = σ₀ r ln r/(r − 1); the error of linear elements falls fourfold."""
    exact = LOW * RATIO * np.log(RATIO) / (RATIO - 1)
    errors = []
    for size in (2 * um, 1 * um):
        mesh = graded(Constant(LOW), lambda x: ufl.exp(np.log(RATIO) * x[1] / L), size)
        errors.append(effective_conductivity(mesh, boundary="faces")[1, 1] / exact - 1)
    verify(errors[0] / errors[1], 4.0, rtol=0.25, what="ratio of errors at half the mesh size", source="second order")
    verify(errors[1], 0.0, atol=1e-3, what="error of σ_eff of an exponential gradient", source="series")


def test_temperature_and_place():
    """The factor multiplies the law of the temperature."""
    law = Arrhenius(LOW, 30e3)
    mesh = graded(law, lambda x: 2.0, 2 * um)
    sigma = effective_conductivity(mesh, boundary="faces", temperature=330.0)
    assert sigma[1, 1] == pytest.approx(2 * law(330.0), rel=1e-12)


def test_refused():
    with pytest.raises(ssb.InputError, match="cannot vary from place to place"):
        ssb.Material.custom("m", kind="metal", molar_volume=Varied(Constant(1e-5), lambda x: x[0]))
    with pytest.raises(ssb.InputError, match=r"one argument .* Varied"):
        ssb.Material.custom("m", kind="electrolyte", ionic_conductivity=lambda x, t: x[0])
    with pytest.raises(ssb.InputError, match="function of x"):
        Varied(Constant(1.0), 2.0)
