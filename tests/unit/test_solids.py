"""Plane states and energy splits: what is refused, and the algebra of the splits at a point."""

import basix
import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness, IsotropicStiffness, PronySeries
from fem_ssb.mesh import NamedMesh
from fem_ssb.physics.planes import strain
from fem_ssb.physics.solids import PAIRS
from fem_ssb.physics.splits import SPLITS, TINY, kept_energy, kept_stress, shortening
from fem_ssb.problem.loads import Condition
from fem_ssb.problem.pulled import pulled_off
from fem_ssb.problem.state import State

LLZO = ssb.Material.custom(
    "llzo", kind="electrolyte", stiffness=IsotropicStiffness(150e9, 0.26), thermal_expansion=0.0, toughness=10.0
)


CRYSTAL = ssb.Material.custom(
    "crystal", kind="electrolyte", stiffness=CubicStiffness(170e9, 64e9, 95e9), thermal_expansion=0.0, toughness=10.0
)
RELAXING = ssb.Material.custom(
    "polymer", kind="electrolyte", stiffness=CubicStiffness(170e9, 64e9, 95e9), thermal_expansion=0.0, toughness=10.0,
    relaxation=PronySeries((0.5, 0.3), (1.0, 50.0)),
)  # fmt: skip
TURNED = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]


def square(material=LLZO, shift=0.0, dim=2, turned=None):
    if dim == 2:
        domain = mesh.create_rectangle(
            MPI.COMM_SELF, [[shift, 0.0], [shift + 1, 1.0]], [4, 4], ghost_mode=mesh.GhostMode.shared_facet
        )
    else:
        domain = mesh.create_unit_cube(MPI.COMM_SELF, 2, 2, 2, ghost_mode=mesh.GhostMode.shared_facet)
    cells = domain.topology.index_map(dim).size_local
    frames = None if turned is None else [turned]
    return NamedMesh.from_cells(
        domain, ["body"], np.zeros(cells, np.int32), materials={"body": material}, orientations=frames
    )


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
        (
            lambda: built(square(ssb.Material("Li")), ssb.Elasticity(plane="stress", finite={"body": "neo_hookean"})),
            "not there in plane stress",
        ),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ssb.InputError, match=message):
        make()


def test_spectral_split_of_an_anisotropic_solid_is_refused():
    with pytest.raises(ssb.InputError, match="region 'body'"):
        built(square(CRYSTAL), ssb.Elasticity(split="spectral"), ssb.Fracture(length=1.0))


@pytest.mark.parametrize("plane, refused", [("strain", True), ("axisymmetric", False)])
def test_a_tube_that_is_drawn_off_a_rod(plane, refused):
    """Its hoop stress holds it; a slab would fly away."""
    domain = mesh.create_unit_square(MPI.COMM_SELF, 2, 2, ghost_mode=mesh.GhostMode.shared_facet)
    outer = (mesh.compute_midpoints(domain, 2, np.arange(8, dtype=np.int32))[:, 0] > 0.5).astype(np.int32)
    named = NamedMesh.from_cells(domain, ["rod", "tube"], outer, materials={"rod": "Li", "tube": "LLZO"})
    state, elasticity = State(named), ssb.Elasticity(degree=1, plane=plane, creep=False, contact=ssb.Contact())
    state.add_field(*elasticity.fields(state))
    elasticity.initialise(state)
    elasticity.provide(state)
    found = pulled_off(state, [Condition("displacement", "right", 1e5, held=False)], 0.0)
    assert bool(found) == refused and ("off its contact 'rod|tube'" in found) == refused


class Isotropic:
    """What a split asks of a law."""

    young, poisson = 2.0, 0.3
    c44 = young / (2 * (1 + poisson))
    c12 = young * poisson / ((1 + poisson) * (1 - 2 * poisson))
    bulk = c12 + 2 * c44 / 3


PRINCIPAL = [  # by signs and by what coincides: uniaxial, equibiaxial, shear, hydrostatic, nearly equal
    (1, -0.3, -0.3), (-1, 0.3, 0.3), (1, 1, -0.5), (-1, -1, 0.5), (1, 0.2, 0.2), (-1, -0.2, -0.2), (1, 1, 0.2),
    (1, -1, 0.1), (1, -1, -0.1), (1, 1, 1), (-1, -1, -1), (1, -0.3, -0.3 + 1e-9), (-1, -1 - 1e-7, 0.5),
    (-1, -1, -1 + 1e-6),
]  # fmt: skip


def strains():
    """Of the principal values above, along the axes and turned; of random components; (n, 3, 3)."""
    rng = np.random.default_rng(3)
    turned = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(3)]
    given = [q @ np.diag(p) @ q.T for p in PRINCIPAL for q in (np.eye(3), *turned)]
    full = rng.normal(size=(40, 3, 3))
    return 1e-3 * np.array([(a + a.T) / 2 for a in (*given, *full)])


def negative(e):
    """Negative part of strains (n, 3, 3), by NumPy."""
    values, vectors = np.linalg.eigh(e)
    return np.einsum("nia,na,nja->nij", vectors, np.minimum(values, 0), vectors)


def stays(split, e, gamma):
    """ψ⁻ of strains (n, 3, 3) by NumPy."""
    law, trace = Isotropic, np.minimum(np.trace(e, axis1=1, axis2=2), 0)
    if split == "spectral":
        return law.c12 / 2 * trace**2 + law.c44 * (negative(e) ** 2).sum((1, 2))
    return (1 + gamma if split == "star" else 1) * law.bulk / 2 * trace**2


class Points:
    """A strain, `e`, in each cell of a line, and what expressions of it are there."""

    def __init__(self, count):
        self.domain, self.count = mesh.create_interval(MPI.COMM_SELF, count, [0.0, 1.0]), count
        self.e, self.change = (fem.Function(fem.functionspace(self.domain, ("DG", 0, (3, 3)))) for _ in range(2))

    def value(self, expression):
        """The expression as a function of strains (n, 3, 3)."""
        compiled, cells = fem.Expression(expression, np.array([[0.5]])), np.arange(self.count)

        def at(strains):
            self.e.x.array[:] = strains.ravel()
            return compiled.eval(self.domain, cells).reshape(self.count, *expression.ufl_shape)

        return at

    def slope(self, expression):
        """Its derivative in a direction, (3, 3) or one for each strain, as a function of strains and direction."""
        derivative = self.value(ufl.derivative(expression, self.e, self.change))

        def at(strains, direction):
            self.change.x.array.reshape(-1, 3, 3)[:] = direction
            return derivative(strains)

        return at


def test_stiffness_and_strain_turn_with_the_crystal():
    """Held, the stress is −(C₁₁ε_a + C₁₂(ε_b + ε_c)) along each axis a, the columns of Q."""
    strains = np.array([1e-3, 5e-3, -2e-3])
    swollen = ssb.Eigenstrain({"body": ssb.AlongAxes(tuple(strains))})
    state = built(square(CRYSTAL, turned=TURNED), swollen, ssb.Elasticity(degree=1))
    found = fem.Expression(state.quantity("stress", "body"), np.array([[0.2, 0.2]]))
    found = found.eval(state.domain, np.arange(1)).reshape(3, 3)
    c11, c12 = CRYSTAL["stiffness"].matrix()[0, :2]
    exact = -TURNED @ np.diag((c11 - c12) * strains + c12 * strains.sum()) @ TURNED.T
    assert found == pytest.approx(exact, abs=1e-9 * np.abs(exact).max())


@pytest.mark.parametrize("split", [s for s in SPLITS if s != "none"])
def test_energy_that_stays_and_its_stress(split):
    """The energy against NumPy's eigenvalues; the stress against its difference quotient."""
    gamma, given, points = 0.5, strains(), Points(len(strains()))
    energy, scale = points.value(kept_energy(split, Isotropic, points.e, gamma))(given), Isotropic.bulk * 1e-3
    assert energy == pytest.approx(stays(split, given, gamma), abs=1e-8 * scale * 1e-3)
    stress = points.value(kept_stress(split, Isotropic, points.e, gamma))(given)
    change, h = np.array([[0.3, 0.2, 0.4], [0.2, -0.1, -0.3], [0.4, -0.3, 0.15]]), 1e-8
    quotient = (stays(split, given + h * change, gamma) - stays(split, given - h * change, gamma)) / (2 * h)
    assert np.einsum("nij,ij->n", stress, change) == pytest.approx(quotient, abs=1e-6 * scale)


def test_tangent_of_the_spectral_split():
    """Differences of NumPy's negative part, also where principal strains coincide; symmetric.

    Where some vanish it has a kink: there the tangent lies between nothing and the whole strain.
    """
    kinks = [np.diag(p) for p in ((1, -0.5, 0), (1, 0, 0), (-1, 0, 0), (1, 1, 0), (-1, -1, 0), (0, 0, 0))]
    given, (a, b) = strains(), np.random.default_rng(4).normal(size=(2, 3, 3))
    a, b, h, smooth = a + a.T, b + b.T, 1e-8, len(given)
    given = np.concatenate([given, 1e-3 * np.array(kinks)])
    points = Points(len(given))
    part = shortening(points.e)
    assert points.value(part)(given) == pytest.approx(negative(given), abs=TINY)
    along_a, along_b = (points.slope(part)(given, direction) for direction in (a, b))
    quotient = (negative(given + h * a) - negative(given - h * a)) / (2 * h)
    assert along_a[:smooth] == pytest.approx(quotient[:smooth], abs=1e-6)
    assert np.einsum("nij,ij", along_a, b) == pytest.approx(np.einsum("nij,ij", along_b, a), abs=1e-5)
    share = np.einsum("nij,ij", along_a, a) / (a**2).sum()
    assert share.min() > -1e-6 and share.max() < 1 + 1e-6


def test_newton_at_a_point_converges_quadratically():
    """The strain of a given stress where damage leaves 0.1 of the stiffness, from rest and from beside the solution.

    Once the signs of the principal strains are right, only their directions turn, and each step squares the error: by
    e ← C e² in parts of the strain, C of the order of one over the relative distance of the strains of unlike signs.
    """
    given, left, law, size = strains(), 0.1, Isotropic, 1e-3
    points = Points(len(given))
    kept = kept_stress("spectral", law, points.e, 0.0)
    damaged = left * (law.c12 * ufl.tr(points.e) * ufl.Identity(3) + 2 * law.c44 * points.e - kept) + kept
    stress, slope = points.value(damaged), points.slope(damaged)
    units = np.array([[[(i, j) in (pair, pair[::-1]) for j in range(3)] for i in range(3)] for pair in PAIRS], float)

    def voigt(a):
        return np.stack([a[:, i, j] for i, j in PAIRS], axis=-1)

    def errors(now, steps):
        found = []
        for _ in range(steps):
            K = np.stack([voigt(slope(now, unit)) for unit in units], axis=-1)
            step = np.linalg.solve(K, voigt(stress(given) - stress(now))[..., None])[..., 0]
            now = now + np.einsum("nk,kij->nij", step, units)
            found.append(np.abs(now - given).max((1, 2)) / size)
        return np.array(found)

    assert errors(0 * given, 8)[-1].max() < 1e-12
    beside = size * np.random.default_rng(5).normal(size=given.shape)
    found = errors(0.9 * given + 0.05 * (beside + beside.transpose(0, 2, 1)), 8)
    assert found[-1].max() < 1e-12
    before, after = found[:-1], found[1:]
    close = (before < 0.01) & (after > 1e-13)
    assert close.sum() > 50
    assert (after < 10 * before**2)[close].all()


def test_in_two_dimensions_the_strain_out_of_the_plane_is_a_principal_one():
    given = strains()
    given[:, :2, 2] = given[:, 2, :2] = 0
    points = Points(len(given))
    assert points.value(shortening(points.e, flat=True))(given) == pytest.approx(negative(given), abs=TINY)


@pytest.mark.parametrize(
    "material, split",
    [
        (LLZO, "spectral"),
        pytest.param(LLZO, "star", marks=pytest.mark.slow),
        pytest.param(CRYSTAL, "volumetric", marks=pytest.mark.slow),
        pytest.param(RELAXING, "volumetric", marks=pytest.mark.slow),
    ],
)
def test_plane_stress_of_a_damaged_solid(material, split):
    """No stress out of the plane, and ε_zz makes the energy least: σ = ∂ψ/∂ε, ∂ψ/∂d = g'(d) ψ⁺ as if it were held.

    What a solid that relaxes stores is no potential of its stress.
    """
    elasticity = ssb.Elasticity(degree=1, plane="stress", split=split, residual_stiffness=0.0)
    state = built(square(material, turned=TURNED), elasticity, ssb.Fracture(length=1.0, model="AT2"))
    state.dt.value = 5.0
    rng, u, d = np.random.default_rng(6), state["displacement"], state["damage"]
    v, q = u.copy(), d.copy()
    for f, size in ((u, 1e-3), (v, 1e-3), (d, 0.9), (q, 1.0)):
        f.x.array[:] = size * rng.random(len(f.x.array))
    stress, energy = state.quantity("stress", "body"), state.quantity("elastic_energy", "body")
    work = ufl.inner(stress, strain(v))
    driving = -2 * (1 - d) * state.quantity("crack_energy", "body") * q
    found = [*(stress[2, k] for k in range(3)), stress[0, 0], work, ufl.derivative(energy, u, v), driving]
    points, _ = basix.make_quadrature(basix.CellType.triangle, state.quadrature_degree)
    values = fem.Expression(ufl.as_vector([*found, ufl.derivative(energy, d, q)]), points)
    *out, along, work, slope, driving, by_damage = values.eval(state.domain, np.arange(32)).reshape(-1, 8).T
    assert np.abs(out).max() < 1e-9 * np.abs(along).max()
    if material is RELAXING:
        return
    assert work == pytest.approx(slope, abs=1e-9 * np.abs(work).max())
    assert driving == pytest.approx(by_damage, abs=1e-9 * np.abs(driving).max())
