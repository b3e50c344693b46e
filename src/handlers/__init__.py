"""One module per Lambda function: wire the parts, call one use case, translate the result."""

import gc

# Starting makes hundreds of thousands of objects and hardly any garbage: by default Python would
# look for it a hundred times. Requests leave little too, and their references count it.
gc.set_threshold(100_000)
