"""Linear forms summed over the ranks that share their entries."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from dolfinx import fem, la


def assembled(form: fem.Form) -> npt.NDArray[np.float64]:
    """Owned entries of a compiled linear form, a copy. Collective."""
    b = fem.assemble_vector(form)
    b.scatter_reverse(la.InsertMode.add)
    return np.asarray(b.array[: b.index_map.size_local * b.block_size].copy())
