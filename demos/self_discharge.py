r"""A charged cell at rest loses its charge to electrons in the electrolyte; their conductivity by polarisation.

    python3 demos/self_discharge.py                               results/self_discharge/, half a minute
    python3 demos/self_discharge.py --set leak=1e-7               a tenth of the electrons
    python3 demos/self_discharge.py --set holes=1e-30             with a wider gap

Lithium | electrolyte that conducts some electrons | NMC811, open circuit: leak and time to lose a tenth of what the
host can hold beside the closed forms; then the current against voltage with a contact that blocks the ions (Hebb and
Wagner). The conductivities are estimates, far above those of a good electrolyte so that the runs are short.
Lithium alone: the library has no host of sodium.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import leakage
from fem_ssb.constants import F, R
from fem_ssb.output import output_folder
from fem_ssb.units import hour, mA_cm2, nm, um

p = ssb.parameters(leak=1e-6, ionic=1e-3, thickness=10 * um, host=100 * nm, start=0.4, holes=1e-3, size=0.2 * um)
KINETICS = {"exchange_current": 100 * mA_cm2, "film_resistance": 0.0}
mixed = ssb.Material("LLZO", ionic_conductivity=p.ionic, electronic_conductivity=p.leak)
lithium = ssb.Material("Li", electronic_conductivity=10.0)  # equipotential still, and free of rounding at rest
cathode = ssb.Material("NMC811", electronic_conductivity=10.0, diffusivity=1e-12)


def cell(*last):
    """Lithium, the electrolyte and perhaps a host, given as the arguments of its layer."""
    stack = ssb.Stack(width=1 * um)
    stack.layer("anode", lithium, thickness=1 * um)
    stack.layer("separator", mixed, thickness=p.thickness)
    stack.interface("anode|separator", transfer_coefficient=0.5, **KINETICS)
    if last:
        stack.layer("cathode", *last)
        stack.interface("separator|cathode", exchange_current=KINETICS["exchange_current"])
    return stack.mesh(MPI.COMM_WORLD, size=p.size)


charged = [ssb.Conduction(electronic=["separator", "cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(p.start)]
model = ssb.Model(cell(cathode, p.host), charged)
model.ground("anode").apply(ssb.Current(0.0, into="cathode"))
model.solve(dt=1e-6)
lost = leakage(model, "anode|separator")
U = cathode.open_circuit_potential(p.start)
exact = p.ionic * p.leak / (p.ionic + p.leak) * U / p.thickness
charge = 0.1 * F * float(cathode["maximum_concentration"](298.15)) * p.host

kinds = [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(), ssb.DefectElectrons(1.0, p.holes)]
blocked = ssb.Model(cell(), kinds).ground("anode")
blocked.apply(ssb.Fixed("electronic_potential", "separator", lambda t: t))
volts, currents = np.linspace(-0.02, 0.2, 23), []
for voltage in volts:
    blocked.state.time.value = voltage
    blocked.solve()
    into = blocked.balances.reaction("electronic_potential", "separator")
    currents.append(into / blocked.boundary_conditions.area("separator"))
u = F * volts / (R * 298.15)
closed = R * 298.15 / F * p.leak / p.thickness * (-np.expm1(-u) + p.holes * np.expm1(u))

folder = output_folder(p.output or "results/self_discharge", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print(f"leak {lost.current / mA_cm2:.5g} mA/cm² at {lost.voltage:.4f} V; closed form {exact / mA_cm2:.5g} mA/cm²")
    print(f"a tenth of the charge is lost after {lost.time_to_lose(charge) / hour:.4g} h")
    worst = np.abs(np.array(currents) - closed).max() / closed.max()
    print(f"polarised with blocked ions: largest deviation from Hebb and Wagner {worst:.1e} of the largest current")
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(volts, currents, "o", ms=3, label="solved")
    axes.plot(volts, closed, "k-", lw=1, label="Hebb and Wagner")
    axes.set(xlabel="voltage [V]", ylabel="current of electrons [A/m²]")
    axes.legend()
    figure.savefig(folder / "polarisation.png", dpi=150)
