"""B2: effective elasticity of a polycrystal against the Voigt, Reuss and Hill averages.

    mpirun -n 2 python3 demos/b2_polycrystal_elasticity.py           results/b2_polycrystal_elasticity/
    python3 demos/b2_polycrystal_elasticity.py --set c44=180*GPa     stronger anisotropy

A layer of randomly oriented cubic grains, held between rigid lubricated walls, is compressed by 0.1 %.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness, voigt_reuss_hill
from fem_ssb.units import GPa, um

p = ssb.parameters(
    c11=170 * GPa, c12=75 * GPa, c44=95 * GPa, grains=216, size=0.9 * um, width=10 * um, seed=3, dry_run=False,
    resume=False,
)  # fmt: skip

crystal = CubicStiffness(p.c11, p.c12, p.c44)
stack = ssb.Stack(width=p.width, dim=3)
material = ssb.Material("LLZO", stiffness=crystal)
stack.layer("separator", material, thickness=p.width, grains=ssb.Voronoi(count=p.grains, seed=p.seed))
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

model = ssb.Model(mesh, [ssb.Elasticity(degree=1)])
for wall, axis in {"left": 0, "right": 0, "front": 1, "back": 1, "bottom": 2}.items():
    model.apply(ssb.Fixed("displacement", wall, 0.0, component=axis))
model.apply(ssb.Fixed("displacement", "top", -1e-3 * p.width, component=2))
result = model.run(
    1.0, first_step=1.0, largest_step=1.0, output=p.output or "results/b2_polycrystal_elasticity",
    parameters=p.values, dry_run=p.dry_run, resume=p.resume,
)  # fmt: skip
result.plot()

energy = result["elastic energy [J]"][-1]
uniaxial = 2 * energy / (1e-3**2 * mesh.volume())  # C33 of the polycrystal
hill = voigt_reuss_hill(crystal.matrix())
if mesh.comm.rank == 0:
    for name, K, G in (
        ("Reuss", hill.bulk_reuss, hill.shear_reuss),
        ("Hill", hill.bulk, hill.shear),
        ("Voigt", hill.bulk_voigt, hill.shear_voigt),
    ):
        print(f"{name:6s} K + 4G/3 = {(K + 4 * G / 3) / GPa:7.2f} GPa")
    print(f"{p.grains} grains        {uniaxial / GPa:7.2f} GPa; see {result.folder}")
