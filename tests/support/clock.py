"""The time of the service, which does not pass by itself."""


class Clock:
    """A stopped clock: `now` in seconds since 1970, for `time.time` to return."""

    def __init__(self, now: float) -> None:
        self.now = now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
