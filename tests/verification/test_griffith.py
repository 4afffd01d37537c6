"""Griffith's flaw in an electrolyte and the overpotential whose electrochemical stress breaks it.

A crack of half-length a under the stress σ: K_I = σ√(πa), so σ_c = K_IC/√(πa). Lithium plated into it with the
overpotential η builds up −Fη/Ω. K_IC = 0.6 MPa√m and a = 1 … 10 µm: 0.34 … 0.11 GPa, 46 … 14 mV (Ω = 13.0e-6 m³/mol;
the source rounds to 40 … 13 mV). Here K_I/σ comes from the finite elements: faces of a slit under pressure, and the
same slit in a body under tension (superposition says both are equal).
"""

import numpy as np
import pytest
from cracks import brittle, notched_plate

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.physics.crack_pressure import pressure_of
from fem_ssb.units import GPa, MPa, um

TOUGH, VOLUME = 0.6 * MPa, 13.0e-6
pytestmark = pytest.mark.system("B3")


def intensity(comm, a, loaded):
    """K_I over the stress [√m] of a slit of half-length a; `loaded`: its faces, or the ends of the body."""
    draw = notched_plate(0.05, 2.0, (0.0, 1.3, 19.8, 20.2), 20.0, 40.0, 1.0, thickness=6.0)
    mesh = ssb.from_gmsh(comm, draw, scale=a, materials={"plate": brittle(150 * GPa, 0.26, 2.3)})
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(*(ssb.Fixed("displacement", side, 0.0, component=0) for side in ("upper left", "lower left")))
    faces = {b: 100 * MPa for b in ("upper face", "lower face")} if loaded == "faces" else {}
    if loaded == "faces":
        model.apply(*(ssb.Flux("displacement", b, -p) for b, p in faces.items()))
        model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    else:
        model.apply(ssb.Flux("displacement", "top", 100 * MPa, component=1))
        model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    state = model.solve()
    return CrackTip(state, "plate", (1, 0), 0.3 * a, 0.7 * a, faces=faces).k((a, 20 * a))[0] / (100 * MPa)


@pytest.mark.parametrize("a, stress, voltage", [(1 * um, 0.34, 46), (10 * um, 0.107, 14.4)])
def test_stress_and_overpotential(verify, comm, a, stress, voltage):
    under_tension, under_pressure = (intensity(comm, a, loaded) for loaded in ("ends", "faces"))
    verify(under_tension, np.sqrt(np.pi * a), rtol=0.02, what=f"K_I/σ at a = {a / um:g} µm [√m]", source="√(πa)")
    verify(
        under_pressure, under_tension, rtol=0.01, what="pressure in the crack against tension", source="superposition"
    )
    critical = TOUGH / under_pressure
    verify(critical / GPa, stress, rtol=0.02, what=f"critical stress at {a / um:g} µm [GPa]", source="K_IC/√(πa)")
    per_volt = pressure_of(-1.0, VOLUME)
    verify(1e3 * critical / per_volt, voltage, rtol=0.02, what=f"overpotential at {a / um:g} µm [mV]", source="σΩ/F")
