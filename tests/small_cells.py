"""Small cells with all physics, made from stacks as a user would; shared by tests of the model and of its ranks."""

from __future__ import annotations

import fem_ssb as ssb
from fem_ssb.units import MPa, mA_cm2, um

ALL = ("Conduction", "ButlerVolmer", "Plating", "Elasticity", "Fracture", "Heat")
CURRENT, PRESSURE, AMBIENT = 0.5 * mA_cm2, 5 * MPa, 298.15


def stack(dim=2, grains=8, pores=True, resistance=2e-4):
    """Li | polycrystalline LLZO | Li, 10 µm wide."""
    made = ssb.Stack(width=10 * um, dim=dim)
    made.layer("anode", "Li", thickness=4 * um)
    made.layer(
        "separator",
        ssb.Material("LLZO", gb_resistance=resistance),
        thickness=10 * um,
        grains=ssb.Voronoi(count=grains, seed=3) if grains else None,
        pores=ssb.Pores(fraction=0.04, radius=0.8 * um, seed=2) if pores else None,
    )
    made.layer("counter", "Li", thickness=4 * um)
    return made


def cell(comm, physics=ALL, *, current=CURRENT, size=1.5 * um, loads=(), settings=None, **of_stack):
    """The stack with a current, under pressure, in still air."""
    chosen = [getattr(ssb, name)() if isinstance(name, str) else name for name in physics]
    model = ssb.Model(stack(**of_stack).mesh(comm, size=size), chosen, **(settings or {}))
    model.ground("counter")
    model.apply(ssb.Current(current, into="anode"), ssb.Ambient(AMBIENT), *loads)
    return model.apply(ssb.StackPressure(PRESSURE)) if any(type(p).__name__ == "Elasticity" for p in chosen) else model
