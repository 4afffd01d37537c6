"""Materials: laws of the temperature, and a library in which every number says where it is from."""

from .creep import PowerLawCreep
from .entry import Entry, Row
from .laws import VTF, Anisotropic, Arrhenius, Constant, Curve, Interpolated, Law, Polynomial, UserLaw, Varied
from .library import available
from .material import Material
from .pairs import Pair, pair
from .properties import MATERIAL_PROPERTIES, PAIR_PROPERTIES
from .relaxation import PronySeries
from .stiffness import (
    CubicStiffness,
    HexagonalStiffness,
    IsotropicStiffness,
    Moduli,
    Stiffness,
    rotate_stiffness,
    voigt_reuss_hill,
)
from .strength import SizedYield, lithium_yield

__all__ = [
    "MATERIAL_PROPERTIES",
    "PAIR_PROPERTIES",
    "VTF",
    "Anisotropic",
    "Arrhenius",
    "Constant",
    "CubicStiffness",
    "Curve",
    "Entry",
    "HexagonalStiffness",
    "Interpolated",
    "IsotropicStiffness",
    "Law",
    "Material",
    "Moduli",
    "Pair",
    "Polynomial",
    "PowerLawCreep",
    "PronySeries",
    "Row",
    "SizedYield",
    "Stiffness",
    "UserLaw",
    "Varied",
    "available",
    "lithium_yield",
    "pair",
    "rotate_stiffness",
    "voigt_reuss_hill",
]
