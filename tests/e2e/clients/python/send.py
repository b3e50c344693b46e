"""Send a mail with a file, without any generated types."""

import base64
import os
from pathlib import Path

import requests

reply = requests.post(
    f"{os.environ['MAIL_URL']}/Mail/Send",
    headers={"x-api-key": os.environ["MAIL_KEY"]},
    json={
        "To": "Ada Lovelace <ada@recipient.example>",
        "Subject": "Ihre Rechnung für März",
        "Text": "Guten Tag, ...",
        "Attachments": [
            {
                "Name": "invoice.pdf",
                "Bytes": base64.b64encode(Path("invoice.pdf").read_bytes()).decode(),
            }
        ],
    },
    timeout=40,
)
answer = reply.json()
if reply.status_code != 200 or answer["Status"] == "failed":
    raise RuntimeError(answer["ErrorMessage"])  # It is there in every kind of failure.
message_id = answer["MessageId"]
