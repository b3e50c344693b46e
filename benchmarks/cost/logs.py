"""What the logs of one request cost: the bytes of all lines that CloudWatch takes in."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE_OVERHEAD = 26
"""Bytes that CloudWatch adds to each line
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html)."""
_ID = "1e4bfaeb-2a5d-4d88-8abc-0c2420c0895b"
_OF_LAMBDA = (
    f"START RequestId: {_ID} Version: $LATEST\n",
    f"END RequestId: {_ID}\n",
    (
        f"REPORT RequestId: {_ID}\tDuration: 69.66 ms\tBilled Duration: 70 ms\t"
        "Memory Size: 1024 MB\tMax Memory Used: 141 MB\t\n"
    ),
)
"""What Lambda itself logs of each invocation, in its plain form."""
_OF_GATEWAY = {
    "requestId": _ID,
    "extendedRequestId": "HlpH6SzLOBpkoZ4=",
    "identity.apiKeyId": "a1b2c3d4e5",
    "xrayTraceId": "Root=1-6b000fb1-1e5a47e92ccb381a64a19e23",
    "httpMethod": "POST",
    "resourcePath": "/{proxy+}",
    "status": "200",
    "responseLatency": "85",
    "integrationLatency": "83",
    "error.responseType": "-",
}
"""What stands in a line of API Gateway's for a mail that goes well."""


class Printed(io.StringIO):
    """Takes the place of standard output, and adds up the lines that a function prints."""

    @property
    def log_bytes(self) -> int:
        """How many bytes CloudWatch takes for them."""
        return sum(len(line.encode()) + LINE_OVERHEAD for line in self.getvalue().splitlines())


def of_lambda() -> int:
    """Return the bytes that Lambda itself logs of an invocation."""
    return sum(len(line) + LINE_OVERHEAD for line in _OF_LAMBDA)


def of_gateway(template: Mapping[str, Any]) -> int:
    """Return the bytes of API Gateway's line of a request, in the template's format.

    Raises `KeyError` for a part of it that is not known here.
    """
    form = template["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Format"]
    line = re.sub(r"\$context\.([\w.]*\w)", lambda found: _OF_GATEWAY[found[1]], form)
    return len(line) + LINE_OVERHEAD
