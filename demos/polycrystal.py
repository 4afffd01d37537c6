r"""Lithium | polycrystalline LLZO | thin LiPON | lithium: 0.5 mA/cm² under 5 MPa for half an hour.

    mpirun -n 2 python3 demos/polycrystal.py                         results/polycrystal/, in one to two minutes
    mpirun -n 2 python3 demos/polycrystal.py --dry-run               all values with their sources, nothing solved
    mpirun -n 2 python3 demos/polycrystal.py --set current=2*mA_cm2 --set grains=300
    mpirun -n 2 python3 demos/polycrystal.py --set dim=3 --set grains=20 --set size=5*um \
        --set interlayer=3*um --set porosity=0 --output results/polycrystal_3d

Current enters at the anode, which is stripped; the counter electrode is plated through the interlayer. Ions cross
150 grains, each with its own orientation, and their resistive boundaries; pores are in their way. Lithium creeps.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import MPa, mA_cm2, minute, um

p = ssb.parameters(
    current=0.5 * mA_cm2, pressure=5 * MPa, duration=30 * minute, temperature=298.15,
    dim=2, grains=150, porosity=0.03, seed=7, size=0.8 * um, interlayer=0.3 * um, coupling="strong",
    metal="Li", electrolyte="LLZO", coating="LiPON",
    dry_run=False, resume=False,
)  # fmt: skip

stack = ssb.Stack(width=30 * um, dim=p.dim)
stack.layer("anode", p.metal, thickness=10 * um)
stack.layer(
    "separator",
    p.electrolyte,
    thickness=40 * um,
    grains=ssb.Voronoi(count=p.grains, seed=p.seed),
    pores=ssb.Pores(fraction=p.porosity, radius=0.4 * um, seed=p.seed) if p.porosity else None,
)
stack.layer("interlayer", p.coating, thickness=p.interlayer)
stack.layer("counter", p.metal, thickness=10 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating(), ssb.Elasticity(), ssb.Fracture(), ssb.Heat()]
model = ssb.Model(mesh, physics, coupling=p.coupling)
model.ground("counter")
model.apply(ssb.Current(p.current, into="anode"), ssb.StackPressure(p.pressure), ssb.Ambient(p.temperature))

result = model.run(
    p.duration, output=p.output or "results/polycrystal", resume=p.resume, dry_run=p.dry_run, parameters=p.values
)
result.plot()
if mesh.comm.rank == 0:
    voltage, focusing = result["voltage [V]"][-1], result["current focusing anode|separator [1]"].max()
    print(f"voltage {voltage * 1e3:.3f} mV, current focusing at the anode {focusing:.4f}; see {result.folder}")
