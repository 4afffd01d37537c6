"""C-rates: currents in terms of what the cell holds, 1C empties it in an hour.

    i = rate · Q/(1 h),    Q = F c_max V/A of a host,    Q = F V/(Ω A) of a metal

| symbol | meaning | unit |
|---|---|---|
| Q | capacity an area of collector | C/m² |
| c_max | concentration of the working metal in the full host | mol/m³ |
| Ω | molar volume of the metal | m³/mol |
| V, A | volume of the region in the mesh; area of the driven collector | m³, m² |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dolfinx import fem

from fem_ssb.constants import F
from fem_ssb.errors import InputError, number, unknown
from fem_ssb.units import hour

if TYPE_CHECKING:
    from fem_ssb.problem.state import State


@dataclass(frozen=True)
class C:
    """A current density as a C-rate: `CC(C(0.5), until=hours(2))`, `-C(1)` the other way.

    Args:
        rate: of the capacity, an hour.
        of: region whose inventory is the capacity; None = the host of the cell (all that it can hold), without any
            host the metal at the driven collector.
        capacity: nominal [C/m²], e.g. 3 * mAh_cm2, in place of an inventory.

    Raises:
        InputError: values out of range.
    """

    rate: float
    of: str | None = None
    capacity: float | None = None

    def __post_init__(self) -> None:
        number(self.rate, "C-rate [1/h]")
        if self.capacity is not None:
            number(self.capacity, "nominal capacity [C/m²]", above=0.0)
        if self.of is not None and self.capacity is not None:
            raise InputError("a C-rate is of a region or of a nominal capacity: give one of the two")

    def __neg__(self) -> C:
        return C(-self.rate, self.of, self.capacity)

    def __str__(self) -> str:
        return f"{self.rate:g}C"

    def density(self, state: State, collector: str) -> float:
        """Current density [A/m²] through a collector."""
        capacity = inventory(state, collector, self.of) if self.capacity is None else self.capacity
        return self.rate * capacity / hour


def inventory(state: State, collector: str, of: str | None = None) -> float:
    """Charge [C/m²] that a region holds when full, an area of a collector.

    Args:
        state: of a built model.
        collector: name of the boundary.
        of: region; None as in `C`.

    Raises:
        InputError: several hosts and none is named; a region that holds no metal.
    """
    hosts = tuple(r for r, m in state.materials.items() if "maximum_concentration" in m)
    if of is None and len(hosts) > 1:
        raise InputError(f"of which host is the C-rate? Name it: C(0.5, of='{hosts[0]}'); hosts: {', '.join(hosts)}")
    region = of or (hosts[0] if hosts else state.region_at(collector))
    if region not in (*hosts, *state.metals):
        raise unknown("region whose inventory a C-rate may be of", region, (*hosts, *state.metals))
    material = state.materials[region]
    if region in hosts:
        content = float(material["maximum_concentration"](298.15))
    else:
        content = 1 / float(material["molar_volume"](298.15))
    one = fem.Constant(state.domain, 1.0)
    volume, area = state.integrate(fem.form(one * state.dx(region)), fem.form(one * state.ds(collector)))
    return F * content * float(volume) / float(area)
