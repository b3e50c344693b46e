"""Makes the package that is deployed: dependencies, trimming (`trim`), bytecode (`finish`), zip."""
