"""A parser that is not ours, of the same files: tree-sitter's grammar of Bicep."""

from __future__ import annotations

from pathlib import Path

import tree_sitter  # pyright: ignore[reportMissingImports]
import tree_sitter_bicep  # pyright: ignore[reportMissingImports]


def problems_of(root: Path, path: Path) -> list[str]:
    """Where it cannot read on."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
    found, waiting = [], [parser.parse(path.read_bytes()).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            line = node.start_point.row + 1
            found.append(f"{path.relative_to(root).as_posix()}:{line}: tree-sitter cannot read this")
        elif node.has_error:
            waiting += node.children
    return found
