"""Interpolation on some cells that keeps jumps and is the same on any number of ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, la

from fem_ssb.errors import InputError


def interpolate(
    function: fem.Function,
    value: Any,
    cells: npt.NDArray[np.int32],
    true: npt.NDArray[np.bool_] | None = None,
) -> None:
    """Interpolate on some cells and leave all other dofs as they are; collective.

    A dof of the cells may be owned by a rank that has none of them: its value then comes from the ranks that do.

    Args:
        function: what to interpolate into.
        value: number or array (constant), callable of points x with shape (3, n), or UFL expression.
        cells: local cells.
        true: (cell, dof) pairs to interpolate, shape (owned and ghost cells, dofs of a cell); all if None.

    Raises:
        InputError: a constant of another size than the function's value.
    """
    V, x = function.function_space, function.x
    index_map, block = V.dofmap.index_map, V.dofmap.index_map_bs
    here = fem.Function(V, dtype=function.dtype)
    here.interpolate(_interpolable(V, value), cells0=cells)

    dofs = V.dofmap.list[cells]
    touched = np.zeros(index_map.size_local + index_map.num_ghosts, dtype=bool)
    touched[dofs if true is None else dofs[true[cells]]] = True
    values = here.x.array.reshape(-1, block)
    values[~touched] = 0
    mine = values[: index_map.size_local].copy()

    count = la.vector(index_map, 1, np.int32)
    count.array[:] = touched
    count.scatter_reverse(la.InsertMode.add)
    count.scatter_forward()
    here.x.scatter_reverse(la.InsertMode.add)
    owned, counted = values[: index_map.size_local], count.array[: index_map.size_local, None]
    owned[:] = np.where(touched[: index_map.size_local, None], mine, owned / np.maximum(counted, 1))
    here.x.scatter_forward()
    x.array.reshape(-1, block)[count.array > 0] = values[count.array > 0]


def _interpolable(V: fem.FunctionSpace, value: Any) -> Any:
    """What ``Function.interpolate`` takes: a callable of points or an expression at the element's points."""
    if isinstance(value, ufl.core.expr.Expr):
        return fem.Expression(value, V.element.interpolation_points)
    if callable(value):
        return value
    size = int(np.prod(V.value_shape, dtype=int))
    constant = np.asarray(value).reshape(-1)
    if constant.size != size:
        raise InputError(f"constant of size {constant.size} for a field of size {size}")
    return lambda x: np.tile(constant[:, None], x.shape[1]) if size > 1 else np.full(x.shape[1], constant[0])
