"""Bodies that nothing holds but a contact without adhesion, which the loads pull off it.

No equilibrium is there to be found: the body would fly away. Bodies are parts of the mesh that share facets, other than
those of such contacts. Along an axis a body is pulled off if no boundary of it is held there and the dead loads on it
have a resultant away from all its contacts that look that way. Hoop stress holds a body of revolution radially.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ssb.problem.loads import Condition
from fem_ssb.problem.state import State
from fem_ssb.spaces.connected import connected_cells, parts_at

LOOKS = 0.1  # least mean component of the normal, out of 1, with which a contact looks along an axis


def pulled_off(state: State, conditions: Sequence[Condition], time: float) -> str:
    """What is pulled off which contact, with the remedy; "" if nothing is. Collective.

    Args:
        state: the state.
        conditions: all.
        time: of the loads [s].
    """
    contacts, mesh = state.provided("free_contact"), state.mesh
    if not contacts or state.solved("platen"):  # a sliding platen presses as hard as it must
        return ""
    closed = np.unique(np.concatenate([mesh.interface(name).facets for name in contacts]))
    part, count = connected_cells(mesh, np.ones(len(mesh.region_of_cell), dtype=bool), closed)
    for body in range(count):
        mine = [c for c in conditions if c.field == "displacement" and parts_at(mesh, part, count, c.boundary)[body]]
        for axis in range(0 if state.radius is None else 1, state.dim):
            along = [c for c in mine if c.component in (None, axis)]
            if along and not any(c.held or c.exchange for c in along):
                contact, tension = _parting(state, part == body, axis, along, time)
                if contact:
                    return (
                        f"the loads pull '{_regions(state, part == body)}' off its contact '{contact}' by "
                        f"{tension:.3g} Pa along {'xyz'[axis]}, and nothing else holds it: press it, hold it with "
                        "Fixed('displacement', …), or let it stick, Contact(adhesion=Cohesive(strength))"
                    )
    return ""


def _parting(state: State, here: Any, axis: int, loads: Sequence[Condition], time: float) -> tuple[str, float]:
    """A contact off which the loads pull a body along an axis, and how much for its area [Pa]; "" if they press one."""
    inside, n = fem.Function(fem.functionspace(state.domain, ("DG", 0))), ufl.FacetNormal(state.domain)
    inside.x.array[:] = here
    force = 0.0
    for c in loads:
        density = inside if c.component is not None else n[axis] * inside
        value: Any = c.value
        force += (value(time) if callable(value) else value) * _total(state, density * state.ds(c.boundary))
    found = "", 0.0
    for name in state.provided("free_contact"):
        out = inside("+") - inside("-")
        area = _total(state, abs(out) * state.dS(name))
        looks = _total(state, out * n("+")[axis] * state.dS(name))
        if abs(looks) > LOOKS * area:
            if force * looks >= 0:
                return "", 0.0
            found = name, abs(force) / area
    return found


def _total(state: State, form: Any) -> float:
    return float(state.integrate(fem.form(form))[0])


def _regions(state: State, here: Any) -> str:
    """Names of the regions of some cells."""
    mine = np.bincount(state.mesh.region_of_cell[here], minlength=len(state.mesh.region_names))
    there = state.mesh.comm.allreduce(mine) > 0
    return ", ".join(name for name, is_there in zip(state.mesh.region_names, there, strict=True) if is_there)
