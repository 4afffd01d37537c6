"""Bad cells taken away: the box stays full, regions what they are, and what is on a face there."""

import numpy as np
import pytest
from scipy.spatial import Delaunay

from fem_ssb.mesh.mend import mend
from fem_ssb.mesh.quality import gamma


def volumes(nodes, cells):
    """Of each cell."""
    x = nodes[cells]
    return np.linalg.det(x[:, 1:] - x[:, :1]) / 6


@pytest.mark.parametrize("seed", range(2))
def test_close_nodes(seed):
    """A unit cube of two regions with nodes almost on each other, on its faces, inside, and between the regions."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(0.0, 1.0, 5)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    flat = np.isin(grid, (0.0, 1.0))
    grid += np.where(flat, 0.0, 0.05 * rng.uniform(-1, 1, grid.shape))
    double = rng.choice(np.flatnonzero(~flat.all(axis=1)), 30, replace=False)
    nodes = np.concatenate([grid, grid[double] + np.where(flat[double], 0.0, 0.015)])
    flat = np.concatenate([flat, flat[double]])
    cells = Delaunay(nodes).simplices.astype(np.int64)
    turned = volumes(nodes, cells) < 0
    cells[turned, :2] = cells[turned, 1::-1]
    cells = cells[volumes(nodes, cells) > 1e-9]
    label = (nodes[cells].mean(axis=1)[:, 2] > 0.5).astype(np.int64)
    whole, share = volumes(nodes, cells).sum(), volumes(nodes, cells)[label == 1].sum()
    before = gamma(nodes[cells])
    still = flat.all(axis=1)
    x, new, of_new = nodes, cells, label
    for _ in range(3):
        edges = np.concatenate([flat, np.zeros((len(x) - len(nodes), 3), dtype=bool)])
        x, new, of_new = mend(x, new, of_new, edges, np.append(still, np.zeros(len(x) - len(nodes), dtype=bool)))
    after = gamma(x[new])
    assert (before < 0.1).sum() > 15
    assert after.min() > 0.1
    assert volumes(x, new).min() > 0.0
    assert volumes(x, new).sum() == pytest.approx(whole, rel=1e-9)
    assert volumes(x, new)[of_new == 1].sum() == pytest.approx(share, rel=0.01)


def test_good_mesh_stays():
    """Nothing is done to cells that are well shaped."""
    nodes = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float64)
    cells = np.arange(4)[None]
    x, new, label = mend(
        nodes, cells, np.zeros(1, dtype=np.int64), np.zeros((4, 3), dtype=bool), np.zeros(4, dtype=bool)
    )
    assert x is nodes and new is cells and label.tolist() == [0]
