"""Transference number by the steady-state current of a polarised cell (Bruce and Vincent).

A small voltage ΔV on metal | salt electrolyte | metal drives the current I₀ at first and I_s when the concentration
no longer changes; with the resistances R₀ and R_s of both electrodes then,

    t_BV = I_s (ΔV − I₀ R₀) / [I₀ (ΔV − I_s R_s)] = 1/(1 + Ne),    Ne = 2RTκ χ (1 − t₊)²/(F² D c)

Ne, the ratio of diffusion to ohmic drop, follows from i = −κ(∇φ − g) with D∇c = −(1 − t₊) i/F. With Nernst and
Einstein's κ in an ideal solution it is (1 − t₊)/t₊, and t_BV = t₊; in a concentrated one t_BV is a number of its own,
the fraction of the current that is left.

Sources: Bruce & Vincent, J. Electroanal. Chem. 225 (1987) 1; Balsara & Newman, J. Electrochem. Soc. 162 (2015) A2720.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fem_ssb.analysis.resistance import resistance_parts
from fem_ssb.errors import InputError
from fem_ssb.physics.salt import Salt
from fem_ssb.problem.boundary import POTENTIALS

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model

AT_ONCE, AT_LAST = 1e-9, 1e6  # of the diffusion time: nothing has diffused, everything has


@dataclass(frozen=True)
class Polarisation:
    """What is read off a polarised cell.

    Attributes:
        voltage: ΔV [V].
        currents: I₀ and I_s [A/m²].
        resistances: R₀ and R_s of both electrodes together [Ω m²].
    """

    voltage: float
    currents: tuple[float, float]
    resistances: tuple[float, float]

    @property
    def transference_number(self) -> float:
        """t_BV."""
        (I0, Is), (R0, Rs) = self.currents, self.resistances
        return Is * (self.voltage - I0 * R0) / (I0 * (self.voltage - Is * Rs))


def bruce_vincent(model: Model) -> Polarisation:
    """Polarise a cell from rest: its current at once and at last; collective.

    Args:
        model: at rest, with a `Salt`, a small voltage at one collector and a ground at the other.

    Returns:
        Voltage, currents and resistances; `transference_number` is made of them.

    Raises:
        InputError: no salt, or the voltage of no collector is held.
    """
    state = model.state
    salt = next((p for p in model.physics if isinstance(p, Salt)), None)
    if salt is None:
        raise InputError("a transference number is that of a salt: add Salt(…) to the physics")
    driven = [c for c in model.conditions if c.field in POTENTIALS and not c.source.startswith("ground")]
    if len(driven) != 1 or not model.boundary_conditions.is_held(driven[0]):
        raise InputError("hold the voltage of one collector: model.apply(Voltage(0.01, at=…))")
    collector = driven[0]
    area = model.boundary_conditions.area(collector.boundary)
    currents, resistances = [], []
    for share in (AT_ONCE, AT_LAST):
        model.solve(dt=share * salt.diffusion_time(state))
        currents.append(model.balances.reaction(collector.field, collector.boundary) / area)
        parts = resistance_parts(model)
        resistances.append(sum(parts[name] for name in state.electrodes))
    voltage = model.boundary_conditions.mean(collector.field, collector.boundary)
    return Polarisation(voltage, (currents[0], currents[1]), (resistances[0], resistances[1]))
