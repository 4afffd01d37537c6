"""The toughness that a crack meets in the model, by the surfing boundary condition; and J, K by domain integrals.

The boundary of a plate with a notch moves as the near-tip field of K_I = 1.05 √(E'G_c) whose centre travels at a steady
speed (Hossain et al., J. Mech. Phys. Solids 71 (2014) 15). The crack follows, stably, with J = the toughness of the
model: G_c (1 + 3h/8ℓ) for AT1, G_c (1 + h/2ℓ) for AT2 on cells of size h, and G_c itself with `mesh_corrected`.
The same number is the energy of the crack per length. While the crack grows stably, the work of the moved boundary is
what the body stores and the crack costs; by the trapezoidal rule, up to the second order of the step.

J and K: the exact field of given K_I and K_II is prescribed on the whole boundary of a square whose crack ends in its
middle (outside of the cut); J = (K_I² + K_II²)/E'. A given strain s x that grows along the crack (x, y from the tip)
moves a free body by (1 + ν)s ((x² − y²)/2, xy), stresses it out of the plane alone, and leaves J and K as they are.
"""

import numpy as np
import pytest
from cracks import DELAUNAY, FRONTAL, MM, Loading, brittle, notched_plate

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip, williams
from fem_ssb.physics.fracture import fine_size

E, NU, TOUGHNESS, ELL = 210e9, 0.3, 2700.0, 0.04 * MM
STIFF = E / (1 - NU**2)
FLAT = E * (1 + 2 * NU) / (1 + NU) ** 2, NU / (1 + NU)  # E and ν with which fields of plane strain are of plane stress
EXCESS = {"AT1": 3 / 8, "AT2": 1 / 2}
pytestmark = pytest.mark.system("B4")


MOVED = ("top", "bottom", "right")


def surfed(comm, kind, cells, corrected, end=1.5, tolerance=1e-4, algorithm=FRONTAL, cleavage=None, split=None):
    """Loading of a plate, fine up to x = `end`, by the position of the near-tip field [m]; it drives the toughest.

    In plane stress where a `split` is given, else in plane strain.
    """
    band = (0.45, end, 0.5 - 2 * ELL / MM, 0.5 + 2 * ELL / MM)
    draw = notched_plate(ELL / MM / cells, 0.08, band, width=end + 0.5, algorithm=algorithm)
    mesh = ssb.from_gmsh(comm, draw, scale=MM, materials={"plate": brittle(E, NU, TOUGHNESS)})
    planes = {"plate": cleavage} if cleavage else None
    fracture = ssb.Fracture(ELL, kind, mesh_corrected=corrected, cleavage=planes)
    flat, young, poisson = ({"split": split, "plane": "stress"}, *FLAT) if split else ({"split": "none"}, E, NU)
    physics = [ssb.Elasticity(degree=1, **flat), fracture]
    model = ssb.Model(mesh, physics, largest_sweeps=1000, damage_tolerance=tolerance)
    across = cleavage is not None and cleavage.normal[1] == 0
    K = (1.05 * np.sqrt(young / (1 - poisson**2) * TOUGHNESS * (cleavage.ratio if across else 1.0)), 0.0)
    for side in MOVED:
        model.apply(ssb.Moved(side, lambda x, t: williams(x, (t, 0.5 * MM), young, poisson, K)))
    return Loading(model, "right", 0, 0.0)


def surf(comm, kind, cells, corrected, algorithm=FRONTAL, cleavage=None, split=None):
    """(J/G_c of each step with a growing crack, crack energy per length over G_c, h/ℓ)."""
    loading = surfed(comm, kind, cells, corrected, algorithm=algorithm, cleavage=cleavage, split=split)
    state = loading.state
    crack = CrackTip(state, "plate", (1, 0), 0.25 * MM, 0.4 * MM)
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:, 0]
    found, tips, energies = [], [], []
    for centre in np.array([0.75, 0.85, 0.95, 1.05, 1.15, 1.25]) * MM:
        loading.step(centre)
        broken = x[state["damage"].x.array > 0.9]
        tips.append(max(comm.allgather(float(broken.max(initial=0.5 * MM)))))
        found.append(crack.j((tips[-1], 0.5 * MM)) / TOUGHNESS)
        energies.append(loading.history.surface[-1])
    slope = np.polyfit(tips[1:], energies[1:], 1)[0] / TOUGHNESS
    return np.array(found[1:]), slope, fine_size(state, ("plate",)) / ELL


def check(verify, comm, kind, cells, corrected, algorithm=FRONTAL, split=None):
    values, slope, ratio = surf(comm, kind, cells, corrected, algorithm, split=split)
    expected = 1.0 if corrected else 1 + EXCESS[kind] * ratio
    label = f"surfing, {kind}, h = ℓ/{cells}{', corrected' if corrected else ''}"
    label += f", plane stress, split {split}" if split else ""
    source = "G_c" if corrected else "G_c (1 + h/c_w ℓ)"
    verify(values.mean(), expected, rtol=0.03, what=f"{label}: plateau of J/G_c", source=source)
    verify(slope, expected, rtol=0.03, what=f"{label}: energy of the crack per length/G_c", source=source)
    verify.below(np.ptp(values), 0.05, what=f"{label}: spread of J/G_c on the plateau", source="steady growth")
    return values.mean(), slope


@pytest.mark.parametrize("kind", ["AT1", "AT2"])
def test_surfing(verify, comm, kind):
    check(verify, comm, kind, 4, corrected=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["AT1", "AT2"])
def test_surfing_on_other_meshes(verify, comm, kind):
    check(verify, comm, kind, 4, corrected=False)
    coarse, fine, other = (
        check(verify, comm, kind, cells, corrected=True, algorithm=algorithm)
        for cells, algorithm in ((3, FRONTAL), (6, FRONTAL), (3, DELAUNAY))
    )
    for what, a, b, c in zip(("J", "energy of the crack per length"), coarse, fine, other, strict=True):
        verify(a, b, rtol=0.03, what=f"surfing, {kind}: {what}, h = ℓ/3 against ℓ/6", source="mesh objectivity")
        verify(c, a, rtol=0.03, what=f"surfing, {kind}: {what}, another mesh of ℓ/3", source="mesh objectivity")


@pytest.mark.slow
@pytest.mark.parametrize("split", ["volumetric", "spectral"])
def test_surfing_in_plane_stress(verify, comm, split):
    check(verify, comm, "AT2", 4, corrected=True, split=split)


def imbalance(comm, steps, split=None):
    """Largest difference of work and stored + dissipated energy over the work, from the second step of growth on."""
    loading = surfed(comm, "AT1", 3, corrected=True, end=1.0, tolerance=1e-5, split=split)
    state, balances = loading.state, loading.model.balances
    space = state.spaces["displacement"]
    held = np.unique(np.concatenate([space.dofs(state.mesh.boundary(side)) for side in MOVED]))
    held = held[held < space.V.dofmap.index_map.size_local]

    def moved():
        forces = balances._rows("displacement")[held]
        return forces.copy(), state["displacement"].x.array.reshape(-1, 2)[held].copy()

    def energy():
        return loading.history.elastic[-1] + loading.history.surface[-1]

    loading.step(0.7 * MM)
    (force, place), start, work, worst = moved(), energy(), 0.0, 0.0
    for step, centre in enumerate(np.linspace(0.7, 0.9, steps + 1)[1:] * MM):
        loading.step(centre)
        (before, origin), (force, place) = (force, place), moved()
        work += comm.allreduce(float(((force + before) * (place - origin)).sum()) / 2)
        if step:
            worst = max(worst, abs(energy() - start - work) / work)
    return worst


def test_energy_of_stable_growth(verify, comm):
    """The crack grows by 5ℓ."""
    coarse, fine = (imbalance(comm, steps) for steps in (10, 40))
    verify.below(fine, 1e-4, what="surfing: |stored + dissipated − work|/work, steps of ℓ/8", source="energy")
    verify.trend([coarse, fine], "falling", what="surfing: the same, steps of ℓ/2 and ℓ/8", source="trapezoidal rule")


@pytest.mark.slow
def test_energy_of_stable_growth_in_plane_stress(verify, comm):
    """With a split the force is no linear function of the displacement: the same needs steps of half the length."""
    coarse, fine = (imbalance(comm, steps, "spectral") for steps in (40, 80))
    what = "surfing, plane stress, split spectral: |stored + dissipated − work|/work, steps of ℓ/"
    verify.below(fine, 1e-4, what=f"{what}16", source="energy")
    verify.trend([coarse, fine], "falling", what=f"{what}8 and ℓ/16", source="trapezoidal rule")


def tip_errors(comm, size, k, swell):
    """Errors of K_I and K_II over the larger of both, and of J."""
    draw = notched_plate(size, 3 * size, (0.45, 0.55, 0.45, 0.55))
    mesh = ssb.from_gmsh(comm, draw, scale=MM, materials={"plate": brittle(E, NU, TOUGHNESS)})
    tip = (0.5 * MM, 0.5 * MM)
    grown = [ssb.Eigenstrain({"plate": lambda x, t: swell * (x[0] - tip[0])})] if swell else []
    model = ssb.Model(mesh, [*grown, ssb.Elasticity(degree=2)])

    def field(side):
        """On one side of the crack: the mouth has a point on either."""

        def values(x, t):
            height = x[1] - tip[1]
            height = height if side == 0 else side * np.maximum(np.abs(height), 1e-9 * MM)
            a, b = x[0] - tip[0], x[1] - tip[1]
            free = (1 + NU) * swell * np.array([(a**2 - b**2) / 2, a * b])
            return free + williams(np.array([x[0], tip[1] + height]), tip, E, NU, k)

        return values

    for boundary, side in {"top": 0, "bottom": 0, "right": 0, "upper left": 1, "lower left": -1}.items():
        model.apply(ssb.Moved(boundary, field(side)))
    model.solve()
    crack = CrackTip(model.state, "plate", (1, 0), 0.15 * MM, 0.4 * MM)
    exact = (k[0] ** 2 + k[1] ** 2) / STIFF
    found = crack.k(tip)
    return [abs(a - b) / max(map(abs, k)) for a, b in zip(found, k, strict=True)] + [abs(crack.j(tip) / exact - 1)]


@pytest.mark.parallel
@pytest.mark.parametrize("k, swell", [((1.0, 0.0), 0.0), ((0.0, 1.0), 0.0), ((1.0, -0.6), 1.0)])
def test_j_and_k_by_domain_integrals(verify, comm, k, swell):
    errors = np.array([tip_errors(comm, size, (k[0] * 1e6, k[1] * 1e6), swell) for size in (0.08, 0.04, 0.02)])
    for name, column in zip(("K_I", "K_II", "J"), errors.T, strict=True):
        what = f"K = ({k[0]:g}, {k[1]:g}) MPa√m{', with a given strain' if swell else ''}: error of {name}"
        verify.below(column[1], 0.02, what=f"{what}, size 0.04", source="Williams' field")
        verify.below(column[2], 0.01, what=f"{what}, size 0.02", source="Williams' field")
    verify.trend(errors.max(axis=1), "falling", what=f"K = ({k[0]:g}, {k[1]:g}): largest error", source="refinement")
