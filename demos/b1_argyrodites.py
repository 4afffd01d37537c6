"""B1: moduli of argyrodites, in as bulk and shear modulus, out of a pulled block as Young's and Poisson's.

    python3 demos/b1_argyrodites.py                       results/b1_argyrodites/moduli.png, some seconds
    mpirun -n 2 python3 demos/b1_argyrodites.py --set size=0.1*um

A block that is free at its sides is pulled along z: E = σ/ε, ν = −ε_x/ε. Beside it the table that the bulk and shear
moduli are from (Deng et al., J. Electrochem. Soc. 163 (2016) A67); as all are rounded there, E is met to 0.12 GPa and
ν to 0.006.
"""

from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, um

p = ssb.parameters(width=1 * um, size=0.3 * um, strain=1e-3)
TABLE = {"Li6PS5Cl": (28.7, 8.1, 22.1, 0.37), "Li6PS5Br": (29.0, 9.3, 25.3, 0.35), "Li6PS5I": (29.9, 11.3, 30.0, 0.33)}


def pulled(bulk, shear):
    """E [Pa] and ν of a block with these moduli [Pa]."""
    young, poisson = 9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (6 * bulk + 2 * shear)
    stack = ssb.Stack(width=p.width, depth=p.width, dim=3)
    solid = ssb.Material.custom(
        "argyrodite", kind="electrolyte", stiffness=IsotropicStiffness(young, poisson), thermal_expansion=0.0
    )
    stack.layer("block", solid, thickness=p.width)
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=p.size), [ssb.Elasticity(degree=1)])
    model.apply(*(ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "front", "bottom"))))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * p.strain * p.width, component=2))
    result = model.run(1.0, first_step=1.0, largest_step=1.0, quiet=True)
    narrower = model.boundary_conditions.mean("displacement", "right", 0) / p.width
    return result["force top z [N]"][-1] / p.width**2 / p.strain, -narrower / p.strain


found = {name: pulled(bulk * GPa, shear * GPa) for name, (bulk, shear, _, _) in TABLE.items()}
folder = output_folder(p.output or "results/b1_argyrodites", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("           E of the block   table     ν of the block   table")
    for name, (young, poisson) in found.items():
        print(f"{name}   {young / GPa:10.2f} GPa   {TABLE[name][2]:5.1f}   {poisson:14.3f}   {TABLE[name][3]:6.2f}")
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    for k, (axes, what) in enumerate(
        zip(figure.subplots(1, 2), ("Young's modulus (GPa)", "Poisson's ratio"), strict=True)
    ):
        values = [row[k] / (GPa, 1)[k] for row in found.values()]
        axes.bar(list(found), values, width=0.5, color="C0", alpha=0.6, label="pulled block")
        axes.errorbar(
            list(found),
            [row[2 + k] for row in TABLE.values()],
            yerr=(0.12, 0.006)[k],
            fmt="ko",
            capsize=4,
            label="table",
        )
        axes.set(ylabel=what, ylim=(0.8 * min(values), 1.1 * max(values)))
        axes.legend()
    figure.savefig(folder / "moduli.png", dpi=150)
