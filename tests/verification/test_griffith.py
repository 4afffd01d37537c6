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


def test_slit_in_a_body_that_swells(verify, comm):
    """K does not depend on the domain where strain is given, uniform or not.

    A body that would grow by s (1 + x/a) in all directions and is held so that it strains in x alone,
    u_x = (1 + ν)/(1 − ν) s (x + x²/2a), has σ_xx = 0 and σ_yy = p (1 + x/a), p = −E s/(1 − ν). On a slit
    K = ∫ σ_yy √((a + x)/(a − x)) dx/√(πa) = 1.5 p √(πa) at x = a. The square of 60a is held as it is without the slit,
    by whose 2πa²p/E' of opening the mean strain is then too small: K is low by 2π/60² of its uniform part, 0.12 %.
    """
    young, poisson, s, width = 1.0, 0.26, -1e-3, 60.0
    stack = ssb.Stack(width=width)
    stack.layer("plate", brittle(young, poisson, 1.0), thickness=width)
    middle = width / 2
    stack.crack("crack", ssb.Slit([(middle - 1, middle), (middle + 1, middle)]), tip_size=0.05)

    def sound(x, t):
        away = x[0] - middle
        return np.stack([(1 + poisson) / (1 - poisson) * s * (away + away**2 / 2), 0 * away])

    swelling = ssb.Eigenstrain({"plate": lambda x, t: s * (1 + x[0] - middle)})
    model = ssb.Model(stack.mesh(comm, size=4.0), [ssb.Elasticity(degree=2), swelling])
    model.apply(*(ssb.Moved(side, sound) for side in ("left", "right", "bottom", "top")))
    state = model.solve()
    exact = 1.5 * -young * s / (1 - poisson) * np.sqrt(np.pi)
    for radii in ((0.2, 0.4), (0.4, 0.9)):
        tip = CrackTip(state, "plate", (1, 0), *radii)
        one, two = np.array(tip.k((middle + 1, middle))) / exact
        verify(
            one,
            1.0,
            rtol=0.01,
            what=f"slit in a body that swells, q from {radii[0]}a to {radii[1]}a: K_I",
            source="closed form",
        )
        verify(two, 0.0, atol=0.005, what="the same: K_II/K_I", source="symmetry")
        released = tip.j((middle + 1, middle)) * young / (1 - poisson**2) / exact**2
        verify(released, 1.0, rtol=0.03, what="the same: J", source="K_I²/E'")
