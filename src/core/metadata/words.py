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
from core.contract.mails import (
    CancelMail,
    ContentFile,
    FindMails,
    FoundMails,
    GetContent,
    GetMail,
    MailContent,
    MailDetails,
    MailFile,
    MailRecipient,
    MailStep,
    MailSummary,
    MailTry,
    ResendMail,
)
from core.contract.members import Contract
from core.message.status import Status
from core.metadata import webhook_words

_ID = "The MessageId that SendMail answered."
_ANSWER = {
    "MessageId": "The mail's id, valid for GetStatus at once.",
    "Sender": "The address that the mail is sent from.",
    "Receiver": "To, as it was accepted.",
    "Status": "How far the mail has come.",
    "ErrorMessage": "Why the mail failed or bounced.",
    "Configuration": "The configuration that sent the mail.",
    "Retry": "true: the service holds the mail and tries again itself. Do not resend.",
    "RetryCount": "How often it has been tried again so far.",
}
_FILE = {
    "Name": "Its file name.",
    "ContentType": "Its media type.",
    "Size": "Its size in bytes.",
}
_SUMMARY = _ANSWER | {
    "Domain": "The sending domain.",
    "Reference": "Your own id of the mail.",
    "Subject": "The subject, as long as the mail's content is kept.",
    "AcceptedAt": "When the mail was accepted.",
}

SUMMARIES: dict[type[Contract], str] = {
    SendMail: "Send a mail and learn at once what became of it.",
    GetStatus: "Ask what has become of a mail since.",
    FindMails: "Find mails of your domains, the newest first.",
    GetMail: "Show everything that is known about a mail.",
    GetContent: "Show what a mail says, with links to its attachments.",
    ResendMail: "Send a mail again, as a new one with the same content.",
    CancelMail: "Cancel a mail that Amazon SES has not been asked for yet.",
    **webhook_words.SUMMARIES,
}

TYPES: dict[type[Contract], str] = {
    SendMail: "A mail to send. It needs a recipient, and a subject, a body or an attachment.",
    Attachment: "A file that goes with a mail.",
    GetStatus: "The mail that is asked about.",
    SendResponse: "What has become of a mail so far.",
    FindMails: "What is looked for. What is left out is any.",
    FoundMails: "A page of mails.",
    MailSummary: "A mail in a list.",
    GetMail: "The mail that is asked about.",
    MailDetails: "A whole mail, with its history.",
    MailRecipient: "A recipient, and what has become of its copy.",
    MailTry: "A request to Amazon SES.",
    MailFile: "An attachment, without its content.",
    GetContent: "The mail that is to be shown.",
    MailContent: "What a mail says. HTML is as it was sent: show it in a sandbox.",
    ContentFile: "An attachment, with a link to its content.",
    MailStep: "One thing that has happened to the mail.",
    ResendMail: "The mail that is to be sent again.",
    CancelMail: "The mail that is to be cancelled.",
    ErrorResponse: "Why a request was refused.",
    ResponseStatus: "What went wrong.",
    ResponseError: "What is wrong with one field.",
    **webhook_words.TYPES,
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
        "Reference": "Your own id for the mail: FindMails and GetStatus find it by that.",
        "ReplyTo": "Where answers go, written as To; at most 25. Empty: as the domain says.",
    },
    Attachment: {
        "Bytes": "The content, in base64. Required; empty is an empty file.",
        "Name": "The file's name. Empty: attachment-1 with a fitting extension.",
        "ContentType": "The media type. Empty: guessed from the name.",
        "ContentId": "Shows the file in the HTML, which names it as cid: and this id. Empty: an "
        "image is shown if the HTML names it as cid: and its whole Name.",
    },
    GetStatus: {
        "MessageId": _ID,
        "Reference": "Instead of MessageId: your own id. The newest mail that has it is meant.",
    },
    SendResponse: _ANSWER,
    FindMails: {
        "Domain": "The sending domain.",
        "Reference": "Your own id of the mail, the whole of it.",
        "Recipient": "An address that the mail went to, in To, CC or BCC.",
        "Status": "A status, or several with commas between.",
        "Since": "Accepted then or later: 2026-11-20T09:15:30Z, or the day 2026-11-20 (UTC).",
        "Until": "Accepted before then, written as Since.",
        "Limit": "How many mails a page has at most, from 1 to 100. Empty: 20.",
        "Cursor": "What the last page answered: the next one begins there.",
    },
    FoundMails: {
        "Mails": "The mails, the newest first. There may be fewer than Limit, though more follow.",
        "Cursor": "Ask for the next page with it. Empty: this is the last one.",
    },
    MailSummary: _SUMMARY,
    GetMail: {"MessageId": _ID, "Cursor": "What the last answer said: its history goes on there."},
    MailDetails: _SUMMARY
    | {
        "ContentUntil": "Until when the mail itself is kept. Empty: it is not kept any more.",
        "ResentFrom": "The mail with whose content ResendMail made this one.",
        "Recipients": "Everybody that the mail went to, in To, CC and BCC.",
        "Tries": "The requests to Amazon SES, the first one first.",
        "Attachments": "The files that go with the mail, as long as its content is kept.",
        "History": "What has happened, the earliest first: at most 100 steps and the tries.",
        "Cursor": "Ask with it for what has happened later. Empty: this is all.",
    },
    MailRecipient: {
        "Number": "Its number, which the steps of the history name. The first is 1.",
        "Address": "The address.",
        "Status": "What has become of its copy. accepted: nothing is known yet.",
        "Detail": "Why it bounced, with what the receiving host said.",
        "StatusAt": "When that happened, if it is on this page of the history.",
        "ComplainedAt": "When the recipient complained about spam.",
        "RepliedAt": "When an automatic reply came.",
    },
    MailTry: {
        "Number": "The first is 1.",
        "At": "When it began.",
        "Outcome": "sent, refused, not taken, throttled, or no answer. Empty: it is under way.",
        "Code": "The name of the error.",
        "SesMessageId": "The id that Amazon SES gave the mail.",
    },
    MailFile: _FILE,
    GetContent: {"MessageId": _ID},
    MailContent: {
        "MessageId": "The mail's id.",
        "From": "The sender, as a mail program shows it: Name <a@b>.",
        "To": "The recipients, one text each, written as From.",
        "Cc": "Recipients of a copy.",
        "Bcc": "Recipients that the others do not see.",
        "ReplyTo": "Where answers go. Empty: to the sender.",
        "Subject": "The subject.",
        "Text": "The body as plain text.",
        "Html": "The body as HTML, as it was sent.",
        "IsShortened": "true: the mail is too long for an answer. Text and Html are beginnings.",
        "Attachments": "The files that go with the mail.",
        "ContentUntil": "Until when the mail itself is kept.",
    },
    ContentFile: _FILE
    | {
        "ContentId": "By which the HTML shows it, as cid: and this id. Empty: a file beside it.",
        "Url": "Downloads it, without a key. Whoever has the link has the file: keep it to you.",
        "UrlUntil": "Until when the link works. Then ask again.",
    },
    MailStep: {
        "At": "When.",
        "Kind": "What has happened: accepted, tried, delivered, bounced ... Expect new ones.",
        "Recipient": "The number of the recipient that it is about. 0: all of them.",
        "Try": "The number of the try that it belongs to. 0: none, or not known.",
        "Code": "What programs can compare, such as 5.1.1.",
        "Detail": "The reason, or what the receiving host said.",
        "Host": "The host that reports it.",
        "Milliseconds": "How long Amazon SES needed to deliver it. 0: not known.",
    },
    ResendMail: {
        "MessageId": _ID,
        "To": "Other recipients, written as in SendMail. Empty: those of the first mail.",
        "OnlyUndelivered": "true: only those recipients that the first mail has not reached.",
    },
    CancelMail: {"MessageId": _ID},
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
    **webhook_words.MEMBERS,
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
