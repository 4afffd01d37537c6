r"""An inclusion with a resistance R at its surface conducts as a sound one of k_eq (Hasselman & Johnson).

Disc or ball of radius a and conductivity k_d in a matrix k: the field inside is uniform, E_d, so is the current k_dE_d,
and the jump at the surface k_dE_dR cos ϑ is linear in place like both potentials. From outside the particle looks like
one without resistance in the field E_d(1 + k_dR/a), of

    k_eq = k_d/(1 + k_d R/a).

A share f of them on a square or cubic lattice has, with β = (k_eq − k)/(k_eq + (d − 1)k) in d dimensions,

    σ_eff/k = (1 + (d − 1)fβ)/(1 − fβ)

up to O(f^(1 + 7/3)) in 3D and O(f⁵) in 2D (Rayleigh, Phil. Mag. 34 (1892) 481), below 2e-4 here. Of the cell only the
positive quadrant or octant is meshed: its faces are planes of symmetry. With k_eq = k the field outside is that
without any particle, at any share.

Source: Hasselman & Johnson, J. Compos. Mater. 21 (1987) 508.
"""

import numpy as np
import pytest
from shapes import corner_ball

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity
from fem_ssb.units import um

MATRIX, PARTICLE, CELL = 0.05, 0.5, 10 * um
pytestmark = pytest.mark.system("A6")


def lattice(comm, dim, radius, resistance, fine):
    """A part of the cell, in units of the whole one."""
    conducts = {"matrix": MATRIX, "particle": PARTICLE}
    return ssb.from_gmsh(
        comm,
        corner_ball(dim, radius, 0.5, fine, ("particle", "matrix")),
        scale=CELL,
        materials={name: ssb.Material("LLZO", ionic_conductivity=k) for name, k in conducts.items()},
        interface_data={"matrix|particle": {"film_resistance": resistance}},
    )


@pytest.mark.parametrize("dim, fine", [pytest.param(2, 0.01, marks=pytest.mark.parallel), (3, 0.04)])
def test_lattice_of_particles(verify, comm, dim, fine):
    share = 0.1
    radius = {2: (share / np.pi) ** 0.5, 3: (share * 3 / (4 * np.pi)) ** (1 / 3)}[dim]
    neutral = (PARTICLE / MATRIX - 1) / PARTICLE * radius * CELL
    for resistance, what in ((0.0, "no resistance"), (neutral, "R that hides it"), (100 * neutral, "R that blocks it")):
        mesh = lattice(comm, dim, radius, resistance, fine)
        found = np.diag(effective_conductivity(mesh, boundary="faces", degree=2)) / MATRIX
        alike = PARTICLE / (1 + PARTICLE * resistance / (radius * CELL)) / MATRIX
        beta = (alike - 1) / (alike + dim - 1)
        exact = (1 + (dim - 1) * share * beta) / (1 - share * beta)
        verify(found[0], exact, rtol=5e-3, what=f"{dim}D inclusion, {what}: σ_eff/σ", source="Hasselman & Johnson")
        assert found[1] == pytest.approx(found[0], rel=2e-3)
