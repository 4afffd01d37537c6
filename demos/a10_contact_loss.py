"""Impedance of polycrystalline LLZO that loses contact to its anode: the low-frequency arc grows, the others hardly.

    python3 demos/a10_contact_loss.py                          results/a10_contact_loss/impedance.png, a minute
    python3 demos/a10_contact_loss.py --set transfer=1e-4 --set boundary=1e-3

Contact on the share θ of the face, in strips of the period 2W. Slow charge transfer spreads over what is left of it:
the arc is R_ct(1 + 1/θ) + R_u − ΔL/σ, where the constriction is ΔL/σ with the double layers shorted and R_u when the
current is uniform; derived in tests/verification/test_impedance_polycrystal.py.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import ohm_cm2, um

p = ssb.parameters(
    transfer=20 * ohm_cm2, boundary=1 * ohm_cm2, grains=12, seed=2, width=20 * um, height=30 * um, size=1.2 * um,
    double_layer=0.1, boundary_capacitance=1e-4, frequencies=33, metal="Li", electrolyte="LLZO",
)  # fmt: skip
sigma = ssb.Material(p.electrolyte)["ionic_conductivity"](298.15)
frequencies = np.logspace(7, -3, p.frequencies)


def spectrum(contact):
    """Of the cell that touches its anode on a share of the face."""
    stack = ssb.Stack(width=p.width)
    metal = ssb.Material(p.metal, electronic_conductivity=1e5)  # equipotential; its own 1e7 S/m only costs digits
    stack.layer("anode", metal, thickness=3 * um)
    grains, edges = ssb.Voronoi(count=p.grains, seed=p.seed), ssb.GrainBoundaries(resistance=p.boundary)
    stack.layer("separator", p.electrolyte, thickness=p.height, grains=grains, grain_boundaries=edges)
    stack.layer("counter", metal, thickness=3 * um)
    if contact < 1:
        stack.voids("anode|separator", ssb.Voids(depth=1 * um, strips=[(contact * p.width, p.width)]))
    stack.refine_at("anode|separator", p.size / 8)
    for name in ("anode|separator", "counter|separator"):
        stack.interface(name, exchange_current=R * 298.15 / (F * p.transfer), film_resistance=0.0)
    mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)
    capacitance = ssb.Capacitance(electrode=p.double_layer, boundary=p.boundary_capacitance)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), capacitance])
    model.ground("counter").apply(ssb.Current(0.0, into="anode"))
    model.solve()
    return ssb.impedance(model, frequencies).impedance / ohm_cm2


shares = (1.0, 0.75, 0.5, 0.25)
spectra = [spectrum(share) for share in shares]
folder = output_folder(p.output or "results/a10_contact_loss", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    between = np.abs(
        np.log(2 * np.pi * frequencies * np.sqrt(p.transfer * p.double_layer * p.boundary * p.boundary_capacitance))
    )
    n = np.arange(1, 20000) * np.pi
    for share, Z in zip(shares, spectra, strict=True):
        axes.plot(Z.real, -Z.imag, ".-", label=f"{1 - share:.0%}")
        shorted = 2 * p.width / np.pi * np.log(1 / np.sin(np.pi * share / 2)) / sigma
        uniform = 2 * p.width / sigma * np.sum(np.sin(n * share) ** 2 / (share**2 * n**3))
        exact = (p.transfer * (1 + 1 / share) + uniform - shorted) / ohm_cm2
        arc = Z[-1].real - Z[between.argmin()].real
        print(f"{1 - share:.0%} of the contact lost: arc of the electrodes {arc:.2f} Ω cm², closed form {exact:.2f}")
    axes.set(xlabel="Re Z (Ω cm²)", ylabel="−Im Z (Ω cm²)", aspect="equal", adjustable="datalim")
    axes.legend(title="contact lost")
    figure.savefig(folder / "impedance.png", dpi=150)
    print("row A10: the low-frequency arc grows with the voids")
