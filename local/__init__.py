"""The whole stack on this machine: `make run` and its parts."""
