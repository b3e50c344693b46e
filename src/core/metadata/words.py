"""Says in the documentation's words what every operation, member and status means.

The rules behind them are in docs/contract.md B2 and B3.
"""

from core.contract.contract import (
    Attachment,
    ErrorResponse,
    GetStatus,
    ResponseError,
    ResponseStatus,
    SendMail,
    SendResponse,
)
from core.contract.members import Contract
from core.message.status import Status

SUMMARIES: dict[type[Contract], str] = {
    SendMail: "Send a mail and learn at once what became of it.",
    GetStatus: "Ask what has become of a mail since.",
}

TYPES: dict[type[Contract], str] = {
    SendMail: "A mail to send. It needs a recipient, and a subject, a body or an attachment.",
    Attachment: "A file that goes with a mail.",
    GetStatus: "The mail that is asked about.",
    SendResponse: "What has become of a mail so far.",
    ErrorResponse: "Why a request was refused.",
    ResponseStatus: "What went wrong.",
    ResponseError: "What is wrong with one field.",
}

MEMBERS: dict[type[Contract], dict[str, str]] = {
    SendMail: {
        "Domain": "The sending domain. Empty: the domain of From.",
        "From": "The sender. Empty: the default sender of the domain.",
        "FromName": "The display name of the sender.",
        "To": "One or more addresses, separated by , or ; or line breaks - each a@b or Name <a@b>. "
        "At most 50 in To, CC and BCC together.",
        "ReceiverName": "The display name of a single To.",
        "CC": "Recipients of a copy, written as in To.",
        "BCC": "Recipients that the others do not see.",
        "Subject": "The subject, in any script.",
        "Text": "The body as plain text.",
        "HTML": "The body as HTML. With Text beside it, the reader's program chooses.",
        "Attachments": "Files that go with the mail.",
        "Reference": "Your own id for the mail. It is stored, and answered by nothing.",
        "ReplyTo": "Where answers go, written as To; at most 25. Empty: as the domain says.",
    },
    Attachment: {
        "Bytes": "The content, in base64. Required; empty is an empty file.",
        "Name": "The file's name. Empty: attachment-1 with a fitting extension.",
        "ContentType": "The media type. Empty: guessed from the name.",
        "ContentId": "Shows the file in the HTML, which names it as cid: and this id. Empty: an "
        "image is shown if the HTML names it as cid: and its whole Name.",
    },
    GetStatus: {"MessageId": "The MessageId that SendMail answered."},
    SendResponse: {
        "MessageId": "The mail's id, valid for GetStatus at once.",
        "Sender": "The address that the mail is sent from.",
        "Receiver": "To, as it was accepted.",
        "Status": "How far the mail has come.",
        "ErrorMessage": "Why the mail failed or bounced.",
        "Configuration": "The configuration that sent the mail.",
        "Retry": "true: the service holds the mail and tries again itself. Do not resend.",
        "RetryCount": "How often it has been tried again so far.",
    },
    ErrorResponse: {"ResponseStatus": "What went wrong."},
    ResponseStatus: {
        "ErrorCode": "The kind of error, for programs.",
        "Message": "What is wrong, for people.",
        "StackTrace": "Never given.",
        "Errors": "One entry for each thing that is wrong with a field, all at once.",
        "Meta": "Details of the error.",
    },
    ResponseError: {
        "ErrorCode": "The kind of error, for programs.",
        "FieldName": "The field, such as To or Attachments[0].Bytes.",
        "Message": "What is wrong, for people.",
        "Meta": "Details of the error.",
    },
}

UNUSED = "Never used here."

STATUSES: dict[Status, str] = {
    Status.ACCEPTED: UNUSED,
    Status.QUEUED: "Waits for a try.",
    Status.SENDING: "A try is under way.",
    Status.SENT: "Amazon SES has the mail.",
    Status.FAILED: "Refused for good; it was not sent.",
    Status.DELIVERED: "The recipient's server has it.",
    Status.UNDELIVERED: "It bounced, for at least one recipient.",
    Status.RECEIVING: UNUSED,
    Status.RECEIVED: UNUSED,
    Status.READ: "The recipient opened it.",
    Status.PICKEDUP: UNUSED,
    Status.UNKNOWN: "A try ended without an answer; it will be settled.",
}
