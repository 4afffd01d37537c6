"""Function spaces that break where we say: jumps across chosen facets, fields on some regions, traces, tied dofs."""

from fem_ssb.spaces.broken import broken_space
from fem_ssb.spaces.curvature import interface_curvature
from fem_ssb.spaces.facets import oriented_entities
from fem_ssb.spaces.periodic import PeriodicPair
from fem_ssb.spaces.space import Space
from fem_ssb.spaces.split import split_geometry
from fem_ssb.spaces.trace import trace_space

__all__ = [
    "PeriodicPair",
    "Space",
    "broken_space",
    "interface_curvature",
    "oriented_entities",
    "split_geometry",
    "trace_space",
]
