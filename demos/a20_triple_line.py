r"""Sodium on NZSP with a bare rim: what the atmosphere makes of the surface, and what a coat saves.

    python3 demos/a20_triple_line.py                            results/a20_triple_line/rim.png, some seconds
    python3 demos/a20_triple_line.py --set layer=0.1            a layer of κ = 0.1 σH
    python3 demos/a20_triple_line.py --set exchange=1*A_cm2     with kinetics that resist: the rim is relieved
    python3 demos/a20_triple_line.py --set coat=20*um --set permeable=0.3    nail polish: lets some of the air through

The anode covers the left part of the electrolyte. Where air reaches the bare rest, a reaction layer conducts along the
surface and feeds the triple line: the rim draws iδ more than the electrode's own current i, δ = Σ[1/λ_n − H/nπ] with
λH tan λH = σH/κ. The critical current goes with 1/δ; 5.5 mA/cm² in little oxygen (published) calibrate it. How well the
layer conducts is an estimate.
"""

import numpy as np
import ufl
from matplotlib.figure import Figure
from mpi4py import MPI
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    layer=1.0, coat=100 * um, permeable=0.0, height=100 * um, contact=400 * um, bare=800 * um, size=6 * um,
    exchange=1e6 * mA_cm2,
)  # fmt: skip
WIDTH, FOIL, VOLTAGE = p.contact + p.bare, 30 * um, 1e-3
sigma = ssb.Material("NZSP").ionic_conductivity(298.15)

stack = ssb.Stack(width=WIDTH)
stack.layer("counter", "Na", thickness=FOIL)
stack.layer("separator", "NZSP", thickness=p.height)
stack.layer("anode", "Na", thickness=FOIL)
stack.voids("anode|separator", ssb.Voids(depth=FOIL / 2, strips=[(p.contact, WIDTH)]))
for electrode in ("anode", "counter"):
    stack.interface(f"{electrode}|separator", exchange_current=p.exchange, film_resistance=0.0)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)


def solve(conductance):
    """δ/H, and the current through the anode over its mean far from the rim by place."""
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.SheetConduction(conductance, on="voids")]
    model = ssb.Model(mesh, physics).ground("counter").apply(ssb.Voltage(VOLTAGE, at="anode"))
    model.solve()
    far = VOLTAGE / (p.height / sigma + 2 * R * 298.15 / (F * p.exchange))  # [A/m²]
    excess = model.balances.reaction("electronic_potential", "anode") / far - p.contact
    local = ssb.analysis.InterfaceMap(model.state, "reaction_current", "anode|separator")
    local.evaluate()
    x, i = local.values.function_space.tabulate_dof_coordinates()[:, 0], local.values.x.array
    x, i = (np.concatenate(mesh.comm.allgather(v[i != 0])) for v in (x, i))
    return excess / p.height, x, i / far


def closed(layer):
    """Σ [1/λ_n − H/(nπ)]/H."""
    ends = [((n - 1) * np.pi, (n - 0.5) * np.pi) for n in range(1, 1001)]
    roots = np.array([brentq(lambda z: max(layer, 1e-9) * z * np.sin(z) - np.cos(z), *end) for end in ends])
    return 1 / roots[0] + np.sum(1 / roots[1:] - 1 / (np.pi * np.arange(1, 1000)))


kappa = p.layer * sigma * p.height
cases = {
    "little oxygen": 0.0,
    "air": kappa,
    "air, coated rim": lambda x, t: kappa * ufl.conditional(x[0] < p.contact + p.coat, p.permeable, 1.0),
}
found = {name: solve(conductance) for name, conductance in cases.items()}
bare = found["little oxygen"][0]

folder = output_folder(p.output or "results/a20_triple_line", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    rim, critical = figure.subplots(1, 2)
    for name, (_, x, local) in found.items():
        order = np.argsort(x)
        rim.semilogy((x[order] - p.contact) / um, local[order], label=name)
    rim.set(xlabel="distance from the triple line (µm)", ylabel="local over mean current")
    rim.legend()
    layers = np.geomspace(1e-3, 30, 60)
    critical.loglog(layers, [5.5 * closed(0.0) / closed(k) for k in layers], "0.6", label="closed form")
    for name, k in (("little oxygen", 1e-3), ("air", p.layer), ("air, coated rim", p.layer)):
        critical.loglog(k, 5.5 * bare / found[name][0], "o", label=name)
    critical.set(xlabel="conductance of the layer over σH", ylabel="critical current (mA/cm²)")
    critical.legend()
    figure.savefig(folder / "rim.png", dpi=150)
    for name, k in (("little oxygen", 0.0), ("air", p.layer), ("air, coated rim", 0.0)):
        delta = found[name][0]
        print(f"{name:16s} δ/H = {delta:.4f} (closed form {closed(k):.4f}), critical {5.5 * bare / delta:.2f} mA/cm²")
    print("published: 5.5 mA/cm² in little oxygen, much less in air, no growth below a coat")
