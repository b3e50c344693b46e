"""The operator's commands for a deployed stack, or for the one of `make run`. They never ship."""
