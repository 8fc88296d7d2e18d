"""The database on three machines, and each of them lost in turn: killed, frozen, cut off, handed over, badly promoted.

`python -m bench.failover` runs deploy/patroni as it stands, in three network namespaces, while people write; `--quick`
is what .ci/run does. Needs root, iproute2, Debian's etcd-server, and Patroni in .tools/patroni (make failover).
"""
