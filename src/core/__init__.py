"""The mail service, without Lambda: the use cases are the modules here, their parts the packages.

Imports go down only: docs/architecture.md says who may know whom, and why.
"""
