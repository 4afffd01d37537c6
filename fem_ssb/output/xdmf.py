"""The XML side of a series: what XDMF calls a temporal collection, one grid a time with all its fields."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from fem_ssb.errors import InputError

CELLS = {3: "Triangle", 4: "Tetrahedron"}
KINDS = {1: "Scalar", 3: "Vector", 9: "Tensor"}


@dataclass(frozen=True)
class Item:
    """A data set of the HDF5 file: its path there, global shape and kind."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype

    def xml(self, file: str) -> str:
        """The `DataItem` element that points to the data set."""
        number = "Float" if self.dtype.kind == "f" else "Int"
        shape = " ".join(str(n) for n in self.shape)
        return (
            f'<DataItem Format="HDF" NumberType="{number}" Precision="{self.dtype.itemsize}" Dimensions="{shape}">'
            f"{escape(file)}:{self.path}</DataItem>"
        )


def grid(time: float, file: str, points: Item, cells: Item, nodal: Mapping[str, Item], cell: Mapping[str, Item]) -> str:
    """One grid: mesh, time (s) and all fields."""
    lines = [
        f'<Grid Name="mesh" GridType="Uniform"><Time Value="{time!r}"/>',
        f'<Topology TopologyType="{CELLS[cells.shape[1]]}" NumberOfElements="{cells.shape[0]}">',
        f"{cells.xml(file)}</Topology>",
        f'<Geometry GeometryType="XYZ">{points.xml(file)}</Geometry>',
    ]
    for center, fields in (("Node", nodal), ("Cell", cell)):
        for name, item in fields.items():
            kind = KINDS[item.shape[1] if len(item.shape) > 1 else 1]
            lines.append(
                f'<Attribute Name={quoteattr(name)} AttributeType="{kind}" Center="{center}">'
                f"{item.xml(file)}</Attribute>"
            )
    return "\n".join([*lines, "</Grid>"])


def document(grids: Iterable[str], information: Mapping[str, str]) -> str:
    """The whole file."""
    notes = "".join(f"<Information Name={quoteattr(k)} Value={quoteattr(v)}/>\n" for k, v in information.items())
    steps = "\n".join(grids)
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<Xdmf Version="3.0">\n<Domain>\n{notes}'
        f'<Grid Name="series" GridType="Collection" CollectionType="Temporal">\n{steps}\n</Grid>\n</Domain>\n</Xdmf>\n'
    )


def parse(path: Path) -> tuple[list[tuple[float, ET.Element]], dict[str, str]]:
    """Grids of a series with their times (s), and its information, by name.

    Raises:
        InputError: when the file is not a series of this kind.
    """
    try:
        root = ET.parse(path).getroot()
        grids = [(float(g.find("Time").get("Value")), g) for g in root.iterfind("Domain/Grid/Grid")]  # type: ignore[union-attr, arg-type]
    except (OSError, ET.ParseError, AttributeError, TypeError, ValueError) as problem:
        raise InputError(f"'{path}' cannot be read as an XDMF series: {problem}") from None
    return grids, {str(i.get("Name")): str(i.get("Value")) for i in root.iterfind("Domain/Information")}


def heavy_path(item: ET.Element) -> tuple[str, str]:
    """(file, path inside it) of a `DataItem`."""
    file, _, path = str(item.text).strip().rpartition(":")
    return file, path
