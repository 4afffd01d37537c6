"""B7: the pressure that metal must reach to open a flaw in LATP, without and with reduced graphene oxide.

    python3 demos/b7_toughening.py                                   results/b7_toughening/, seconds
    python3 demos/b7_toughening.py --set half=20*um                  a flaw twice as long
    python3 demos/b7_toughening.py --set metal=Na                    takes more millivolts

A slit of half-length 10 µm in a large plate (half of it is meshed), its faces under pressure. About 1 vol% of graphene
oxide raises K_IC from 1.1 to 2.4 MPa√m. Printed: critical pressure beside K_IC/√(πa), and the overpotential that builds
it up. Both rise with the toughness, by 2.18, for the crack is sharp and the body elastic.
"""

import numpy as np
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.physics.crack_pressure import pressure_of
from fem_ssb.units import MPa, MPa_sqrt_m, um

p = ssb.parameters(
    half=10 * um, plain=1.1 * MPa_sqrt_m, reinforced=2.4 * MPa_sqrt_m, pressure=100 * MPa, width=20.0,
    metal="Li",
    dry_run=False, resume=False,
)  # fmt: skip
middle = p.width * p.half
stack = ssb.Stack(width=middle)
stack.layer("plate", "LATP", thickness=2 * middle)
stack.crack("crack", ssb.Slit([(0.0, middle), (p.half, middle)]), tip_size=0.05 * p.half)
mesh = stack.mesh(MPI.COMM_WORLD, size=2 * p.half)
model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
model.apply(ssb.Fixed("displacement", "left", 0.0, component=0), ssb.Fixed("displacement", "right", 0.0, component=1))
model.apply(ssb.Flux("displacement", "crack", -p.pressure))
result = model.run(
    1.0, first_step=1.0, largest_step=1.0, output=p.output or "results/b7_toughening",
    parameters=p.values, dry_run=p.dry_run, resume=p.resume,
)  # fmt: skip
result.plot()

tip = CrackTip(model.state, "plate", (1, 0), 0.3 * p.half, 0.7 * p.half, faces={"crack": p.pressure})
found = tip.k((p.half, middle))[0]
if mesh.comm.rank == 0:
    per_volt = pressure_of(-1.0, ssb.Material(p.metal)["molar_volume"](298.15))
    for name, toughness in (("LATP", p.plain), ("with graphene oxide", p.reinforced)):
        critical = p.pressure * toughness / found
        exact = toughness / np.sqrt(np.pi * p.half)
        print(
            f"{name}: {critical / MPa:.1f} MPa, K_IC/√(πa) {exact / MPa:.1f}, "
            f"{p.metal} at {1e3 * critical / per_volt:.1f} mV"
        )
    print(f"both rise by {p.reinforced / p.plain:.2f}, as the toughness; see {result.folder}")
