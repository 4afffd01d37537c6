r"""B6: a polycrystal is pulled until it breaks along the boundaries of its grains.

    python3 demos/b6_polycrystal_fracture.py                         results/b6_polycrystal_fracture/, a minute
    mpirun -n 2 python3 demos/b6_polycrystal_fracture.py --set grains=100 --set width=43*um --set size=0.84*um \
        --set strain=3e-3 --set change=0.1    505 110 unknowns: some half an hour on two idle cores, 5 GB a rank,
                                              checkpoints of 2.4 GB; --resume goes on after the last of them

A cube of LLZO grains, 10 µm each, between lubricated walls, drawn out along z. Damage follows the cohesive curve with a
time of its own, `relaxation` (of the time 1 of loading), by which a boundary that has become unstable takes several
steps to part; peak and dissipated energy grow with it, and it is chosen for the solver, not for the material. The sum
of stored and dissipated energy must be the work of the load, that of the reaction at the face that is moved. The run
ends when a hundredth of the largest force is left.
"""

import matplotlib.pyplot as plt
import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import MPa, um

# Strength and toughness of the boundaries are the library's estimates for LLZO.
p = ssb.parameters(
    grains=10, seed=3, width=20 * um, size=2.2 * um, strength=70 * MPa, toughness=1.1, strain=2e-3, relaxation=0.01,
    steps=64, change=0.03,
    dry_run=False, resume=False,
)  # fmt: skip

stack = ssb.Stack(width=p.width, dim=3)
stack.layer("separator", "LLZO", thickness=p.width, grains=ssb.Voronoi(count=p.grains, seed=p.seed))
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size, max_cells=5_000_000)
law = ssb.Cohesive(p.strength, p.toughness, relaxation=p.relaxation)
model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"separator|separator": law})])
for wall, axis in {"left": 0, "front": 1, "bottom": 2}.items():
    model.apply(ssb.Fixed("displacement", wall, 0.0, component=axis))
model.apply(ssb.Fixed("displacement", "top", lambda t: p.strain * p.width * t, component=2))  # t from 0 to 1
result = model.run(
    1.0, first_step=1 / p.steps, change=p.change, broken=0.01, checkpoint_every=4, fields_every=1000,
    output=p.output or "results/b6_polycrystal_fracture", parameters=p.values, dry_run=p.dry_run, resume=p.resume,
)  # fmt: skip
result.plot()

moved, stored = p.strain * p.width * result["time [s]"], result["elastic energy [J]"]
lost, damage = result["cohesive energy [J]"], result["mean damage separator|separator [1]"]
force = result["force top z [N]"]
work = np.concatenate([[0.0], np.cumsum(np.diff(moved) * (force[1:] + force[:-1]) / 2)])
if mesh.comm.rank == 0:
    print(f"{model.state.spaces['displacement'].num_dofs} unknowns, {len(moved) - 1} steps, {mesh.comm.size} ranks")
    print(result.reason or "the load is not gone at the end")
    print(f"peak {force.max() / p.width**2 / MPa:.2f} MPa, strength of the boundaries {p.strength / MPa:.2f} MPa")
    print(f"at the end {force[-1] / force.max():.1e} of the peak, mean damage of the boundaries {damage[-1]:.3f}")
    print(f"dissipated over G_c × cross-section: {lost[-1] / (p.toughness * p.width**2):.3f} (a plane crack: 1)")
    print(f"(stored + dissipated − work)/work at most {np.abs((stored + lost - work)[1:] / work[1:]).max():.1e}")
    figure, left = plt.subplots()
    left.plot(moved / um, force / p.width**2 / MPa, "k")
    left.set(xlabel="displacement / µm", ylabel="stress / MPa", title=f"{p.grains} grains")
    right = left.twinx()
    right.plot(moved / um, 100 * damage, "C3--")
    right.set_ylabel("mean damage of boundaries / %", color="C3")
    figure.savefig(result.folder / "fracture.png", dpi=150)
    print(f"see {result.folder}")
