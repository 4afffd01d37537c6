"""Crystals of the least symmetry: a grain's own frame in 3D, plane strain and plane stress; a laminate of two grains.

A stiffness whose 21 constants are all different is turned by all four indices, C'_ijkl = R_ia R_jb R_kc R_ld C_abcd. A
block whose faces move as E·x has the strain E and the stress C' : E; in plane stress, with S = C'⁻¹, that of the
inverse of the part of S within the plane.

Laminate with the normal n: within the layers the strain, across them the traction is the same. With C = (A B; Bᵀ D), D
that of the components with n, and means ⟨·⟩ over the volume (Postma, Geophysics 20 (1955) 780, for any symmetry):

    D_eff = ⟨D⁻¹⟩⁻¹,   B_eff = ⟨B D⁻¹⟩ D_eff,   A_eff = ⟨A − B D⁻¹ Bᵀ⟩ + ⟨B D⁻¹⟩ D_eff ⟨D⁻¹ Bᵀ⟩
"""

import numpy as np
import pytest
from cells import one_region, total
from scipy.spatial.transform import Rotation
from test_periodic_cells import SHARE, laminate

import fem_ssb as ssb
from fem_ssb.analysis import effective_stiffness
from fem_ssb.materials import Stiffness
from fem_ssb.units import GPa

PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
TURNS = Rotation.random(2, rng=4).as_matrix()
pytestmark = [pytest.mark.system("B2"), pytest.mark.parallel]


def triclinic():
    rng = np.random.default_rng(1)
    root = np.diag([12.0, 11.0, 10.0, 7.0, 6.0, 5.0]) + rng.uniform(-2, 2, (6, 6))
    return root @ root.T * GPa


def turned(C, turn):
    """By four indices."""
    whole = np.empty((3, 3, 3, 3))
    for I, (i, j) in enumerate(PAIRS):  # noqa: E741
        for J, (k, l) in enumerate(PAIRS):  # noqa: E741
            whole[i, j, k, l] = whole[j, i, k, l] = whole[i, j, l, k] = whole[j, i, l, k] = C[I, J]
    whole = np.einsum("ia,jb,kc,ld,abcd->ijkl", turn, turn, turn, turn, whole)
    return np.array([[whole[i, j, k, l] for k, l in PAIRS] for i, j in PAIRS])  # noqa: E741


def crystal(**more):
    stiffness = Stiffness(triclinic())
    return ssb.Material.custom("crystal", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0, **more)


@pytest.mark.parametrize(("dim", "plane"), [(3, "strain"), (2, "strain"), (2, "stress")])
def test_block(verify, comm, dim, plane):
    turn = TURNS[0]
    mesh = one_region(comm, (1.0,) * dim, (2,) * dim, crystal(), name="body", orientations=turn[None])
    E = np.array([[2.0, -0.7, 0.4], [-0.7, -1.0, 0.9], [0.4, 0.9, 1.5]])[:dim, :dim] * 1e-4
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, plane=plane)])
    model.apply(*(ssb.Moved(b, lambda x, t: E @ x[:dim]) for b in mesh.boundaries))
    state = model.solve()
    found = np.array([total(comm, state.quantity("stress", "body")[i, j] * state.dx("body")) for i, j in PAIRS])
    C = turned(triclinic(), turn)
    inside = [0, 1, 5]
    if dim == 3:
        exact = C @ [*np.diag(E), 2 * E[1, 2], 2 * E[0, 2], 2 * E[0, 1]]
    else:
        strain = np.array([E[0, 0], E[1, 1], 2 * E[0, 1]])
        exact = C[:, inside] @ strain
        if plane == "stress":
            exact = np.zeros(6)
            exact[inside] = np.linalg.inv(np.linalg.inv(C)[np.ix_(inside, inside)]) @ strain
    error = np.abs(found - exact).max() / np.abs(exact).max()
    verify.below(error, 1e-10, what=f"triclinic crystal, {dim}D, plane {plane}: stress", source="C'_ijkl ε_kl")


@pytest.mark.parametrize("dim", [2, 3])
def test_laminate_of_two_grains(verify, comm, dim):
    mesh = laminate(comm, dim, [crystal()], grains=True, orientations=TURNS)
    found = effective_stiffness(mesh, degree=1)
    normal = [1, 2] if dim == 2 else [2, 3, 4]  # Voigt components with the last axis
    both = [turned(triclinic(), turn) for turn in TURNS]
    if dim == 2:
        both = [C[np.ix_([0, 1, 5], [0, 1, 5])] for C in both]
    within = [k for k in range(len(both[0])) if k not in normal]
    shares, exact = (SHARE, 1 - SHARE), np.empty_like(both[0])
    parts = [(C[np.ix_(within, within)], C[np.ix_(within, normal)], np.linalg.inv(C[np.ix_(normal, normal)]))
             for C in both]  # fmt: skip
    D = np.linalg.inv(sum(f * d for f, (_, _, d) in zip(shares, parts, strict=True)))
    slope = sum(f * b @ d for f, (_, b, d) in zip(shares, parts, strict=True))
    A = sum(f * (a - b @ d @ b.T) for f, (a, b, d) in zip(shares, parts, strict=True)) + slope @ D @ slope.T
    exact[np.ix_(normal, normal)], exact[np.ix_(within, within)] = D, A
    exact[np.ix_(within, normal)] = slope @ D
    exact[np.ix_(normal, within)] = (slope @ D).T
    error = np.abs(found - exact).max() / np.abs(exact).max()
    verify.below(error, 1e-8, what=f"{dim}D laminate of two triclinic grains: stiffness", source="Postma (1955)")
