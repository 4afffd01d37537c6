"""Geometry of the microstructure: stacks of layers, grains, pores. Imports neither MPI nor DOLFINx nor Gmsh."""

from fem_ssb.microstructure.boundaries import GrainBoundaries
from fem_ssb.microstructure.pores import Pores
from fem_ssb.microstructure.stack import Layer, Stack
from fem_ssb.microstructure.voronoi import Voronoi

__all__ = ["GrainBoundaries", "Layer", "Pores", "Stack", "Voronoi"]
