"""What an operator can type: a module for each command, with its words and its help.

What a command does is in `ops` itself, and is loaded when it runs: so help and completion come at
once. A new command is a module here, and a line in `ops.cli`.
"""
