"""How it is measured: cold starts, warm requests, memory, growth, and calls to the table."""
