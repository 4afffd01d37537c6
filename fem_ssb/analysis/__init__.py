"""Measurements on solved models: maps of interfaces, fluxes through boundaries, impedance, effective properties."""

from fem_ssb.analysis.buckling import buckling
from fem_ssb.analysis.consumption import Consumption, consumption
from fem_ssb.analysis.crack_front import CrackFront
from fem_ssb.analysis.crack_path import CrackPath, crack_path
from fem_ssb.analysis.crack_tip import CrackTip, williams
from fem_ssb.analysis.distribution import Distribution, current_distribution
from fem_ssb.analysis.effective import effective_conductivity
from fem_ssb.analysis.filled_flaw import FilledFlaw, crack_opening
from fem_ssb.analysis.flux import BoundaryFlux
from fem_ssb.analysis.frequency import Spectrum, impedance
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.analysis.kink import kink
from fem_ssb.analysis.leakage import Leakage, leakage
from fem_ssb.analysis.morphology import specific_area, volume_fractions
from fem_ssb.analysis.nucleation import Nucleation
from fem_ssb.analysis.percolation import Percolation, percolation
from fem_ssb.analysis.resistance import resistance_parts
from fem_ssb.analysis.stack_life import StackLife, crack_filling, void_closure
from fem_ssb.analysis.stiffness import effective_stiffness
from fem_ssb.analysis.transference import Polarisation, bruce_vincent

__all__ = [
    "BoundaryFlux",
    "Consumption",
    "CrackFront",
    "CrackPath",
    "CrackTip",
    "Distribution",
    "FilledFlaw",
    "InterfaceMap",
    "Leakage",
    "Nucleation",
    "Percolation",
    "Polarisation",
    "Spectrum",
    "StackLife",
    "bruce_vincent",
    "buckling",
    "consumption",
    "crack_filling",
    "crack_opening",
    "crack_path",
    "current_distribution",
    "effective_conductivity",
    "effective_stiffness",
    "impedance",
    "kink",
    "leakage",
    "percolation",
    "resistance_parts",
    "specific_area",
    "void_closure",
    "volume_fractions",
    "williams",
]
