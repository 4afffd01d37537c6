"""Lithium found within an electrolyte conducts electrons itself: what it adds to σ_e, and when the cell is shorted.

    σ_e = σ_e° + σ_Li [(ξ − ξ_c)₊/(1 − ξ_c)]^t

| symbol | meaning | unit |
|---|---|---|
| ξ | fraction of the volume that is reduced lithium | – |
| σ_Li | conductivity of the lithium | S/m |
| ξ_c | fraction from which on it hangs together | – |
| t | 1 for sheets or threads along the current, about 2 for a random network in space | – |

Lithium as a sheet of thickness h in a boundary that the mesh shows as a band of cells of width w has ξ = h/w there, and
with ξ_c = 0, t = 1 the sheet conductance σ_Li h. Balls at random in what hardly conducts have ξ_c = 1/3, t = 1 and
discs in the plane 1/2, 1, in Bruggeman's effective medium; what clusters below ξ_c add, ξσ_e°/(ξ_c − ξ), is left out.

With ξ_c a larger leak shorts earlier, each tenfold by the same time, as electrons must pass what does not hang together
yet. With ξ_c = 0 the time of the short hardly depends on a small leak: what has formed lets in the rest.
Sources: Bruggeman, Ann. Phys. 416 (1935) 636; Kirkpatrick, Rev. Mod. Phys. 45 (1973) 574 (t in space).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ufl

from fem_ssb.errors import number


@dataclass(frozen=True)
class ConductingDeposit:
    """Reduced lithium that conducts electrons, for `Reduction(deposit=…)`.

    Args:
        conductivity: σ_Li [S/m].
        threshold: ξ_c.
        exponent: t.
        shorts: electrode at which the run ends, as "shorted", when electrons carry `share` of the current, such as
            "counter|separator"; None = no end.
        share: of the current.

    Raises:
        InputError: values out of range.
    """

    conductivity: float
    threshold: float = 0.0
    exponent: float = 1.0
    shorts: str | None = None
    share: float = 0.99

    def __post_init__(self) -> None:
        number(self.conductivity, "conductivity of the deposit [S/m]", above=0.0)
        number(self.threshold, "fraction from which on the deposit hangs together", least=0.0, most=0.99)
        number(self.exponent, "exponent of the deposit's conductivity", least=1.0)
        number(self.share, "share of the current that electrons carry in a short", above=0.0, most=0.9999)

    def added(self, fraction: Any) -> Any:
        """What a fraction ξ adds to σ_e [S/m], as UFL."""
        joined = ufl.max_value(fraction - self.threshold, 0.0) / (1 - self.threshold)
        return self.conductivity * (joined if self.exponent == 1.0 else joined**self.exponent)
