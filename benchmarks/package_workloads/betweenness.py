"""How central the hubs of an air network are: 20 hubs, 2,000 small airports at each."""

import networkx as nx

HUBS = 20


def main() -> None:
    """Run it and print what shows that the work was done."""
    graph = nx.complete_graph(HUBS)
    for hub in range(HUBS):
        graph.add_edges_from((hub, (hub, spoke)) for spoke in range(2_000))
    found = nx.betweenness_centrality(graph, k=15, seed=3)
    print(f"{sum(found.values()):.6f} {max(found.values()):.6f}")


main()
