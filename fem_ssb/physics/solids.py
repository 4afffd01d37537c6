"""Stress laws of solids as UFL: anisotropic elasticity per grain. Those with a memory are in `flow` and `relaxation`.

All tensors are three-dimensional, in 2D too: see `planes` for the strain out of the plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.materials import Stiffness, rotate_stiffness
from fem_ssb.problem.state import State

PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))  # Voigt order xx, yy, zz, yz, xz, xy
INSIDE, OUTSIDE = [0, 1, 5], [2, 3, 4]  # components in the plane and out of it


def to_voigt(a: Any) -> Any:
    """Symmetric (3, 3) as the six components xx, yy, zz, yz, xz, xy (no factors of two)."""
    return ufl.as_vector([a[i, j] for i, j in PAIRS])


def from_voigt(v: Any) -> Any:
    """Six components back to a symmetric (3, 3)."""
    return ufl.as_tensor([[v[0], v[5], v[4]], [v[5], v[1], v[3]], [v[4], v[3], v[2]]])


class ElasticLaw:
    """σ = C : ε with C isotropic, cubic or general, turned into the grain's frame.

    Cubic: σ = C₁₂ tr(ε) I + 2C₄₄ ε + (C₁₁ − C₁₂ − 2C₄₄) Σ_a (a·ε a) a⊗a over the three crystal axes a.

    Args:
        state: for mesh and orientations.
        stiffness: (6, 6) in the crystal frame, Voigt [Pa].
    """

    def __init__(self, state: State, stiffness: np.ndarray):
        c = np.asarray(stiffness, dtype=float)
        self.bulk = float(c[:3, :3].sum()) / 9
        self.c11, self.c12, self.c44 = c[0, 0], c[0, 1], c[3, 3]
        cubic = np.zeros((6, 6))
        cubic[:3, :3] = self.c12
        cubic[range(3), range(3)] = self.c11
        cubic[range(3, 6), range(3, 6)] = self.c44
        self.anisotropy = self.c11 - self.c12 - 2 * self.c44
        self._general = self._frame = None
        if not np.allclose(c, cubic, rtol=1e-9, atol=1e-9 * abs(c).max()):
            self._general = cellwise(state, rotate_stiffness(c, state.mesh.orientations), (6, 6))
        elif abs(self.anisotropy) > 1e-9 * self.c11:
            self._frame = cellwise(state, state.mesh.orientations, (3, 3))
        self._state, self._stiffness = state, c

    memory: Mapping[str, fem.Function] = MappingProxyType({})

    def stored(self, e: Any) -> Any:
        """Energy [J/m³] that comes back when the load goes."""
        return 0.5 * ufl.inner(self(e), e)

    def updated(self, e: Any) -> dict[str, Any]:
        """Memory at the end of the step, by name, as UFL."""
        return {}

    @property
    def isotropic(self) -> bool:
        """Is the stiffness the same in all directions?"""
        return self._general is None and self._frame is None

    def flattened(self, e: Any) -> Any:
        """Elastic strain (3, 3) with the in-plane components of `e` and σ_zz = σ_yz = σ_xz = 0.

        With the Voigt stiffness in blocks (i in the plane, o out of it) e_o = −C_oo⁻¹ C_oi e_i.
        """
        C = self._turned()
        matrix = self._mapped(-np.linalg.solve(C[:, OUTSIDE][:, :, OUTSIDE], C[:, OUTSIDE][:, :, INSIDE]))
        inside = ufl.as_vector([e[0, 0], e[1, 1], 2 * e[0, 1]])
        zz, yz, xz = (ufl.dot(matrix, inside)[k] for k in range(3))
        return from_voigt(ufl.as_vector([e[0, 0], e[1, 1], zz, yz / 2, xz / 2, e[0, 1]]))

    def thickening(self) -> Any:
        """Strain (3, 3) [1/Pa] by σ_zz while the strain in the plane is held, the column zz of C_oo⁻¹."""
        matrix = self._mapped(np.linalg.inv(self._turned()[:, OUTSIDE][:, :, OUTSIDE]))
        return from_voigt(ufl.as_vector([0, 0, matrix[0, 0], matrix[1, 0] / 2, matrix[2, 0] / 2, 0]))

    def _turned(self) -> np.ndarray:
        """Stiffness of each grain in the laboratory frame, (n_grains, 6, 6), of an isotropic solid (1, 6, 6) [Pa]."""
        frames = np.eye(3) if self.isotropic else self._state.mesh.orientations
        return rotate_stiffness(self._stiffness, frames).reshape(-1, 6, 6)

    def _mapped(self, matrices: np.ndarray) -> Any:
        """Matrices (3, 3) of the grains, as UFL."""
        return ufl.as_matrix(matrices[0].tolist()) if self.isotropic else cellwise(self._state, matrices, (3, 3))

    def __call__(self, e: Any) -> Any:
        """Stress (3, 3) [Pa] of an elastic strain (3, 3)."""
        if self._general is not None:
            twice = ufl.as_vector([e[i, j] * (1 if i == j else 2) for i, j in PAIRS])
            return from_voigt(ufl.dot(self._general, twice))
        s = self.c12 * ufl.tr(e) * ufl.Identity(3) + 2 * self.c44 * e
        if self._frame is not None:
            for a in range(3):
                axis = self._frame[:, a]
                s += self.anisotropy * ufl.dot(axis, ufl.dot(e, axis)) * ufl.outer(axis, axis)
        return s


def stiffness_matrix(state: State, region: str) -> np.ndarray:
    """Stiffness (6, 6) of a region in the crystal frame [Pa]."""
    return cast(Stiffness, state.materials[region]["stiffness"]).matrix()


def youngs_modulus(state: State, region: str) -> float:
    """Young's modulus of a region along a crystal axis [Pa]."""
    return float(1 / np.linalg.inv(stiffness_matrix(state, region))[0, 0])


def remembered(state: State, name: str) -> fem.Function:
    """Six components that a law keeps at each quadrature point from step to step."""
    element = basix.ufl.quadrature_element(state.domain.basix_cell(), value_shape=(6,), degree=state.quadrature_degree)
    return fem.Function(fem.functionspace(state.domain, element), name=name)


def cellwise(state: State, of_grain: np.ndarray, shape: tuple[int, ...]) -> fem.Function:
    """DG0 function whose value in a cell is that of its grain, `of_grain` (n_grains, *shape)."""
    f = fem.Function(fem.functionspace(state.domain, ("DG", 0, shape)))
    values = np.asarray(of_grain, dtype=float).reshape(-1, int(np.prod(shape)))
    f.x.array.reshape(-1, values.shape[1])[: len(state.mesh.grain_of_cell)] = values[state.mesh.grain_of_cell]
    return f
