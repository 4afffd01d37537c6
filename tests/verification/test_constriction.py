r"""Constriction where electrode and electrolyte touch only in part: strip by conformal map, disc after Holm.

Strip. Contacts of half-width w repeat with the period 2W on the face of a conductor σ; the rest of it is a gap. With
z = x + iy the map ζ = sin(πz/2W) takes the half-strip abs(x) < W, y > 0 to the upper half-plane, the contact to
abs(ζ) < k = sin(πw/2W), and φ ∝ Re arcosh(ζ/k) vanishes on the contact and lets no current through the rest. Far away
φ ∝ πy/2W − ln k: the contact adds the length ΔL = (2W/π) ln(1/sin(πw/2W)) to the path, the area-specific resistance
of a cell of height H is (H + ΔL)/σ, up to exp(−2πH/W). The current density is ∝ 1/√(k² − ζ²): it diverges at the edge.

Disc of radius c on a half-space: the equipotentials are the oblate spheroids of height sc whose foci are the rim, and
the resistance between the disc and one of them is arctan(s)/(2πσc); to infinity it is Holm's 1/(4σc) (Holm, Electric
Contacts, 4th ed., 1967, § 3). The rest, (π/2 − arctan s)/(2πσc), is added.

With a charge-transfer resistance the current at the triple line of metal, electrolyte and gap is finite.
"""

import numpy as np
import pytest
from cells import T
from shapes import contact

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F, R
from fem_ssb.units import um

SIGMA, LENGTH = 0.05, 5 * um
LLZO = ssb.Material("LLZO", ionic_conductivity=SIGMA)
pytestmark = pytest.mark.system("A7")


def touched(comm, dim, radius, size, fine, coarse, far):
    """Model of a unit potential between the contact and the far boundary, with no kinetics."""
    mesh = ssb.from_gmsh(comm, contact(dim, radius, size, fine, coarse), scale=LENGTH, materials={"separator": LLZO})
    model = ssb.Model(mesh, [ssb.Conduction(degree=2)])
    model.apply(ssb.Fixed("ionic_potential", "contact", 0.0), ssb.Fixed("ionic_potential", far, 1.0)).solve()
    return model


@pytest.mark.parallel
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_strip(verify, comm, share):
    exact = 2 / np.pi * np.log(1 / np.sin(np.pi * share / 2))
    errors = []
    for fine in (0.02, 0.005, 0.00125):
        model = touched(comm, 2, share, 2.0, fine * min(share, 1 - share), 0.1, "top")
        length = SIGMA / model.balances.reaction("ionic_potential", "top")  # of a cell of half-width 1
        errors.append(abs(length - 2 - exact) / exact)
    at = f"strip on {share:.0%} of the face"
    verify(length - 2, exact, rtol=0.02, what=f"{at}: ΔL/W", source="(2/π) ln(1/sin(πw/2W))")
    verify.trend(errors, "falling", what=f"{at}: error of ΔL with refinement", source="conformal map")
    verify.below(errors[-1], 0.002, what=f"{at}: error of ΔL on the finest mesh", source="conformal map")


@pytest.mark.parallel
def test_disc(verify, comm):
    reach, errors = 3.0, []
    for fine in (0.1, 0.05, 0.025):
        model = touched(comm, 3, 1.0, reach, fine, 0.6, "outer")
        near = 1 / (4 * model.balances.reaction("ionic_potential", "outer"))  # a quarter is meshed
        rest = (np.pi / 2 - np.arctan(reach)) / (2 * np.pi * SIGMA * LENGTH)
        errors.append(abs((near + rest) * 4 * SIGMA * LENGTH - 1))
    holm = 1 / (4 * SIGMA * LENGTH)
    verify(near + rest, holm, rtol=0.02, what="resistance of a disc contact [Ω]", source="1/(4σc), Holm")
    verify.trend(errors, "falling", what="disc: error with refinement", source="1/(4σc), Holm")
    verify.below(errors[-1], 0.005, what="disc: error on the finest mesh", source="1/(4σc), Holm")


def kinetic_peak(comm, fine, wagner, share=0.5):
    """Peak over mean current density of the contact with σR_ct/W = `wagner`."""
    exchange = R * T * SIGMA / (F * wagner * LENGTH)
    data = {"exchange_current": exchange, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    mesh = ssb.from_gmsh(
        comm,
        contact(2, share, 2.0, fine, 0.1, thickness=0.3),
        scale=LENGTH,
        materials={"separator": LLZO, "anode": "Li"},
        interface_data={"anode|separator": data},
    )
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer()])
    model.ground("bottom").apply(ssb.Flux("ionic_potential", "top", 1e-3 * exchange)).solve()
    found = InterfaceMap(model.state, "reaction_current", "anode|separator").evaluate()
    return -found["min"] / abs(found["mean"])


def test_peak_at_the_triple_line(verify, comm):
    """Without kinetics the peak of nodal averages grows as h^(−1/2); with kinetics it settles, below it."""
    sizes, without = (0.02, 0.005, 0.00125), []
    for fine in sizes:
        flux = BoundaryFlux(touched(comm, 2, 0.5, 2.0, fine, 0.1, "top"), "ionic_potential")
        flux.evaluate()
        found = flux.at("contact")
        without.append(found["min"] / found["mean"])
    slope = np.polyfit(np.log(sizes), np.log(without), 1)[0]
    verify(slope, -0.5, atol=0.05, what="no kinetics: power of h in the peak at the edge", source="i ∝ 1/√(distance)")
    finite = []
    for wagner in (0.03, 0.1, 1.0):
        peaks = [kinetic_peak(comm, share * wagner, wagner) for share in (0.1, 0.025, 0.00625)]
        finite.append(peaks[-1])
        what = f"σR_ct/W = {wagner:g}: peak/mean at the triple line, h/W = {wagner:g}/160 against {wagner:g}/40"
        verify(peaks[-1], peaks[-2], rtol=0.02, what=what, source="converged: finite")
    verify.trend([without[-1], *finite], "falling", what="peak/mean with σR_ct/W = 0, 0.03, 0.1, 1", source="trend")
