"""Physics: one file each; a new one is a new file and a line here."""

from fem_ssb.physics.base import Physics
from fem_ssb.physics.capacitance import CPE, Capacitance
from fem_ssb.physics.conduction import Conduction
from fem_ssb.physics.elasticity import Elasticity
from fem_ssb.physics.fracture import Fracture
from fem_ssb.physics.heat import Heat
from fem_ssb.physics.interphase import Interphase
from fem_ssb.physics.kinetics import ButlerVolmer
from fem_ssb.physics.plating import Plating
from fem_ssb.physics.sheets import SheetConduction
from fem_ssb.physics.space_charge import SpaceCharge

__all__ = [
    "CPE",
    "ButlerVolmer",
    "Capacitance",
    "Conduction",
    "Elasticity",
    "Fracture",
    "Heat",
    "Interphase",
    "Physics",
    "Plating",
    "SheetConduction",
    "SpaceCharge",
]
