"""Impedance of a symmetric cell in one dimension, against its circuit.

Per area, in series (single-ion conductor, equal interfaces):

    Z = L/(σ + jωε) + (N − 1) R_gb/(1 + jω R_gb C_gb) + 2 R_e/(1 + jω R_e C_dl),    R_e = RT/(F i₀) + R_film

and with constant-phase elements Q (jω)^a in place of jωC. Under a current i the charge transfer is that of the tangent:
dη/di = (2RT/F)/√(i² + 4i₀²). The time constants R C are decades apart, so three arcs are seen; −Im Z of each peaks at
R/2 for ω R C = 1.
"""

import gmsh
import numpy as np
import pytest
from cells import T, layered, midpoints

import fem_ssb as ssb
from fem_ssb.analysis import impedance
from fem_ssb.constants import F, R, eps_0
from fem_ssb.materials import Arrhenius
from fem_ssb.units import um

pytestmark = pytest.mark.system("A10")
SIGMA, EPS, EXCHANGE, FILM = 0.05, 50.0, 50.0, 2e-4
LENGTH, GRAINS, R_GB, C_GB, C_DL = 40 * um, 4, 5e-4, 1e-4, 0.1
METAL = 1.08e3  # S/m; lithium's own is 1e4 times that, and so is then the rounding of σ_e∇ψ: 1e-10 becomes 1e-6
FREQUENCIES = np.logspace(-1, 9, 41)
SOURCE = "series circuit"


def body(comm, film=FILM, metallic=METAL, dim=2, **more):
    """Li | bricks of LLZO | Li; two columns, so that the collectors' single unknown matters."""
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": film, **more}
    metal = ssb.Material("Li", electronic_conductivity=metallic)
    ceramic = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    layers = {"anode": (metal, 5 * um, 1), "separator": (ceramic, LENGTH, 2 * GRAINS), "counter": (metal, 5 * um, 1)}
    both = {"anode|separator": data, "separator|counter": data}
    return bricks(layered(comm, 20 * um, layers, dim=dim, interface_data=both))


def cell(comm, capacitance, current=0.0, temperature=T, **more):
    """The same at its steady state."""
    model = ssb.Model(body(comm, **more), [ssb.Conduction(), ssb.ButlerVolmer(), capacitance])
    model.ground("top").apply(ssb.Current(current, into="bottom"), ssb.Ambient(temperature))
    model.solve(dt=1e12)  # nothing is stored any more
    model.state.accept()
    return model


def bricks(mesh):
    """The separator cut into `GRAINS` layers with a resistance between them."""
    y = midpoints(mesh.domain)[:, mesh.dim - 1]
    brick = np.clip(((y - 5 * um) / (LENGTH / GRAINS)).astype(int), 0, GRAINS - 1)
    grain = np.where(mesh.region_of_cell == 1, 1 + brick, np.where(mesh.region_of_cell == 0, 0, GRAINS + 1))
    return ssb.NamedMesh.from_cells(
        mesh.domain,
        mesh.region_names,
        mesh.region_of_cell,
        grain.astype(np.int32),
        np.array([0, *[1] * GRAINS, 2], dtype=np.int32),
        materials=mesh.materials,
        grain_boundaries={"separator": ssb.GrainBoundaries(resistance=R_GB)},
        interface_data=mesh.interface_data,
    )


def circuit(f, boundary, electrode, eps=EPS, current=0.0, film=FILM, metallic=METAL, temperature=T):
    """Z [Ω m²]; `boundary`, `electrode`: admittances of what is in parallel."""
    s = 2j * np.pi * f
    tangent = 2 * R * temperature / F / np.sqrt(current**2 + 4 * EXCHANGE**2) + film
    metal = 2 * 5 * um / metallic
    bulk = LENGTH / (SIGMA + s * eps_0 * eps)
    return bulk + metal + (GRAINS - 1) / (1 / R_GB + boundary(s)) + 2 / (1 / tangent + electrode(s))


@pytest.mark.parallel
@pytest.mark.parametrize("dim, current", [(2, 0.0), (2, 200.0), pytest.param(3, 200.0, marks=pytest.mark.slow)])
def test_three_arcs(verify, comm, dim, current):
    model = cell(comm, ssb.Capacitance(electrode=C_DL, boundary=C_GB, permittivity=EPS), current, dim=dim)
    Z = impedance(model, FREQUENCIES).impedance
    exact = circuit(FREQUENCIES, lambda s: s * C_GB, lambda s: s * C_DL, current=current)
    deviation = np.abs(Z / exact - 1).max()
    what = f"{dim}D: largest deviation over {len(Z)} frequencies at {current:g} A/m²"
    verify.below(deviation, 1e-8, what=what, source=SOURCE)
    verify(
        Z[0].real,
        exact[0].real,
        rtol=1e-6,
        what=f"{dim}D: low-frequency resistance at {current:g} A/m² [Ω m²]",
        source=SOURCE,
    )


def test_lithium(verify, comm):
    """With the conductivity of lithium itself."""
    model = cell(comm, ssb.Capacitance(electrode=C_DL, boundary=C_GB, permittivity=EPS), metallic=1.08e7)
    Z = impedance(model, FREQUENCIES).impedance
    exact = circuit(FREQUENCIES, lambda s: s * C_GB, lambda s: s * C_DL, metallic=1.08e7)
    verify.below(np.abs(Z / exact - 1).max(), 1e-5, what="electrodes of lithium: largest deviation", source=SOURCE)


def test_without_film(verify, comm):
    """Warm, with a double layer of the pair that follows the temperature."""
    law, warm = Arrhenius(C_DL, 2e4), 340.0
    capacitance = ssb.Capacitance(electrode="pair", boundary=C_GB)
    model = cell(comm, capacitance, film=0.0, temperature=warm, double_layer_capacitance=law)
    Z = impedance(model, FREQUENCIES).impedance
    exact = circuit(FREQUENCIES, lambda s: s * C_GB, lambda s: s * law(warm), eps=0.0, film=0.0, temperature=warm)
    verify.below(np.abs(Z / exact - 1).max(), 1e-8, what="no film, no dielectric: largest deviation", source=SOURCE)


@pytest.mark.parallel
def test_constant_phase_elements(verify, comm):
    """Fitted back from the depressed arc: Q and a of the electrode."""
    Q, a, Q_gb, a_gb = 0.2, 0.8, 3e-4, 0.9
    model = cell(comm, ssb.Capacitance(electrode=ssb.CPE(Q, a), boundary=ssb.CPE(Q_gb, a_gb)))
    Z = impedance(model, FREQUENCIES).impedance
    exact = circuit(FREQUENCIES, lambda s: Q_gb * s**a_gb, lambda s: Q * s**a, eps=0.0)
    verify.below(np.abs(Z / exact - 1).max(), 1e-8, what="constant-phase elements: largest deviation", source=SOURCE)
    low = FREQUENCIES < 50.0
    rest = (
        LENGTH / SIGMA + 2 * 5 * um / METAL + (GRAINS - 1) / (1 / R_GB + Q_gb * (2j * np.pi * FREQUENCIES[low]) ** a_gb)
    )
    admittance = 2 / (Z[low] - rest) - 1 / (R * T / F / EXCHANGE + FILM)
    slope, start = np.polyfit(np.log(2 * np.pi * FREQUENCIES[low]), np.log(np.abs(admittance)), 1)
    verify(slope, a, rtol=0.01, what="exponent a from the spectrum", source="given")
    verify(np.exp(start), Q, rtol=0.01, what="Q from the spectrum [F s^(a−1)/m²]", source="given")


def test_relaxation_times(verify, comm):
    """The distribution has its weight at the R C of the parts, and their resistances."""
    model = cell(comm, ssb.Capacitance(electrode=C_DL, boundary=C_GB))
    spectrum = impedance(model, np.logspace(-1, 9, 101))
    tau, r = spectrum.relaxation_times(regularisation=1e-4)
    electrode = R * T / F / EXCHANGE + FILM
    parts = {"boundaries": (R_GB * C_GB, (GRAINS - 1) * R_GB), "electrodes": (electrode * C_DL, 2 * electrode)}
    for name, (time, resistance) in parts.items():
        near = np.abs(np.log10(tau / time)) < 1
        verify(r[near].sum(), resistance, rtol=0.02, what=f"resistance of the {name} [Ω m²]", source=SOURCE)
        mean = np.exp((np.log(tau[near]) * r[near]).sum() / r[near].sum())
        verify(mean, time, rtol=0.05, what=f"relaxation time of the {name} [s]", source="R C")


def test_charging_in_time(verify, comm):
    """A step of current charges the double layers: η(t) = η_∞(1 − e^{−t/RC}), small signal, power balance closed."""
    i = 1e-3
    again = ssb.Model(body(comm, film=0.0), [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)])
    again.ground("top").apply(ssb.Current(i, into="bottom"))
    R_ct = R * T / F / EXCHANGE
    tau = R_ct * C_DL
    result = again.run(4 * tau, quiet=True, largest_step=tau / 128, first_step=tau / 128)
    ohmic = LENGTH / SIGMA + 2 * 5 * um / METAL + (GRAINS - 1) * R_GB
    exact = i * (ohmic + 2 * R_ct * (1 - np.exp(-result["time [s]"] / tau)))
    largest = np.abs(result["voltage [V]"] / exact - 1).max()
    verify.below(largest, 2e-3, what="charging of the double layers: largest deviation", source="1 − e^{−t/RC}")
    verify.below(np.nanmax(result["power imbalance [1]"]), 1e-8, what="power imbalance while charging", source="energy")


def with_voids(comm, free):
    """Li | LLZO | Li whose anode touches the share 1 − `free` of the electrolyte: a slit 2 µm high in the metal."""
    width, height = 20.0, 50.0

    def draw():
        occ = gmsh.model.occ
        anode = occ.addRectangle(0, 0, 0, width, 5)
        if free:
            void = occ.addRectangle(0, 3, 0, width * free, 2)
            anode = occ.cut([(2, anode)], [(2, void)])[0][0][1]
        parts = [anode, occ.addRectangle(0, 5, 0, width, 40), occ.addRectangle(0, 45, 0, width, 5)]
        occ.fragment([(2, parts[0])], [(2, p) for p in parts[1:]])
        occ.synchronize()
        surfaces = [tag for _, tag in gmsh.model.getEntities(2)]
        upward = sorted(surfaces, key=lambda tag: occ.getCenterOfMass(2, tag)[1])
        for name, tag in zip(("anode", "separator", "counter"), upward, strict=True):
            gmsh.model.addPhysicalGroup(2, [tag], name=name)
        for name, y in (("bottom", 0.0), ("top", height)):
            lines = [t for _, t in gmsh.model.getEntitiesInBoundingBox(-1, y - 1e-3, -1, 21, y + 1e-3, 1, 1)]
            gmsh.model.addPhysicalGroup(1, lines, name=name)
        gmsh.option.setNumber("Mesh.MeshSizeMax", 1.0)
        gmsh.model.mesh.generate(2)

    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    materials = {"anode": metal, "separator": ssb.Material("LLZO", ionic_conductivity=SIGMA), "counter": metal}
    interfaces = {"anode|separator": data, "separator|counter": data}
    mesh = ssb.from_gmsh(comm, draw, scale=um, materials=materials, interface_data=interfaces)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)])
    model.ground("top").apply(ssb.Current(0.0, into="bottom"))
    model.solve(dt=1e12)
    return model


def test_voids_make_the_low_frequency_arc_grow(verify, comm):
    """Where all across the current is shorted, Z falls to L/σ + R_ct/θ + R_ct (Rayleigh): the least it can be."""
    R_ct, arcs = R * T / F / EXCHANGE, []
    for free in (0.0, 0.25, 0.5, 0.75):
        fast, slow = impedance(with_voids(comm, free), [1e7, 1e-2]).impedance.real
        arcs.append(slow - fast)
        least = LENGTH / SIGMA + R_ct / (1 - free) + R_ct
        what = f"{free:.0%} of the anode lost: least resistance over Z"
        verify.below(least / slow, 1 + 1e-8, what=what, source="Rayleigh: L/σ + R_ct/θ + R_ct")
    verify(arcs[0], 2 * R_ct, rtol=1e-6, what="arc of a whole interface [Ω m²]", source="2RT/(F i₀)")
    verify.trend(arcs, "rising", what="arc with the share of voids [Ω m²]", source="less contact, more charge transfer")


def test_a_short_takes_it_all_away(verify, comm):
    """A thread of metal from end to end, a tenth of the width: Z is at most that of the thread, electrons by it."""
    metal = ssb.Material("Li", electronic_conductivity=METAL)
    layers = {"anode": (metal, 5 * um, 2), "separator": ("LLZO", LENGTH, 16), "counter": (metal, 5 * um, 2)}
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    found = []
    for shorted in (False, True):
        plain = layered(comm, 20 * um, layers, across=10)
        x, region = midpoints(plain.domain), plain.region_of_cell.copy()
        if shorted:
            region[(x[:, 0] < 2 * um) & (region == 1)] = 3
        names = ["anode", "separator", "counter", *(["thread"] if shorted else [])]
        materials = {"anode": metal, "separator": ssb.Material("LLZO", ionic_conductivity=SIGMA), "counter": metal}
        between = ["anode|separator", "separator|counter"] + ["separator|thread"] * shorted
        mesh = ssb.NamedMesh.from_cells(
            plain.domain, names, region, materials=materials | ({"thread": metal} if shorted else {}),
            interface_data={n: data for n in between},
        )  # fmt: skip
        model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=C_DL)])
        model.ground("top").apply(ssb.Current(0.0, into="bottom"))
        model.solve(dt=1e12)
        found.append(abs(impedance(model, [1e-1]).impedance[0]))
    thread = LENGTH / (METAL * 0.1) + 10 * um / (METAL * 0.1)
    verify.below(found[1], thread, what="|Z| with a thread of metal [Ω m²]", source="thread of metal alone, end to end")
    verify.below(found[1] / found[0], 1e-3, what="|Z| with over without a short", source="collapse")
