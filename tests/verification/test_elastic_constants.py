"""Elastic constants come back out of the finite elements: argyrodites in (B, G), out (E, ν); a patch test.

E = 9BG/(3B + G), ν = (3B − 2G)/(2(3B + G)). The table: Deng et al., J. Electrochem. Soc. 163 (2016) A67, as printed
by Dandena et al., EES Batteries 1 (2025) 692, Table 2 (all in GPa, rounded there). B and G are rounded to ±0.05 GPa,
which moves ν by up to 0.45 (1 + G/B) 0.05/B = 0.001; to this comes the 0.005 of ν's own two digits.

A block pulled in one direction, free at its sides, has a homogeneous strain: E = σ/ε, ν = −ε_t/ε on any mesh to
rounding. In plane strain the block has E/(1 − ν²) and ν/(1 − ν); in plane stress E and ν themselves; a solid cylinder
of revolution the same. Anisotropic plane stress: E along an axis is 1/S₁₁ of the turned compliance, ν = −S₂₁/S₁₁.
"""

import numpy as np
import pytest
from cells import one_region, total
from scipy.spatial.transform import Rotation

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness, IsotropicStiffness, rotate_stiffness
from fem_ssb.units import GPa

pytestmark = pytest.mark.system("B1")
TABLE = {"Li6PS5Cl": (28.7, 8.1, 22.1, 0.37), "Li6PS5Br": (29.0, 9.3, 25.3, 0.35), "Li6PS5I": (29.9, 11.3, 30.0, 0.33)}


def solid(stiffness):
    return ssb.Material.custom("solid", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)


def pulled(comm, stiffness, dim, plane="strain", **more):
    """(stress over strain, −transverse over axial strain) of a block pulled along its last axis."""
    mesh = one_region(comm, (1.0,) * dim, (3,) * dim, solid(stiffness), **more)
    if dim == 2:  # an irregular mesh
        x = mesh.domain.geometry.x
        bump = np.sin(np.pi * x[:, 0]) * np.sin(np.pi * x[:, 1])
        x[:, 0] += 0.1 * bump
        x[:, 1] -= 0.07 * bump
    model = ssb.Model(mesh, [ssb.Elasticity(plane=plane, degree=1 if plane != "axisymmetric" else 2)])
    sides = {"left": 0, "front": 1}
    model.apply(*(ssb.Fixed("displacement", b, 0.0, component=a) for b, a in sides.items() if b in mesh.boundaries))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=dim - 1))
    model.apply(ssb.Fixed("displacement", "top", 1e-3, component=dim - 1))
    state = model.solve()
    u, dx = state["displacement"], state.dx("separator")
    stress = state.quantity("stress", "separator")[dim - 1, dim - 1]
    one = 1.0 + 0 * u[0]
    right, area = total(comm, u[0] * state.ds("right")), total(comm, one * state.ds("right"))
    return total(comm, stress * dx) / total(comm, one * dx) / 1e-3, -right / area / 1e-3


@pytest.mark.parametrize("name", TABLE)
def test_argyrodites(verify, comm, name):
    B, G, E, nu = TABLE[name]
    given = IsotropicStiffness(9 * B * G / (3 * B + G) * GPa, (3 * B - 2 * G) / (2 * (3 * B + G)))
    young, poisson = pulled(comm, given, 3)
    verify(young / GPa, E, atol=0.12, what=f"E of {name} [GPa]", source="Table 2 of EES Batteries 1 (2025) 692")
    rounding = 0.45 * (1 + G / B) * 0.05 / B
    verify(poisson, nu, atol=0.005 + rounding, what=f"ν of {name}", source="Table 2 of EES Batteries 1 (2025) 692")
    verify(young, given.young, rtol=1e-9, what=f"E of {name}, patch test [Pa]", source="homogeneous strain")


@pytest.mark.parametrize("plane", ["strain", "stress", "axisymmetric"])
def test_plane_states(verify, comm, plane):
    E, nu = 22.1 * GPa, 0.37
    exact = {"strain": (E / (1 - nu**2), nu / (1 - nu))}.get(plane, (E, nu))
    found = pulled(comm, IsotropicStiffness(E, nu), 2, plane)
    for value, reference, what in zip(found, exact, ("stiffness [Pa]", "contraction"), strict=True):
        verify(value, reference, rtol=1e-8, what=f"patch test, plane {plane}: {what}", source="Hooke's law")


def test_anisotropic_plane_stress(verify, comm):
    """A crystal turned about z keeps the mirror plane that a homogeneous strain with rollers needs at 45°."""
    cubic = CubicStiffness(170 * GPa, 64 * GPa, 110 * GPa)
    turn = Rotation.from_euler("z", 45, degrees=True).as_matrix()
    S = np.linalg.inv(rotate_stiffness(cubic.matrix(), turn))
    young, poisson = pulled(comm, cubic, 2, "stress", orientations=turn[None])
    verify(young, 1 / S[1, 1], rtol=1e-9, what="E of a cubic crystal along [110], plane stress [Pa]", source="1/S₁₁'")
    verify(poisson, -S[0, 1] / S[1, 1], rtol=1e-9, what="ν of it", source="−S₁₂'/S₁₁'")
