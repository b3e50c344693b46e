"""What `build`, `local`, `ops` and `benchmarks` share; it knows none of them, and never ships."""
