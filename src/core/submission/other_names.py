"""What members are called by people and by other interfaces.

docs/api.md lists these names too ("Members that nobody knows"), and a test compares the two.
"""

from collections.abc import Mapping, Sequence

from core.contract.contract import Attachment, GetStatus, SendMail
from core.contract.members import Contract

_OF_MAILS = {
    "Text": (
        *("Body", "BodyText", "BodyPlain", "TextBody", "TextContent", "TextPart", "TextPlain"),
        *("PlainText", "Plain", "PlainTextBody", "PlainTextContent", "PlainBody", "AltBody"),
        *("Content", "Contents", "Message", "Messages", "MessageBody", "MessageText"),
        *("MessageContent", "Msg", "MsgBody", "MsgText", "Mail", "MailBody", "MailText"),
        *("MailContent", "MailMessage", "EmailBody", "EmailText", "EmailContent"),
        *("EmailMessage", "StrippedText", "Txt", "Nachricht", "Nachrichtentext"),
        *("Inhalt", "Mailinhalt", "Textinhalt", "Textkörper", "Textkoerper", "Mitteilung"),
        *("BodyString", "BodyContent", "BodyPart", "MailBodyText", "EmailBodyText"),
        *("MessageBodyText", "MailTextBody", "EmailTextBody", "PlainMessage", "MessagePlain"),
        *("RtfBody", "Rtf", "Markdown", "Payload", "Data"),
    ),
    "HTML": (
        *("HtmlBody", "BodyHtml", "HtmlContent", "ContentHtml", "HtmlText", "TextHtml"),
        *("HtmlPart", "HtmlMessage", "MessageHtml", "HtmlMsg", "MsgHtml", "MailHtml", "HtmlMail"),
        *("EmailHtml", "HtmlEmail", "HtmlString", "HtmlView", "StrippedHtml", "RichText"),
        *("HtmlNachricht", "HtmlInhalt", "MailBodyHtml", "EmailBodyHtml", "MessageBodyHtml"),
        *("HtmlMailBody", "HtmlEmailBody", "HtmlMessageBody", "HtmlTextBody", "BodyAsHtml"),
        *("IsBodyHtml", "IsHtml", "HtmlData", "HtmlCode", "HtmlSource"),
    ),
    "Attachments": (
        *("Attachment", "AttachmentList", "MailAttachments", "EmailAttachments", "Attach"),
        *("AttachFile", "AttachFiles", "AttachedFile", "AttachedFiles", "InlinedAttachments"),
        *("File", "Files", "FileAttachments", "FileList", "Upload", "Uploads", "Document"),
        *("Documents", "Inlines", "Anhang", "Anhänge", "Anhaenge", "Anlage", "Anlagen", "Datei"),
        *("Dateien", "Dokument", "Dokumente", "Attachement", "Attachements", "AttachmentFile"),
        *("AttachmentFiles", "AttachmentPath", "AttachmentPaths", "AttachmentData"),
        *("AttachmentContent", "AttachmentBytes", "AttachmentUrl", "AttachmentName", "FilePath"),
        *("FilePaths", "FileData", "FileContent", "Pdf", "PdfFile", "Dateianhang"),
        *("Dateianhänge", "Dateianhaenge", "Mailanhang", "Mailanhänge", "Beilage", "Beilagen"),
    ),
    "To": (
        *("Recipient", "Recipients", "Receiver", "Receivers", "RecipientEmail", "ReceiverEmail"),
        *("RecipientAddress", "ReceiverAddress", "SendTo", "MailTo", "EmailTo", "ToEmail"),
        *("ToMail", "ToAddress", "ToAddresses", "ToRecipients", "ToList", "Tos", "RcptTo", "Rcpt"),
        *("Destination", "Destinations", "Addressee", "Address", "Email", "EmailAddress"),
        *("EmailAddresses", "Personalizations", "Empfänger", "Empfaenger", "EmpfängerEmail"),
        *("EmpfaengerEmail", "An"),
    ),
    "CC": ("CcAddress", "CcAddresses", "CcRecipients", "CcEmail", "CcList", "CarbonCopy", "Kopie"),
    "BCC": (
        *("BccAddress", "BccAddresses", "BccRecipients", "BccEmail", "BccList", "BlindCopy"),
        *("BlindCarbonCopy", "Blindkopie"),
    ),
    "From": (
        *("Sender", "SenderEmail", "SenderAddress", "SenderMail", "FromEmail", "FromAddress"),
        *("FromEmailAddress", "FromMail", "MailFrom", "EmailFrom", "Source", "Absender", "Von"),
        *("AbsenderEmail",),
    ),
    "FromName": ("SenderName", "FromDisplayName", "SenderDisplayName", "Absendername"),
    "ReceiverName": ("RecipientName", "ToName", "ToDisplayName", "Empfängername", "Empfaengername"),
    "Subject": (
        *("Title", "Topic", "SubjectLine", "MailSubject", "EmailSubject", "MessageSubject"),
        *("Betreff", "Betreffzeile", "Titel"),
    ),
    "Domain": ("SenderDomain", "SendingDomain", "FromDomain", "DomainName"),
    "Reference": ("Ref", "ReferenceId", "CustomId", "ExternalId", "CorrelationId", "Referenz"),
}
"""What members of a mail are called by people and by other interfaces: SendGrid, Mailgun, Postmark,
SES, Resend, Brevo, Mailjet, Microsoft Graph; MailKit, System.Net.Mail, Nodemailer, PHPMailer; and
in German. By the member that is meant here."""
_OF_ATTACHMENTS = {
    "Bytes": (
        *("Content", "Contents", "ContentBytes", "ContentBase64", "Base64", "Base64Content"),
        *("Base64Data", "Base64String", "Data", "FileData", "FileContent", "FileContents"),
        *("FileBytes", "FileBase64", "File", "Body", "Blob", "Raw", "RawContent", "RawBytes"),
        *("ByteArray", "Buffer", "Binary", "Stream", "ContentStream", "Value", "Inhalt", "Daten"),
        *("Dateiinhalt",),
    ),
    "Name": (
        *("FileName", "AttachmentName", "ContentName", "DisplayName", "OriginalName"),
        *("OriginalFileName", "Dateiname", "Title"),
    ),
    "ContentType": (
        *("Type", "MimeType", "MediaType", "Mime", "FileType", "Format", "Dateityp", "Typ"),
    ),
}
"""The same for the members of an attachment."""
_OF_STATUSES = {
    "MessageId": (
        *("Id", "Ids", "MessageIds", "MsgId", "MailId", "EmailId", "SendMailId", "TrackingId"),
        *("RequestId", "Guid", "Uuid", "NachrichtId", "NachrichtenId"),
    ),
}
"""The same for the members of `GetStatus`."""
BY_TYPE: Mapping[type[Contract], Mapping[str, Sequence[str]]] = {
    SendMail: _OF_MAILS,
    Attachment: _OF_ATTACHMENTS,
    GetStatus: _OF_STATUSES,
}
"""All of them, by the type whose members they stand for."""
