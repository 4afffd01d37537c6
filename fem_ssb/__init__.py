"""fem_ssb: finite-element continuum mechanics of solid-state batteries, on DOLFINx and PETSc."""

from fem_ssb import parallel
from fem_ssb.analysis import impedance
from fem_ssb.errors import ConvergenceError, InputError
from fem_ssb.materials import Material, pair
from fem_ssb.mesh import NamedMesh, from_gmsh, from_image, read_msh, refine, write_mesh
from fem_ssb.microstructure import (
    Disc,
    Ellipse,
    Ellipsoid,
    GrainBoundaries,
    Laguerre,
    Pores,
    RandomSurface,
    Sinusoid,
    Sphere,
    Stack,
    Voids,
    Voronoi,
    grain_count,
)
from fem_ssb.physics import (
    CPE,
    ButlerVolmer,
    Capacitance,
    Cohesive,
    Conduction,
    CrackPressure,
    Elasticity,
    Fracture,
    Heat,
    Intercalation,
    Interphase,
    MarcusHushChidsey,
    Physics,
    Plating,
    Reduction,
    Salt,
    SheetConduction,
    SpaceCharge,
)
from fem_ssb.problem.capacity import C
from fem_ssb.problem.loads import Ambient, Convection, Current, Fixed, Flux, Ground, Moved, StackPressure, Voltage
from fem_ssb.problem.model import Model
from fem_ssb.problem.protocol import CC, CP, CV, Cycler, Rest, Sweep, charge, column, current, staircase, voltage
from fem_ssb.problem.result import Result
from fem_ssb.problem.waveforms import AC, Pulse
from fem_ssb.script import parameters

__version__ = "0.1.0"
parallel.install()

__all__ = [
    "AC",
    "CC",
    "CP",
    "CPE",
    "CV",
    "Ambient",
    "ButlerVolmer",
    "C",
    "Capacitance",
    "Cohesive",
    "Conduction",
    "Convection",
    "ConvergenceError",
    "CrackPressure",
    "Current",
    "Cycler",
    "Disc",
    "Elasticity",
    "Ellipse",
    "Ellipsoid",
    "Fixed",
    "Flux",
    "Fracture",
    "GrainBoundaries",
    "Ground",
    "Heat",
    "InputError",
    "Intercalation",
    "Interphase",
    "Laguerre",
    "MarcusHushChidsey",
    "Material",
    "Model",
    "Moved",
    "NamedMesh",
    "Physics",
    "Plating",
    "Pores",
    "Pulse",
    "RandomSurface",
    "Reduction",
    "Rest",
    "Result",
    "Salt",
    "SheetConduction",
    "Sinusoid",
    "SpaceCharge",
    "Sphere",
    "Stack",
    "StackPressure",
    "Sweep",
    "Voids",
    "Voltage",
    "Voronoi",
    "charge",
    "column",
    "current",
    "from_gmsh",
    "from_image",
    "grain_count",
    "impedance",
    "pair",
    "parameters",
    "read_msh",
    "refine",
    "staircase",
    "voltage",
    "write_mesh",
]
