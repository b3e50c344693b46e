"""The AWS services that we use, one module for each; their errors end here, as `Outage`."""
