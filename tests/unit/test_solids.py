"""Plane states and energy splits: what is refused, and the algebra of the splits at a point."""

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness, IsotropicStiffness
from fem_ssb.mesh import NamedMesh
from fem_ssb.physics.splits import SPLITS, kept_energy, kept_stress

LLZO = ssb.Material.custom(
    "llzo", kind="electrolyte", stiffness=IsotropicStiffness(150e9, 0.26), thermal_expansion=0.0, toughness=10.0
)


def square(material=LLZO, shift=0.0, dim=2):
    if dim == 2:
        domain = mesh.create_rectangle(
            MPI.COMM_SELF, [[shift, 0.0], [shift + 1, 1.0]], [4, 4], ghost_mode=mesh.GhostMode.shared_facet
        )
    else:
        domain = mesh.create_unit_cube(MPI.COMM_SELF, 2, 2, 2, ghost_mode=mesh.GhostMode.shared_facet)
    cells = domain.topology.index_map(dim).size_local
    return NamedMesh.from_cells(domain, ["body"], np.zeros(cells, np.int32), materials={"body": material})


def built(domain, *physics):
    model = ssb.Model(domain, list(physics))
    faces = [b for b in domain.boundaries if b != "pores"]
    model.apply(*(ssb.Fixed("displacement", b, 0.0) for b in faces))
    return model.state


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: ssb.Elasticity(plane="stres"), "did you mean 'stress'"),
        (lambda: ssb.Elasticity(split="spectra"), "did you mean 'spectral'"),
        (lambda: ssb.Elasticity(star=-2.0), "star-convex"),
        (lambda: built(square(dim=3), ssb.Elasticity(plane="stress")), "leave it out in 3D"),
        (lambda: built(square(shift=-0.5), ssb.Elasticity(plane="axisymmetric")), "axis at x = 0"),
        (lambda: built(square(), ssb.Elasticity(plane="stress"), ssb.Fracture(length=1.0)), "needs split='none'"),
        (
            lambda: built(square(dim=3), ssb.Elasticity(split="spectral"), ssb.Fracture(length=2.0)),
            "isotropic solids in 2D",
        ),
        (
            lambda: built(square(ssb.Material("Li")), ssb.Elasticity(plane="stress", finite={"body": "neo_hookean"})),
            "neither plane stress",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ssb.InputError, match=message):
        make()


def test_spectral_split_of_an_anisotropic_solid_is_refused():
    crystal = ssb.Material.custom(
        "crystal",
        kind="electrolyte",
        stiffness=CubicStiffness(170e9, 64e9, 95e9),
        thermal_expansion=0.0,
        toughness=10.0,
    )
    with pytest.raises(ssb.InputError, match="region 'body'"):
        built(square(crystal), ssb.Elasticity(split="spectral"), ssb.Fracture(length=1.0))


class Isotropic:
    """What a split asks of a law."""

    young, poisson = 2.0, 0.3
    c44 = young / (2 * (1 + poisson))
    c12 = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    bulk = c12 + 2 * c44 / 3


STRAINS = [
    np.diag([0.1, 0.2, 0.05]),
    np.diag([-0.1, -0.2, -0.05]),
    np.array([[0.1, 0.3, 0], [0.3, -0.4, 0], [0, 0, 0.0]]),
    np.array([[-0.1, 0.02, 0], [0.02, 0.4, 0], [0, 0, -0.2]]),
]


def stays(split, strain, gamma):
    """ψ⁻ by NumPy."""
    law, trace = Isotropic, min(np.trace(strain), 0)
    if split == "none":
        return 0.0
    if split == "spectral":
        return law.c12 / 2 * trace**2 + law.c44 * (np.minimum(np.linalg.eigvalsh(strain), 0) ** 2).sum()
    return (1 + gamma if split == "star" else 1) * law.bulk / 2 * trace**2


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("strain", STRAINS)
def test_energy_that_stays_and_its_stress(split, strain):
    """The energy against NumPy; the stress against its difference quotient."""
    gamma = 0.5
    domain = square().domain

    def tensor(a):
        return ufl.as_tensor([[fem.Constant(domain, float(v)) for v in row] for row in a])

    def value(expression):
        return fem.assemble_scalar(fem.form(expression * ufl.dx(domain)))

    energy = value(kept_energy(split, Isotropic, tensor(strain), gamma) + fem.Constant(domain, 0.0))
    assert energy == pytest.approx(stays(split, strain, gamma), rel=1e-9, abs=1e-15)
    stress = kept_stress(split, Isotropic, tensor(strain), gamma)
    change = np.array([[0.3, 0.2, 0], [0.2, -0.1, 0], [0, 0, 0.15]])
    slope = value(ufl.inner(stress, tensor(change)) + fem.Constant(domain, 0.0))
    h = 1e-6
    quotient = (stays(split, strain + h * change, gamma) - stays(split, strain - h * change, gamma)) / (2 * h)
    assert slope == pytest.approx(quotient, rel=1e-6, abs=1e-9)
