"""One HTTP request and its answer: routes, formats and headers, whatever the operation is."""
