r"""Pulses on a polymer: longer than the charging of the double layer, shorter than the depletion of the salt.

    python3 demos/a16a_pulse_window.py                         results/a16a_pulse_window/, half a minute
    python3 demos/a16a_pulse_window.py --set on=20*ms          pulses as long as Sand's time: the ridge is fed again
    python3 demos/a16a_pulse_window.py --set pause=2*ms        shorter pauses: the salt has no time to come back

A ridge of lithium 0.4 µm high is plated with a current that uses up the salt in 20 ms, constantly and in pulses. All
values are estimates of the order of a polymer (D, t₊), chosen so that the two times are the published ones, 10⁻⁴ s and
20 ms (Qiao et al., J. Energy Storage 49 (2022) 104137; Aryanfar et al., J. Phys. Chem. Lett. 5 (2014) 1721).
"""

import gmsh
import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.output import output_folder
from fem_ssb.units import mA_cm2, ms, um

p = ssb.parameters(
    current=273.2 * mA_cm2, on=2 * ms, pause=8 * ms, count=15, capacitance=1.0, size=0.04, metal="Li", dry_run=False
)
D, SHARE, SALT = 1e-11, 0.3, 1000.0
sand = np.pi * D * (SALT * F / (2 * p.current * (1 - SHARE))) ** 2


def draw():
    """Half of the cell, in µm."""
    occ = gmsh.model.occ
    layers = [(2, occ.addRectangle(0, y, 0, 1, height)) for y, height in ((-0.2, 0.2), (0, 1.6), (1.6, 0.2))]
    ridge = occ.addDisk(0, 0, 0, 1, 1)
    occ.dilate([(2, ridge)], 0, 0, 0, 0.2, 0.4, 1)
    inside, _ = occ.intersect([(2, ridge)], [layers[1]], removeTool=False)
    occ.fragment(layers, inside)
    occ.synchronize()
    found = sorted((occ.getCenterOfMass(2, tag)[1], tag) for _, tag in gmsh.model.getEntities(2))
    for name, tags in (("anode", found[:-2]), ("separator", found[-2:-1]), ("counter", found[-1:])):
        gmsh.model.addPhysicalGroup(2, [tag for _, tag in tags], name=name)
    for name, y in (("bottom", -0.2), ("top", 1.8)):
        lines = [t for _, t in gmsh.model.getEntities(1) if abs(occ.getCenterOfMass(1, t)[1] - y) < 1e-6]
        gmsh.model.addPhysicalGroup(1, lines, name=name)
    gmsh.model.mesh.field.add("MathEval", 1)
    away = "Min(Max(Sqrt(x*x + y*y) - 0.4, 0), Abs(y))"
    gmsh.model.mesh.field.setString(1, "F", f"Min({p.size} + 0.25*{away}, 0.15)")
    gmsh.model.mesh.field.setAsBackgroundMesh(1)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.model.mesh.generate(2)


polymer = ssb.Material.custom(
    "polymer", kind="electrolyte", ionic_conductivity=0.1, salt_diffusivity=D, transference_number=SHARE
)
pair = {"exchange_current": 30 * mA_cm2, "transfer_coefficient": 0.5}
mesh = ssb.from_gmsh(
    MPI.COMM_WORLD, draw, scale=um, materials={"anode": p.metal, "separator": polymer, "counter": p.metal},
    interface_data={"anode|separator": pair, "separator|counter": pair},
)  # fmt: skip


def plated(protocol, step):
    """Time [s] and current density at the tip over that of the pulses, until the salt is gone or the protocol over."""
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Capacitance(electrode=p.capacitance)]
    model = ssb.Model(mesh, [*physics, ssb.Salt(SALT, conductivity="dilute")])
    model.ground("bottom").apply(ssb.Cycler(protocol, into="top"))
    result = model.run(first_step=step, largest_step=ms, change=0.1, quiet=True, dry_run=p.dry_run)
    peak = np.abs(result["mean current anode|separator [A/m2]"] * result["current focusing anode|separator [1]"])
    return result["time [s]"], np.nan_to_num(peak) / p.current, result.reason


constant = plated(ssb.CC(p.current, until=4 * sand), ms / 100)
pulses = plated(ssb.Pulse(p.current, p.on, p.pause, until=p.count * (p.on + p.pause)), p.on / 16)
folder = output_folder(p.output or "results/a16a_pulse_window", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for (time, peak, reason), name in ((constant, "constant"), (pulses, "pulses")):
        print(f"{name}: peak current at the tip {peak.max():.3f} times the pulse; {reason or 'no depletion'}")
        axes.plot(time / ms, peak, lw=1, label=name)
    print(f"Sand's time of a flat electrode {sand / ms:.4g} ms, published about 20 ms")
    axes.set(xlabel="time [ms]", ylabel="current at the tip / current of the cell")
    axes.legend()
    figure.savefig(folder / "tip_current.png", dpi=150)
