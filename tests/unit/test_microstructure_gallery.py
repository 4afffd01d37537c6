"""Every recipe in meshes/ gives a good mesh."""

import importlib.util
from pathlib import Path

import pytest
from mpi4py import MPI

GALLERY = Path(__file__).parents[2] / "meshes"


@pytest.mark.parametrize(
    "path", sorted(set(GALLERY.glob("*.py")) - {GALLERY / "picture.py"}), ids=lambda path: path.stem
)
def test_recipe(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    quality = recipe.mesh(MPI.COMM_WORLD).quality(without=getattr(recipe, "COATINGS", ()))
    assert quality["min"] >= 0.1 and quality["mean"] >= 0.6
    assert path.with_suffix(".png").is_file()
