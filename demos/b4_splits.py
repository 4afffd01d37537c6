"""B4: what each energy split makes of a bar of ceramic that is pulled and pressed, in three dimensions.

    python3 demos/b4_splits.py                             results/b4_splits/splits.png, half a minute
    python3 demos/b4_splits.py --set poisson=0.2
    python3 demos/b4_splits.py --set star=1.0              γ of the star-convex split

A short bar of LLZO with AT1 damage that stays even. In uniaxial stress σ the part of the energy that damage takes is
σ²/2E in tension (less ν²σ²/(1 + ν)E with "spectral"), and pressed the share of that in the table below: the bar begins
to crack where it is 3G_c/16ℓ. Printed: two stresses Eε, 2 % apart, between which it does, and the closed form.
Later the stress may rise again: pressed and broken with "spectral", a bar that keeps its volume has 2μ in place of E.

    "none" 1,  "volumetric" 2(1 + ν)/3,  "spectral" 2ν²/(1 + ν),  "star" 2(1 + ν)/3 − γ(1 − 2ν)/3
"""

import numpy as np
from dolfinx import fem
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, MPa, um

p = ssb.parameters(young=150 * GPa, poisson=0.26, toughness=2.4, length=10 * um, star=4.0, bar=10 * um)
nu, stiffness = p.poisson, IsotropicStiffness(p.young, p.poisson)
llzo = ssb.Material("LLZO", stiffness=stiffness, toughness=p.toughness, thermal_expansion=0.0)
spectral = 2 * nu**2 / (1 + nu)
shares = {  # of the energy that damage takes, pulled and pressed
    "none": (1.0, 1.0),
    "volumetric": (1.0, 2 * (1 + nu) / 3),
    "spectral": (1 - spectral, spectral),
    "star": (1.0, (2 * (1 + nu) - p.star * (1 - 2 * nu)) / 3),
}
stack = ssb.Stack(width=p.bar / 2, dim=3)
stack.layer("bar", llzo, thickness=p.bar)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.bar / 2)


def strained(split, first):
    """Strain, stress [Pa] and damage of a bar up to twice the strain `first`, where it should begin to crack."""
    elasticity = ssb.Elasticity(degree=1, split=split, star=p.star)
    model = ssb.Model(mesh, [elasticity, ssb.Fracture(p.length, "AT1")], largest_sweeps=1000)
    for k, side in enumerate(("left", "front", "bottom")):
        model.apply(ssb.Fixed("displacement", side, 0.0, component=k))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t * p.bar, component=2))
    state, energy, found = model.state, fem.form(elasticity.columns(model.state)["elastic energy"]), []
    for state.time.value in first * np.concatenate([np.linspace(0.1, 0.9, 9), [0.99, 1.01], np.linspace(1.1, 2, 10)]):
        model.solve()
        strain, stored = float(state.time.value), float(state.integrate(energy)[0])
        damage = mesh.comm.allreduce(state["damage"].x.array.max(), op=MPI.MAX)
        found.append((strain, 2 * stored / (strain * p.bar * (p.bar / 2) ** 2), damage))
        model.accept()
    return np.array(found).T


folder = output_folder(p.output or "results/b4_splits", MPI.COMM_WORLD)
figure = Figure(figsize=(5, 3.6), layout="constrained")
axes = figure.subplots()
for n, (split, pair) in enumerate(shares.items()):
    for share, sign in zip(pair, (1, -1), strict=True):
        expected = sign * np.sqrt(3 * p.toughness * p.young / (8 * p.length) / share)
        strain, stress, damage = strained(split, expected / p.young)
        k = int(np.argmax(damage > 0))
        below, above = p.young * strain[k - 1 : k + 1] / MPa
        if mesh.comm.rank == 0:
            how = "pulled" if sign > 0 else "pressed"
            print(
                f"{split:10} {how:7} cracks between {below:6.1f} and {above:6.1f} MPa, expected {expected / MPa:6.1f}"
            )
        axes.plot(100 * np.append(0, strain), np.append(0, stress) / MPa, f"C{n}", label=split if sign > 0 else None)
axes.axhline(0.0, color="k", lw=0.5)
axes.set(xlabel="strain (%)", ylabel="stress (MPa)")
axes.legend()
if mesh.comm.rank == 0:
    figure.savefig(folder / "splits.png", dpi=150)
