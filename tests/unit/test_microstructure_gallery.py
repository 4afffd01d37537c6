"""Every recipe in meshes/ gives a good mesh, every ready mesh is that of its recipe."""

import importlib.util
from pathlib import Path

import pytest
from mpi4py import MPI

import fem_ssb as ssb

GALLERY = Path(__file__).parents[2] / "meshes"
HELPERS = {GALLERY / "picture.py", GALLERY / "ready.py"}


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    return recipe


@pytest.mark.parametrize("path", sorted(set(GALLERY.glob("*.py")) - HELPERS), ids=lambda path: path.stem)
def test_recipe(path):
    recipe = loaded(path)
    quality = recipe.mesh(MPI.COMM_WORLD).quality(without=getattr(recipe, "COATINGS", ()))
    assert quality["min"] >= getattr(recipe, "LEAST", 0.1) and quality["mean"] >= 0.6
    assert path.with_suffix(".png").is_file()


def test_ready_meshes():
    """Names, volumes and areas, grains and orientations, quality and open faces of cracks come from the files."""
    ready = loaded(GALLERY / "ready.py")
    assert {path.stem for path in ready.FOLDER.glob("*.msh")} == set(ready.READY)
    for name, (stack, size) in ready.READY.items():
        mesh, made = ssb.read_msh(MPI.COMM_WORLD, ready.FOLDER / f"{name}.msh"), stack().mesh(MPI.COMM_WORLD, size)
        assert mesh.region_names == made.region_names and set(mesh.boundaries) == set(made.boundaries)
        assert mesh.interfaces == made.interfaces
        assert mesh.orientations == pytest.approx(made.orientations, abs=1e-12)
        assert mesh.quality()["min"] >= 0.1
        for region in made.region_names:
            assert mesh.volume(region) == pytest.approx(made.volume(region), rel=1e-9)
        for boundary in made.boundaries:
            assert mesh.area(boundary) == pytest.approx(made.area(boundary), rel=1e-9)
