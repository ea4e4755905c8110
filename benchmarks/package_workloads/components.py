"""The connected components of a graph of 3,000 nodes, 300 times."""

import random

import networkx as nx


def main() -> None:
    """Run it and print what shows that the work was done."""
    rng = random.Random(5)
    graph = nx.Graph()
    graph.add_nodes_from(range(3000))
    edges = ((int(rng.random() * 3000), int(rng.random() * 3000)) for _ in range(24000))
    graph.add_edges_from(edges)
    sizes = []
    for _ in range(300):
        sizes = sorted(map(len, nx.connected_components(graph)))
    print(len(sizes), sizes[-1])


main()
