"""Stack pressure on lithium: contact that rises with it, voids that close, cracks that fill, and a life with a peak.

    python3 demos/b10_stack_pressure.py                        results/b10_stack_pressure/pressure.png, a minute
    python3 demos/b10_stack_pressure.py --set current=2*mA_cm2

Row B10: a wavy surface touches as Westergaard's, p/p* = sin²(πa/λ); voids close by creep; of the lives at 0.1, 3, 7 and
25 MPa the longest is inside 3–7. The life is that of a state model, see `analysis.StackLife`: its creep law is the
library's, its voids (depth, share) and the slenderness of its cracks are estimates.
"""

import numpy as np
import ufl
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import StackLife
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import MPa, hour, mA_cm2, nm, um

p = ssb.parameters(current=0.5 * mA_cm2, wave=1 * um, height=1 * nm, cells=24, radius=2 * um)
lithium, ceramic = ssb.Material("Li"), ssb.Material("LLZO", stiffness=IsotropicStiffness(1e15, 0.26))  # rigid
full = np.pi * 7.82e9 / (1 - 0.381**2) * p.height / p.wave


def touching():
    """Pressure over p* and contact fraction of elastic lithium on half a wave of a rigid electrolyte."""
    stack = ssb.Stack(width=p.wave / 2)
    stack.layer("separator", ceramic, thickness=p.wave / 8)
    stack.layer("metal", lithium, thickness=p.wave)
    contact = ssb.Contact(gap=lambda x: p.height * (1 - ufl.cos(2 * ufl.pi * x[0] / p.wave)), reach=1e-4 * nm)
    mesh = stack.mesh(MPI.COMM_WORLD, size=p.wave / 2 / p.cells)
    model = ssb.Model(mesh, [ssb.Elasticity(creep=False, contact=contact)])
    model.apply(ssb.Platen(position=[(0, 0), (1, -3.2 * p.height)]))
    result = model.run(1.0, first_step=1 / 16, largest_step=1 / 16, change=10.0, quiet=True)
    return result["stack pressure [Pa]"] / full, result["contact fraction metal|separator [1]"]


def voids(pressure):
    """Times [s], and area of the voids in a layer of lithium under a stack pressure [Pa] over that at the start."""
    stack = ssb.Stack(width=10 * um)
    stack.layer("metal", lithium, thickness=10 * um, pores=ssb.Pores(fraction=0.06, radius=1.4 * um, seed=1))
    mesh = stack.mesh(MPI.COMM_WORLD, size=0.6 * um)
    model = ssb.Model(mesh, [ssb.Elasticity()]).apply(ssb.Platen(pressure=pressure))
    # The mesh does not move: this is the beginning of the closure. Lithium keeps its volume, so the platen shows it.
    duration = 50.0 * (MPa / pressure) ** lithium["creep"].m
    result = model.run(duration, first_step=duration / 64, largest_step=duration / 32, change=1.0, quiet=True)
    closed = -result["platen displacement [m]"] * 10 * um
    return result["time [s]"], 1 - closed / (mesh.porosity["metal"] * (10 * um) ** 2)


pressed, contact = touching()
closing = {pressure: voids(pressure * MPa) for pressure in (0.1, 1.0, 3.0, 7.0)}
life = StackLife(lithium["creep"], float(lithium["molar_volume"](298.15)), p.current)
lives = {pressure: life(pressure * MPa) / hour for pressure in (0.1, 3.0, 7.0, 25.0)}
folder = output_folder(p.output or "results/b10_stack_pressure", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    part = (pressed > 0) & (pressed < 1)
    exact = 2 / np.pi * np.arcsin(np.sqrt(pressed[part]))
    print(f"contact fraction against Westergaard: within {np.abs(contact[part] - exact).max():.3f}")
    for pressure, (times, left) in closing.items():
        print(f"voids at {pressure:4.1f} MPa: {left[-1]:.3f} of their area left after {times[-1]:.3g} s")
    print("life (h) at " + ", ".join(f"{pressure:g} MPa: {hours:.3g}" for pressure, hours in lives.items()))
    print(
        f"longest at {max(lives, key=lives.get):g} MPa; contact holds from {life.critical_pressure() / MPa:.2f} MPa on"
    )
    figure = Figure(figsize=(11, 3.3), layout="constrained")
    left_panel, middle, right = figure.subplots(1, 3)
    line = np.linspace(0, 1, 100)
    left_panel.plot(line, 2 / np.pi * np.arcsin(np.sqrt(line)), "k-", lw=1, label="Westergaard")
    left_panel.plot(pressed, contact, "o", ms=4, label="finite elements")
    left_panel.set(xlabel="pressure p/p*", ylabel="contact fraction", title="waves of 1 nm on 1 µm")
    left_panel.legend()
    for pressure, (times, left) in closing.items():
        middle.semilogx(times[1:], left[1:], label=f"{pressure:g} MPa")
    middle.set(xlabel="time (s)", ylabel="area of the voids", title="voids of 1.4 µm in lithium")
    middle.legend()
    sweep = np.geomspace(0.1, 30, 400)
    right.loglog(sweep, [life(pressure * MPa) / hour for pressure in sweep], "k-", lw=1)
    right.loglog(list(lives), list(lives.values()), "o")
    right.set(xlabel="stack pressure (MPa)", ylabel="life (h)", title="state model")
    figure.savefig(folder / "pressure.png", dpi=150)
