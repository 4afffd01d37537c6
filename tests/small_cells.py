"""Small cells made from stacks as a user would, and two grains; shared by the tests of the model and of its ranks."""

from __future__ import annotations

import numpy as np
from dolfinx import mesh

import fem_ssb as ssb
from fem_ssb.units import MPa, mA_cm2, um

ALL = ("Conduction", "ButlerVolmer", "Plating", "Elasticity", "Fracture", "Heat")
ELECTRIC = ("Conduction", "ButlerVolmer")
CURRENT, PRESSURE, AMBIENT = 0.5 * mA_cm2, 5 * MPa, 298.15
METAL, ELECTROLYTE = 4 * um, 10 * um


def stack(dim=2, grains=8, pores=True, resistance=2e-4, toughness=3e-4):
    """Li | polycrystalline LLZO, so weak that it is damaged | Li, 10 µm wide."""
    made = ssb.Stack(width=10 * um, dim=dim)
    made.layer("anode", "Li", thickness=METAL)
    made.layer(
        "separator",
        ssb.Material("LLZO", gb_resistance=resistance, toughness=toughness),
        thickness=ELECTROLYTE,
        grains=ssb.Voronoi(count=grains, seed=3) if grains else None,
        pores=ssb.Pores(fraction=0.04, radius=0.8 * um, seed=2) if pores else None,
    )
    made.layer("counter", "Li", thickness=METAL)
    return made


def cell(comm, physics=ALL, *, current=CURRENT, pressure=PRESSURE, size=1.5 * um, settings=None, **of_stack):
    """The stack with a current, under pressure where there is mechanics, in still air."""
    chosen = [getattr(ssb, name)() for name in physics]
    model = ssb.Model(stack(**of_stack).mesh(comm, size=size), chosen, **(settings or {}))
    model.ground("counter").apply(ssb.Current(current, into="anode"), ssb.Ambient(AMBIENT))
    return model.apply(ssb.StackPressure(pressure)) if "Elasticity" in physics else model


def plain(comm, physics=ELECTRIC, **more):
    """The same without grains and pores: everything is one-dimensional."""
    return cell(comm, physics, size=3 * um, grains=0, pores=False, **more)


def two_grains(comm, dim, material):
    """A unit square or cube of two grains, one above the other, with four cells along an edge; region "body"."""
    create = {2: mesh.create_unit_square, 3: mesh.create_unit_cube}[dim]
    domain = create(comm, *[4] * dim, ghost_mode=mesh.GhostMode.shared_facet)
    cells = domain.topology.index_map(dim)
    middles = mesh.compute_midpoints(domain, dim, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))
    upper = (middles[:, dim - 1] > 0.5).astype(np.int32)
    bodies = np.zeros(2, dtype=np.int32)
    return ssb.NamedMesh.from_cells(domain, ["body"], np.zeros_like(upper), upper, bodies, materials={"body": material})
