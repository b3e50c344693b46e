"""What can happen to one call to AWS, and how it looks to the SDK that made the call."""

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from core.aws.deadline import NotWritten
from support.answers import Killed, Raw, answer


@dataclass(frozen=True)
class Fault:
    """What happens to the call `call` (its name and its number within one invocation).

    `after`: the service does what it was asked, and the answer is lost. `lasting`: so it does with
    every repetition by the SDK; `down`: and with everything else that this service is asked until
    the invocation ends.
    """

    call: str
    kind: str
    after: bool = False
    lasting: bool = False
    down: bool = False

    def __str__(self) -> str:
        how = "down" if self.down else "lasting" if self.lasting else "once"
        return f"{self.call}-{self.kind}-{'after' if self.after else 'before'}-{how}"


def faults_of(call: str) -> Iterator[Fault]:
    """Everything that can happen to a call."""
    repeats = not call.startswith("sesv2")  # The SDK does, with everybody but SES.
    yield Fault(call, "killed")
    yield Fault(call, "broken", lasting=repeats)
    if any(verb in call for verb in (".Get", ".BatchGet", ".Query")):
        return  # Reading has no effect: there is no after.
    yield Fault(call, "unreachable", lasting=True, down=True)
    yield Fault(call, "timeout")
    yield Fault(call, "throttled", lasting=repeats)
    if not repeats:
        yield Fault(call, "used up")
        yield Fault(call, "stalled")
        yield Fault(call, "stale")
    yield Fault(call, "killed", after=True)
    yield Fault(call, "broken", after=True)
    yield Fault(call, "timeout", after=True, lasting=repeats)


def failing(kind: str, service: str) -> AWSResponse:
    """Answer for `service` as a fault of this kind does, or raise what the SDK would."""
    match kind:
        case "killed":
            raise Killed
        case "timeout":
            raise ReadTimeoutError(endpoint_url=service)
        case "unreachable":
            raise EndpointConnectionError(endpoint_url=service)
        case "stalled":  # Before anything was written: a name, a handshake.
            raise NotWritten("DeadlinePassed")
        case "stale":  # Written to a connection that the other end has forgotten.
            raise ConnectionClosedError(endpoint_url=service)
        case "used up":  # SES alone says so: the account has sent all that it may in a day.
            told = {"message": "Daily message quota exceeded."}
            return answer(429, told, "TooManyRequestsException")
    broken = kind == "broken"
    if service == "s3":
        code = "InternalError" if broken else "SlowDown"
        body = f"<Error><Code>{code}</Code><Message/></Error>".encode()
        return AWSResponse("https://s3", 500 if broken else 503, {}, Raw(body))
    if kind == "used up":  # The day's quota, which has the code of a throttle.
        message = {"message": "Daily message quota exceeded."}
        return answer(429, message, "TooManyRequestsException")
    if service == "sesv2":
        code = "InternalServiceErrorException" if broken else "TooManyRequestsException"
        return answer(500 if broken else 429, {"message": ""}, code)
    throttled = {
        "dynamodb": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "sqs": "com.amazonaws.sqs#RequestThrottled",
    }
    code = "InternalServerError" if broken else throttled[service]
    return answer(500 if broken else 400, {"__type": code, "message": ""})
