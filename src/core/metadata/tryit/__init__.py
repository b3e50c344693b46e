"""The form that tries an operation: its markup (`form`) and its script (the files beside it)."""
