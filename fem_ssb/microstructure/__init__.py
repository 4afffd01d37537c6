"""Geometry of the microstructure: stacks of layers, grains, pores. Imports neither MPI nor DOLFINx nor Gmsh."""

from fem_ssb.microstructure.boundaries import GrainBoundaries
from fem_ssb.microstructure.bricks import Bricks
from fem_ssb.microstructure.composite import Composite, Phase, Profile
from fem_ssb.microstructure.cracks import Crack, Notch, Penny, Sheet, Slit
from fem_ssb.microstructure.fibres import FibreNetwork
from fem_ssb.microstructure.grains import Grains
from fem_ssb.microstructure.grooves import Groove
from fem_ssb.microstructure.laguerre import Laguerre, grain_count
from fem_ssb.microstructure.mixture import Mixture
from fem_ssb.microstructure.neper import Neper
from fem_ssb.microstructure.packed import Binder, Coat, Packing
from fem_ssb.microstructure.pores import Pores
from fem_ssb.microstructure.roughness import RandomSurface, Roughness, Sinusoid
from fem_ssb.microstructure.shapes import Disc, Ellipse, Ellipsoid, Filament, Sphere, Spheroid
from fem_ssb.microstructure.stack import Layer, Stack
from fem_ssb.microstructure.texture import FibreTexture, OrientationFile, Texture
from fem_ssb.microstructure.voids import Voids
from fem_ssb.microstructure.voronoi import Voronoi

__all__ = [
    "Binder",
    "Bricks",
    "Coat",
    "Composite",
    "Crack",
    "Disc",
    "Ellipse",
    "Ellipsoid",
    "FibreNetwork",
    "FibreTexture",
    "Filament",
    "GrainBoundaries",
    "Grains",
    "Groove",
    "Laguerre",
    "Layer",
    "Mixture",
    "Neper",
    "Notch",
    "OrientationFile",
    "Packing",
    "Penny",
    "Phase",
    "Pores",
    "Profile",
    "RandomSurface",
    "Roughness",
    "Sheet",
    "Sinusoid",
    "Slit",
    "Sphere",
    "Spheroid",
    "Stack",
    "Texture",
    "Voids",
    "Voronoi",
    "grain_count",
]
