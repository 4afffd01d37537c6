"""The compiled kernels of forms, which FFCx keeps in a folder of the user's from run to run.

Three things make that folder safe and quick to use, for several runs at once and after years:

- A kernel that is there is opened by its name. FFCx looks for it in a listing of the whole folder, each time a form is
  made: with nine thousand kernels in it, small runs took four times as long.
- Of several runs that need the same kernel one compiles it, and the others wait for longer than the ten seconds of
  DOLFINx, which the largest kernels take on a busy machine.
- What a run that was killed has left half compiled is compiled anew, where later ones would wait for it in vain: who
  compiles holds a lock, which ends with its process.
"""

from __future__ import annotations

import fcntl
import importlib.util
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any

from dolfinx.jit import DOLFINX_DEFAULT_JIT_OPTIONS
from ffcx.codegeneration import jit

COMPILING = 120  # seconds to wait for a kernel that another run compiles

look_in_listing = jit.get_cached_module


def install() -> None:
    """Open kernels by name, be patient with other runs, and compile what killed ones left."""
    DOLFINX_DEFAULT_JIT_OPTIONS["timeout"] = (COMPILING, DOLFINX_DEFAULT_JIT_OPTIONS["timeout"][1])
    jit.get_cached_module = look_by_name


def look_by_name(
    module: str, objects: list[str], folder: Path, timeout: int
) -> tuple[list[Any], ModuleType] | tuple[None, None]:
    """The kernels `objects` of a compiled module; where it is not ready, what FFCx does then: wait, or compile it."""
    library = Path(folder) / f"{module}{EXTENSION_SUFFIXES[0]}"
    ready = Path(folder) / f"{module}.c.cached"
    if not ready.exists() or not library.exists():
        if _lock.takes(module, Path(folder)) and not ready.exists():
            (Path(folder) / f"{module}.c").unlink(missing_ok=True)  # left by a run that was killed
        return look_in_listing(module, objects, folder, timeout)
    kernels = opened(module, library)
    return [getattr(kernels.lib, name) for name in objects], kernels


class Lock:
    """What this process compiles: one kernel at a time, so that each takes the lock from the one before."""

    def __init__(self) -> None:
        self._file: TextIOWrapper | None = None

    def takes(self, module: str, folder: Path) -> bool:
        """Is no other process at this kernel?"""
        self.release()
        folder.mkdir(exist_ok=True, parents=True)
        self._file = open(folder / f"{module}.lock", "a")  # held while FFCx compiles
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody has it, whose file it is, or the file system has no locks
            self._file.close()
            self._file = None
            return False
        return True

    def release(self) -> None:
        """Let go of the last one, whose file has done its work."""
        if self._file is not None:
            Path(self._file.name).unlink(missing_ok=True)
            self._file.close()
            self._file = None


_lock = Lock()


@cache
def opened(module: str, library: Path) -> ModuleType:
    """A compiled module, opened once in a process."""
    spec = importlib.util.spec_from_file_location(module, library)
    if spec is None or spec.loader is None:
        raise ImportError(f"{library} is not a module of compiled kernels: remove it, it is then compiled again")
    kernels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernels)
    return kernels
