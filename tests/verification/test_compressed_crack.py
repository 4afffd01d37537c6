"""Compression across the path of a lithium-filled crack shuts it and turns it aside.

A slit of half-length a under the pressure p, inclined by β to the straight path (x), in a body under the compression
σ_a. With the normal n of the slit and its direction e, σ_n = σ_a cos²β for compression across the path (y), σ_a sin²β
along it (x), and by superposition

    K_I = (p − σ_n) √(πa),    K_II = τ √(πa),    τ = e·σ·n = ∓σ_a sin β cos β    (− across, + along)

(Sneddon & Lowengrub 1969; Tada, Paris & Irwin). The largest hoop stress (Erdogan & Sih 1963) turns the crack by
K_I sin θ + K_II (3 cos θ − 1) = 0: further off the path under compression across, back under compression along it.

Threshold: lithium raises p until k(θ) = K_IC, so that θ depends on σ_a sin β cos β √(πa)/K_IC alone. The crack counts
as averted when its kink leads to the plane of the largest shear, 45° to the compression: β + θ ≥ 45°, an offset as
large as the distance still to go. With θ = 45° − β and K_I = K_II (3 cos θ − 1)/sin θ, k(θ) = K_IC gives K_II.
Fincher et al., Joule 6 (2022) 2794, observed that about 200 MPa averts the short in LLZTO. Here K_IC = 1.51 MPa√m (the
library's LLZTO); a = 100 µm and β = 10° are estimates (a crack within a separator of millimetres, a path not quite
straight), so the pressure is one of order only: ∝ 1/√a, and falling with β.
"""

import numpy as np
import pytest
from cracks import brittle
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip, kink
from fem_ssb.units import GPa, MPa, MPa_sqrt_m, um

HALF, TOUGHNESS = 100 * um, 1.51 * MPa_sqrt_m
WIDTH = 30 * HALF
ROOT = np.sqrt(np.pi * HALF)
SOURCE = "superposition"
pytestmark = pytest.mark.system("B17")


class Inclined:
    """K_I and K_II of the slit, for any pressure and compression on one mesh."""

    def __init__(self, comm, beta, size=0.05):
        self.e = np.array([np.cos(beta), np.sin(beta)])
        self.tip = WIDTH / 2 + HALF * self.e
        stack = ssb.Stack(width=WIDTH)
        stack.layer("plate", brittle(150 * GPa, 0.25, 15.0), thickness=WIDTH)
        stack.crack("crack", ssb.Slit([WIDTH / 2 - HALF * self.e, self.tip]), tip_size=size * HALF)
        self.mesh = stack.mesh(comm, size=2 * HALF)

    def k(self, pressure, across=0.0, along=0.0):
        model = ssb.Model(self.mesh, [ssb.Elasticity(degree=2)])
        model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
        model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
        for boundary, p in (("crack", pressure), ("top", across), ("right", along)):
            if p:
                model.apply(ssb.Flux("displacement", boundary, -p))
        state = model.solve()
        crack = CrackTip(state, "plate", self.e, 0.3 * HALF, 0.7 * HALF, faces={"crack": pressure})
        return np.array(crack.k(self.tip))


@pytest.mark.parallel
def test_compression_across_shuts_the_crack(verify, comm):
    slit, p = Inclined(comm, 0.0), 200 * MPa
    for load in (0.0, 0.4, 0.8):
        one, two = slit.k(p, across=load * p) / ROOT / MPa
        what = f"K_I/√(πa) [MPa], p = 200 MPa, compression {load * 200:.0f} MPa across"
        verify(one, 200 * (1 - load), atol=2.0, what=what, source=SOURCE)
        verify(two, 0.0, atol=1.0, what="the same: K_II/√(πa) [MPa]", source=SOURCE)
    one, two = slit.k(p, along=0.8 * p) / ROOT / MPa
    verify(one, 200, rtol=0.02, what="K_I/√(πa) [MPa], the same with 160 MPa along the crack", source=SOURCE)


def test_compression_shears_an_inclined_crack(verify, comm):
    p, load = 200 * MPa, 100 * MPa
    for degrees in (10, 30):
        beta = np.radians(degrees)
        slit, tau = Inclined(comm, beta), load * np.sin(beta) * np.cos(beta)
        for name, share, sign in (("across", np.cos(beta) ** 2, -1), ("along", np.sin(beta) ** 2, 1)):
            found = slit.k(p, **{name: load})
            exact = np.array([p - load * share, sign * tau]) * ROOT
            label = f"β = {degrees}°, p = 200 MPa, 100 MPa {name}"
            for mode, a, b in zip(("K_I", "K_II"), found / ROOT / MPa, exact / ROOT / MPa, strict=True):
                verify(a, b, rtol=0.02, what=f"{label}: {mode}/√(πa) [MPa]", source=SOURCE)
            angle, first = np.degrees(kink(*found)[0]), np.degrees(kink(*exact)[0])
            verify(angle, first, atol=0.5, what=f"{label}: kink [°]", source="Erdogan & Sih (1963)")


def test_largest_hoop_stress(verify):
    """Pure shear, and the angle against a search."""
    angle, intensity = kink(0.0, 1.0)
    verify(np.degrees(angle), -70.53, atol=0.01, what="pure shear: kink [°]", source="arccos ⅓")
    verify(
        1 / intensity, np.sqrt(3) / 2, rtol=1e-9, what="pure shear: K_II/K_IC at growth", source="Erdogan & Sih (1963)"
    )
    angles = np.linspace(-np.pi / 2, np.pi / 2, 100001)
    hoop = np.cos(angles / 2) * (0.7 * np.cos(angles / 2) ** 2 + 1.5 * 0.4 * np.sin(angles))
    verify(kink(0.7, -0.4)[0], angles[hoop.argmax()], atol=1e-4, what="K = (0.7, −0.4): kink [rad]", source="search")


def threshold(shutting, shearing, opening, beta):
    """Compression [Pa] at which β + θ = 45° at growth, from the K of unit compression and of unit pressure."""

    def miss(load):
        def excess(p):
            return kink(p * opening + load * shutting, load * shearing)[1] - TOUGHNESS

        p = brentq(excess, load * -shutting / opening, load * -shutting / opening + 2 * TOUGHNESS / opening)
        return beta + kink(p * opening + load * shutting, load * shearing)[0] - np.pi / 4

    most = 0.86 * TOUGHNESS / abs(shearing)  # beyond √3/2 shear alone breaks it
    return brentq(miss, 1e-3 * most, most)


def test_threshold_of_averting(verify, comm):
    found, exact = [], []
    for degrees in (5, 10, 20):
        beta = np.radians(degrees)
        slit = Inclined(comm, beta)
        opening = slit.k(MPa) / MPa
        both = slit.k(MPa, across=0.5 * MPa) / MPa
        shutting, shearing = 2 * (both - opening)
        found.append(threshold(shutting, shearing, opening[0], beta) / MPa)
        theta = np.pi / 4 - beta
        ratio = (3 * np.cos(theta) - 1) / np.sin(theta)
        sheared = TOUGHNESS / (np.cos(theta / 2) * (ratio * np.cos(theta / 2) ** 2 + 1.5 * np.sin(theta)))
        exact.append(sheared / (np.sin(beta) * np.cos(beta) * ROOT) / MPa)
        what = f"compression that turns the crack to 45°, a = 100 µm, β = {degrees}° [MPa]"
        verify(found[-1], exact[-1], rtol=0.03, what=what, source="closed form")
    source = "Fincher et al. (2022): about; a and β are estimates, of order only"
    verify(
        found[1], 200, rtol=0.5, what="the same at β = 10° against what averts the short in LLZTO [MPa]", source=source
    )
    verify.trend(found, "falling", what="the same, β = 5°, 10°, 20°", source="K_II = τ√(πa)")
