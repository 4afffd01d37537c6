"""Every part that conducts must reach a place where its potential is held, or the potential there is anything.

Parts are found on the mesh before anything is solved: cells that carry ions or electrons, joined across the facets they
share, but for those of a metal with an electrolyte at which no reaction and no double layer joins the two potentials.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import vertices
from fem_ssb.problem.loads import Condition
from fem_ssb.problem.state import State
from fem_ssb.spaces.connected import connected_cells, parts_at

POTENTIALS = ("ionic_potential", "electronic_potential")
JOINING = ("reaction_current", "side_current", "stored_power")  # what a physics provides at an interface that joins


def refuse_cut_off(state: State, conditions: Sequence[Condition]) -> None:
    """Refuse parts of the cell that conduct but are cut off from every held potential. Collective.

    Raises:
        InputError: naming the current that has no path, or the region and place of the part.
    """
    mesh = state.mesh
    carriers = {name: set(state.fields[name].regions or mesh.region_names) for name in POTENTIALS if state.solved(name)}
    if not carriers or state.solved("electric_potential"):
        return
    conducting = set().union(*carriers.values())
    indices = [mesh.region_index(r) for r in sorted(conducting)]
    cells = np.isin(mesh.region_of_cell, indices)
    joined = {name for quantity in JOINING for name in state.provided(quantity)}
    shut = [name for name in mesh.interfaces if _shuts(name, carriers, conducting) and not _either(name) & joined]
    facets = np.concatenate([np.zeros(0, dtype=np.int32), *(mesh.interface(name).facets for name in shut)])
    part, count = connected_cells(mesh, cells, facets)
    potentials = [c for c in conditions if c.field in POTENTIALS]
    held = np.zeros(count, dtype=bool)
    for c in potentials:
        if c.held or c.exchange:
            held |= parts_at(mesh, part, count, c.boundary)
    if held.all():
        return
    for c in potentials:
        if not c.held and not (parts_at(mesh, part, count, c.boundary) & held).any():
            ends = sorted({other.boundary for other in potentials if other.held})
            raise InputError(
                f"the {c.source} has no path to a held potential (at {', '.join(ends)}): layers that "
                "conduct must touch, and ButlerVolmer must join metals with electrolytes, Intercalation hosts"
            )
    loose = np.flatnonzero(cells & ~held[part])
    first = loose[:1].astype(np.int32)
    found = [*zip(mesh.region_of_cell[first], vertices(mesh.domain, mesh.dim, first).mean(axis=1), strict=True)]
    index, x = next(one for all_of_rank in mesh.comm.allgather(found) for one in all_of_rank)
    region, place = mesh.region_names[index], ", ".join(f"{v:.3g}" for v in x)
    raise InputError(
        f"a part of '{region}' near ({place}) m conducts but reaches no held potential, so its own is undetermined "
        f"({count - held.sum()} such parts): join it to the rest, fill it, or give that region another name and a "
        "material that does not conduct"
    )


def _shuts(interface: str, carriers: dict[str, set[str]], conducting: set[str]) -> bool:
    """Do both sides conduct, and no carrier on both?"""
    sides = set(interface.split("|"))
    return sides <= conducting and not any(sides <= regions for regions in carriers.values())


def _either(interface: str) -> set[str]:
    """An interface's name in both orders."""
    return {interface, "|".join(reversed(interface.split("|")))}
