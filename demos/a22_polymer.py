r"""PEO–LiTFSI between lithium: what the anions cost, and why such cells are kept above 60 °C.

    python3 demos/a22_polymer.py                              results/a22_polymer/polymer.png, half a minute
    python3 demos/a22_polymer.py --set concentration=2000     mol/m³: a higher transference number, a lower conductivity
    python3 demos/a22_polymer.py --set thickness=20*um

Bruce and Vincent's measurement at each temperature: the current at once and when the anions have come to rest. Steady,
1/(1 + Ne) of it is left, Ne = 2RTκχ(1 − t₊)²/(F²Dc). Transport by concentration is the published one at 85 °C; how it
changes with temperature is an estimate (`python3 -m fem_ssb.materials` says which numbers are). Lithium alone: the
library has no sodium salt whose transport is known by concentration.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(concentration=1000.0, thickness=60 * um, voltage=1e-3, lowest=25.0, highest=95.0, points=8)
PEO, c = ssb.Material("PEO-LiTFSI"), p.concentration

stack = ssb.Stack(width=p.thickness / 20)
stack.layer("anode", "Li", thickness=5 * um)
stack.layer("separator", PEO, thickness=p.thickness)
stack.layer("counter", "Li", thickness=5 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.thickness / 30)


def transport(T):
    """κ [S/m], D [m²/s], t₊ at the concentration."""
    curves = (PEO.conductivity_curve, PEO.salt_diffusivity_curve, PEO.transference_curve)
    laws = (PEO.ionic_conductivity, PEO.salt_diffusivity, PEO.transference_number)
    at = PEO.reference_concentration()
    return [law(T) * curve(c) / curve(at) for law, curve in zip(laws, curves, strict=True)]


celsius = np.linspace(p.lowest, p.highest, p.points)
rows = []
for T in celsius + 273.15:
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(), ssb.Salt(c, degree=2)])
    model.ground("counter").apply(ssb.Voltage(p.voltage, at="anode"), ssb.Ambient(T))
    found = ssb.analysis.bruce_vincent(model)
    kappa, D, t = transport(T)
    exact = 1 / (1 + 2 * R * T * kappa * (1 - t) ** 2 / (F**2 * D * c))
    steady = p.voltage / found.currents[1] - found.resistances[1]  # of the polymer [Ω m²]
    limit = 2 * F * D * c / (p.thickness * (1 - t))
    rows.append((found.transference_number, exact, steady, p.thickness / kappa, limit))
left, exact, steady, ohmic, limit = np.array(rows).T

folder = output_folder(p.output or "results/a22_polymer", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    cost, share = figure.subplots(1, 2)
    cost.semilogy(celsius, ohmic * 1e4, "--", label="ohmic, L/κ")
    cost.semilogy(celsius, steady * 1e4, "o-", label="steady")
    cost.axvline(60, color="0.7")
    cost.set(xlabel="temperature (°C)", ylabel="resistance of the film (Ω cm²)")
    cost.legend()
    share.semilogy(celsius, limit / mA_cm2, "o-")
    share.axvline(60, color="0.7")
    share.set(xlabel="temperature (°C)", ylabel="limiting current (mA/cm²)")
    figure.savefig(folder / "polymer.png", dpi=150)
    print(f"t₊ = {transport(358.15)[2]:.3f}; {left[-1]:.4f} of the current is left, closed form {exact[-1]:.4f}")
    for T, r, i in zip(celsius, steady, limit, strict=True):
        print(f"{T:5.1f} °C: {r * 1e4:9.3g} Ω cm², limiting current {i / mA_cm2:.3g} mA/cm²")
    print("published: t₊ 0.2 to 0.4, adequate conductivity above 60 °C")
