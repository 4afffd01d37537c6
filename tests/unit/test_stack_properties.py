"""Whatever is asked of a stack: a valid mesh, or a refusal that says why; never a crash.

Hypothesis draws layers, grains, pores, coatings, cracks, grooves, voids, inclusions, roughness and places to refine,
and shrinks what fails to the smallest stack that does.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.errors import ConvergenceError, InputError
from fem_ssb.mesh.measure import measures
from fem_ssb.units import um

WIDTH = 8 * um
DRAWN = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

GROOVE = 0.01
"""Most that a groove may be too large."""

FLAWS = ("groove", "through")
"""A groove, or a crack through several layers."""

MANY = DRAWN | {"phases": (Phase.generate,)}
"""For the many: what fails is shown as it was drawn, for to shrink a 3D stack takes longer than all the examples."""


def lengths(low, high):
    """Lengths (m) between two powers of ten of a micrometre."""
    return st.floats(low, high).map(lambda power: 10**power * um)


def fractions(low=0.0, high=1.0):
    return st.floats(low, high)


@st.composite
def grains(draw, dim):
    kind = draw(st.sampled_from(["none", "voronoi", "laguerre", "columnar"]))
    count, seed = draw(st.integers(1, 30 if dim == 2 else 12)), draw(st.integers(0, 99))
    if kind == "none":
        return None
    if kind == "columnar":
        return ssb.Voronoi(count, seed=seed, shape="columnar")
    more = {"seed": seed, "relax": draw(st.integers(0, 3)), "stretch": draw(fractions(0.4, 2.5))}
    if kind == "laguerre":
        return ssb.Laguerre(count, spread=draw(fractions(0.0, 0.6)), **more)
    return ssb.Voronoi(count, texture=ssb.FibreTexture(spread=10), gradient=draw(fractions(0.5, 2.0)), **more)


@st.composite
def grooves(draw, stack, centre, width):
    """One on a face of a layer or on a side of the stack, along any line, some of them from face to face."""
    levels = np.cumsum([0.0] + [layer.thickness for layer in stack.layers])
    axis, sign = draw(st.sampled_from([(0, 1), (1, -1), (2, 1), (2, -1)]))
    at = draw(st.integers(0, len(levels) - 2)) + (sign < 0) if axis == 2 else 0
    faces = {0: 0.0, 1: 6 * um, 2: float(levels[at])}
    angle, half = draw(fractions(0.0, np.pi)), draw(lengths(-1, 1)) / 2
    along = np.insert(half * np.array([np.cos(angle), np.sin(angle)]), axis, 0.0)
    middle = np.array(centre)
    middle[axis] = faces[axis]
    depth = np.zeros(3)
    depth[axis] = sign * draw(fractions(0.3, 1.5)) * width
    return ssb.Groove(middle - along, middle + along, width, depth, draw(st.sampled_from(["round", "sharp"])))


@st.composite
def stacks(draw, dim, extras=("nothing", "crack", "inclusion", "voids")):
    """One to three layers with anything in, on and between them."""
    stack = ssb.Stack(width=WIDTH, dim=dim, depth=6 * um if dim == 3 else None)
    names = [f"layer {k}" for k in range(draw(st.integers(1, 3)))]
    for name in names:
        if draw(st.integers(0, 3)) == 0:
            stack.coating(f"on {name}", "LiPON", draw(lengths(-3, -1)), cells=draw(st.integers(1, 2)))
        pores = None
        if draw(st.integers(0, 3)) == 0:
            place = draw(st.sampled_from(["grains", "boundaries", "junctions"])) if dim == 2 else "grains"
            pores = ssb.Pores(draw(fractions(0.005, 0.1)), draw(lengths(-0.6, 0.1)), place=place)
        thickness = draw(lengths(-0.3 if dim == 2 else 0.3, 0.9))
        stack.layer(name, "LLZO", thickness, grains=draw(grains(dim)), pores=pores)
    height = sum(layer.thickness for layer in stack.layers)
    for below, above in stack.faces():
        if draw(st.integers(0, 3)) == 0:
            stack.roughen(f"{below}|{above}", ssb.Sinusoid(draw(lengths(-2, -0.5)), draw(lengths(0.5, 0.9))))
        if draw(st.integers(0, 3)) == 0 and not {below, above} & {coating.name for coating in stack.coatings}:
            at = draw(st.sampled_from(["everywhere", "junctions", "valleys"]))
            stack.refine_at(f"{below}|{above}", draw(lengths(-1, 0)), at)
    extra, radius = draw(st.sampled_from(extras)), draw(lengths(-0.5, 0.2))
    centre = [draw(fractions(0.2, 0.8)) * side for side in ([WIDTH, height] if dim == 2 else [WIDTH, 6 * um, height])]
    if extra == "crack":
        end = [x + radius * cosine for x, cosine in zip(centre, (0.8, 0.6), strict=False)]
        stack.crack("flaw", ssb.Slit([centre, end]) if dim == 2 else ssb.Penny(centre, radius, (0, 30, 0)))
    elif extra == "through":
        stack.crack(
            "flaw", ssb.Penny(centre, radius, (draw(fractions(40, 90)), 0, draw(fractions(0, 90)))), layer=names
        )
    elif extra == "groove":
        stack.crack("flaw", draw(grooves(stack, centre, radius)), fill=draw(st.sampled_from([None, None, *names])))
    elif extra == "inclusion":
        layer = draw(st.integers(0, len(names) - 1))
        low = sum(below.thickness for below in stack.layers[:layer])
        centre[-1] = low + draw(fractions(0.4, 0.6)) * stack.layers[layer].thickness
        stack.inclusion(names[layer], "body", "C", ssb.Disc(centre, radius) if dim == 2 else ssb.Sphere(centre, radius))
    elif extra == "voids" and len(names) > 1:
        cut = next((k for k, layer in enumerate(stack.layers) if not layer.grains and not layer.pores), 0)
        shape = ssb.Voids(depth=0.5 * radius, coverage=draw(fractions(0.2, 0.6)), width=draw(lengths(-0.2, 0.4)))
        stack.voids(f"{names[cut]}|{names[cut + 1 if cut + 1 < len(names) else cut - 1]}", shape)
    return stack


def check(stack, size):
    """A valid mesh of the stack, or an `InputError`; gamma of its worst cell, if that is to be good."""
    note(f"{vars(stack)}")
    try:
        mesh = stack.mesh(MPI.COMM_SELF, size=size, max_cells=30_000)
    except (InputError, ConvergenceError) as refusal:  # the latter for grains of sizes that are not found
        message = str(refusal)
        event("refused: " + " ".join(message.split()[:2]))
        assert len(message) > 30, message
        return None
    event("meshed")
    dim, base = stack.dim, WIDTH if stack.dim == 2 else WIDTH * 6 * um
    cells = mesh.domain.topology.index_map(dim).size_local
    size_of = measures(mesh.domain, dim, np.arange(cells, dtype=np.int32))
    assert (size_of > 0).all()
    # Every cell lies in one region and one grain of it, and no grain is without cells.
    assert (mesh.region_of_grain[mesh.grain_of_cell] == mesh.region_of_cell).all()
    assert set(mesh.grain_of_cell.tolist()) == set(range(len(mesh.region_of_grain)))
    # What is not meshed is pore, void or notch; the rest fills the box.
    holes = sum(mesh.porosity.get(layer.name, 0.0) * base * layer.thickness for layer in stack.layers)
    empty = [flaw for flaw in stack.cracks if isinstance(flaw.shape, ssb.Groove) and flaw.fill is None]
    if not stack.slots and not empty:
        assert size_of.sum() == pytest.approx(base * stack.height - holes, rel=1e-12)
    for flaw in empty:
        assert base * stack.height - holes - size_of.sum() <= (1 + GROOVE) * flaw.shape.volume
        assert len(mesh.boundary(flaw.name)) > 0
    # A coating's cells are as thin as it is, and roughness shears those beside it.
    worst = None
    if dim == 3 and not stack.coatings and not stack.roughness:
        worst = mesh.quality()["min"]
        assert worst > 0.1
    # Every interface is between exactly the two regions of its name, and each of its facets once.
    there = {f"{a.name}|{b.name}" for a, b in pairwise(stack.order)}
    there |= {f"{layer.name}|{layer.name}" for layer in stack.layers if layer.grains}
    there |= {f"{body.layer}|{body.name}" for body in stack.inclusions} | {
        f"{b.name}|{b.name}" for b in stack.inclusions
    }
    there |= {f"{flaw.fill}|{part.name}" for flaw in stack.cracks if flaw.fill for part in stack.order}
    for name in mesh.interfaces:
        assert name in there or "|".join(reversed(name.split("|"))) in there
        a, b = name.split("|")
        plus, _, minus, _ = mesh.interface(name).entities.T
        assert (mesh.region_of_cell[plus] == mesh.region_index(a)).all()
        assert (mesh.region_of_cell[minus] == mesh.region_index(b)).all()
        assert (mesh.grain_of_cell[plus] != mesh.grain_of_cell[minus]).all()
    facets = np.concatenate([mesh.interface(name).facets for name in mesh.interfaces] or [[]])
    assert len(np.unique(facets)) == len(facets)
    named = np.concatenate(list(mesh.boundaries.values()))
    assert len(np.unique(named)) == len(named)
    return worst


@settings(max_examples=60, **DRAWN)
@given(stacks(2))
def test_stacks_in_2d(stack):
    check(stack, 0.8 * um)


@settings(max_examples=25, **DRAWN)
@given(stacks(3))
def test_stacks_in_3d(stack):
    check(stack, 1.5 * um)


@settings(max_examples=12, **DRAWN)
@given(stacks(3, FLAWS))
def test_flaws_in_3d(stack):
    check(stack, 1.5 * um)


@pytest.mark.slow
def test_many_flaws_in_3d():
    found = []

    @settings(max_examples=200, **MANY)
    @given(stacks(3, FLAWS))
    def draw(stack):
        found.append(check(stack, 1.5 * um))

    draw()
    assert len([gamma for gamma in found if gamma is not None]) > 30


@pytest.mark.slow
@settings(max_examples=600, **MANY)
@given(stacks(2))
def test_many_stacks_in_2d(stack):
    check(stack, 0.8 * um)


@pytest.mark.slow
@settings(max_examples=200, **MANY)
@given(stacks(3))
def test_many_stacks_in_3d(stack):
    check(stack, 1.5 * um)


def test_small_pores_in_3d():
    """Pores of a fifth of the mesh size, a cell's length from grain boundaries: the estimate counts the cells there."""
    stack = ssb.Stack(width=WIDTH, dim=3, depth=6 * um)
    lower = ssb.Voronoi(2, seed=50, gradient=1.4931648368286734, stretch=0.99999)
    upper = ssb.Voronoi(7, seed=73, gradient=0.5417813810306218, stretch=0.9746984368496796)
    pores = [(0.02524055843115591, 7.374846368847427e-07), (0.005545815030758285, 2.890210935791208e-07)]
    stack.layer("layer 0", "LLZO", 2.9896978500111033e-06, grains=lower, pores=ssb.Pores(*pores[0]))
    stack.layer("layer 1", "LLZO", 3.568580169644639e-06, grains=upper, pores=ssb.Pores(*pores[1]))
    stack.layer("layer 2", "LLZO", 7.455542850837484e-06)
    mesh, expected = stack.mesh(MPI.COMM_SELF, size=1.5 * um), stack.estimated_cells(1.5 * um)
    assert mesh.quality()["min"] > 0.1
    assert expected == pytest.approx(mesh.summary()["cells"], rel=0.5)
    with pytest.raises(InputError, match="max_cells"):
        stack.mesh(MPI.COMM_SELF, size=1.5 * um, max_cells=0.9 * expected)
