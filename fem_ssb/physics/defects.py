r"""Electrons and holes of an electrolyte by its potential against the metal (defect chemistry).

    σ_e = σ_e° [n exp(−u) + p exp(u)],    u = F(ψ − φ)/RT

| symbol | meaning | unit |
|---|---|---|
| ψ − φ | potential against the metal: 0 in contact with it, a cathode's at its contact | V |
| σ_e° | the material's electronic conductivity | S/m |
| n, p | shares of electrons and holes in it, in contact with the metal | – |

The metal's activity is exp(−u): electrons fall with the potential, holes rise. Polarised with a contact that blocks
the ions (a boundary where ψ alone is held), a sample of length L carries, after Hebb and Wagner,

    i = (RT/F) (σ_e°/L) [n (1 − exp(−U)) + p (exp(U) − 1)],    U = FV/RT.

Sources: Wagner, Proc. 7th Meeting CITCE, Lindau 1955 (1957) 361; Maier, Physical Chemistry of Ionic Materials (2004).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fem_ssb.constants import F, R
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.physics.rates import limited_exp
from fem_ssb.problem.state import State


class DefectElectrons(Physics):
    """Electronic conductivity of electrolytes that follows the potential against the metal.

    Args:
        electrons: n, share of the material's electronic conductivity at the metal that electrons carry.
        holes: p, share of holes there; with a band gap of some volts it is tiny.
        regions: electrolytes that `Conduction(electronic=…)` names; None = all of those.

    Raises:
        InputError: shares below 0 or both 0; when the model is built, regions without electrons, two physics that
            change the same conductivity.
    """

    def __init__(self, electrons: float = 1.0, holes: float = 0.0, regions: Sequence[str] | None = None):
        self.electrons = number(electrons, "share of electrons", least=0.0)
        self.holes = number(holes, "share of holes", least=0.0)
        if not electrons + holes:
            raise InputError("a conductivity has electrons or holes: give one a share above 0")
        self.regions = (regions,) if isinstance(regions, str) else None if regions is None else tuple(regions)

    def announce(self, state: State) -> None:
        """n exp(−u) + p exp(u)."""
        mixed = tuple(r for r in state.electrolytes if "electronic_conductivity" in state.materials[r])
        for r in self.regions or ():
            if r not in mixed:
                raise unknown("electrolyte that conducts electrons", r, mixed)
        for r in self.regions or mixed:
            state.provide_factor("electron_share", r, partial(self._share, state))

    def _share(self, state: State) -> Any:
        u = F * (state["electronic_potential"] - state["ionic_potential"]) / (R * state["temperature"])
        return self.electrons * limited_exp(-u) + self.holes * limited_exp(u)
