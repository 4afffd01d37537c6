"""Stacks of random parameters: always a valid mesh or a refusal that says why. Runs on any number of ranks."""

from itertools import pairwise

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.microstructure import Laguerre, Pores, RandomSurface, Sinusoid, Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6


def random_stack(rng, dim):
    """One to four layers of anything; lengths within a factor of a hundred."""
    stack = Stack(width=10 * um, dim=dim, depth=rng.uniform(4, 10) * um if dim == 3 else None)
    names = [f"layer {k}" for k in range(rng.integers(1, 5))]
    for name in names:
        thickness = 10 ** rng.uniform(-0.7 if dim == 2 else 0.2, 1.0) * um
        grains = pores = None
        if rng.random() < 0.7:
            count = int(rng.integers(1, 60 if dim == 2 else 25))
            shape = {"shape": "columnar"} if rng.random() < 0.2 else {"stretch": float(rng.uniform(0.5, 2.0))}
            shape |= {
                "seed": int(rng.integers(100)),
                "relax": int(rng.integers(0, 4)),
                "gradient": rng.uniform(0.5, 2.0),
            }
            grains = (
                Voronoi(count, **shape) if rng.random() < 0.5 else Laguerre(count, spread=rng.uniform(0, 0.6), **shape)
            )
        if rng.random() < 0.3:
            pores = Pores(
                rng.uniform(0.005, 0.15),
                10 ** rng.uniform(-0.7 if dim == 2 else -0.2, 0.3) * um,
                spread=rng.uniform(0, 0.4),
            )
        stack.layer(name, "LLZO", thickness, grains=grains, pores=pores)
    for below, above in pairwise(names):
        if rng.random() < 0.3:
            height, length = 10 ** rng.uniform(-2, 0) * um, rng.uniform(2, 10) * um
            stack.roughen(f"{below}|{above}", (RandomSurface if rng.random() < 0.5 else Sinusoid)(height, length))
    return stack


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("seed", range(15))
def test_valid_mesh_or_clear_refusal(dim, seed):
    stack = random_stack(np.random.default_rng([seed, dim]), dim)
    try:
        mesh = stack.mesh(comm, size=(0.6 if dim == 2 else 1.2) * um, max_cells=60_000)
    except InputError as refusal:
        assert any(
            word in str(refusal) for word in ("max_cells", "cannot be packed", "half a pore", "too steep", "grains")
        )
        return
    base = stack.width if dim == 2 else stack.width * stack.depth
    pores = sum(mesh.porosity[layer.name] * base * layer.thickness for layer in stack.layers if layer.pores)
    assert mesh.volume() == pytest.approx(base * stack.height - pores, rel=1e-9)
    assert mesh.quality()["min"] > 0.005
    there = {f"{a.name}|{b.name}" for a, b in pairwise(stack.layers)}
    there |= {f"{layer.name}|{layer.name}" for layer in stack.layers if layer.grains and layer.grains.count > 1}
    assert set(mesh.interfaces) == there
    for name in mesh.interfaces:
        plus, _, minus, _ = mesh.interface(name).entities.T
        a, b = name.split("|")
        assert (mesh.region_of_cell[plus] == mesh.region_index(a)).all()
        assert (mesh.region_of_cell[minus] == mesh.region_index(b)).all()
    present = set().union(*comm.allgather(set(mesh.grain_of_cell.tolist())))
    assert present == set(range(len(mesh.region_of_grain)))
    for layer in stack.layers:
        if layer.pores:
            assert mesh.porosity[layer.name] == pytest.approx(layer.pores.fraction, rel=0.02)
