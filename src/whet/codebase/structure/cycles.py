"""Modules that need each other to be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whet.records.structure import ImportCycle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from whet.records.structure import ImportEdge


def import_cycles(edges: Sequence[ImportEdge]) -> tuple[ImportCycle, ...]:
    """Groups of modules that import each other in a circle, the largest first."""
    graph: dict[str, set[str]] = {}
    for edge in edges:
        graph.setdefault(edge.importer, set()).add(edge.imported)
    found = []
    for group in strong_components(graph):
        if len(group) > 1:
            inside = tuple(e for e in edges if e.importer in group and e.imported in group)
            cut = min(inside, key=lambda edge: (edge.names, edge.importer, edge.imported))
            found.append(ImportCycle(modules=tuple(sorted(group)), edges=inside, cut=cut))
    return tuple(sorted(found, key=lambda cycle: (-len(cycle.modules), cycle.modules)))


def strong_components(graph: Mapping[str, Iterable[str]]) -> list[frozenset[str]]:
    """The strongly connected components, each before those that use it.

    Source: Tarjan, "Depth-First Search and Linear Graph Algorithms", SIAM Journal on Computing 1
    (1972); without recursion, since graphs may be deep.
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[frozenset[str]] = []
    for root in sorted({*graph, *(node for ends in graph.values() for node in ends)}):
        if root in number:
            continue
        work = [(root, iter(sorted(graph.get(root, ()))))]
        while work:
            node, ends = work[-1]
            if node not in number:
                number[node] = low[node] = len(number)
                stack.append(node)
                on_stack.add(node)
            after = next(ends, None)
            if after is None:
                work.pop()
                if low[node] == number[node]:
                    found.append(_popped(stack, on_stack, node))
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
            elif after not in number:
                work.append((after, iter(sorted(graph.get(after, ())))))
            elif after in on_stack:
                low[node] = min(low[node], number[after])
    return found


def _popped(stack: list[str], on_stack: set[str], last: str) -> frozenset[str]:
    group = set()
    while True:
        node = stack.pop()
        on_stack.discard(node)
        group.add(node)
        if node == last:
            return frozenset(group)
