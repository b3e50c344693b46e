"""The wire's types, limits and errors: what callers see."""
