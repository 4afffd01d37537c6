"""Pressure of a cell in its housing while it is cycled against LTO, which keeps its volume.

    python3 demos/b18_operando_pressure.py                         results/b18_operando_pressure/pressure.png, a minute
    python3 demos/b18_operando_pressure.py --set preload=50*MPa

Row B18: the pressure falls on charge and rises on discharge; a stiff housing shows more of it than a soft one. A
polycrystalline cathode, whose grains shrink along c and part at their boundaries, shows less than one that holds.
"""

from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb import CC, Cycler, Rest
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, MPa, hours, mA_cm2, minutes, um

# Volume and length along c: order of layered oxides; strength and toughness of their boundaries; all estimates. The
# diffusivity is that of a dense layer in place of small particles. Boundaries that hold give by 1 % of what grains do.
p = ssb.parameters(
    preload=20 * MPa, spring=1e13, current=0.5 * mA_cm2, time=hours(1), volume=0.02, axis=-0.01,
    strength=20 * MPa, toughness=0.5, stiffness=2e18, grains=12, seed=2, size=1.5 * um,
    dry_run=False,
)  # fmt: skip
solid = {"stiffness": IsotropicStiffness(140 * GPa, 0.3), "thermal_expansion": 0.0, "diffusivity": 1e-12}
oxide, lto = ssb.Material("NMC622", volume_change=lambda x: p.volume * x, **solid), ssb.Material("LTO", **solid)


def cycle(stiffness):
    """History of a charge and a discharge in a housing."""
    stack = ssb.Stack(width=10 * um)
    for name, material in (("lto", lto), ("separator", "Li6PS5Cl"), ("cathode", oxide)):
        stack.layer(name, material, thickness=20 * um)
    stack.interface("lto|separator", exchange_current=10.0)
    stack.interface("separator|cathode", exchange_current=10.0)
    hosts = ssb.Intercalation(initial={"lto": 0.1, "cathode": 0.9})
    physics = [ssb.Conduction(electronic=["lto", "cathode"]), hosts, ssb.Elasticity()]
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=5 * um), physics)
    model.ground("lto").apply(ssb.Housing(stiffness, p.preload))
    charge = CC(p.current, until=p.time) >> Rest(minutes(10)) >> CC(-p.current, until=p.time) >> Rest(minutes(10))
    model.apply(Cycler(charge, into="cathode"))
    return model.run(quiet=True, dry_run=p.dry_run, change=0.1)


def charged(cohesive):
    """Pressure [MPa] as a cathode of randomly turned grains shrinks along their c axes, 0 to 100 % charged."""
    stack = ssb.Stack(width=20 * um)
    stack.layer("cathode", oxide, thickness=20 * um, grains=ssb.Voronoi(count=p.grains, seed=p.seed))
    shrinking = ssb.Eigenstrain({"cathode": ssb.AlongAxes((0.0, 0.0, p.axis), share=lambda x, t: t)})
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=p.size), [shrinking, ssb.Elasticity(cohesive=cohesive)])
    model.apply(ssb.Housing(p.spring, p.preload))
    result = model.run(1.0, first_step=1 / 32, largest_step=1 / 32, change=10.0, quiet=True)
    return 100 * result["time [s]"], result["stack pressure [Pa]"] / MPa


housings = {stiffness: cycle(stiffness) for stiffness in (p.spring / 10, p.spring, 10 * p.spring)}
weak = {"cathode|cathode": ssb.Cohesive(p.strength, p.toughness, p.stiffness)}
crystals = {"grains hold together": charged(None), "boundaries part": charged(weak)}
folder = output_folder(p.output or "results/b18_operando_pressure", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    for stiffness, result in housings.items():
        hour, pressure = result["time [s]"] / 3600, result["stack pressure [Pa]"] / MPa
        left.plot(hour, pressure, label=f"{stiffness:.0e} Pa/m")
        first, least, last = pressure[0], pressure.min(), pressure[-1]
        print(f"housing {stiffness:.0e} Pa/m: {first:.2f} MPa, charged {least:.2f}, {last:.2f} after")
    for name, (share, pressure) in crystals.items():
        right.plot(share, pressure, label=name)
        print(f"{name}: amplitude {pressure[0] - pressure[-1]:.2f} MPa")
    left.set(xlabel="time (h)", ylabel="pressure (MPa)", title="charge, rest, discharge, rest")
    right.set(xlabel="charged (%)", ylabel="pressure (MPa)", title="cathode of randomly turned grains")
    left.legend(title="housing")
    right.legend()
    figure.savefig(folder / "pressure.png", dpi=150)
