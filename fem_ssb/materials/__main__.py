"""Print every value of the library with its source as Markdown tables: `python -m fem_ssb.materials`."""

import signal

from .library import available
from .material import Material
from .pairs import pair
from .values import Values


def table(values: Values) -> str:
    """One Markdown table of the properties of a material or a pair."""
    lines = ["| property | value (SI) | unit | source | state |", "|---|---|---|---|---|"]
    for row in values.sources():
        state = "estimate" if row.is_estimate else "checked" if row.is_checked else "not checked"
        value = row.value.replace("|", "\\|")
        lines.append(f"| {row.property} | {value} | {row.unit} | {row.source} | {state} |")
    return "\n".join(lines)


def main() -> None:
    """All materials, then all pairs."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # | head: PETSc would report a crash
    for name in available():
        material = Material(name)
        print(f"## {name}\n\n{material.title} ({material.kind}, {material.carrier})\n\n{table(material)}\n")
    for name in available("pair"):
        contact = pair(name)
        heading = name.replace("|", "\\|")
        print(f"## {heading}\n\n{contact.title}\n\n{table(contact)}\n")


if __name__ == "__main__":
    main()
