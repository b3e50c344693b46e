"""One module per Lambda function: makes the parts, calls one use case, translates its result."""

import gc

# A start makes hundreds of thousands of objects and hardly any garbage, and the collector would
# look through them a hundred times. A request leaves little that reference counting does not free.
gc.set_threshold(100_000)
