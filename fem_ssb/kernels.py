"""The compiled kernels of forms, which FFCx keeps in a folder of the user's from run to run.

Three things make that folder safe and quick to use, for several runs at once and after years:

- A kernel that is there is opened by its name. FFCx looks for it in a listing of the whole folder, each time a form is
  made: with nine thousand kernels in it, small runs took four times as long.
- Of several runs that need the same kernel one compiles it, and the others wait for longer than the ten seconds of
  DOLFINx, which the largest kernels take on a busy machine.
- What a run that was killed has left half compiled is removed, for all later ones would wait for it in vain.
"""

from __future__ import annotations

import importlib.util
import os
import time
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from typing import Any

from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS, get_options
from ffcx.codegeneration import jit
from mpi4py import MPI

COMPILING = 120  # seconds to wait for a kernel that another run compiles
ABANDONED = 600  # seconds after which a kernel that is not ready will never be

look_in_listing = jit.get_cached_module


def install() -> None:
    """Open kernels by name, be patient with other runs, and remove what killed ones left."""
    DOLFINX_DEFAULT_JIT_OPTIONS["timeout"] = (COMPILING, DOLFINX_DEFAULT_JIT_OPTIONS["timeout"][1])
    jit.get_cached_module = look_by_name
    if MPI.COMM_WORLD.rank == 0:
        remove_abandoned(get_options()["cache_dir"])


def look_by_name(
    module: str, objects: list[str], folder: Path, timeout: int
) -> tuple[list[Any], ModuleType] | tuple[None, None]:
    """The kernels `objects` of a compiled module; where it is not ready, what FFCx does then: wait, or compile it."""
    library = Path(folder) / f"{module}{EXTENSION_SUFFIXES[0]}"
    if not (Path(folder) / f"{module}.c.cached").exists() or not library.exists():
        return look_in_listing(module, objects, folder, timeout)
    kernels = opened(module, library)
    return [getattr(kernels.lib, name) for name in objects], kernels


@cache
def opened(module: str, library: Path) -> ModuleType:
    """A compiled module, opened once in a process."""
    spec = importlib.util.spec_from_file_location(module, library)
    if spec is None or spec.loader is None:
        raise ImportError(f"{library} is not a module of compiled kernels: remove it, it is then compiled again")
    kernels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernels)
    return kernels


def remove_abandoned(folder: Path) -> None:
    """Remove sources of kernels that nobody has finished to compile within ten minutes."""
    if not folder.is_dir():
        return
    names = {entry.name: entry for entry in os.scandir(folder)}
    for name, entry in names.items():
        if name.endswith(".c") and f"{name}.cached" not in names:
            try:
                if time.time() - entry.stat().st_mtime > ABANDONED:
                    os.unlink(entry.path)
            except FileNotFoundError:  # another run was faster
                continue
