"""Damage that is there from the start: cracks as rows of broken cells, or any field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError, raise_on_all
from fem_ssb.microstructure import Crack
from fem_ssb.problem.state import State
from fem_ssb.spaces.exchange import shared_marks

Initial = Crack | Sequence[Crack] | Callable[[Any], Any]


def check_initial(given: Any) -> None:
    """Refuse what is neither cracks nor a function.

    Raises:
        InputError: naming what it may be.
    """
    cracks = given if isinstance(given, Sequence) else [given]
    if given is not None and not callable(given) and not all(isinstance(crack, Crack) for crack in cracks):
        raise InputError(
            f"initial damage must be Slit(…), Penny(…) or the like, a list of them, or f(x), not {given!r}"
        )


def begin(state: State, field: str, given: Initial) -> None:
    """Set a damage field and its lower bound to what is broken at the start; collective.

    Args:
        state: with the field.
        field: its name.
        given: cracks, on all nodes of the cells they go through the damage is 1; or a function of points x, shape
            (3, n) [m], that gives the damage, shape (n,).

    Raises:
        InputError: on all ranks, for cracks that go through no cell, or damage that is not from 0 to 1.
    """
    space, now = state.spaces[field], state[field]
    error = None
    if callable(given):
        space.interpolate(now, given)
        values = now.x.array
        if values.size and not (values.min() >= -1e-12 and values.max() <= 1 + 1e-12):
            error = InputError(f"initial damage must be from 0 to 1, not {values.min():.3g} to {values.max():.3g}")
        raise_on_all(state.mesh.comm, error)
        np.clip(values, 0.0, 1.0, out=values)
    else:
        V, cells = space.V, np.flatnonzero(space.active)
        x = state.domain.geometry.x[geometry_dofmap(state.domain)[cells]][:, :, : state.dim]
        for crack in [given] if isinstance(given, Crack) else given:
            cut = cells[crack.cut(x)]
            if not state.mesh.comm.allreduce(len(cut)):
                raise InputError(f"the initial crack {crack} goes through no whole cell: mesh finer, or move it")
            now.x.array[shared_marks(V.dofmap.index_map, V.dofmap.list[cut].reshape(-1))] = 1.0
        now.x.array[space.dummy] = 0.0
    state.old(field).x.array[:] = now.x.array
