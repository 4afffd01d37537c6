r"""Resistance of lithium on argyrodite while it is plated: one minimum for all currents, reached sooner by high ones.

    python3 demos/a21_plating_resistance.py                 results/a21_plating_resistance/resistance.png, some seconds
    python3 demos/a21_plating_resistance.py --set exponent=0    nuclei as dense at any current: one curve
    python3 demos/a21_plating_resistance.py --set exchange=1*mA_cm2 --set film=20*ohm_cm2
    python3 demos/a21_plating_resistance.py --set metal=Na --set electrolyte=NZSP

Nuclei, N ∝ i³ an area, grow until they cover the interface: R_int = R_film + RT/(F i₀ θ). The density at 0.05 mA/cm² is
fitted so that the differences are gone at 50 µAh/cm² (published); what the other currents do follows. Film and
exchange current are estimates.
"""

from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mA_cm2, mAh_cm2, ohm_cm2, um

p = ssb.parameters(
    film=10 * ohm_cm2, exchange=5 * mA_cm2, exponent=3.0, density=2.7e13, initial=0.05, charge=0.1 * mAh_cm2,
    metal="Li", electrolyte="Li6PS5Cl",
    dry_run=False,
)  # fmt: skip
TRANSFER = R * 298.15 / (F * p.exchange)

stack = ssb.Stack(width=20 * um)
stack.layer("anode", p.metal, thickness=20 * um)
stack.layer("separator", p.electrolyte, thickness=100 * um)
stack.layer("counter", p.metal, thickness=20 * um)
stack.interface("anode|separator", exchange_current=p.exchange, film_resistance=p.film)
mesh = stack.mesh(MPI.COMM_WORLD, size=10 * um)


def plate(current):
    """Charge [C/m²] and interface resistance [Ω m²] while metal is plated at a current [A/m²]."""
    coverage = ssb.Coverage(p.density, 0.05 * mA_cm2, p.exponent, p.initial, on="anode|separator")
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), coverage, ssb.Plating()])
    model.ground("counter").apply(ssb.Current(-current, into="anode"))
    duration = p.charge / current
    result = model.run(
        duration, first_step=duration / 2**14, largest_step=duration / 32, change=0.1, quiet=True, dry_run=p.dry_run
    )
    return result["time [s]"] * current, p.film + TRANSFER / result["mean coverage anode|separator [1]"]


found = {current: plate(current * mA_cm2) for current in (0.05, 0.15, 0.5, 2.5)}
folder = output_folder(p.output or "results/a21_plating_resistance", mesh.comm)
least = p.film + TRANSFER
if mesh.comm.rank == 0:
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    for current, (charge, resistance) in found.items():
        axes.plot(charge / mAh_cm2 * 1e3, resistance / ohm_cm2, label=f"{current:g} mA/cm²")
        near = charge[resistance < 1.05 * least][0] / mAh_cm2 * 1e3
        print(f"{current:5g} mA/cm²: within 5 % of the minimum after {near:.3g} µAh/cm²")
    axes.axhline(least / ohm_cm2, color="0.7", zorder=0)
    axes.axvline(50, color="0.7", zorder=0)
    axes.set(xlabel="charge (µAh/cm²)", ylabel="interface resistance (Ω cm²)", xscale="symlog", xlim=(0, None))
    axes.legend()
    figure.savefig(folder / "resistance.png", dpi=150)
    print("published: about 50 at the lowest, 5 to 10 at 0.15 mA/cm², almost at once at 2.5 mA/cm²")
