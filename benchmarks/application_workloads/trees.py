"""Grow a large binary tree and count its leaves."""

import networkx as nx

tree = nx.full_rary_tree(2, 60_000)
leaves = sum(1 for node in tree if tree.degree(node) == 1)
print(tree.number_of_nodes(), leaves, nx.is_tree(tree))
