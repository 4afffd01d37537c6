"""Physics: one file each; a new one is a new file and a line here."""

from fem_ssb.physics.base import Physics
from fem_ssb.physics.capacitance import CPE, Capacitance
from fem_ssb.physics.cohesive import Cohesive, Fatigue
from fem_ssb.physics.conduction import Conduction
from fem_ssb.physics.contact import Contact, RoughContact
from fem_ssb.physics.coverage import Coverage
from fem_ssb.physics.crack_pressure import CrackPressure
from fem_ssb.physics.defects import DefectElectrons
from fem_ssb.physics.deposit import ConductingDeposit
from fem_ssb.physics.eigenstrain import AlongAxes, Eigenstrain, Near
from fem_ssb.physics.elasticity import Elasticity
from fem_ssb.physics.fracture import Cleavage, Fracture
from fem_ssb.physics.heat import Heat
from fem_ssb.physics.intercalation import Intercalation
from fem_ssb.physics.interphase import Interphase
from fem_ssb.physics.kinetics import ButlerVolmer
from fem_ssb.physics.mean_strain import MeanStrain
from fem_ssb.physics.plating import Plating
from fem_ssb.physics.rates import MarcusHushChidsey
from fem_ssb.physics.reduction import Reduction
from fem_ssb.physics.salt import Salt
from fem_ssb.physics.seebeck import Seebeck
from fem_ssb.physics.sheets import SheetConduction
from fem_ssb.physics.sliding_platen import SlidingPlaten
from fem_ssb.physics.space_charge import SpaceCharge
from fem_ssb.physics.space_charge_layer import SpaceChargeLayer
from fem_ssb.physics.vacancies import Vacancies

__all__ = [
    "CPE",
    "AlongAxes",
    "ButlerVolmer",
    "Capacitance",
    "Cleavage",
    "Cohesive",
    "ConductingDeposit",
    "Conduction",
    "Contact",
    "Coverage",
    "CrackPressure",
    "DefectElectrons",
    "Eigenstrain",
    "Elasticity",
    "Fatigue",
    "Fracture",
    "Heat",
    "Intercalation",
    "Interphase",
    "MarcusHushChidsey",
    "MeanStrain",
    "Near",
    "Physics",
    "Plating",
    "Reduction",
    "RoughContact",
    "Salt",
    "Seebeck",
    "SheetConduction",
    "SlidingPlaten",
    "SpaceCharge",
    "SpaceChargeLayer",
    "Vacancies",
]
