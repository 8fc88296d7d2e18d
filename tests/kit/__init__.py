"""What tests of several folders share: the database server, nodes, ports, clients, and what cleans up behind a run."""
