"""Cracks that close: in the mesh, to other physics, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from dolfinx import fem
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.errors import InputError
from fem_ssb.materials import IsotropicStiffness

comm = MPI.COMM_WORLD
METAL = ssb.Material.custom(
    "plate", kind="electrolyte", stiffness=IsotropicStiffness(1e9, 0.25), thermal_expansion=0.0,
    thermal_conductivity=1.0, specific_heat=1.0, density=1.0,
)  # fmt: skip


def plate(closes=True, grains=None):
    stack = ssb.Stack(width=4.0)
    for name in ("lower", "upper"):
        stack.layer(name, METAL, thickness=2.0, grains=grains)
    stack.crack("crack", ssb.Slit([(1.0, 1.0), (3.0, 3.0)]), closes=closes)
    return stack


@pytest.mark.parallel
def test_its_nodes_are_single_and_its_faces_two():
    closing, opened = (plate(closes, ssb.Voronoi(8, seed=2)).mesh(comm, size=0.5) for closes in (True, False))
    assert closing.area("crack") == pytest.approx(4 * np.sqrt(2), rel=1e-12)
    assert closing.area("lower|upper") == pytest.approx(opened.area("lower|upper"), rel=1e-12)
    nodes = [mesh.domain.topology.index_map(0).size_global for mesh in (closing, opened)]
    assert nodes[0] < nodes[1]
    spaces = [ssb.Model(m, [ssb.Elasticity(degree=1)]) for m in (closing, opened)]
    for model in spaces:
        model.apply(ssb.Fixed("displacement", "lower", 0.0))
        model.solve()
    assert spaces[0].state.spaces["displacement"].num_dofs == 2 * nodes[1]


@pytest.mark.parallel
@pytest.mark.parametrize("places", [{}, {"where": lambda x: x[:, 0] > 2.0}], ids=["everywhere", "in places"])
def test_it_is_refined(places):
    """Its facets are halved, and it still closes: under pressure the stress is uniform, in tension it is not."""
    coarse = plate(grains=ssb.Voronoi(8, seed=2)).mesh(comm, size=0.5)
    fine = ssb.refine(coarse, **places)
    assert fine.closing == coarse.closing and set(fine.boundaries) == set(coarse.boundaries)
    assert fine.area("crack") == pytest.approx(coarse.area("crack"), rel=1e-12)
    count = [comm.allreduce(len(mesh.boundary("crack"))) for mesh in (coarse, fine)]
    assert count[1] == 2 * count[0] if not places else count[0] < count[1] < 2 * count[0]
    off = []
    for load in (-1e5, 1e5):
        model = ssb.Model(fine, [ssb.Elasticity(degree=1)])
        model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
        model.apply(ssb.Fixed("displacement", "lower", 0.0, component=1))
        model.apply(ssb.Flux("displacement", "right", load), ssb.Flux("displacement", "upper", load))
        state = model.solve()
        form = sum((state.quantity("stress", name)[1, 1] - load) ** 2 * state.dx(name) for name in ("lower", "upper"))
        off.append(np.sqrt(comm.allreduce(fem.assemble_scalar(fem.form(form)))) / (4.0 * abs(load)))
    assert off[0] < 1e-4 and off[1] > 0.1


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_it_is_written_and_read_again(dim, tmp_path):
    """Its facets inside the mesh and which crack closes come back, beside one that does not and the grains."""
    stack = plate(grains=ssb.Voronoi(8, seed=2))
    if dim == 3:
        stack = ssb.Stack(width=4.0, dim=3)
        stack.layer("lower", METAL, thickness=4.0, grains=ssb.Voronoi(4, seed=2))
        stack.crack("crack", ssb.Penny((2.0, 2.0, 2.0), 0.9, (30.0, 0.0, 0.0)), tip_size=0.4, closes=True)
    else:
        stack.crack("open", ssb.Slit([(2.5, 1.0), (3.5, 1.4)]))
    mesh = stack.mesh(comm, size=1.0)
    path = Path(comm.bcast(str(tmp_path))) / "crack.msh"
    ssb.write_mesh(mesh, path)
    back = ssb.read_msh(comm, path)
    assert back.closing == ("crack",) and back.area("crack") == pytest.approx(mesh.area("crack"), rel=1e-9)
    counts = [comm.allreduce(len(m.boundary("crack"))) for m in (mesh, back)]
    assert counts[0] == counts[1] > 4
    for kind in ("interfaces", "boundaries"):
        assert back.summary()[kind] == pytest.approx(mesh.summary()[kind], rel=1e-9)
    assert len(back.region_of_grain) == len(mesh.region_of_grain)


@pytest.mark.parallel
def test_faces_that_press_store_energy():
    """Half the work of a dead load is stored (Clapeyron), here much of it by soft faces."""
    model = ssb.Model(plate().mesh(comm, size=1.0), [ssb.Elasticity(degree=1, contact_stiffness=1e8)])
    model.apply(ssb.Fixed("displacement", "lower", 0.0), ssb.Flux("displacement", "upper", -1e5, component=1))
    state = model.solve()
    energy = model.physics[0].columns(state)["elastic energy"]
    stored, moved = state.integrate(fem.form(energy), fem.form(state["displacement"][1] * state.ds("upper")))
    assert stored == pytest.approx(-1e5 * moved / 2, rel=1e-6)


def test_heat_goes_round_it_as_round_any_crack():
    found = []
    for closes in (True, False):
        model = ssb.Model(plate(closes).mesh(comm, size=0.5), [ssb.Heat()])
        model.apply(ssb.Fixed("temperature", "lower", 300.0), ssb.Fixed("temperature", "upper", 400.0))
        state = model.solve(1e9)
        found.append(float(state.integrate(fem.form(state["temperature"] ** 2 * state.dx("lower")))[0]))
    assert found[0] == pytest.approx(found[1], rel=1e-9)


@pytest.mark.parallel
def test_what_it_cannot_do_is_refused(tmp_path):
    stack = ssb.Stack(width=4.0)
    stack.layer("lower", METAL, thickness=2.0)
    with pytest.raises(InputError, match="'notch' has no faces that meet"):
        stack.crack("notch", ssb.Notch((0.0, 1.0), (1.0, 1.0), 0.2, "flat"), closes=True)
    mesh = plate().mesh(comm, size=1.0)
    with pytest.raises(InputError, match="'crack' closes, which only a"):
        ssb.write_mesh(mesh, tmp_path / "crack.vtu")
    with pytest.raises(InputError, match="coefficient of friction of cracks"):
        ssb.Elasticity(crack_friction=-0.1)
    with pytest.raises(InputError, match="crack_friction is for cracks that close"):
        ssb.Model(plate(False).mesh(comm, size=1.0), [ssb.Elasticity(crack_friction=0.3)]).solve()
