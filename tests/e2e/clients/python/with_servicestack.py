"""Send a mail with PyPI's `servicestack` and ask what became of it."""

import os
from pathlib import Path

from dtos import Attachment, GetStatus, SendMail
from servicestack import JsonServiceClient, WebServiceException

client = JsonServiceClient(os.environ["MAIL_URL"])
client.headers["x-api-key"] = os.environ["MAIL_KEY"]
mail = SendMail(
    to="Ada Lovelace <ada@recipient.example>",
    subject="Ihre Rechnung für März",
    text="Guten Tag, ...",
    attachments=[Attachment(name="invoice.pdf", bytes_=Path("invoice.pdf").read_bytes())],
)
try:
    answer = client.send(mail)
except WebServiceException as error:
    faults = [(fault.field_name, fault.message) for fault in error.response_status.errors]
    raise RuntimeError(faults) from error
status = client.send(GetStatus(message_id=answer.message_id)).status
