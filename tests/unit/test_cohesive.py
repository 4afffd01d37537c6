"""Cohesive interfaces: what is refused, and where strength and toughness come from."""

import numpy as np
import pytest
from dolfinx import mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.mesh import NamedMesh
from fem_ssb.solvers import presets


def grains(**more):
    domain = mesh.create_unit_square(MPI.COMM_SELF, 4, 4, ghost_mode=mesh.GhostMode.shared_facet)
    cells = np.arange(domain.topology.index_map(2).size_local, dtype=np.int32)
    grain = (mesh.compute_midpoints(domain, 2, cells)[:, 1] > 0.5).astype(np.int32)
    return NamedMesh.from_cells(
        domain, ["body"], np.zeros_like(grain), grain, np.zeros(2, dtype=np.int32), materials={"body": "LLZO"}, **more
    )


def interface(law, name="body|body", temperature=298.15, **more):
    elasticity = ssb.Elasticity(cohesive={name: law})
    model = ssb.Model(grains(**more), [elasticity])
    model.apply(
        ssb.Ambient(temperature), ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", 0.0)
    )
    assert model.state.solved("displacement")
    return elasticity._interfaces[name]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ssb.Cohesive(shape="bilinea"), "did you mean 'bilinear'"),
        (lambda: ssb.Cohesive(strength=-1.0), "cohesive strength"),
        (lambda: ssb.Cohesive(shear=-1.0), "shear over tensile"),
        (lambda: interface(ssb.Cohesive(), "body|bod"), "body"),
        (lambda: interface(ssb.Cohesive(1e8, 1.0, stiffness=1e15)), "below σ_c²/2G_c"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ssb.InputError, match=message):
        make()


def test_values_of_the_grain_boundaries():
    given = {"body": ssb.GrainBoundaries(toughness=lambda T: T / 200, strength=40e6)}
    found = interface(ssb.Cohesive(), temperature=400.0, grain_boundaries=given)
    assert (found.toughness, found.strength) == (2.0, 40e6)
    assert found.stiffness == pytest.approx(50 * 40e6**2 / 2.0)


def test_values_of_the_library():
    found = interface(ssb.Cohesive())
    llzo = ssb.Material("LLZO")
    assert found.strength == pytest.approx(float(llzo["gb_strength"](298.15)))
    assert found.toughness == pytest.approx(float(llzo["gb_toughness"](298.15)))


def test_the_law_wins_over_the_boundary():
    given = {"body": ssb.GrainBoundaries(toughness=2.0, strength=40e6)}
    assert interface(ssb.Cohesive(strength=10e6), grain_boundaries=given).strength == 10e6


@pytest.mark.parametrize(
    "load, options, message", [("platen", {}, "face 'top' is rigid"), ("fixed", {"pc_type": "gamg"}, "leave pc_type")]
)
def test_aggregation_alone_is_refused_in_3d(monkeypatch, load, options, message):
    """It aborts on stiff jumps; so does a rigid platen's displacement, for which there is no other preset."""
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    domain = mesh.create_unit_cube(MPI.COMM_SELF, 2, 2, 2, ghost_mode=mesh.GhostMode.shared_facet)
    cells = np.arange(domain.topology.index_map(3).size_local, dtype=np.int32)
    grain = (mesh.compute_midpoints(domain, 3, cells)[:, 2] > 0.5).astype(np.int32)
    cube = NamedMesh.from_cells(
        domain, ["body"], np.zeros_like(grain), grain, np.zeros(2, dtype=np.int32), materials={"body": "LLZO"}
    )
    elasticity = ssb.Elasticity(degree=1, cohesive={"body|body": ssb.Cohesive()})
    model = ssb.Model(cube, [elasticity], options=options)
    held = ssb.Platen(position=0.0) if load == "platen" else ssb.Fixed("displacement", "bottom", 0.0)
    with pytest.raises(ssb.InputError, match=message):
        model.apply(held).solve()


def test_a_body_of_which_one_moved_face_still_bears_is_not_broken():
    """Pulled apart upwards while it is pressed from the right: only the top has no force left."""
    model = ssb.Model(grains(), [ssb.Elasticity(degree=1, cohesive={"body|body": ssb.Cohesive(1e8, 2e5)})])
    for side, axis, moved in (("bottom", 1, 0.0), ("left", 0, 0.0), ("top", 1, 6e-3), ("right", 0, -1e-4)):
        model.apply(ssb.Fixed("displacement", side, lambda t, end=moved: end * t, component=axis))
    result = model.run(1.0, first_step=1 / 16, largest_step=1 / 16, broken=0.01, quiet=True)
    top, right = (np.abs(result[f"force {name} [N/m]"]) for name in ("top y", "right x"))
    assert top[-1] < 0.01 * top.max() and right[-1] > 0.3 * right.max() and result.finished
