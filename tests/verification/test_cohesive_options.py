"""Cohesive interfaces with mixed modes, relaxation and fatigue: one interface between two rigid blocks.

The blocks are 1e5 times as stiff as the interface, so the opening is what the boundaries do. K = 50σ_c²/G_I and
δ₀ = σ_c/K.

Mixed modes. Moved at the angle θ to the normal the share of sliding in the energy is
B = β² sin²θ/(cos²θ + β² sin²θ), and parting them costs G_I + (G_II − G_I)B^η (Benzeggagh & Kenane 1996), for either
curve.
Relaxation. Opened at once to δ and held, D = D(δ)(1 − exp(−t/τ)); implicit steps give 1 − (1 + Δt/τ)^{−n}.
Turning. Whatever the path of the jump g, the work Σ½(t₀ + t₁)·(g₁ − g₀) is what is stored and lost after each step.
Fatigue. Opened to δ_m < δ₀ and closed again, dD = ⟨δ/κ − f⟩dδ/δ_Σ gives (δ_m − fκ)²/(2κδ_Σ) a cycle, with
κ = δ₀δ_f/(δ_f − D(δ_f − δ₀)) of the bilinear curve; nothing for δ_m < fδ₀, and no more when κ has reached δ_m/f.
"""

import itertools

import numpy as np
import pytest
from cells import total
from dolfinx import fem
from test_cohesive_interfaces import STRENGTH, TOUGHNESS, blocks

import fem_ssb as ssb
from fem_ssb.units import mm

K = 50 * STRENGTH**2 / TOUGHNESS
FIRST, LAST = STRENGTH / K, 2 * TOUGHNESS / STRENGTH
pytestmark = pytest.mark.system("B6")


class Rigid:
    """Two rigid blocks with an interface, moved apart."""

    def __init__(self, comm, law, angle=0.0, more=()):
        self.comm = comm
        mesh = blocks(comm, young=1e5 * K * 1 * mm, poisson=0.0, n=1)
        self.model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"lower|upper": law}), *more])
        self.turn(angle)
        for axis in (0, 1):
            self.model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=axis))
            self.model.apply(ssb.Fixed("displacement", "top", lambda t, a=axis: self.parts[a] * t, component=axis))
        self.state = self.model.state
        self.lost = fem.form(self.model.physics[0].columns(self.state)["cohesive energy"])

    def turn(self, angle):
        """Move at an angle to the normal from now on."""
        self.parts = (np.sin(angle), np.cos(angle))

    def move(self, opening, dt=1.0):
        """Normal traction [Pa] and lost energy [J/m²] at an opening."""
        self.state.time.value = opening
        self.model.solve(dt)
        stress = total(self.comm, self.state.quantity("stress", "upper")[1, 1] * self.state.dx("upper")) / (0.5 * mm**2)
        energy = float(self.state.integrate(self.lost)[0]) / mm
        self.model.accept()
        return stress, energy

    def damage(self, opening=0.1 * FIRST):
        """D, from the traction at a small opening."""
        return 1 - self.move(opening)[0] / (K * opening)


def test_pressure_acts_on_what_is_broken(verify, comm):
    """Opened, then half closed: D stays."""
    pressure, largest = 0.2 * STRENGTH, 2 * FIRST
    damage = LAST / (LAST - FIRST) * (1 - FIRST / largest)
    pushed = ssb.CrackPressure(pressure, interface="lower|upper")
    pair = Rigid(comm, ssb.Cohesive(STRENGTH, TOUGHNESS), more=[pushed])
    for opening in (largest, largest / 2):
        exact = (1 - damage) * K * opening - damage * pressure
        what = f"half broken interface under pressure, opened by {opening / FIRST:g} δ₀: traction [Pa]"
        verify(pair.move(opening)[0], exact, rtol=1e-3, what=what, source="(1 − D)Kδ − pD")


def test_what_is_broken_from_the_start_counts_as_lost(verify, comm):
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, relaxation=1.0, initial=lambda x: 1.0)
    _, lost = Rigid(comm, law).move(0.1 * FIRST)
    verify(lost, TOUGHNESS, rtol=1e-9, what="energy lost at an interface that is broken [J/m²]", source="its toughness")


@pytest.mark.parametrize(
    "shape, degrees", [*(("bilinear", angle) for angle in (0, 35, 60, 90)), ("exponential", 0), ("exponential", 60)]
)
def test_mixed_modes(verify, comm, shape, degrees):
    """The sum of the lost energy is exact for the bilinear curve in any steps, second order for the exponential."""
    shear, second, power = 1.5, 3 * TOUGHNESS, 1.8
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, shape=shape, shear=shear, shear_toughness=second, mixity=power)
    angle = np.radians(degrees)
    pair = Rigid(comm, law, angle)
    share = (shear * np.sin(angle)) ** 2 / (np.cos(angle) ** 2 + (shear * np.sin(angle)) ** 2)
    expected = TOUGHNESS + (second - TOUGHNESS) * share**power
    if shape == "bilinear":
        moves, rtol = [0.5 * FIRST, 0.6 * LAST, 1.5 * LAST, 4 * LAST], 1e-4
    else:
        moves, rtol = np.geomspace(FIRST, 14 * LAST, 80), 0.01
    energies = [pair.move(move)[1] for move in moves]
    what = f"{shape}, moved at {degrees}°: energy lost [J/m²]"
    verify(energies[-1], expected, rtol=rtol, what=what, source="Benzeggagh & Kenane (1996)")
    assert all(later >= earlier for earlier, later in itertools.pairwise(energies))


def test_damage_stays_when_the_mode_changes(verify, comm):
    """Partly opened, then slid by as much, where the curve is tougher: the interface does not heal."""
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, shear_toughness=3 * TOUGHNESS)
    pair = Rigid(comm, law)
    pair.move(0.3 * LAST)
    opened = pair.damage()
    pair.turn(np.pi / 2)
    pair.move(0.3 * LAST)
    pair.turn(0.0)
    verify(pair.damage(), opened, rtol=1e-6, what="damage after the mode has changed", source="D never falls")


def test_relaxation(verify, comm):
    opening, time = 0.3 * LAST, 1.0
    sound = LAST / (LAST - FIRST) * (1 - FIRST / opening)
    errors = []
    for steps in (5, 10, 20):
        pair = Rigid(comm, ssb.Cohesive(STRENGTH, TOUGHNESS, relaxation=time))
        tractions = [pair.move(opening, 1.5 * time / steps)[0] for _ in range(steps)]
        damage = 1 - tractions[-1] / (K * opening)
        implicit = sound * (1 - (1 + 1.5 / steps) ** -steps)
        what = f"relaxing damage after 1.5τ, {steps} steps"
        verify(damage, implicit, rtol=1e-3, what=what, source="1 − (1 + Δt/τ)^{−n}")
        errors.append(abs(damage / sound - (1 - np.exp(-1.5))))
    verify.trend(errors, "falling", what="relaxing damage: error at 5, 10, 20 steps", source="1 − exp(−t/τ)")
    verify.below(errors[-1], 0.02, what="relaxing damage: error at 20 steps", source="1 − exp(−t/τ)")


def test_energy_of_a_jump_that_turns(verify, comm):
    """From opening to sliding while damage grows: its size alone in place of the jump would be wrong by percents."""
    pair = Rigid(comm, ssb.Cohesive(STRENGTH, TOUGHNESS, shear=1.5, relaxation=1.0))
    columns = pair.model.physics[0].columns(pair.state)
    energies = [fem.form(columns[name]) for name in ("elastic energy", "cohesive energy")]
    moved, force, work, surplus = np.zeros(2), np.zeros(2), 0.0, []
    for opening, angle in zip(np.linspace(0.05, 0.6, 8) * LAST, np.radians(np.linspace(0, 80, 8)), strict=True):
        pair.turn(angle)
        pair.state.time.value = opening
        pair.model.solve(0.5)
        before, moved = moved, opening * np.array(pair.parts)
        last, force = force, np.array([pair.model.balances.force("top", axis) for axis in (0, 1)])
        work += (last + force) @ (moved - before) / 2
        surplus.append((sum(map(float, pair.state.integrate(*energies))) - work) / work)
        pair.model.accept()
    found = np.abs(surplus).max()
    verify.below(found, 1e-6, what="turning jump: |stored + dissipated − work|/work", source="energy, trapezoidal rule")


def test_fatigue(verify, comm):
    limit, length = 0.25, 2 * FIRST
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, fatigue=ssb.Fatigue(length, limit))
    pair, damage, lost = Rigid(comm, law), 0.0, 0.0
    for cycle in range(1, 9):
        energies = [pair.move(move * FIRST)[1] for move in (0.3, 0.6, 0.0)]
        kappa = FIRST * LAST / (LAST - damage * (LAST - FIRST))
        rises = [(move * FIRST - limit * kappa) ** 2 / (2 * kappa * length) for move in (0.3, 0.6)]
        damage += rises[1]
        lost += K / 2 * FIRST**2 * (0.3**2 * rises[0] + 0.6**2 * (rises[1] - rises[0]))
        if cycle in (1, 8):
            what = f"fatigue: energy lost in {cycle} cycles [J/m²]"
            verify(energies[-1], lost, rtol=0.02, what=what, source="½Kδ² at the end of each of two steps")
            found = pair.damage()
            what = f"fatigue: damage after {cycle} cycles to 0.6 δ₀"
            verify(found, damage, rtol=0.01, what=what, source="(δ_m − fκ)²/(2κδ_Σ) a cycle")
    gentle = Rigid(comm, law)
    for move in (0.2, 0.0, 0.2, 0.0):
        gentle.move(move * FIRST)
    verify(gentle.damage(), 0.0, atol=1e-4, what="fatigue: damage below the limit", source="endurance")
