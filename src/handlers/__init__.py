"""One module per Lambda function: makes the parts, calls one use case, translates its result.

`telemetry` is none: it is how they tell that something went wrong.
"""

import gc

# A start makes hundreds of thousands of objects and hardly any garbage: with its default threshold,
# the collector would run about a hundred times. Requests leave little that it would find.
gc.set_threshold(100_000)
