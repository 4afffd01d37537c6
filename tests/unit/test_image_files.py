"""Images from files: written by the formats' own libraries, read back, cut short."""

from pathlib import Path

import nrrd
import numpy as np
import pytest
import tifffile
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import from_image, read_image

comm = MPI.COMM_SELF


@pytest.fixture
def labels():
    """More than one strip or block of a file; unlike along each axis."""
    return np.random.default_rng(3).integers(0, 4, size=(17, 30, 23)).astype(np.uint16)


def test_stacks_are_columns_rows_pages(labels, tmp_path):
    tifffile.imwrite(tmp_path / "stack.tif", labels.transpose(2, 1, 0))
    tifffile.imwrite(tmp_path / "packed.tiff", labels.transpose(2, 1, 0), compression="zlib")
    nrrd.write(str(tmp_path / "raw.nrrd"), labels, {"encoding": "raw"})
    nrrd.write(str(tmp_path / "packed.nrrd"), labels, {"encoding": "gzip"})
    nrrd.write(str(tmp_path / "two.nhdr"), labels)
    np.save(tmp_path / "array.npy", labels)
    for name in ("stack.tif", "packed.tiff", "raw.nrrd", "packed.nrrd", "two.nhdr", "array.npy"):
        np.testing.assert_array_equal(read_image(tmp_path / name), labels, err_msg=name)


def test_a_picture_stands_as_in_a_viewer(tmp_path):
    picture = np.zeros((4, 6), dtype=np.uint8)
    picture[-1, 0] = 1  # lower left
    tifffile.imwrite(tmp_path / "picture.tif", picture)
    found = read_image(tmp_path / "picture.tif")
    assert found.shape == (6, 4) and found[0, 0] == 1
    mesh = from_image(comm, tmp_path / "picture.tif", 1.0, names={0: "rest", 1: "corner"})
    assert mesh.volume("corner") == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("name", ["stack.tif", "packed.tif", "raw.nrrd", "packed.nrrd", "array.npy"])
def test_files_cut_short(name, labels, tmp_path):
    path = tmp_path / name
    if path.suffix == ".tif":
        tifffile.imwrite(path, labels, compression="zlib" if name.startswith("packed") else None)
    elif path.suffix == ".nrrd":
        nrrd.write(str(path), labels, {"encoding": "gzip" if name.startswith("packed") else "raw"})
    else:
        np.save(path, labels)
    whole = path.read_bytes()
    for part in (0.9, 0.5, 0.01):
        path.write_bytes(whole[: int(part * len(whole))])
        with pytest.raises(InputError, match="cannot read the image"):
            read_image(path)


def test_what_is_no_image(tmp_path):
    Path(tmp_path / "text.npy").write_text("labels")
    tifffile.imwrite(tmp_path / "colour.tif", np.zeros((5, 5, 3), dtype=np.uint8), photometric="rgb")
    tifffile.imwrite(tmp_path / "grey.tif", np.linspace(0, 1, 20, dtype=np.float32).reshape(4, 5))
    for name, message in (
        ("text.npy", "cannot read the image"),
        ("nowhere.tif", "no image file"),
        ("picture.jpg", "is read from .nhdr, .npy"),
        ("colour.tif", "save one channel"),
        ("grey.tif", "whole numbers"),
    ):
        with pytest.raises(InputError, match=message):
            from_image(comm, tmp_path / name, 1.0)
