"""Toughness by temperature, lithium content, grain and boundary, back out of the damage of blocks.

A block of AT2 whose Poisson ratio is 0, stretched by ε, is damaged everywhere alike (see `test_crack_strength`):

    d = Eε²/(G_c/ℓ + Eε²)    so that    G_c = ℓEε²(1 − d)/d.

Where grains and their boundaries have toughnesses of their own, ∫G_c x dx is the sum over their cells, those that touch
the boundary counting as the boundary's.
"""

import numpy as np
import pytest
import ufl
from cells import midpoints, one_region, total
from test_isolated_lithium import VOLUME, WIDTH, L, slab

import fem_ssb as ssb
from fem_ssb.compat import geometry_dofmap
from fem_ssb.materials import Arrhenius, IsotropicStiffness
from fem_ssb.units import hour, um

E, ELL, STRAIN, TOUGHNESS = 150e9, 1.0, 1e-5, 10.0
pytestmark = [pytest.mark.system("B4"), pytest.mark.parallel]


def ceramic(toughness=TOUGHNESS):
    return ssb.Material.custom(
        "ceramic", kind="electrolyte", stiffness=IsotropicStiffness(E, 0.0), thermal_expansion=0.0, toughness=toughness
    )


def toughness_of(comm, material, dim, *physics, temperature=298.15, **fracture):
    """G_c [J/m²] from the damage of a block that is stretched."""
    mesh = one_region(comm, (1.0,) * dim, (3,) * dim, material, name="body")
    model = ssb.Model(mesh, [*physics, ssb.Elasticity(degree=1), ssb.Fracture(ELL, "AT2", **fracture)])
    model.apply(ssb.Ambient(temperature), ssb.Fixed("displacement", "top", STRAIN, component=dim - 1))
    rollers = ("left", "front", "bottom") if dim == 3 else ("left", "bottom")
    model.apply(*(ssb.Fixed("displacement", b, component=a) for a, b in enumerate(rollers)))
    state = model.solve()
    d = total(comm, state["damage"] * state.dx("body"))
    return ELL * E * STRAIN**2 * (1 - d) / d


@pytest.mark.parametrize("dim", [2, 3])
def test_temperature(verify, comm, dim):
    law = Arrhenius(TOUGHNESS, 5e3)
    for temperature in (298.15, 373.15):
        found = toughness_of(comm, ceramic(law), dim, temperature=temperature)
        what = f"{dim}D: toughness at {temperature:g} K, from damage [J/m²]"
        verify(found, float(law(temperature)), rtol=1e-6, what=what, source="the law put in")


def test_lithium_content(verify, comm):
    host = ssb.Material("NMC811", stiffness=IsotropicStiffness(E, 0.0), toughness=TOUGHNESS)
    for x in (0.3, 0.9):
        physics = ssb.Intercalation(initial=x)
        found = toughness_of(comm, host, 2, physics, weakening={"body": lambda x: 1 - 0.4 * x**2})
        what = f"toughness of a host filled to {x:g}, from damage [J/m²]"
        verify(found, TOUGHNESS * (1 - 0.4 * x**2), rtol=1e-6, what=what, source="the law put in")


def test_lithium_within_an_electrolyte(verify, comm):
    """A toughness that falls with the lithium: ∫G_c dx falls with its amount, which the reduction counts apart."""
    model, reduction = slab(comm, 10, law="butler_volmer")
    fracture = ssb.Fracture(20 * um, "AT2", weakening={"separator": lambda x: 1 - 0.4 * x})
    model.physics += [ssb.Elasticity(degree=1), fracture]
    model.apply(*(ssb.Fixed("displacement", b) for b in ("left", "right", "bottom", "top")))
    model.run(1 * hour, quiet=True)
    state = model.state
    state.dt.value = 0.0  # the lithium is that of the end of the run
    found = total(comm, fracture.toughness(state, "separator") * state.dx("separator"))
    sound = float(ssb.Material("LLZO")["toughness"](298.15))
    volume = VOLUME * reduction.amount(state, "separator")
    what = "toughness that lithium in a slab has taken, ∫(G_c − G_c(ξ)) dx [J]"
    verify(sound * WIDTH * L - found, 0.4 * sound * volume, rtol=1e-6, what=what, source="amount reduced")


def test_grains_and_boundaries(verify, comm):
    n, shares, warm = 8, (0.5, 2.0), 373.15
    edge = Arrhenius(1.0, 5e3)
    given = {"body": ssb.GrainBoundaries(toughness=edge)}
    mesh = one_region(
        comm, (1.0, 1.0), (n, n), ceramic(), name="body", grains=(2, 1), orientations=np.tile(np.eye(3), (2, 1, 1)),
        grain_boundaries=given,
    )  # fmt: skip
    fracture = ssb.Fracture(ELL, "AT2", grains={"body": shares})
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1), fracture])
    model.apply(ssb.Ambient(warm), *(ssb.Fixed("displacement", b) for b in ("left", "right", "bottom", "top")))
    state, domain = model.state, mesh.domain
    x = ufl.SpatialCoordinate(domain)[0]
    found = total(comm, fracture.toughness(state, "body") * x * state.dx("body"))
    nodes = domain.geometry.x[geometry_dofmap(domain)][:, :, 0]
    owned = domain.topology.index_map(2).size_local
    touches = (np.abs(nodes - 0.5) < 1e-9).any(axis=1)[:owned]
    middle = midpoints(domain)[:owned, 0]
    value = np.where(touches, edge(warm), TOUGHNESS * np.where(middle < 0.5, *shares))
    exact = comm.allreduce(float(value @ middle)) / (2 * n * n)
    verify(found, exact, rtol=1e-12, what="two grains and their boundary: ∫G_c x dx [J m]", source="sum over cells")
    assert 0 < comm.allreduce(int(touches.sum())) < n * n


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"grains": {"body": [1.0, 2.0]}}, "has 1 grains"),
        ({"grains": {"body": [-1.0]}}, "must be above 0"),
        ({"weakening": {"bdoy": lambda x: x}}, "did you mean 'body'"),
        ({"weakening": {"body": lambda x: x}}, r"add Intercalation\(\) or Reduction"),
    ],
)
def test_impossible_laws_are_refused(comm, more, message):
    with pytest.raises(ssb.InputError, match=message):
        toughness_of(comm, ceramic(), 2, **more)
