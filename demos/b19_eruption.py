"""B19: lithium plated into a flaw of LLZO: plated slowly it creeps out of the mouth, plated fast it cracks the crystal.

    python3 demos/b19_eruption.py                            results/b19_eruption/eruption.png, a minute
    python3 demos/b19_eruption.py --set depth=0.4*um         a deeper flaw cracks at less

Half of a flaw (plane strain) that is a closed crack, opened by what is in it, plated on both walls with a given local
current density; the metal creeps and leaves through the mouth alone. Printed: the pressure at the tip beside the closed
form of a power law in a slit, K over K_IC, and the current at which K = K_IC. Gao et al. (2022) saw cracks above a
local 3 A/cm² (4.0 µm/s) at the order of a GPa. The depth is that which cracks there, an estimate: i_c ∝ depth^−m, so
that 0.4 µm cracks at 0.07 A/cm².
"""

from functools import partial

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import FilledFlaw, InterfaceMap, crack_opening
from fem_ssb.analysis.filled_flaw import edge_intensity
from fem_ssb.constants import F
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, um

p = ssb.parameters(depth=0.23 * um, cells=2, young=150 * GPa, poisson=0.26)
lithium, llzo = ssb.Material("Li"), ssb.Material("LLZO")
volume, toughness = (float(m[n](298.15)) for m, n in ((lithium, "molar_volume"), (llzo, "fracture_toughness")))
opening = crack_opening(p.depth, toughness, p.young / (1 - p.poisson**2))
flaw = FilledFlaw(lithium["creep"], volume, p.depth, opening)


def plate(current):
    """The model of the upper half of the flaw after 0.3 openings have been plated [A/m²]."""
    stack = ssb.Stack(width=p.depth)
    stack.layer("metal", lithium, thickness=opening / 2)
    stack.layer("crystal", llzo, thickness=opening / 2)
    model = ssb.Model(
        stack.mesh(MPI.COMM_WORLD, size=opening / 2 / p.cells),
        [ssb.Conduction(), ssb.ButlerVolmer(pressure_shift=False), ssb.Plating(), ssb.Elasticity()],
    )
    model.ground("crystal").apply(ssb.Current(-current, into="metal"))
    model.apply(ssb.Fixed("displacement", "crystal"), ssb.Fixed("displacement", "metal", component=1))
    model.apply(ssb.Fixed("displacement", "left", component=0))
    end = 0.3 * opening * F / (current * volume)
    model.run(end, first_step=end / 3, largest_step=end / 3, change=10.0, quiet=True)
    return model.state


folder = output_folder(p.output or "results/b19_eruption", MPI.COMM_WORLD)
figure = Figure(figsize=(9, 3.6), layout="constrained")
left, right = figure.subplots(1, 2)
rank = MPI.COMM_WORLD.rank
critical = flaw.critical_current(toughness)
if rank == 0:
    print(f"flaw of {p.depth / um:g} µm, opened by {opening * 1e9:.1f} nm: cracks at {critical / 1e4:.2g} A/cm²")
    print("A/cm²    p at the tip [GPa]    slit    K/K_IC    slit")
for k, current in enumerate((3e1, 3e4)):
    state = plate(current)
    wall = InterfaceMap(state, "interface_pressure", state.electrodes[0])
    highest = wall.evaluate()["max"]
    nodes = wall.values.function_space.tabulate_dof_coordinates()
    on = np.abs(nodes[:, 1] - opening / 2) < 1e-3 * opening
    found = MPI.COMM_WORLD.gather(np.column_stack([nodes[on, 0], wall.values.x.array[on]]))
    if rank == 0:
        x, pressure = np.unique(np.concatenate(found), axis=0).T
        ratio = edge_intensity(partial(np.interp, xp=x, fp=pressure), p.depth) / toughness
        slit, exact = flaw.pressure(current), flaw.intensity(current) / toughness
        print(f"{current / 1e4:<8g} {highest / GPa:.3f} {slit / GPa:23.3f} {ratio:9.2f} {exact:9.2f}")
        left.plot(x / p.depth, pressure / GPa, f"C{k}", label=f"{current / 1e4:g} A/cm²: K = {ratio:.2f} K_IC")
        left.plot(x / p.depth, flaw.pressure(current, x) / GPa, f"C{k}:")
        right.loglog(current / 1e4, ratio, f"C{k}o")
if rank == 0:
    currents = np.geomspace(1e-4, 100, 50)
    for depth in (0.1 * um, p.depth, 0.5 * um):
        other = FilledFlaw(flaw.creep, volume, depth, crack_opening(depth, toughness, p.young / (1 - p.poisson**2)))
        ratios = [other.intensity(i * 1e4) / toughness for i in currents]
        right.loglog(currents, ratios, label=f"depth {depth / um:g} µm")
    right.axhline(1.0, color="k", lw=0.8)
    right.axvline(3.0, color="k", ls=":", label="3 A/cm², Gao et al. 2022")
    left.set(xlabel="distance from the tip over depth", ylabel="pressure (GPa); dotted: slit")
    right.set(xlabel="local current density (A/cm²)", ylabel="K/K_IC")
    left.legend()
    right.legend()
    figure.savefig(folder / "eruption.png", dpi=150)
