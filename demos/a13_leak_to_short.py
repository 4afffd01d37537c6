"""Lithium in a leaking electrolyte conducts electrons and lets in more of them, until the cell is shorted.

    python3 demos/a13_leak_to_short.py                       results/a13_leak_to_short/short.png, a minute
    python3 demos/a13_leak_to_short.py --set leak=1e-5       a tenth of the leak at first

A slab whose plated electrode has nearly all of the resistance R. Exact: the conductivity is σ₀f(zθ) with (p f')' = 1/f,
so that V/V₀ = (1 + g)/(1 + g/f') at the time τ(f − 1 + gP)/(1 + g), g = Rσ₀/L; derived in
tests/verification/test_leak_to_short.py.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI
from scipy.integrate import solve_ivp

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import um

T = 298.15
# estimates, chosen so that electrons reach all sites and the cell is shorted within a half an hour
p = ssb.parameters(
    current=1.0, resistance=0.2, leak=1e-4, lithium=1e3, length=20 * um, reach=30.0, size=1.0 * um,
    metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip
volume = ssb.Material(p.metal)["molar_volume"](T)
sites = p.leak * R * T / (F * (p.reach * p.length) ** 2)  # specific area [1/m] for i₀ = 1 A/m²
g = p.resistance * p.leak / p.length
start = p.current * p.resistance / (1 + g)
tau = p.leak * R * T / (p.lithium * volume * sites * start)

stack = ssb.Stack(width=5 * um)
stack.layer("anode", ssb.Material(p.metal, electronic_conductivity=1e4), thickness=2 * um)
mixed = ssb.Material(p.electrolyte, ionic_conductivity=10.0, electronic_conductivity=p.leak)
stack.layer("separator", mixed, thickness=p.length)
stack.layer("counter", ssb.Material(p.metal, electronic_conductivity=1e4), thickness=2 * um)
for name, resistance in (("anode|separator", p.resistance), ("counter|separator", 1e-7)):
    stack.interface(name, exchange_current=R * T / (F * resistance), film_resistance=0.0)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)
deposit = ssb.ConductingDeposit(p.lithium, shorts="counter|separator", share=0.9)
reduction = ssb.Reduction(1.0, sites, law="linear", molar_volume=volume, deposit=deposit)
physics = [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(law="linear"), reduction]
model = ssb.Model(mesh, physics).ground("counter").apply(ssb.Current(-p.current, into="anode"))

q = np.linspace(1e-3, 40, 4000)  # √p
f, slope = solve_ivp(
    lambda q, y: (y[1], 4 / y[0] - y[1] / q), (q[0], q[-1]), (1 + q[0] ** 2, 2 * q[0]), t_eval=q, rtol=1e-9
).y
slope /= 2 * q
time, voltage = tau * (f - 1 + g * q**2) / (1 + g), (1 + g) / (1 + g / slope)
end = float(np.interp(0.9, g / (slope + g), time))
result = model.run(
    1.5 * end, output=p.output or "results/a13_leak_to_short", dry_run=p.dry_run, parameters=p.values,
    change=0.01, largest_step=end / 64, first_step=end / 2048, fields_every=1000,
)  # fmt: skip

folder = output_folder(p.output or "results/a13_leak_to_short", mesh.comm)
if mesh.comm.rank == 0:
    found = result["voltage [V]"] / result["voltage [V]"][0]
    leak = 1 - result["mean current counter|separator [A/m2]"] / p.current
    middle = result["time [s]"] - result["step [s]"] / 2  # of a step, whose lithium conducts in it
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    shown = time < 1.1 * end
    for label, exact, computed in (
        ("voltage over the first", voltage, found),
        ("share of electrons", g / (slope + g), leak),
    ):
        (line,) = axes.plot(time[shown], exact[shown], label=f"{label}, exact")
        axes.plot(middle, computed, ".", color=line.get_color())
    axes.set(xlabel="time (s)", ylim=(0, 1.02), title="a point is the middle of a step")
    axes.legend()
    figure.savefig(folder / "short.png", dpi=150)
    print(f"{result.reason or 'no short'}, after {result['time [s]'][-1]:.4g} s; exact {end:.4g} s")
    off = np.abs(found - np.interp(middle, time, voltage))[2:].max()
    print(f"voltage off the exact course by {off:.4f} of the first at most")
