r"""Grains that conduct along planes: where the planes of neighbours do not meet, the current goes round.

    python3 demos/a19_orientation.py                           results/a19_orientation/, some seconds
    python3 demos/a19_orientation.py --set slow=1              isotropic grains: uniform current
    mpirun -n 2 python3 demos/a19_orientation.py --set dim=3 --set grains=60 --set size=1.2*um

Two fast crystal axes and one `slow` times as conductive, as in layered conductors (the ratio is an estimate), randomly
turned grains, perfect boundaries. The effective tensor lies between Wiener's bounds, the local current spreads over one
to two decades.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import Anisotropic
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    slow=0.01, grains=150, seed=3, size=0.4 * um, dim=2, current=0.5 * mA_cm2,
    metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip

isotropic = ssb.Material(p.electrolyte)["ionic_conductivity"]
layered = ssb.Material(p.electrolyte, gb_resistance=0.0, ionic_conductivity=Anisotropic(isotropic, (1.0, 1.0, p.slow)))
stack = ssb.Stack(width=30 * um, dim=p.dim)
stack.layer("anode", p.metal, thickness=3 * um)
stack.layer("separator", layered, thickness=30 * um, grains=ssb.Voronoi(count=p.grains, seed=p.seed))
stack.layer("counter", p.metal, thickness=3 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
model.ground("counter").apply(ssb.Current(p.current, into="anode"))
result = model.run(1.0, output=p.output or "results/a19_orientation", dry_run=p.dry_run, parameters=p.values)
result.plot()

spread = ssb.analysis.current_distribution(model, "separator")
parts = ssb.analysis.resistance_parts(model)
share = parts["separator"] / sum(parts.values())
if mesh.comm.rank == 0:
    print(f"local current: 1st to 99th percentile {spread.decades:.2f} decades; published: one to two")
    low, high = spread.percentile(1) / mA_cm2, spread.percentile(99) / mA_cm2
    print(f"  {low:.3f} to {high:.3f} mA/cm², mean {spread.mean / mA_cm2:.3f}")
    effective = 30 * um / parts["separator"] / isotropic(298.15)
    low, high = 3 / (2 + 1 / p.slow), (2 + p.slow) / 3
    print(f"  effective over fast conductivity {effective:.3f}; bounds of Wiener {low:.3f} and {high:.3f}")
    print(f"  {share:.1%} of the area-specific resistance is in the grains")
