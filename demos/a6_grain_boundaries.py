r"""Grain boundaries: in LLZO they leak electrons, in LAGP they resist ions; what each costs, and where current goes.

    python3 demos/a6_grain_boundaries.py                          results/a6_grain_boundaries/, some seconds
    python3 demos/a6_grain_boundaries.py --set electrolyte=LLZO
    python3 demos/a6_grain_boundaries.py --set times=100          boundaries a hundred times more resistive
    mpirun -n 2 python3 demos/a6_grain_boundaries.py --set dim=3 --set grains=60 --set size=1.2*um

A polycrystal between its bounds, 1/σ_g ≤ 1/σ_eff ≤ 1/σ_g + R S_v⟨n²⟩ along the current, and its map of the current.
Resistance and electronic conductivity of the boundaries are the library's, most of them estimates
(`python3 -m fem_ssb.materials` says which).
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import mA_cm2, um

p = ssb.parameters(
    metal="Li", electrolyte="LAGP", times=1.0, grains=150, seed=3, size=0.4 * um, dim=2, current=0.5 * mA_cm2,
    dry_run=False,
)  # fmt: skip

material = ssb.Material(p.electrolyte)
resistance = p.times * material["gb_resistance"](298.15)
stack = ssb.Stack(width=30 * um, dim=p.dim)
stack.layer("anode", p.metal, thickness=3 * um)
stack.layer(
    "separator",
    ssb.Material(p.electrolyte, gb_resistance=resistance),
    thickness=30 * um,
    grains=ssb.Voronoi(count=p.grains, seed=p.seed),
)
stack.layer("counter", p.metal, thickness=3 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
model.ground("counter").apply(ssb.Current(p.current, into="anode"))
result = model.run(1.0, output=p.output or "results/a6_grain_boundaries", dry_run=p.dry_run, parameters=p.values)
result.plot()

parts = ssb.analysis.resistance_parts(model)
grains, boundaries = parts["separator"], parts.get("separator|separator", 0.0)
spread = ssb.analysis.current_distribution(model, "separator")
numbers = stack.summary(p.size)["layers"]["separator"]
upper = numbers["boundary_per_volume"] / p.dim * resistance  # ⟨n²⟩ of boundaries in all directions
if mesh.comm.rank == 0:
    sigma = material["ionic_conductivity"](298.15)
    effective = 30 * um / (grains + boundaries)
    print(f"{p.electrolyte}: effective conductivity {effective:.4g} S/m, grain {sigma:.4g} S/m")
    print(f"  1/σ_eff {1 / effective:.4g}, between {1 / sigma:.4g} and about {1 / sigma + upper:.4g} Ω m")
    print(f"  {boundaries / (grains + boundaries):.1%} of the separator's resistance is at its boundaries")
    leak = material["gb_electronic_conductivity"](298.15) / material["electronic_conductivity"](298.15)
    print(f"  boundaries conduct electrons {leak:.3g} times as well as grains")
    print(f"  local current: 1st to 99th percentile {spread.decades:.2f} decades")
