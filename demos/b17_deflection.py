"""B17: compression across its way turns a lithium-filled crack in LLZTO aside.

    python3 demos/b17_deflection.py                                  results/b17_deflection/, half a minute
    python3 demos/b17_deflection.py --set compression=0              straight on

A slit of half-length 100 µm in a large plate, inclined by 10° to the straight way (x); compression acts across that
way. Lithium builds up the pressure at which the slit begins to grow and holds it (a given overpotential); both ends go
20 µm at a time to where the hoop stress is largest (Erdogan & Sih). Printed: pressure and path. About 200 MPa averts
the short (Fincher et al. 2022); here it is by the length and inclination of the flaw, both estimates.
"""

import numpy as np
from mpi4py import MPI
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip, kink
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, MPa, um

p = ssb.parameters(compression=200 * MPa, half=100 * um, inclined=10.0, step=20 * um, steps=6, width=20.0)
llzto = ssb.Material("LLZTO", stiffness=IsotropicStiffness(150 * GPa, 0.26))
toughness = llzto["fracture_toughness"](298.15)


def model_of(path, pressure, compression):
    """The plate with both loads; the path is that of the right end, from the middle, the left end mirrors it."""
    stack = ssb.Stack(width=p.width * p.half)
    stack.layer("plate", llzto, thickness=p.width * p.half)
    crack = np.vstack([-path[:0:-1], path[1:]]) + p.width * p.half / 2
    stack.crack("crack", ssb.Slit(crack), tip_size=0.08 * p.step)
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=2 * p.half), [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    for boundary, load in (("crack", pressure), ("top", compression)):
        model.apply(ssb.Flux("displacement", boundary, -load))
    return model, crack[-1]


def factors(path, pressure, compression):
    """K_I and K_II at the right end."""
    model, tip = model_of(path, pressure, compression)
    ahead, faces = path[-1] - path[-2], {"crack": pressure}
    return np.array(CrackTip(model.solve(), "plate", ahead, 0.4 * p.step, 0.9 * p.step, faces=faces).k(tip))


way = np.radians(p.inclined)
path = np.array([(0.0, 0.0), (p.half * np.cos(way), p.half * np.sin(way))])
opening = factors(path, MPa, 0.0) / MPa
load = (factors(path, MPa, MPa) / MPa - opening) * p.compression
shut = max(0.0, -load[0] / opening[0])
pressure = brentq(lambda x: kink(*(x * opening + load))[1] - toughness, shut, shut + 2 * toughness / opening[0])
if MPI.COMM_WORLD.rank == 0:
    print(f"grows at {pressure / MPa:.0f} MPa, of which {shut / MPa:.0f} MPa bear the compression")
for _ in range(p.steps):
    k = factors(path, pressure, p.compression)
    way += kink(*k)[0]
    path = np.vstack([path, path[-1] + p.step * np.array([np.cos(way), np.sin(way)])])
    if MPI.COMM_WORLD.rank == 0:
        x, y, one, two = *(path[-1] / um), *(k / 1e6)
        print(f"to ({x:.0f}, {y:.0f}) µm, {np.degrees(way):.0f}°, K_I {one:.2f}, K_II {two:.2f} MPa√m")

model, _ = model_of(path, pressure, p.compression)
output = p.output or "results/b17_deflection"
result = model.run(1.0, first_step=1.0, largest_step=1.0, output=output, parameters=p.values)
result.plot()
if MPI.COMM_WORLD.rank == 0:
    print(f"averted (45° or more): {'yes' if np.degrees(way) >= 45 else 'no'}; see {result.folder}")
