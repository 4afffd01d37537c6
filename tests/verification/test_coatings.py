r"""Coatings of stretched cells: what they conduct, and how many they are.

Across a stack of layers between plates the potential is linear in each, which linear elements hold exactly on any mesh:
the area-specific resistance is Σ tᵢ/σᵢ to rounding, and a coating adds δ/σ. Where the contact is broken by voids the
current is crowded; a coating much thinner than the voids and of poor conductivity is then an interface with the
resistance δ/σ, up to terms of the order of δ over the width of the contact: two ways through the code that share
nothing but the mesh of the layers.
"""

import pytest

import fem_ssb as ssb
from fem_ssb.units import um

SIGMA, HEIGHT = 0.05, 10 * um
LLZO = ssb.Material.custom("body", ionic_conductivity=SIGMA, kind="electrolyte")


def conductance(mesh, degree=1):
    """Current at 1 V between the end faces (A; in 2D A/m)."""
    model = ssb.Model(mesh, [ssb.Conduction(degree=degree)])
    model.apply(ssb.Fixed("ionic_potential", "lower", 0.0), ssb.Fixed("ionic_potential", "upper", 1.0)).solve()
    return model.balances.reaction("ionic_potential", "upper")


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_series(verify, comm, dim):
    """Coatings of 1/1000 of the height between polycrystals, one cell and three cells thick."""
    poor, thickness = ssb.Material.custom("LiPON", ionic_conductivity=2e-4, kind="electrolyte"), HEIGHT / 1000
    width = 6 * um
    for coated in (False, True):
        stack = ssb.Stack(width=width, dim=dim)
        stack.layer("lower", LLZO, 5 * um, grains=ssb.Voronoi(8, seed=1))
        if coated:
            stack.coating("first", poor, thickness)
            stack.coating("second", poor, 2 * thickness, cells=3)
        stack.layer("upper", LLZO, 5 * um, grains=ssb.Voronoi(8, seed=2))
        mesh = stack.mesh(comm, size=1.2 * um)
        asr = width ** (dim - 1) / conductance(mesh)
        exact = HEIGHT / SIGMA + coated * 3 * thickness / 2e-4
        verify(asr, exact, rtol=1e-8, what=f"{dim}D, {'coated' if coated else 'bare'}: ASR [Ω m²]", source="Σ t/σ")
    facets = comm.allreduce(len(mesh.interface("first|second").facets))
    regions = mesh.summary()["regions"]
    thin, thick = (sum(regions[n]["cells"] for n in names) for names in (("first", "second"), ("lower", "upper")))
    verify(thin, 4 * dim * facets, rtol=1e-12, what=f"{dim}D: cells of four sheets of prisms", source="count")
    verify.below(thin / thick, 0.5, what=f"{dim}D: these over the cells of the layers", source="order of the layers'")


def crowded(comm, thickness, coated, gap, size):
    """Conductance with voids in the upper layer, `gap` above a skin, or the skin as a film, of 2e-4 Ω m²."""
    stack, resistance = ssb.Stack(width=10 * um), 2e-4
    skin = ssb.Material.custom("skin", ionic_conductivity=thickness / resistance, kind="electrolyte")
    stack.layer("lower", LLZO, 5 * um)
    if coated:
        stack.coating("skin", skin, thickness)
    if gap:
        stack.layer("middle", LLZO, gap)
    stack.layer("upper", LLZO, 5 * um)
    below = "middle" if gap else "lower"
    stack.voids(f"upper|{below}", ssb.Voids(depth=0.5 * um, strips=[(0.0, 2 * um), (4 * um, 7 * um)]))
    if not coated:
        stack.interface("lower|middle" if gap else "lower|upper", film_resistance=resistance)
    return conductance(stack.mesh(comm, size=size), degree=2)


@pytest.mark.parallel
def test_current_that_is_not_even(verify, comm):
    """A skin near voids against an interface resistance of δ/σ."""
    film = crowded(comm, HEIGHT / 1000, False, 1 * um, 0.5 * um)
    for part in (100, 1000):
        skin = crowded(comm, HEIGHT / part, True, 1 * um, 0.5 * um)
        verify(skin, film, rtol=2e-4, what=f"skin of 1/{part} near voids: current [A/m]", source="film δ/σ")


def test_edge_of_a_contact_on_a_coating(verify, comm):
    """Voids on the skin itself: its cells are wider than thick, so that the edge is blurred by a part of a cell."""
    off = []
    for size in (0.4 * um, 0.2 * um, 0.1 * um):
        skin, film = (crowded(comm, HEIGHT / 1000, coated, 0.0, size) for coated in (True, False))
        off.append(skin / film - 1)
    verify.trend(off, "falling", what="contact edges on a skin: excess current", source="O(h)")
    verify.below(off[-1], 0.01, what="contact edges on a skin: excess at h = W/30", source="O(h)")
