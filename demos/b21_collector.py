"""A film that grows on a collector: on a soft one its stress is lower, and it wrinkles instead of pushing outwards.

    python3 demos/b21_collector.py                                  results/b21_collector/wrinkles.png, half a minute
    python3 demos/b21_collector.py --set ratio=10000 --set metal=Na

Row B21: the film's compression falls with the collector's stiffness; it wrinkles at the strain ¼(3Ē_s/Ē_f)^⅔.
"""

import numpy as np
from dolfinx import fem
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import buckling
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, MPa, um

# copper film on PDMS-like beds; a film of metal that grows by 0.1 % along collectors of 10 µm
p = ssb.parameters(
    ratio=1000.0, thickness=1 * um, film=110 * GPa, growth=1e-3, poisson=0.34, bed=0.49, cells=16, metal="Li"
)


def solid(young, poisson):
    """An elastic material."""
    return ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(young, poisson), thermal_expansion=0.0
    )


def wrinkle(ratio):
    """Strain at which the film wrinkles, the shape and the mesh, in a box of two half waves."""
    length = 2 * np.pi * p.thickness * (ratio / 3) ** (1 / 3)
    stack = ssb.Stack(width=length)
    bed = solid(p.film / (1 - p.poisson**2) / ratio * (1 - p.bed**2), p.bed)
    stack.layer("bed", bed, thickness=length)
    stack.layer("film", solid(p.film, p.poisson), thickness=p.thickness)
    mesh = stack.mesh(MPI.COMM_WORLD, size=length / 2 / p.cells)
    growth = ssb.Eigenstrain({"film": np.diag([p.growth, 0.0, 0.0])})
    model = ssb.Model(mesh, [growth, ssb.Elasticity()]).apply(ssb.StackPressure(0.0))
    model.solve()
    factors, shapes = buckling(model)
    return factors[0] * p.growth, shapes[0], mesh


def compression(collector):
    """Mean compression [Pa] of metal that grows along a collector, in the middle of a strip 60 µm wide."""
    stack = ssb.Stack(width=30 * um)
    stack.layer("collector", solid(collector, 0.3), thickness=10 * um)
    stack.layer("film", p.metal, thickness=p.thickness)
    mesh = stack.mesh(MPI.COMM_WORLD, size=0.7 * um)
    growth = ssb.Eigenstrain({"film": np.diag([p.growth, 0.0, 0.0])})
    model = ssb.Model(mesh, [growth, ssb.Elasticity(creep=False)])
    model.apply(ssb.StackPressure(0.0, sides=("left",))).solve()
    pressed = fem.form(-model.state.quantity("stress", "film")[0, 0] * model.state.dx("film"))
    return model.state.integrate(pressed)[0] / mesh.volume("film")


wrinkles = {ratio: wrinkle(ratio) for ratio in (p.ratio / 10, p.ratio, 10 * p.ratio)}
soft = ssb.Material(p.metal)["stiffness"].young
collectors = {"copper": 110 * GPa, "as the metal": soft, "polymer": 0.5 * GPa, "PDMS": 2e-3 * GPa}
pressed = {name: compression(young) for name, young in collectors.items()}
_, shape, mesh = wrinkles[p.ratio]
x, size = shape.function_space.tabulate_dof_coordinates(), shape.function_space.dofmap.index_map.size_local
parts = mesh.comm.gather((x[:size, :2] / p.thickness, shape.x.array[: 2 * size].reshape(-1, 2)))
folder = output_folder(p.output or "results/b21_collector", mesh.comm)
if mesh.comm.rank == 0:
    for ratio, (strain, _, _) in wrinkles.items():
        exact = 0.25 * (3 / ratio) ** (2 / 3)
        print(f"film {ratio:6g} times stiffer: wrinkles at {strain:.5f}, ¼(3Ē_s/Ē_f)^⅔ = {exact:.5f}")
    for name, value in pressed.items():
        print(f"{p.metal} on {name:12s}: compression {value / MPa:6.2f} MPa")
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    place, moved = (np.concatenate(part) for part in zip(*parts, strict=True))
    place = place + 4 * moved
    left.scatter(*place.T, c=moved[:, 1], s=2, cmap="RdBu_r")
    left.set(xlabel="x/h", ylabel="y/h", aspect="equal", title=f"wrinkle, Ē_f/Ē_s = {p.ratio:g}")
    right.bar(list(pressed), [value / MPa for value in pressed.values()])
    right.set(ylabel="compression of the film (MPa)", title=f"{p.metal} that grows by {p.growth:.1%}")
    figure.savefig(folder / "wrinkles.png", dpi=150)
