"""The files of the material library: names, aliases and their text."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Any

from ..errors import InputError, unknown
from .properties import KINDS

_HEADER = {"name", "aliases", "kind", "carrier", "title"}
_PAIR_HEADER = {"between", "title"}


@functools.cache
def _documents(folder: str) -> tuple[dict[str, Any], ...]:
    root = files(__package__) / "library"
    root = root / folder if folder else root
    names = sorted((f for f in root.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(tomllib.loads(f.read_text(encoding="utf-8")) for f in names)


@functools.cache
def _aliases() -> dict[str, str]:
    result: dict[str, str] = {}
    for document in _documents(""):
        for alias in (document["name"], *document.get("aliases", ())):
            if result.setdefault(alias.lower(), document["name"]) != document["name"]:
                raise InputError(f"two materials of the library are called '{alias}'")
    return result


def canonical(name: str) -> str:
    """The library's name of a material, from its name or an alias in any case; the name itself if it is not there."""
    return _aliases().get(str(name).lower(), str(name))


def material_document(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and property tables of a material.

    Raises:
        InputError: for an unknown name, with the nearest.
    """
    found = canonical(name)
    for document in _documents(""):
        if document["name"] == found:
            return _split(document, _HEADER)
    raise unknown("material", name, available(), _aliases())


def pair_document(a: str, b: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and property tables of a pair of materials, by the library's names in either order.

    Raises:
        InputError: for a pair that is not there, with the nearest.
    """
    wanted = {a, b}
    for document in _documents("pairs"):
        if set(document["between"]) == wanted:
            return _split(document, _PAIR_HEADER)
    raise unknown("pair of materials", f"{a}|{b}", available("pair"))


def available(kind: str | None = None) -> list[str]:
    """Names in the library.

    Args:
        kind: `metal`, `electrolyte`, `interlayer` or `cathode` for those materials, `pair` for the pairs as "a|b",
            None for all materials.

    Raises:
        InputError: for an unknown kind.
    """
    if kind == "pair":
        return sorted("|".join(document["between"]) for document in _documents("pairs"))
    if kind is not None and kind not in KINDS:
        raise unknown("kind of material", kind, (*KINDS, "pair"))
    return sorted(d["name"] for d in _documents("") if kind is None or d["kind"] == kind)


def _split(document: dict[str, Any], header: set[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    return (
        {k: v for k, v in document.items() if k in header},
        {k: v for k, v in document.items() if k not in header},
    )
