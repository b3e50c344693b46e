"""How the contract's types are read and written, one module for each format."""
