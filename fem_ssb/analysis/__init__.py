"""Measurements on solved models: maps of interfaces, impedance."""

from fem_ssb.analysis.frequency import Spectrum, impedance
from fem_ssb.analysis.interfaces import InterfaceMap

__all__ = ["InterfaceMap", "Spectrum", "impedance"]
