"""Energy release rate J and stress intensities K_I, K_II, K_III along the front of a flat crack in 3D.

The front moves ahead by q e: q is a tent along the front, from one place of it to the next, times a plateau across, 1
within the inner radius, 0 outside the outer one and smooth between. With P = ∂_e u·σ − W e of the state, or of it and
Williams' field of a unit K (marked a) P = ∂_e u_a·σ + ∂_e u·σ_a − σ:ε_a e, and n out of the body on its faces,

    J ∫q ds = ∫ P:∇(q e) dV + ∫ q R dV − ∫ p u·n ∇·(q e) dS,     with 2K/E', K_III/μ in place of J for Williams' field

(Shih, Moran & Nakamura, Int. J. Fract. 30 (1986) 79; Gosz & Moran, Eng. Fract. Mech. 59 (1998) 303). Along a front of
the curvature κ Williams' field, in the coordinates of `front_frame`, is not in equilibrium, and its plane strains ε_a
are not all of its displacement's; given strains ε* (thermal, of growth) may change ahead. So

    R = σ:∂_e(∇u_a − ε_a) + (∇·σ_a)·∂_e u + σ_a:∂_e ε*,   for J   R = σ:∂_e ε*,

with ∇·σ_a = κ/(1 + κa) (σ₁₁ − σ₃₃, σ₁₂, 2σ₁₃)_a, and ∇u_a beyond plane strain is κu₁/(1 + κa) along the front and
−κu₃/(1 + κa) from it to e. What the pressure p on the faces does is ∫ p n·∂_e u q dS by parts, without its singularity.

| symbol | meaning | unit |
|---|---|---|
| e, n, t (1, 2, 3) | ahead, up from the crack's plane, along the front: t = e × n | – |
| a | distance ahead | m |
| p | pressure on the faces | Pa |

K_II > 0 moves the upper face ahead of the lower one, K_III > 0 moves it along t.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from ufl.constantvalue import Zero

from fem_ssb.analysis.crack_tip import isotropic_moduli, near_tip, strain_changes
from fem_ssb.analysis.front_frame import FrontFrame, Places, dot
from fem_ssb.analysis.front_samples import in_cells, on_faces
from fem_ssb.errors import InputError, number
from fem_ssb.mesh.fronts import Front
from fem_ssb.problem.state import State

FloatArray = npt.NDArray[np.float64]

TINY = 1e-30  # imaginary step of a derivative
FINE = 64  # parts of a tent in the integral of what is 1 along the front


class CrackFront:
    """J and K at places of a front, from the present state; expressions are compiled once.

    Args:
        state: of a solved three-dimensional model.
        region: name of the isotropic region around the front.
        front: one of `crack_fronts`, or points of one's own.
        inner: radius [m] within which the weight across is 1; two cells or more.
        outer: radius [m] outside which it is 0; less than the radius of a front that is bent inward.
        places: how many; by default as many as `inner` fits into the front. A value is the mean over a tent that ends
            at the neighbours, of cos φ round a penny 1 − (2π/places)²/12 of it. Open fronts have none at their ends.
        faces: pressure [Pa] on loaded crack faces, by the name of the boundary.

    Attributes:
        points: the places (m), shape (m, 3).
        axes: e, n, t of each, shape (m, 3, 3).

    Raises:
        InputError: not three-dimensional, radii that do not fit, another region or an anisotropic one around the front.
    """

    def __init__(
        self,
        state: State,
        region: str,
        front: Front,
        inner: float,
        outer: float,
        places: int | None = None,
        faces: Mapping[str, float] | None = None,
    ):
        if state.dim != 3:
            raise InputError("crack fronts are evaluated on three-dimensional models: CrackTip is for two dimensions")
        self.inner = number(inner, "inner radius [m]", above=0.0)
        self.outer = number(outer, "outer radius [m]", above=self.inner)
        self.state, self.region = state, region
        self._young, self._poisson = isotropic_moduli(state, region)
        self._frame = FrontFrame(front, self.outer)
        closed, length = self._frame.closed, self._frame.length
        count = max(4, round(length / self.inner)) if places is None else int(number(places, "places", least=1))
        self._spacing = length / (count if closed else count + 1)
        self._knots = count if closed else count + 2
        self._volume = in_cells(state, region, self._frame, self.outer)
        self._faces = [(float(p), on_faces(state, name, self._frame, self.outer)) for name, p in (faces or {}).items()]
        self._compile()
        w = (np.arange(FINE * self._knots, dtype=np.float64) + 0.5) * (length / (FINE * self._knots))
        self._lengths = self._tents(w, np.linalg.norm(self._frame.at(w)[1], axis=1) * length / len(w))
        self.points = self._frame.at(
            self._spacing * np.arange(0 if closed else 1, count if closed else count + 1, dtype=np.float64)
        )[0]
        self.axes = self._frame.locate(self.points).axes

    def j(self) -> FloatArray:
        """Energy release rates [J/m²] of the places, shape (m,). Collective."""
        slope, stress, given = self._fields()
        energy = self._volume.evaluate(self._energy)
        flow = np.einsum("nij,ni->nj", stress, slope[..., 0])
        flow[:, 0] -= energy
        along = dot(stress[..., 2], slope[..., 2]) - energy
        moved = [dot(on.evaluate(u), on.places.axes[:, 1]) for u, (_, on) in zip(self._moved, self._faces, strict=True)]
        return self._integral(flow, along, (stress * given).sum(axis=(1, 2)), moved)

    def k(self) -> FloatArray:
        """K_I, K_II, K_III [Pa √m] of the places, shape (m, 3). Collective."""
        fields = self._fields()
        plane, shear = self._young / (1 - self._poisson**2) / 2, self._young / (2 * (1 + self._poisson))
        return np.stack([self._interaction(i, *fields) for i in range(3)], axis=1) * [plane, plane, shear]

    def _interaction(self, mode: int, slope: FloatArray, stress: FloatArray, given: FloatArray) -> FloatArray:
        """The integral with Williams' field of a unit K_I, K_II or K_III; tensors in the front's frame."""
        places = self._volume.places
        u, gradient = self._williams(mode, places.radius, np.arctan2(places.above, places.ahead))
        strain = 0.5 * (gradient + gradient.transpose(0, 2, 1))
        shear, share = self._young / (1 + self._poisson), self._poisson / (1 - 2 * self._poisson)
        own = shear * (strain + share * np.trace(strain, axis1=1, axis2=2)[:, None, None] * np.eye(3))
        bend = places.bend
        both = (stress * strain).sum(axis=(1, 2))
        flow = np.einsum("nij,ni->nj", stress, gradient[..., 0]) + np.einsum("nij,ni->nj", own, slope[..., 0])
        flow[:, 0] -= both
        along = bend * (stress[:, 2, 2] * u[:, 0] - stress[:, 0, 2] * u[:, 2]) + dot(own[..., 2], slope[..., 2]) - both
        stretched = bend[:, None] * (gradient[..., 0] - bend[:, None] * u)  # ∂_e of κu/(1 + κa)
        rest = stress[:, 2, 2] * stretched[:, 0] - stress[:, 0, 2] * stretched[:, 2]
        unbalanced = np.stack([own[:, 0, 0] - own[:, 2, 2], own[:, 0, 1], 2 * own[:, 0, 2]], axis=1)
        rest += bend * dot(unbalanced, slope[..., 0]) + (own * given).sum(axis=(1, 2))
        moved = [self._williams(mode, on.places.radius, np.pi * on.side)[0][:, 1] for _, on in self._faces]
        return self._integral(flow, along, rest, moved)

    def _williams(self, mode: int, r: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Displacement (n, 3) and its gradient (n, 3, 3) of a unit K, along e, n, t."""
        one, two, three = np.eye(3)[mode]

        def field(angle: Any) -> Any:
            across = 4 * three * (1 + self._poisson) / self._young * np.sqrt(r / (2 * np.pi)) * np.sin(angle / 2)
            return np.stack([*near_tip(np, r, angle, self._young, self._poisson, (one, two), "strain"), across], axis=1)

        u = field(angle)
        turning = field(angle + 1j * TINY).imag / TINY / r[:, None]  # exact to rounding
        outward = 0.5 * u / r[:, None]
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        return u, np.stack([c * outward - s * turning, s * outward + c * turning, 0 * u], axis=2)

    def _integral(self, flow: FloatArray, along: FloatArray, rest: FloatArray, moved: list[FloatArray]) -> FloatArray:
        """∫ P:∇(q e) dV + ∫ q R dV + ∫ p u·n div(q e) dS over the lengths of the tents.

        Args:
            flow: P₁ⱼ, shape (n, 3).
            along: P₃₃.
            rest: R.
            moved: u along n on the loaded faces.
        """
        at = self._volume
        q, slope = self._ring(at.places)
        inside = flow[:, 0] * slope * at.places.ahead + flow[:, 1] * slope * at.places.above
        inside += q * (at.places.bend * along + rest)
        total = self._tents(at.places.along, at.weights * inside, at.weights * q * flow[:, 2] / at.places.stretch)
        for (p, on), w in zip(self._faces, moved, strict=True):
            q, slope = self._ring(on.places)
            spread = slope * on.places.ahead + q * on.places.bend
            total += self._tents(on.places.along, p * on.weights * on.side * w * spread)
        return np.asarray(self.state.mesh.comm.allreduce(total)) / self._lengths

    def _ring(self, places: Places) -> tuple[FloatArray, FloatArray]:
        """The weight across, and its slope with the radius over the radius."""
        r, width = places.radius, self.outer - self.inner
        x = np.clip((self.outer - r) / width, 0.0, 1.0)
        return x**2 * (3 - 2 * x), -6 * x * (1 - x) / (width * r)

    def _tents(self, w: FloatArray, values: FloatArray, slopes: FloatArray | None = None) -> FloatArray:
        """Sums over the points at w of values × tent + slopes × d tent/dw, for each place."""
        part = np.clip(w / self._spacing, 0, self._knots - 1).astype(np.int64)
        up = w / self._spacing - part
        rise = 0.0 if slopes is None else slopes / self._spacing
        ends = ((part, (1 - up) * values - rise), ((part + 1) % self._knots, up * values + rise))
        first, second = (np.bincount(knot, share, self._knots) for knot, share in ends)
        total = np.asarray(first + second, dtype=np.float64)
        return total if self._frame.closed else total[1:-1]

    def _compile(self) -> None:
        """Expressions of the state around the front."""
        u, stress = self.state["displacement"], self.state.quantity("stress", self.region)
        energy = self.state.quantity("elastic_energy", self.region)
        self._slope, self._stress, self._energy = map(self._volume.compiled, (ufl.grad(u), stress, energy))
        self._moved = [on.compiled(u) for _, on in self._faces]
        changes = strain_changes(self.state, self.region)
        # A gradient that is constant belongs to no mesh, where an expression must: u comes along.
        parts = ufl.as_vector([u[0], *(changes[i] for i in np.ndindex(3, 3, 3))])
        self._given = [] if isinstance(changes, Zero) else self._volume.compiled(parts)

    def _fields(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """∇u, σ and ∂_e ε* at the points, shape (n, 3, 3), along e, n, t."""
        at = self._volume
        slope, stress = (at.places.turned(at.evaluate(e)) for e in (self._slope, self._stress))
        if not self._given:
            return slope, stress, np.zeros((1, 3, 3))
        ahead = np.einsum("nijk,nk->nij", at.evaluate(self._given)[:, 1:].reshape(-1, 3, 3, 3), at.places.axes[:, 0])
        return slope, stress, at.places.turned(ahead)
