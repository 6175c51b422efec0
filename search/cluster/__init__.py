"""Tasks on several machines: Dask carries them, each node's own processes do them.

A Dask worker is a node: it hosts one slot a thread, and each slot is a `ProcessPool` of one
process, so that time-outs, memory kills, hangs and what is not finite stay with the right child.
Of the engine nothing is asked but to carry tasks, and to tell which nodes are there.
"""
