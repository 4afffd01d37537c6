r"""Impedance of a polycrystal that has lost contact to an electrode, or is shorted.

Contacts of the share θ on a face of period 2W over a height H ≫ W (half of it is meshed; boundaries of grains of
resistance R_gb are small disturbances). Per area:

    double layers shorted (high frequency): contact at one potential, (H + ΔL)/σ,  ΔL = (2W/π) ln(1/sin(πθ/2))
    steady, R_ct ≫ W/σ: current uniform on the contact, H/σ + R_u + R_ct(1 + 1/θ)
    R_u = (2W/σ) Σ sin²(nπθ)/(θ²(nπ)³)

ΔL by conformal map (`test_constriction.py`), R_u from the cosine series of a uniform flux; Thomson's principle makes
the second an upper limit for any R_ct. Their difference is the arc of contact loss. A thread of metal through all
grains, of the share s, leaves between L/(σ_m s), its own part in the electrolyte, and the same from end to end, at any
frequency.
"""

import numpy as np
import pytest
from cells import T, layered, midpoints
from scipy.spatial import cKDTree

import fem_ssb as ssb
from fem_ssb.analysis import impedance
from fem_ssb.constants import F, R
from fem_ssb.units import um

SIGMA, METAL, C_DL, WIDTH, HEIGHT = 0.05, 1e5, 0.1, 20 * um, 30 * um
R_CT = 5e-3  # Ω m², of each electrode: twenty times what the constriction has
SERIES = "uniform flux, cosine series"


def electrode(resistance):
    """Data of an interface with a charge-transfer resistance [Ω m²] and no film."""
    return {"exchange_current": R * T / (F * resistance), "transfer_coefficient": 0.5, "film_resistance": 0.0}


def resistances(comm, contact, boundary, size=1.2 * um, fine=0.15 * um):
    """Of a polycrystal touched on the share `contact`, boundaries of R_gb: double layers shorted, and steady [Ω m²]."""
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    stack = ssb.Stack(width=WIDTH)
    stack.layer("anode", metal, thickness=3 * um)
    grains, edges = ssb.Voronoi(count=12, seed=2), ssb.GrainBoundaries(resistance=boundary)
    ceramic = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    stack.layer("separator", ceramic, thickness=HEIGHT, grains=grains, grain_boundaries=edges)
    stack.layer("counter", metal, thickness=3 * um)
    if contact < 1:
        stack.voids("anode|separator", ssb.Voids(depth=1 * um, strips=[(contact * WIDTH, WIDTH)]))
    stack.refine_at("anode|separator", fine)
    for name in ("anode|separator", "counter|separator"):
        stack.interface(name, **electrode(R_CT))
    mesh = stack.mesh(comm, size=size)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)])
    model.ground("counter").apply(ssb.Current(0.0, into="anode"))
    model.solve(dt=1e12)
    return impedance(model, [1e6, 1e-4]).impedance.real


def constriction(contact):
    """ΔL/σ of a contact at one potential, and R_u of a uniform current [Ω m²]."""
    n = np.arange(1, 20000) * np.pi
    one = 2 * WIDTH / np.pi * np.log(1 / np.sin(np.pi * contact / 2)) / SIGMA
    return one, float(2 * WIDTH / SIGMA * np.sum(np.sin(n * contact) ** 2 / (contact**2 * n**3)))


@pytest.mark.system("A10")
def test_contact_loss(verify, comm):
    arcs, exact = [], []
    for contact in (1.0, 0.75, 0.5, 0.25):
        fast, slow = resistances(comm, contact, 1e-5)
        one, uniform = constriction(contact)
        arcs.append(slow - fast)
        exact.append(R_CT * (1 + 1 / contact) + uniform - one)
        what = f"polycrystal with {1 - contact:.0%} voids: low-frequency arc [Ω m²]"
        verify(arcs[-1], exact[-1], rtol=0.005, what=what, source=f"R_ct(1 + 1/θ) + R_u − ΔL/σ: {SERIES}")
    verify.trend(
        arcs, "rising", what="polycrystal: low-frequency arc with 0, 25, 50, 75 % voids [Ω m²]", source="row A10"
    )


@pytest.mark.system("A7")
def test_constriction_of_a_polycrystal(verify, comm):
    """The resistance of the boundaries goes in with its first power; without it the grains are one conductor."""
    for contact in (0.5, 0.25):
        found = [resistances(comm, contact, boundary)[0] for boundary in (1e-5, 1e-6, 1e-9)]
        exact = HEIGHT / SIGMA + constriction(contact)[0]
        what = f"polycrystal touched on {contact:.0%}, R_gb → 0: resistance [Ω m²]"
        verify(found[-1], exact, rtol=0.005, what=what, source="(H + ΔL)/σ, conformal map")
        more = np.array(found[:-1]) - found[-1]
        power = np.log10(more[0] / more[1])
        what = f"polycrystal touched on {contact:.0%}: power of R_gb in what it adds"
        verify(power, 1.0, atol=0.02, what=what, source="first order")


@pytest.mark.system("A10")
def test_short(verify, comm):
    """Cells of a lattice in twelve grains; a column of them is metal."""
    length, foil, share, sigma = 40 * um, 1 * um, 0.1, 1.08e3
    metal = ssb.Material("Li", electronic_conductivity=sigma)
    ceramic = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    layers = {"anode": (metal, foil, 1), "separator": (ceramic, length, 20), "counter": (metal, foil, 1)}
    plain = layered(comm, WIDTH, layers, across=10)
    x, region = midpoints(plain.domain)[:, :2], plain.region_of_cell.copy()
    seeds = np.random.default_rng(1).uniform([0, foil], [WIDTH, foil + length], (12, 2))
    grain = np.where(region == 1, cKDTree(seeds).query(x)[1], np.where(region == 0, 12, 13))
    spectra, frequencies = [], np.logspace(-2, 6, 5)
    for shorted in (False, True):
        names, of, grains, home = list(layers), region.copy(), grain.copy(), [1] * 12 + [0, 2]
        materials = {n: material for n, (material, _, _) in layers.items()}
        if shorted:
            inside = (x[:, 0] < share * WIDTH) & (region == 1)
            of[inside], grains[inside] = 3, 14
            names, home, materials = [*names, "thread"], [*home, 3], materials | {"thread": metal}
        touching = ["anode|separator", "counter|separator"] + ["separator|thread"] * shorted
        mesh = ssb.NamedMesh.from_cells(
            plain.domain, names, of, grains.astype(np.int32), np.array(home, dtype=np.int32), materials=materials,
            interface_data=dict.fromkeys(touching, electrode(5e-4)),
            grain_boundaries={"separator": ssb.GrainBoundaries(resistance=1e-4)},
        )  # fmt: skip
        model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL, boundary=1e-4)])
        model.ground("top").apply(ssb.Current(0.0, into="bottom"))
        model.solve(dt=1e12)
        spectra.append(np.abs(impedance(model, frequencies).impedance))
    sound, short = spectra
    ions = SIGMA / length  # at most
    least, most = 1 / (sigma * share / length + ions), (length + 2 * foil) / (sigma * share)
    verify.below(short.max(), most, what="shorted polycrystal, 10 mHz to 1 MHz: |Z| [Ω m²]", source="thread end to end")
    verify.below(
        least, short.min(), what="thread in the electrolyte and ions beside it [Ω m²], below |Z|", source="Rayleigh"
    )
    verify.below(short.max() / short.min() - 1, 1e-3, what="shorted polycrystal: |Z| varies by", source="no arcs left")
    verify.below(
        short.max() / sound.min(), 1e-3, what="|Z| with over without a short, largest", source="row A10: collapse"
    )
