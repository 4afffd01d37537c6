"""Pictures of a run: the microstructure, all fields side by side, the voltage; no MPI, no display."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, LineCollection
from matplotlib.colors import ListedColormap, LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from matplotlib.tri import Triangulation

from fem_ssb.errors import InputError
from fem_ssb.output.display import colours, handy, rank_of, style_of, title_and_unit
from fem_ssb.output.history import read_history
from fem_ssb.output.slices import between, outline, slice_tetrahedra, slice_triangles
from fem_ssb.output.snapshot import Snapshot, read_snapshot

REGION_COLOURS = ("#8c9aa8", "#d9b26a", "#6a9fb5", "#b0776b", "#7fae7f", "#a88bb8", "#c9c06a", "#7d86c4")
UM = 1e-6
ABSENT = "#ececec"
NEARLY_UNIFORM = 1e-3


@dataclass
class Plane:
    """A snapshot in the plane of the picture.

    Attributes:
        triangulation: triangles, coordinates in µm.
        lines: segments where the mesh is split, and its rim, µm, shape (n, 2, 2).
        nodal: fields at the points of the triangles, by name.
        cell: fields in the triangles, by name.
        on_lines: nodal fields at the ends of the lines, by name, shape (n, 2, …).
        note: where the plane lies, for the title.
    """

    triangulation: Triangulation
    lines: npt.NDArray
    nodal: dict[str, npt.NDArray]
    cell: dict[str, npt.NDArray]
    on_lines: dict[str, npt.NDArray]
    note: str

    @property
    def size(self) -> tuple[float, float]:
        """Width and height (µm)."""
        return float(np.ptp(self.triangulation.x)), float(np.ptp(self.triangulation.y))


def overview(path: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, step: int = -1) -> Path:
    """Picture of a run at one time: microstructure, every field with unit and colour bar, cell voltage.

    In 3D the mid-plane across y is shown. Not collective: call it on one rank.

    Args:
        path: a series (fields.xdmf), or the folder that holds it; history.csv beside it gives the voltage.
        out: the PNG; default: overview.png beside the series.
        step: which time, counted as list indices are; default: the last.

    Returns:
        The PNG.

    Raises:
        InputError: when there is no series.
    """
    series = _series(Path(path))
    snapshot = read_snapshot(series, step)
    plane = in_plane(snapshot)
    fields = _shown(plane)
    voltage = _voltage(series.with_name("history.csv"))
    panels: list[Callable[[Axes], None]] = [lambda axes: _microstructure(axes, plane, snapshot.regions)]
    panels += [lambda axes, name=name: _field(axes, plane, name, fields[name]) for name in fields]  # type: ignore[misc]
    figure, all_axes, below = _layout(len(panels), plane.size, voltage is not None)
    for panel, axes in zip(panels, all_axes, strict=True):
        panel(axes)
        _frame(axes, plane)
    if voltage is not None and below is not None:
        _curve(below, *voltage, mark=snapshot.time)
    size, unit = handy(np.array([snapshot.time]), "s")
    figure.suptitle(f"t = {snapshot.time / size:.4g} {unit}{plane.note}", fontsize=11)
    out = Path(out) if out is not None else series.with_name("overview.png")
    FigureCanvasAgg(figure).print_png(str(out))
    return out


def plot_history(folder: str | os.PathLike[str], out: str | os.PathLike[str] | None = None) -> Path:
    """Every column of history.csv against time. Not collective: call it on one rank.

    Args:
        folder: the folder of the run, or the CSV file itself.
        out: the PNG; default: history.png beside the table.
    """
    table = Path(folder)
    table = table if table.suffix == ".csv" else table / "history.csv"
    history = read_history(table)
    time, *columns = history
    columns = [name for name in columns if np.isfinite(history[name]).any()]
    if not columns:
        raise InputError(f"'{table}' has nothing to plot: no column but the time has values")
    across = min(3, len(columns))
    down = -(-len(columns) // across)
    figure = Figure(figsize=(4.2 * across, 2.7 * down), dpi=150, layout="constrained")
    axes = figure.subplots(down, across, squeeze=False).ravel()
    for name, ax in zip(columns, axes, strict=False):
        _curve(ax, history[time], history[name], name)
    for ax in axes[len(columns) :]:
        ax.remove()
    out = Path(out) if out is not None else table.with_name("history.png")
    FigureCanvasAgg(figure).print_png(str(out))
    return out


def in_plane(snapshot: Snapshot) -> Plane:
    """The snapshot itself in 2D, its mid-plane across y in 3D; coordinates in µm, in 3D x and z."""
    points, cells = snapshot.points, snapshot.cells
    if cells.shape[1] == 3:
        edges = outline(cells)
        flat = Triangulation(points[:, 0] / UM, points[:, 1] / UM, cells)
        on_lines = {name: values[edges] for name, values in snapshot.nodal.items()}
        return Plane(flat, points[edges][..., :2] / UM, snapshot.nodal, snapshot.cell, on_lines, "")
    middle = 0.5 * (points[:, 1].min() + points[:, 1].max())
    cut = slice_tetrahedra(points, cells, 1, middle)
    ends, weight = slice_triangles(points, outline(cells), 1, middle)
    return Plane(
        Triangulation(cut.points[:, 0] / UM, cut.points[:, 2] / UM, cut.triangles),
        between(points, ends, weight)[..., ::2] / UM,
        {name: cut.at_points(values) for name, values in snapshot.nodal.items()},
        {name: values[cut.cell] for name, values in snapshot.cell.items()},
        {name: between(values, ends, weight) for name, values in snapshot.nodal.items()},
        f", section at y = {middle / UM:.4g} µm",
    )


def _series(path: Path) -> Path:
    if path.suffix == ".xdmf":
        return path
    found = [path / "fields.xdmf"] if (path / "fields.xdmf").exists() else sorted(path.glob("*.xdmf"))
    if not found:
        raise InputError(f"no field series (fields.xdmf) in '{path}'")
    return found[0]


def _shown(plane: Plane) -> dict[str, npt.NDArray]:
    """Fields to show, in order; vectors and tensors by their size."""
    shown: dict[str, npt.NDArray] = {}
    for values_of in (plane.nodal, plane.cell):
        for name, values in values_of.items():
            if name not in ("region", "grain") and values.dtype.kind == "f" and np.isfinite(values).any():
                shown[name] = _magnitude(values, 1)
    return dict(sorted(shown.items(), key=lambda entry: rank_of(entry[0])))


def _magnitude(values: npt.NDArray, places: int) -> npt.NDArray:
    """Vectors and tensors by their size; the first `places` axes are places."""
    return np.linalg.norm(values, axis=-1) if values.ndim > places else values


def _layout(panels: int, size: tuple[float, float], with_curve: bool) -> tuple[Figure, list[Axes], Axes | None]:
    """A figure about half as wide again as high, with room for colour bars."""
    aspect = np.clip(size[1] / size[0], 0.25, 4.0)
    width = float(np.sqrt(8.0 / aspect))
    high, wide = width * aspect + 0.75, width + 1.3

    def misfit(across: int) -> float:
        down = -(-panels // across)
        empty = across * down - panels
        return abs(np.log(across * wide / (down * high + 2.2 * with_curve) / 1.5)) + 0.1 * empty

    across = min(range(1, panels + 1), key=misfit)
    down = -(-panels // across)
    heights = [high] * down + [2.2] * with_curve
    room = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06)
    figure = Figure(figsize=(max(across * wide, 5.0), sum(heights) + 0.3), dpi=150, layout=room)
    spec = figure.add_gridspec(len(heights), across, height_ratios=heights)
    axes = [figure.add_subplot(spec[i // across, i % across]) for i in range(panels)]
    return figure, axes, figure.add_subplot(spec[-1, :]) if with_curve else None


def _microstructure(axes: Axes, plane: Plane, names: list[str]) -> None:
    """Regions by colour, their grains by shade."""
    region, grain = plane.cell["region"], plane.cell["grain"]
    base = np.array([to_rgb(REGION_COLOURS[i % len(REGION_COLOURS)]) for i in range(len(names))])
    grains, first, index = np.unique(grain, return_index=True, return_inverse=True)
    of_region = region[first]
    several = np.bincount(of_region, minlength=len(names))[of_region] > 1
    shade = np.where(several, 0.72 + 0.5 * (grains * 0.6180339887 % 1.0), 1.0)[:, None]
    tint = base[of_region]
    rgb = np.where(shade <= 1, tint * shade, 1 - (1 - tint) * (2 - shade) ** 2)
    axes.tripcolor(
        plane.triangulation, index.reshape(-1).astype(float), cmap=ListedColormap(np.clip(rgb, 0, 1)),
        vmin=-0.5, vmax=len(grains) - 0.5, antialiased=False, rasterized=True,
    )  # fmt: skip
    middle = plane.triangulation.y[plane.triangulation.triangles].mean(axis=1)
    present = [i for i in range(len(names)) if (region == i).any()]
    present.sort(key=lambda i: -middle[region == i].mean())
    patches = [Patch(facecolor=base[i], edgecolor="0.3", linewidth=0.5, label=names[i]) for i in present]
    axes.legend(
        handles=patches, loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=7, frameon=False,
        handlelength=1.0, handleheight=1.0, borderaxespad=0.0,
    )  # fmt: skip
    axes.set_title("microstructure", fontsize=9)


def _field(axes: Axes, plane: Plane, name: str, values: npt.NDArray) -> None:
    """One field; triangles where it does not live stay grey. A field of interfaces is drawn on the lines."""
    title, unit = title_and_unit(name)
    vector = values.ndim > 1 or (plane.nodal[name] if name in plane.nodal else plane.cell[name]).ndim > 1
    title = f"|{title}|" if vector else title
    low, high = np.nanmin(values), np.nanmax(values)
    if 0 < high - low < NEARLY_UNIFORM * abs(low):  # the digits that differ are what the picture is for
        values, title = values - low, f"{title} − {low:.6g} {unit}"
    size, unit = handy(values, unit)
    cmap, norm, cut = colours(values / size, style_of(name))
    flat, at_nodes = plane.triangulation, name in plane.nodal
    absent = ~np.isfinite(values[flat.triangles].sum(axis=1) if at_nodes else values)
    if absent.any():
        axes.tripcolor(
            flat, np.zeros(len(flat.triangles)), cmap=ListedColormap([ABSENT]), antialiased=False, rasterized=True
        )
    on_triangles = np.isfinite(values[np.unique(flat.triangles[~absent])]).sum() if at_nodes else len(values)
    image: Collection
    if 2 * on_triangles < np.isfinite(values).sum():
        on_lines = _magnitude(plane.on_lines[name], 2).mean(axis=1) / size
        lives = np.isfinite(on_lines)
        image = LineCollection(list(plane.lines[lives]), array=on_lines[lives], cmap=cmap, norm=norm, linewidths=2.5)
        axes.add_collection(image)
    else:
        shown = Triangulation(flat.x, flat.y, flat.triangles[~absent])
        data = np.nan_to_num(values / size) if at_nodes else (values / size)[~absent]
        if isinstance(norm, LogNorm):
            data = np.clip(data, norm.vmin, None)
        shading = {"shading": "gouraud"} if at_nodes else {"antialiased": False}
        image = axes.tripcolor(shown, data, cmap=cmap, norm=norm, rasterized=True, **shading)
    bar = axes.figure.colorbar(image, cax=axes.inset_axes((1.04, 0.0, 0.05, 1.0)), extend=cut)
    bar.ax.tick_params(labelsize=7)
    axes.set_title(f"{title} ({unit})" if unit else title, fontsize=9)


def _frame(axes: Axes, plane: Plane) -> None:
    axes.add_collection(LineCollection(list(plane.lines), colors="k", linewidths=0.25, alpha=0.6))
    axes.set_aspect("equal")
    axes.margins(0.01)
    axes.tick_params(labelsize=7)
    axes.locator_params(nbins=4)
    axes.set_xlabel("x (µm)", fontsize=8)
    axes.set_ylabel("z (µm)" if plane.note else "y (µm)", fontsize=8)
    axes.spines[:].set_visible(False)


def _voltage(path: Path) -> tuple[npt.NDArray, npt.NDArray, str] | None:
    if not path.exists():
        return None
    history = read_history(path)
    name = next((column for column in history if "voltage" in column.lower()), None)
    if name is None or not np.isfinite(history[name]).any():
        return None
    return history["time [s]"], history[name], name


def _curve(axes: Axes, time: npt.NDArray, values: npt.NDArray, name: str, *, mark: float | None = None) -> None:
    """A column of the history against time in handy units."""
    title, unit = title_and_unit(name)
    size, unit = handy(values, unit)
    second, time_unit = handy(time, "s")
    marker = "o" if len(time) < 30 else None
    axes.plot(time / second, values / size, color="#2a5b8c", linewidth=1.5, marker=marker, markersize=3)
    low, high = np.nanmin(values) / size, np.nanmax(values) / size
    if high - low < 1e-5 * max(abs(low), abs(high)):  # the same but for rounding: show the value, not its last digits
        axes.set_ylim(low - 0.05 * abs(low), high + 0.05 * abs(high))
    if mark is not None:
        axes.axvline(mark / second, color="0.6", linewidth=0.8, linestyle="--")
    axes.set_xlabel(f"time ({time_unit})", fontsize=8)
    axes.set_ylabel(f"{title} ({unit})" if unit else title, fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
