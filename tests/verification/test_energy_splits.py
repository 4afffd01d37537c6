"""Energy splits in 3D, in bodies of revolution and in plane stress: a bar whose damage is even has a closed form.

A bar of AT2 that is stretched (or pressed) by ε along its axis, free across it, is in uniaxial stress. With the share
s = (1 − d)² of the stiffness that is left, its strain e across the axis makes the stress there vanish, and d is at rest
where 2(1 − d) ψ⁺ = (G_c/ℓ) d:

    "spectral", tension:        e = −sλε/(2sλ + 2μ),  σ = s(λ(ε + 2e) + 2με),  ψ⁺ = ½λ(ε + 2e)² + με²
    "spectral", compression:    e = −λε/(2λ + 2sμ),   σ = λ(ε + 2e) + 2με,     ψ⁺ = 2μe²
    "volumetric", "star" of γ:  E and ν of bulk modulus K and shear modulus sμ, with K = sκ in tension and
                                K = sκ + (1 − s)(1 + γ)κ in compression;  e = −νε,  σ = Eε,
                                ψ⁺ = ½κ(ε + 2e)² + ⅔μ(ε − e)², less ½(1 + γ)κ(ε + 2e)² in compression
"""

import numpy as np
import pytest
from cells import one_region
from cracks import Loading, brittle
from scipy.optimize import brentq

import fem_ssb as ssb

E, NU, ENERGY = 150e9, 0.26, 2e5  # ENERGY is G_c/ℓ [J/m³]
LAME, SHEAR = E * NU / ((1 + NU) * (1 - 2 * NU)), E / (2 * (1 + NU))
BULK = LAME + 2 * SHEAR / 3
STAR = 0.5
pytestmark = pytest.mark.system("B4")


def point(split, strain, d):
    """(σ, ψ⁺) along a bar of damage d."""
    left, pressed = (1 - d) ** 2, strain < 0
    if split == "spectral":
        if pressed:
            across = -LAME * strain / (2 * LAME + 2 * left * SHEAR)
            return LAME * (strain + 2 * across) + 2 * SHEAR * strain, 2 * SHEAR * across**2
        across = -left * LAME * strain / (2 * left * LAME + 2 * SHEAR)
        energy = LAME / 2 * (strain + 2 * across) ** 2 + SHEAR * strain**2
        return left * (LAME * (strain + 2 * across) + 2 * SHEAR * strain), energy
    share = (1 + (STAR if split == "star" else 0.0)) * pressed
    bulk, shear = (left + (1 - left) * share) * BULK, left * SHEAR
    young, poisson = 9 * bulk * shear / (3 * bulk + shear), (3 * bulk - 2 * shear) / (2 * (3 * bulk + shear))
    volume, turn = (1 - 2 * poisson) * strain, (1 + poisson) * strain
    return young * strain, BULK / 2 * (1 - share) * volume**2 + 2 / 3 * SHEAR * turn**2


def bar(split, strain):
    """(σ, d) of the closed form."""
    d = brentq(lambda d: 2 * (1 - d) * point(split, strain, d)[1] - ENERGY * d, 0.0, 0.99, xtol=1e-15, rtol=1e-14)
    return point(split, strain, d)[0], d


def strained(comm, plane, split, moves):
    """(force on the top [N], d everywhere, state) of a block 1 m high, whose sides go by moves [m], None where free.

    Its other three sides are held by rollers; in 3D where `plane` is None.
    """
    length = 4.0  # ℓ, much above the size of the cells
    size, cells = ((0.5, 0.5, 1.0), (1, 1, 2)) if plane is None else ((0.5, 1.0), (1, 2))
    mesh = one_region(comm, size, cells, brittle(E, NU, ENERGY * length))
    elasticity = ssb.Elasticity(degree=1, split=split, star=STAR, plane=plane or "strain", residual_stiffness=0.0)
    model = ssb.Model(mesh, [elasticity, ssb.Fracture(length, "AT2")], damage_tolerance=1e-12, largest_sweeps=200)
    along = mesh.dim - 1
    sides = (*(("left", "right"), ("front", "back"))[:along], ("bottom", "top"))
    model.apply(
        *(ssb.Fixed("displacement", low, 0.0, component=k) for k, (low, _) in enumerate(sides)),
        *(
            ssb.Fixed("displacement", high, move, component=k)
            for k, ((_, high), move) in enumerate(zip(sides, moves, strict=True))
            if move is not None
        ),
    )
    force = Loading(model, "top", along, 1.0).step(1.0)
    return force, model.state["damage"].x.array


KINDS = {"3D": (None, 0.25), "plane stress": ("stress", 0.5), "axisymmetric": ("axisymmetric", np.pi / 4)}  # with areas


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", ["spectral", "volumetric", "star"])
def test_bar(verify, comm, kind, split):
    plane, area = KINDS[kind]
    for name, strain in (("tension", 1e-3), ("compression", -1e-3)):
        force, found = strained(comm, plane, split, (None,) * (1 if plane else 2) + (strain,))
        stress, damage = bar(split, strain)
        what = f"bar, {kind}, split {split}, {name}"
        verify(force / area, stress, rtol=1e-8, what=f"{what}: stress [Pa]", source="closed form")
        off = found[np.argmax(np.abs(found - damage))]
        verify(off, damage, rtol=1e-8, what=f"{what}: damage", source="closed form")


@pytest.mark.slow
def test_plane_strain_is_a_slice_in_3d(verify, comm):
    """Pulled by a, pressed by b across, held in the third direction: σ = sλ(a + b) + 2μb, ψ⁺ = ½λ(a + b)² + μa²."""
    a, b = 1e-3, -4e-4
    energy = LAME / 2 * (a + b) ** 2 + SHEAR * a**2
    damage = 2 * energy / (2 * energy + ENERGY)
    stress = (1 - damage) ** 2 * LAME * (a + b) + 2 * SHEAR * b
    for plane, moves, area in (("strain", (a / 2, b), 0.5), (None, (a / 2, 0.0, b), 0.25)):
        force, found = strained(comm, plane, "spectral", moves)
        what = "block in plane strain, split spectral, " + ("2D" if plane else "3D")
        verify(force / area, stress, rtol=1e-10, what=f"{what}: stress [Pa]", source="closed form")
        verify(found.max(), damage, rtol=1e-10, what=f"{what}: damage", source="closed form")
