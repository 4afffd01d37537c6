"""Energy release rate J and stress intensities K_I, K_II at a crack tip in two dimensions, by domain integrals.

With a weight q that is 1 within a circle around the tip and 0 outside a larger one, and the direction e of the crack

    J = ∫ (σ·∂_e u − W e)·∇q dA − ∫ t·∂_e u q ds       (the second over loaded crack faces, traction t)

the last by parts where a pressure p is all of it, −∫ p n·u ∂_e q ds with n out of the body
(Rice, J. Appl. Mech. 35 (1968) 379; Li, Shih & Needleman, Eng. Fract. Mech. 21 (1985) 405). With the field of a unit
K_I or K_II (Williams) as a second state, marked a, the interaction integral

    I = ∫ (σ·∂_e u_a + σ_a·∂_e u − σ:ε_a e)·∇q dA − ∫ t·∂_e u_a q ds = 2K/E'

(Yau, Wang & Corten, J. Appl. Mech. 47 (1980) 335); E' = E/(1 − ν²) in plane strain, E in plane stress. The faces of
cracks that close load each other.

Given strains ε* (thermal, of growth) that change along e add ∫ σ:∂_e ε* q dA, of K ∫ σ_a:∂_e ε* q dA.

In a body of revolution the front is a circle of the tip's radius R, which e moves outwards; q e also stretches it,
∫(σ_θθ u_r/r − W) e_r q/r dV comes on top, and J is what this makes of the whole circle over 2πR. Williams' field is not
in equilibrium there, and has a hoop strain of its own (Nahta & Moran, Int. J. Solids Struct. 30 (1993) 2027), so that
I has on top, besides (σ_θθ u_ar/r + σ_aθθ u_r/r − σ:ε_a) e_r q/r,

    ∫ [σ_θθ ∂_e(u_ar/r) + (∇·σ_a)·∂_e u] q dV,   ∇·σ_a = (σ_a·e_r − σ_aθθ e_r)/r.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from ufl.checks import is_cellwise_constant
from ufl.constantvalue import Zero

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.solids import stiffness_matrix
from fem_ssb.problem.state import State

PLANES = ("strain", "stress")
SINGULAR = 40  # quadrature degree on faces that close, where the slope goes with 1/√r

FloatArray = npt.NDArray[np.float64]


def williams(
    x: FloatArray, tip: Sequence[float], young: float, poisson: float, k: tuple[float, float] = (1.0, 0.0),
    plane: str = "strain",
) -> FloatArray:  # fmt: skip
    """Displacement (2, points) [m] around the tip of a crack along −x, of the stress intensities `k` [Pa √m].

    Args:
        x: points (≥ 2, points) [m].
        tip: its coordinates [m].
        young: E [Pa].
        poisson: ν.
        k: (K_I, K_II).
        plane: "strain" or "stress".
    """
    a, b = x[0] - tip[0], x[1] - tip[1]
    return np.array(near_tip(np, np.hypot(a, b), np.arctan2(b, a), young, poisson, k, plane))


def near_tip(m: Any, r: Any, angle: Any, young: float, poisson: float, k: tuple[float, float], plane: str) -> list[Any]:
    """Williams' displacement in the crack's frame, with the functions of NumPy or UFL."""
    kappa = 3 - 4 * poisson if plane == "strain" else (3 - poisson) / (1 + poisson)
    size = m.sqrt(r / (2 * np.pi)) * (1 + poisson) / young
    c, s, cc = m.cos(angle / 2), m.sin(angle / 2), m.cos(angle)
    first = size * (k[0] * c * (kappa - cc) + k[1] * s * (kappa + 2 + cc))
    return [first, size * (k[0] * s * (kappa - cc) - k[1] * c * (kappa - 2 + cc))]


def strain_changes(state: State, region: str) -> Any:
    """∇ε* of a region, (3, 3, dim); UFL's zero where it is the same all over a cell."""
    given = state.quantity("given_strain", region)
    return Zero((3, 3, state.dim)) if is_cellwise_constant(given) else ufl.grad(given)


def isotropic_moduli(state: State, region: str) -> tuple[float, float]:
    """E [Pa] and ν of a region.

    Raises:
        InputError: where they are not the same in all directions.
    """
    stiffness = stiffness_matrix(state, region)
    compliance = np.linalg.inv(stiffness)
    young, poisson = 1 / compliance[0, 0], -compliance[0, 1] / compliance[0, 0]
    lame, shear = stiffness[0, 1], young / (2 * (1 + poisson))
    expected = np.diag([2 * shear] * 3 + [shear] * 3)
    expected[:3, :3] += lame
    if not np.allclose(stiffness, expected, rtol=1e-6, atol=1e-6 * shear):
        raise InputError(f"region '{region}' is anisotropic: stress intensities are of isotropic solids")
    return float(young), float(poisson)


class CrackTip:
    """J, K_I and K_II at a tip, from the present state; forms are compiled once, the tip may move.

    Args:
        state: of a solved two-dimensional model.
        region: name of the region around the tip; isotropic for K.
        direction: in which the crack would grow, any length.
        inner: radius [m] within which the weight is 1; many cells and, with damage, several ℓ.
        outer: radius [m] outside which the weight is 0.
        plane: "strain" or "stress", as in the model; "strain" in a body of revolution.
        faces: pressure [Pa] on loaded crack faces, by the name of the boundary.

    Raises:
        InputError: not two-dimensional, radii that do not fit, another plane.
    """

    def __init__(
        self,
        state: State,
        region: str,
        direction: Sequence[float],
        inner: float,
        outer: float,
        plane: str = "strain",
        faces: Mapping[str, float] | None = None,
    ):
        if state.dim != 2:
            raise InputError("crack tips are evaluated on two-dimensional models")
        if plane not in PLANES:
            raise unknown("plane of a crack tip", plane, PLANES)
        self.inner = number(inner, "inner radius [m]", above=0.0)
        self.outer = number(outer, "outer radius [m]", above=self.inner)
        self.state, self.region, self.plane = state, region, plane
        e = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
        self._direction = ufl.as_vector([float(e[0]), float(e[1])])
        self._across = ufl.as_vector([float(-e[1]), float(e[0])])
        self._tip = fem.Constant(state.domain, (0.0, 0.0))
        self._weight = fem.Function(fem.functionspace(state.domain, ("Lagrange", 1)), name="weight")
        self._closing = state.provided("crack_shut")
        self._rubbing = {crack: state.quantity("crack_friction", crack) for crack in state.provided("crack_friction")}
        self._pressures = {b: fem.Constant(state.domain, float(p)) for b, p in (faces or {}).items()}
        self._j: Any = None
        self._k: Any = None

    def _at(self, tip: Sequence[float]) -> None:
        for share in self._rubbing.values():
            share.refresh()
        self._tip.value = np.asarray(tip, dtype=float)
        self._weight.interpolate(
            lambda x: np.clip(
                (self.outer - np.hypot(x[0] - tip[0], x[1] - tip[1])) / (self.outer - self.inner), 0.0, 1.0
            )
        )

    def j(self, tip: Sequence[float]) -> float:
        """Energy release rate [J/m²] at a tip (x, y) [m]."""
        self._at(tip)
        if self._j is None:
            u = self.state["displacement"]
            slope = ufl.dot(ufl.grad(u), self._direction)
            energy = self.state.quantity("elastic_energy", self.region)
            flow = ufl.dot(self._stress(), slope) - energy * self._direction
            r = self.state.radius
            around = 0 if r is None else self._round(self._hoop() * self.state["displacement"][0] / r - energy)
            rest = around + ufl.inner(self.state.quantity("stress", self.region), self._changes())
            self._j = fem.form(self._integral(flow, self.state["displacement"], slope, rest))
        return float(self.state.integrate(self._j)[0]) / self._circle(tip)

    def k(self, tip: Sequence[float]) -> tuple[float, float]:
        """K_I and K_II [Pa √m] at a tip (x, y) [m].

        Raises:
            InputError: the region is anisotropic.
        """
        young, poisson = isotropic_moduli(self.state, self.region)
        self._at(tip)
        stiff = young / (1 - poisson**2) if self.plane == "strain" else young
        if self._k is None:
            self._k = [fem.form(self._interaction(mode, young, poisson)) for mode in ((1.0, 0.0), (0.0, 1.0))]
        one, two = self.state.integrate(*self._k) * stiff / 2 / self._circle(tip)
        return float(one), float(two)

    def _circle(self, tip: Sequence[float]) -> float:
        """Length of the front [m], 1 m in the plane."""
        return 1.0 if self.state.radius is None else 2 * np.pi * number(tip[0], "radius of the tip [m]", above=0.0)

    def _stress(self) -> Any:
        s = self.state.quantity("stress", self.region)
        return ufl.as_tensor([[s[0, 0], s[0, 1]], [s[1, 0], s[1, 1]]])

    def _interaction(self, mode: tuple[float, float], young: float, poisson: float) -> Any:
        away = ufl.SpatialCoordinate(self.state.domain) - self._tip
        along, across = ufl.dot(away, self._direction), ufl.dot(away, self._across)
        radius = ufl.sqrt(ufl.dot(away, away))

        def auxiliary(angle: Any) -> Any:
            local = near_tip(ufl, radius, angle, young, poisson, mode, self.plane)
            return local[0] * self._direction + local[1] * self._across

        field = auxiliary(ufl.atan2(across, along))
        strain = ufl.sym(ufl.grad(field))
        shear, share = young / (1 + poisson), poisson / (1 - 2 * poisson if self.plane == "strain" else 1 - poisson)
        across = shear * share * ufl.tr(strain) if self.plane == "strain" else 0.0 * ufl.tr(strain)
        stress = shear * (strain + share * ufl.tr(strain) * ufl.Identity(2))
        u = self.state["displacement"]
        slope, own = ufl.dot(ufl.grad(u), self._direction), ufl.dot(ufl.grad(field), self._direction)
        both = ufl.inner(self._stress(), strain)
        flow = ufl.dot(self._stress(), own) + ufl.dot(stress, slope) - both * self._direction
        changes = self._changes()
        plane = ufl.as_tensor([[changes[i, j] for j in range(2)] for i in range(2)])
        rest = ufl.inner(stress, plane) + across * changes[2, 2]
        r = self.state.radius
        if r is not None:
            radial = ufl.as_vector([1.0, 0.0])
            rest += self._round(self._hoop() * field[0] / r + across * u[0] / r - both)
            rest += self._hoop() * ufl.dot(ufl.grad(field[0] / r), self._direction)
            rest += ufl.dot(ufl.dot(stress, radial) - across * radial, slope) / r
        # On a face the angle is ±π, by the side that the face looks to, and the field goes with √r.
        outward = ufl.dot(ufl.FacetNormal(self.state.domain), self._across)
        moved = auxiliary(-np.pi * ufl.sign(outward))
        return self._integral(flow, moved, moved / (-2 * radius), rest)

    def _integral(self, flow: Any, moved: Any, slope: Any, rest: Any) -> Any:
        """∫ (flow·∇q + rest q) dA − ∫ p n·moved ∇·(q e) ds, and what faces that close do along the slope of `moved`."""
        q = self._weight
        form = (ufl.dot(flow, ufl.grad(q)) + rest * q) * self.state.dx(self.region)
        for boundary, p in self._pressures.items():
            spread = ufl.dot(ufl.grad(q), self._direction) + (0 if self.state.radius is None else self._round(q))
            form -= p * ufl.dot(ufl.FacetNormal(self.state.domain), moved) * spread * self.state.ds(boundary)
        for crack in self._closing:
            measure = self.state.dS(crack)(metadata={"quadrature_degree": SINGULAR})
            form += ufl.dot(self._contact(crack), slope("-") - slope("+")) * q("+") * measure
        return form

    def _round(self, along: Any) -> Any:
        """What a circle that e stretches adds, of the flow along it."""
        return along * self._direction[0] / self.state.radius

    def _hoop(self) -> Any:
        """σ_θθ of a body of revolution."""
        return self.state.quantity("stress", self.region)[2, 2]

    def _changes(self) -> Any:
        """∂_e of the given strain, (3, 3)."""
        return ufl.dot(strain_changes(self.state, self.region), self._direction)

    def _contact(self, crack: str) -> Any:
        """Traction on the "+" face of a crack that closes: as large as the stress of both sides says.

        The contact stiffness holds it in the mean only, and has none right at the tip, where the slope is singular.
        Friction is to it as on each facet as a whole.
        """
        n, rubbing = ufl.FacetNormal(self.state.domain)("+"), self._rubbing.get(crack)
        pressing = self.state.quantity("crack_shut", crack) * ufl.dot(n, ufl.dot(ufl.avg(self._stress()), n))
        return pressing * (n if rubbing is None else n - rubbing.function("+"))
