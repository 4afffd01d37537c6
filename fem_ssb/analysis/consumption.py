"""Metal that an interphase has consumed: what has grown of the layer holds it, and the current never brings it back.

    q = F(L − L₀)/v,    n = q/F,    h = Ω q/F

| symbol | meaning | unit |
|---|---|---|
| q | charge of the metal in the layer, an area of interface; mean over it | C/m² |
| n, h | its amount, and its thickness as dense metal | mol/m², m |
| L, L₀ | thickness of the layer, now and at the start | m |
| v | volume of layer a mole of electrons makes | m³/mol |
| Ω | molar volume of the metal | m³/mol |

With `Plating` the metal's thickness at an electrode is that of Faraday's law for the current less h, so that metal and
layers together keep what they had. Source: Faraday's law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from dolfinx import fem

from fem_ssb.constants import F
from fem_ssb.errors import unknown

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model
    from fem_ssb.problem.result import Result

Values = float | npt.NDArray[np.float64]


@dataclass(frozen=True)
class Consumption:
    """Metal consumed at an interface, at one time or over the times of a history.

    Attributes:
        charge: q [C/m²].
        molar_volume: Ω of the metal at 298.15 K [m³/mol].
    """

    charge: Values
    molar_volume: float

    @property
    def amount(self) -> Values:
        """n [mol/m²]."""
        return self.charge / F

    @property
    def thickness(self) -> Values:
        """h [m]."""
        return self.amount * self.molar_volume


def consumption(model: Model, interface: str, result: Result | None = None) -> Consumption:
    """Metal that the interphase at an electrode has consumed; collective.

    Args:
        model: with an `Interphase`; solved.
        interface: such as "anode|separator".
        result: of a run of this model: what was consumed at each of its times, in place of the present.

    Raises:
        InputError: no interphase grows there.
    """
    state = model.state
    grows = state.provided("consumed_metal")
    name = interface if interface in grows else "|".join(reversed(interface.split("|")))
    if name not in grows:
        raise unknown("interface at which an interphase grows", interface, grows)
    if result is None:
        total = fem.form(state.quantity("consumed_metal", name) * state.dS(name))
        charge: Values = float(state.integrate(total)[0]) / state.area(name)
    else:
        charge = np.asarray(result[f"charge consumed by interphase {name} [C/m2]"])
    metal = state.materials[name.split("|")[0]]
    return Consumption(charge, float(metal["molar_volume"](298.15)))
