"""Rows A5, A7, A8, A9 and A11 in 3D: one rank and all of them give equal numbers, on meshes just fine enough for that.

How near they are to closed forms is shown by the tests that they are taken from.
"""

import pytest
from dolfinx import fem
from mpi4py import MPI
from test_bipolar import Island
from test_constriction import kinetic_map
from test_plating_rate import cell as plated_cell
from test_plating_rate import thickness
from test_tip_focusing import round_tip, tip_flux
from test_wagner import cell as coated_cell
from test_wagner import chemical_drop

from fem_ssb.units import mA_cm2, nm, um

pytestmark = pytest.mark.parallel


def tip(comm):
    """Peak at a hemisphere."""
    return {"peak": tip_flux(comm, 3, round_tip(3), 0.3)[2]}


def disc(comm):
    """Current density at a disc."""
    return kinetic_map(comm, 3, 0.2, 0.1, 1.0, 3.0, 0.6)[2]


def sphere(comm):
    """Peak and current of an isolated sphere."""
    body = Island(comm, (1.0,) * 3, 1.0, 0.0, 1.0, 0.3, outer=2.0)
    return {"peak": body.peak, "through": body.all}


def plated(comm):
    """Metal plated and stripped in 1 s."""
    model = plated_cell(comm, 1.0 * mA_cm2, "Li", "LLZO", 3)
    model.solve(1.0)
    return {name: thickness(model, name) for name in ("separator|counter", "anode|separator")}


def coated(comm):
    """Drops of the chemical potential, and the leak."""
    model = coated_cell(comm, 50 * nm, 100 * um, 3)
    model.solve()
    leak = fem.form(model.state.quantity("reaction_current", "anode|separator") * model.state.dS("anode|separator"))
    drops = {region: chemical_drop(model, region) for region in ("separator", "coating")}
    return drops | {"leak": model.state.integrate(leak)[0]}


ROWS = {"A5": tip, "A7": disc, "A8": sphere, "A9": plated, "A11": coated}


@pytest.mark.skipif(MPI.COMM_WORLD.size == 1, reason="compares one rank with several")
@pytest.mark.parametrize("solve", [pytest.param(f, marks=pytest.mark.system(row)) for row, f in ROWS.items()])
def test_one_rank_and_all(verify, comm, solve):
    alone = solve(MPI.COMM_SELF) if comm.rank == 0 else None
    alone = comm.bcast(alone)
    for name, found in solve(comm).items():
        what = f"{solve.__doc__[:-1]}: {name} on {comm.size} ranks"
        verify(found, alone[name], rtol=1e-8, what=what, source="one rank")
