"""The contract's types as source code, one module for each language."""
