"""The small program that stands between the harness and bubblewrap; standard library only.

Three processes, each ended by the end of the one before it:

supervisor  as the user who runs the harness; watches the harness, the clock and the memory group
porter      stages the mounts, gives up root where it has it, makes the namespaces
init        first process of the outer pid namespace: network, shim, then bubblewrap; its end ends all

It runs with `python -I -S` and imports nothing of the harness, so a start costs milliseconds.
"""
