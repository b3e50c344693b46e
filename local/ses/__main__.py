"""The program of the simulator: its settings are environment variables, a signal stops it."""

import os
import signal
import sys
from threading import Event

from local.ses import aws
from local.ses.errors import FieldError
from local.ses.relay import Relay
from local.ses.server import Simulator
from local.ses.simulator import DEFAULT_DELAY, Api, Settings
from tooling import ports


def settings() -> Settings:
    """Return the settings in the environment; raise `ValueError` if one is not valid.

    AWS_ENDPOINT_URL and AWS_REGION are the AWS emulator's, SES_IDENTITIES the verified identities
    (divided by commas), SES_EVENT_DELAY is in seconds, and with SMTP_URL mails are relayed there.
    API_URL and API_KEY are the service's whose mails these are, for the page.
    """
    region = os.environ.get("AWS_REGION", "eu-central-1")
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "http://localhost:8080")
    configuration_sets, publish = aws.connect(endpoint, region)
    identities = os.environ.get("SES_IDENTITIES", "example.com").split(",")
    smtp_url = os.environ.get("SMTP_URL")
    return Settings(
        configuration_sets,
        publish,
        identities=tuple(name.strip() for name in identities if name.strip()),
        region=region,
        event_delay=float(os.environ.get("SES_EVENT_DELAY", DEFAULT_DELAY)),
        relay=Relay(smtp_url) if smtp_url else None,
        api=Api(os.environ.get("API_URL"), os.environ.get("API_KEY")),
    )


def main() -> int:
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        port = ports.from_environment("SES_PORT", 8025, least=0)
        simulator = Simulator(settings(), port)
    except OSError as error:
        print(f"SES simulator: port {port} is not free: {error}", file=sys.stderr)
        return 1
    except FieldError as error:
        print(f"SES simulator: SES_IDENTITIES: {error.field}: {error.message}", file=sys.stderr)
        return 1
    except (ports.PortError, ValueError) as error:
        print(f"SES simulator: {error}", file=sys.stderr)
        return 1
    with simulator:
        print(f"SES simulator: {simulator.url}", flush=True)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
