"""Labelled images from files: TIFF, NRRD, NumPy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import numpy.typing as npt
import tifffile

from fem_ssb.errors import InputError

IMAGES = (".nhdr", ".npy", ".nrrd", ".tif", ".tiff")
"""Endings of files that `read_image` knows."""


def read_image(path: str | Path) -> npt.NDArray[Any]:
    """The labels in a file, axis by axis in the order x, (y,) z of the mesh.

    A TIFF picture is turned so that it is seen in the mesh as it is in a viewer: columns are x, the last row is at
    z = 0. In a TIFF stack columns are x, rows y and pages z. NRRD and NumPy arrays are taken as they are, the first
    axis is x.

    Args:
        path: ends with one of `IMAGES`.

    Raises:
        InputError: for a file that is not there, of another kind, cut short, or with colours instead of labels.
    """
    path = Path(path)
    if path.suffix.lower() not in IMAGES:
        raise InputError(f"an image is read from {', '.join(IMAGES)}, not from '{path.name}': save it as one of these")
    if not path.is_file():
        raise InputError(f"there is no image file {path}")
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        if path.suffix.lower() in (".nrrd", ".nhdr"):
            return nrrd.read(str(path), index_order="F")[0]
        return _tiff(path)
    except InputError:
        raise
    except Exception as problem:
        raise InputError(
            f"cannot read the image {path} ({problem}): it may be cut short or of a kind that is not supported; "
            "save it again, uncompressed, as whole numbers"
        ) from None


def _tiff(path: Path) -> npt.NDArray[Any]:
    """Labels of the first series in a TIFF file."""
    with _complaints() as complaints, tifffile.TiffFile(path) as file:
        series = file.series[0]
        labels = series.asarray()
        if "S" in series.axes or "C" in series.axes:
            raise InputError(f"the image {path} has {series.shape} colours or channels: save one channel of labels")
        ends = [
            int(o) + int(n) for page in file.pages for o, n in zip(page.dataoffsets, page.databytecounts, strict=True)
        ]
    if complaints or max(ends) > path.stat().st_size:
        raise ValueError(complaints[0] if complaints else "its last pixels are missing")
    labels = labels.squeeze()
    return labels.T[:, ::-1] if labels.ndim == 2 else labels.T


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Errors that tifffile logs instead of raising: what it returns then is not the whole image."""
    found: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("tifffile")
    log.addHandler(handler)
    try:
        yield found
    finally:
        log.removeHandler(handler)
