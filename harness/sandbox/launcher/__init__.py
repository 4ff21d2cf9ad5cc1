"""The small program that stands between the harness and bubblewrap; standard library only.

One process waits for jobs, the others are each job's own, each ended by the end of the one before it:

server      begun with the first job, forks a supervisor for each; ends when the harness does
supervisor  as the user who runs the harness; watches the harness, the clock and the memory group
porter      stages the mounts, gives up root where it has it, makes the namespaces
init        first process of the outer pid namespace: network, shim, then bubblewrap, whose job's use of the
            machine it watches; its end ends all

It runs with `python -I -S` and imports nothing of the harness, so a start costs milliseconds.
"""
