"""How hard the laws are tried: `HYPOTHESIS_EXAMPLES` says how many examples each gets."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "mail",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("mail")
