"""Miehe's single-edge-notched plate in tension: the force at which it breaks.

Miehe, Hofacker & Welschinger, Comput. Methods Appl. Mech. Eng. 199 (2010) 2765: 1 mm × 1 mm, notch ½ mm, E = 210 GPa,
ν = 0.3, G_c = 2700 J/m², ℓ = 15 µm (AT2), plane strain, bottom held, top moved upwards and free sideways, h = ℓ/4
along the crack: peak 0.70 kN/mm at 5.6e-3 mm, stiffness 138 kN/mm. On that mesh a crack costs G_c (1 + h/2ℓ), so with
the toughness corrected for it the peak is 0.67 kN/mm. The crack then runs through the plate at once.

A crack can do no more work than the load does on it: stored + dissipated ≤ work at each step (see cracks.Loading).
"""

import numpy as np
import pytest
from cracks import DELAUNAY, FRONTAL, MM, Loading, brittle, notched_plate

import fem_ssb as ssb

SOURCE = "Miehe et al. (2010)"
ELL = 0.015
pytestmark = pytest.mark.system("B4")


def pulled(comm, loads, cells=4, corrected=False, split="none", sweeps=60, algorithm=FRONTAL, finish=False):
    """Load history; ends before the step that breaks the plate, if that takes more sweeps than given."""
    draw = notched_plate(ELL / cells, 0.06, (0.48, 1.0, 0.5 - 2 * ELL, 0.5 + 2 * ELL), algorithm=algorithm)
    mesh = ssb.from_gmsh(comm, draw, scale=MM, materials={"plate": brittle(210e9, 0.3, 2700.0)})
    model = ssb.Model(
        mesh,
        [ssb.Elasticity(degree=1, split=split, residual_stiffness=1e-7), ssb.Fracture(ELL * MM, "AT2", corrected)],
        largest_sweeps=sweeps,
        damage_tolerance=1e-4,
        monolithic_finish=finish,
    )
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * 1e-3 * MM, component=1))
    loading = Loading(model, "top", 1, 1e-3 * MM)
    for load in loads:
        try:
            loading.step(load)
        except ssb.ConvergenceError:
            break
        if loading.history.force[-1] < 0.5 * max(loading.history.force):
            break
    return loading.history


def ramp(start, stop, step):
    return [0.01, *np.linspace(1, start, 4), *np.arange(start + step, stop, step)]


def check(verify, history, peak, what, source=SOURCE):
    verify(max(history.force) / 1e6, peak, rtol=0.02, what=f"{what}: peak [kN/mm]", source=source)
    verify.below(history.excess, 1e-4, what=f"{what}: (stored + dissipated − work)/work", source="energy")


def test_peak(verify, comm):
    history = pulled(comm, ramp(5.2, 6.2, 0.05))
    check(verify, history, 0.70, "tension, h = ℓ/4")
    at = history.load[int(np.argmax(history.force))]
    verify(at, 5.6, rtol=0.02, what="tension, h = ℓ/4: displacement at the peak [µm]", source=SOURCE)
    verify(
        history.force[1] / history.load[1] / 1e3, 138, rtol=0.02, what="tension: stiffness [kN/mm/mm]", source=SOURCE
    )


def test_peak_with_corrected_toughness(verify, comm):
    history = pulled(comm, ramp(5.0, 6.2, 0.05), corrected=True)
    check(verify, history, 0.67, "tension, h = ℓ/4, corrected", "converged value")


@pytest.mark.slow
def test_through_the_plate(verify, comm):
    """All the way: the plate breaks in one step (with the spectral split about 1 % of the force stays)."""
    for split, finish in (("none", False), ("volumetric", False), ("spectral", False), ("none", True)):
        history = pulled(comm, ramp(5.2, 6.2, 0.05), split=split, sweeps=2000, finish=finish)
        what = f"tension, split {split}{', monolithic finish' if finish else ''}"
        check(verify, history, 0.70, what)
        left = history.force[-1] / max(history.force)
        verify.below(left, 0.02, what=f"{what}: force left over the peak", source="a broken plate")


@pytest.mark.slow
def test_mesh_objectivity(verify, comm):
    """Peak, and energy dissipated by the crack all the way: ½ mm of it, that of a broken plate."""
    loads = [*ramp(5.0, 5.3, 0.05), *np.arange(5.3, 6.2, 0.025)]
    coarse, fine, other = (
        pulled(comm, loads, cells=n, corrected=True, sweeps=3000, algorithm=algorithm)
        for n, algorithm in ((3, FRONTAL), (6, FRONTAL), (3, DELAUNAY))
    )
    check(verify, fine, 0.67, "tension, h = ℓ/6, corrected", "converged value")
    verify(
        fine.surface[-1], 2700.0 * 0.5 * MM, rtol=0.1, what="tension, h = ℓ/6: energy dissipated", source="G_c × area"
    )
    for name, values in (
        ("peak", [max(h.force) for h in (coarse, fine, other)]),
        ("energy dissipated", [h.surface[-1] for h in (coarse, fine, other)]),
    ):
        what = f"tension, corrected: {name}"
        verify(values[0], values[1], rtol=0.03, what=f"{what} of h = ℓ/3 against ℓ/6", source="mesh objectivity")
        verify(values[2], values[0], rtol=0.03, what=f"{what} of another mesh of ℓ/3", source="mesh objectivity")
