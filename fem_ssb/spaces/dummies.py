"""Dummies: what the dof list of a cell holds where a field has no unknown.

A dof list has a fixed length, so a cell outside of the field's regions refers to a dummy, a dof that is held at zero.
One dummy for a rank would do, but interface integrals couple it with the true dofs of every facet they visit: one
row as long as the interface, which multigrid set-up pays for. So the cells at interfaces share dummies by
`SHARED_BY` only; all other cells of a rank share one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SHARED_BY = 8


def number_dummies(
    true: npt.NDArray[np.bool_], near: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Dummies of owned cells.

    Args:
        true: pairs with a true dof, shape (owned cells, dofs of a cell).
        near: owned cells at interfaces.

    Returns:
        The dummy of each owned cell, counted from 0 on this rank, -1 where it needs none; and for each dummy one
        cell that has it, without true dofs where there is such a cell.
    """
    needs = ~true.all(axis=1)
    far = needs & ~near
    close = np.flatnonzero(needs & near)
    dummy = np.full(len(true), -1, dtype=np.int64)
    dummy[far] = 0
    dummy[close] = int(far.any()) + np.arange(len(close)) // SHARED_BY
    cells = np.flatnonzero(needs)
    cells = cells[np.argsort(true[cells].any(axis=1), kind="stable")]
    anchor = cells[np.unique(dummy[cells], return_index=True)[1]]
    return dummy, anchor.astype(np.int32)
