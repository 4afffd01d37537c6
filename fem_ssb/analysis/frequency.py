"""Impedance: the answer of a cell at rest or under current to a small alternating current, at any frequency.

With δu e^{jωt} on top of the present state the residuals F(u, ∂u/∂t) give

    (K + jω M + Σ (jω)^a P) δu = δf,    Z = δV/δi

K = ∂F/∂u, M = ∂F/∂(∂u/∂t), P the constant-phase elements, δf a unit current density into the collector. K and M are the
model's own Jacobian at infinite and at vanishing step of time: whatever a physics stores takes part, without a second
set of equations. PETSc is built real, so the system is solved as [[Re, −Im], [Im, Re]], directly; the symbolic
factorisation is done once. Thickness, displacement and damage stay where they are: above a millihertz they do not
follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem
from petsc4py import PETSc
from scipy.optimize import nnls

from fem_ssb.errors import ConvergenceError, InputError
from fem_ssb.physics.capacitance import Capacitance
from fem_ssb.physics.reduction import Reduction
from fem_ssb.problem.boundary import POTENTIALS
from fem_ssb.problem.loads import Condition
from fem_ssb.solvers.newton import BlockNewton
from fem_ssb.solvers.presets import DIRECT
from fem_ssb.spaces.assembly import assembled

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model

FROZEN = ("metal_thickness", "interphase_thickness", "coverage_growth", "displacement", "damage")
LONG = 1e30  # s: nothing is stored in a step as long, all in one as short as its inverse


@dataclass(frozen=True)
class Spectrum:
    """Impedance by frequency.

    Attributes:
        frequency: [Hz], as asked.
        impedance: complex [Ω m²].
    """

    frequency: npt.NDArray[np.float64]
    impedance: npt.NDArray[np.complex128]

    def relaxation_times(
        self, times: npt.ArrayLike | None = None, regularisation: float = 1e-3
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Distribution of relaxation times: Z(ω) = R_∞ + Σ r_k/(1 + jωτ_k) with r_k ≥ 0.

        Tikhonov-regularised non-negative least squares on real and imaginary parts (Wan, Saccoccio, Chen & Ciucci,
        Electrochim. Acta 184 (2015) 483, with a ridge in place of derivatives).

        Args:
            times: τ_k [s]; None = ten a decade over the measured range.
            regularisation: weight of Σ r_k² against the misfit, both relative to the resistance.

        Returns:
            τ_k [s] and r_k [Ω m²].
        """
        omega = 2 * np.pi * self.frequency
        if times is None:
            slow, fast = np.log10(1 / omega.min()) + 0.5, np.log10(1 / omega.max()) - 0.5
            times = np.logspace(fast, slow, int(10 * (slow - fast)) + 1)
        tau = np.asarray(times, dtype=float)
        kernel = 1 / (1 + 1j * np.outer(omega, tau))
        size = np.abs(self.impedance).max()
        matrix = np.block([[np.ones((len(omega), 1)), kernel.real], [np.zeros((len(omega), 1)), kernel.imag]])
        ridge = regularisation * np.eye(len(tau) + 1)[1:]
        right = np.concatenate([self.impedance.real, self.impedance.imag, np.zeros(len(tau))]) / size
        return tau, nnls(np.vstack([matrix, ridge]), right)[0][1:] * size

    def plot(self, path: str | Path) -> Path:
        """Nyquist and Bode diagrams and the relaxation times as a PNG. Not collective: call it on one rank."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 3.4), layout="constrained")
        nyquist, bode, drt = figure.subplots(1, 3)
        Z = self.impedance * 1e4
        nyquist.plot(Z.real, -Z.imag, ".-")
        nyquist.set(xlabel="Re Z (Ω cm²)", ylabel="−Im Z (Ω cm²)", aspect="equal", adjustable="datalim")
        bode.loglog(self.frequency, np.abs(Z), ".-")
        bode.set(xlabel="frequency (Hz)", ylabel="|Z| (Ω cm²)")
        phase = bode.twinx()
        phase.semilogx(self.frequency, np.angle(Z, deg=True), "C1.-")
        phase.set_ylabel("phase (°)")
        tau, r = self.relaxation_times()
        drt.semilogx(tau, r * 1e4)
        drt.set(xlabel="relaxation time (s)", ylabel="share of the resistance (Ω cm²)")
        path = Path(path)
        figure.savefig(path, dpi=150)
        return path


def impedance(model: Model, frequencies: npt.ArrayLike) -> Spectrum:
    """Impedance of a model around its present state (solve it first). Collective.

    Args:
        model: with a current (or a cycler's current or rest) at one collector and a ground at the other.
        frequencies: [Hz], above zero.

    Returns:
        The spectrum, the same on all ranks.

    Raises:
        InputError: frequencies that are not above zero; a cell whose voltage is held, or with lithium that a
            `Reduction` has found.
        ConvergenceError: a factorisation fails.
    """
    f = np.atleast_1d(np.asarray(frequencies, dtype=float))
    if f.ndim != 1 or not f.size or not (np.isfinite(f).all() and (f > 0).all()):
        raise InputError("frequencies [Hz] must be numbers above zero")
    state = model.state
    collector = _collector(model)
    if any(isinstance(p, Reduction) and p.begun(state) for p in model.physics):
        raise InputError(
            "what lithium within an electrolyte conducts and gives back is told by a step of time, which an impedance "
            "has not: take it before any has formed"
        )
    system = _System(model)
    right, mean = system.load(collector)
    dt = float(state.dt.value)
    try:
        K, M, phases = system.matrices()
    finally:
        state.dt.value = dt
    area = model.boundary_conditions.area(collector.boundary)
    solver = _ComplexSolver(K, [M, *(P for _, P in phases)], model.mesh.comm)
    found = []
    for omega in 2 * np.pi * f:
        factors = [1j * omega, *((1j * omega) ** a for a, _ in phases)]
        found.append(solver.solve(factors, right, mean) / area)
    return Spectrum(f, np.array(found))


class _System:
    """Jacobians of the fields that follow an alternating current, scaled as in Newton's method."""

    def __init__(self, model: Model):
        state = self.state = model.state
        self.names = [n for n, field in state.fields.items() if field.bounds is None and n not in FROZEN]
        elements = [e for p in model.physics if isinstance(p, Capacitance) for e in p.constant_phase(state)]
        self.switches = [fem.Constant(state.domain, 0.0) for _ in elements]
        self.exponents = [a for a, _ in elements]
        residuals = {n: model.residuals[n] for n in self.names}
        for switch, (_, forms) in zip(self.switches, elements, strict=True):
            for row, form in forms.items():
                residuals[row] = residuals[row] + switch * form
        conditions = model.boundary_conditions
        self.newton = BlockNewton(
            [state.fields[n] for n in self.names],
            [state[n] for n in self.names],
            [residuals[n] for n in self.names],
            [bc for n in self.names for bc in conditions.held(n)],
            prefix=f"{model.prefix}impedance_",
            options=DIRECT,
        )

    def matrices(self) -> tuple[PETSc.Mat, PETSc.Mat, list[tuple[float, PETSc.Mat]]]:
        """K, M and (a, P) of the constant-phase elements, all of one pattern."""
        K = self._jacobian(LONG)
        M = self._jacobian(1 / LONG)
        phases = []
        for switch, a in zip(self.switches, self.exponents, strict=True):
            switch.value = LONG
            phases.append((a, self._jacobian(LONG)))
            switch.value = 0.0
            phases[-1][1].scale(1 / LONG)
        M.scale(1 / LONG)
        return K, M, phases

    def _jacobian(self, dt: float) -> PETSc.Mat:
        self.state.dt.value = dt
        return self.newton.linearise().copy()

    def load(self, c: Condition) -> tuple[np.ndarray, np.ndarray]:
        """Owned entries: scaled load of a unit current density, and the weights of ∫δV ds in the scaled answer."""
        form = fem.form(self.state.test(c.field) * self.state.ds(c.boundary))
        owned = assembled(form)
        k, field = self.names.index(c.field), self.state.fields[c.field]
        block = self.newton.block(k)
        right = np.zeros(self.newton.matrix.getLocalSize()[0])
        mean = right.copy()
        right[block], mean[block] = owned / field.flux, owned * field.scale
        return right, mean


class _ComplexSolver:
    """(K + Σ s_k M_k) x = b with complex s_k, as a real system of twice the size."""

    def __init__(self, K: PETSc.Mat, parts: Sequence[PETSc.Mat], comm: Any):
        self.real = [_pair(A, None) for A in (K, *parts)]
        self.imaginary = [_pair(None, A) for A in parts]
        self.matrix = _nest([[K, K], [K, K]])  # all parts have K's pattern
        self.x, self.b = self.matrix.createVecRight(), self.matrix.createVecLeft()
        self.ksp = PETSc.KSP().create(comm)
        self.ksp.setType(PETSc.KSP.Type.PREONLY)
        pc = self.ksp.getPC()
        pc.setType(PETSc.PC.Type.LU)
        pc.setFactorSolverType("mumps")
        self.ksp.setOperators(self.matrix)

    def solve(self, factors: Sequence[complex], right: np.ndarray, mean: np.ndarray) -> complex:
        """mean·x for one set of s_k."""
        A = self.matrix
        subset: Any = PETSc.Mat.Structure.SUBSET_NONZERO_PATTERN
        A.zeroEntries()
        A.axpy(1.0, self.real[0], subset)
        for s, re, im in zip(factors, self.real[1:], self.imaginary, strict=True):
            A.axpy(s.real, re, subset)
            A.axpy(s.imag, im, subset)
        n = len(right)
        self.b.array_w[:n], self.b.array_w[n:] = right, 0.0
        self.ksp.setOperators(A)
        self.ksp.solve(self.b, self.x)
        reason: Any = self.ksp.getConvergedReason()
        if reason <= 0:
            raise ConvergenceError("the impedance's linear system could not be factorised: is the cell connected?")
        x = self.x.array_r
        local = np.array([mean @ x[:n], mean @ x[n:]])
        re, im = self.ksp.comm.tompi4py().allreduce(local)
        return complex(re, im)


def _pair(real: Any, imaginary: Any) -> PETSc.Mat:
    """[[A, 0], [0, A]] of a real part, [[0, −A], [A, 0]] of an imaginary one."""
    if imaginary is None:
        return _nest([[real, None], [None, real]])
    negative = imaginary.copy()
    negative.scale(-1.0)
    return _nest([[None, negative], [imaginary, None]])


def _nest(blocks: Any) -> PETSc.Mat:
    return PETSc.Mat().createNest(blocks).convert(PETSc.Mat.Type.AIJ)


def _collector(model: Model) -> Condition:
    """The collector where the current is prescribed."""
    model.build()
    conditions = model.boundary_conditions
    driven = [c for c in model.conditions if c.field in POTENTIALS and not c.source.startswith("ground")]
    if len(driven) != 1 or conditions.is_held(driven[0]):
        raise InputError(
            "an impedance needs one collector whose current is prescribed and a ground: "
            "apply Current(0.0, into=…) for a cell at rest"
        )
    return driven[0]
