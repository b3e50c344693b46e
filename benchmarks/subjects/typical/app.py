"""`POST /Mail/Send` as the examples of AWS and Powertools do it: one decorator for each concern."""

import base64
import os
from email.message import EmailMessage
from email.utils import formataddr
from typing import Annotated, Any
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.serialization.pydantic import PydanticSerializer
from aws_lambda_powertools.utilities.typing import LambdaContext
from defusedxml import ElementTree
from pydantic import BaseModel, EmailStr, Field

TABLE_NAME = os.environ["TABLE_NAME"]
BUCKET_NAME = os.environ["BUCKET_NAME"]
CONFIGURATION_SET = os.environ["CONFIGURATION_SET"]

logger = Logger()
tracer = Tracer()
metrics = Metrics()
app = APIGatewayRestResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(TABLE_NAME)
s3 = boto3.client("s3")
ses = boto3.client("sesv2")
persistence = DynamoDBPersistenceLayer(table_name=TABLE_NAME, key_attr="pk", sort_key_attr="sk")
config = IdempotencyConfig(event_key_jmespath="Reference")


class Attachment(BaseModel):
    Name: str
    ContentType: str = "application/octet-stream"
    Bytes: str


class SendMail(BaseModel):
    Domain: str | None = None
    From: EmailStr
    FromName: str = ""
    To: EmailStr
    ReceiverName: str = ""
    Subject: str = Field(max_length=998)
    Text: str | None = None
    HTML: str | None = None
    Attachments: list[Attachment] = []
    Reference: str | None = None


class SendResponse(BaseModel):
    MessageId: str
    Sender: str
    Receiver: str
    Status: str
    Configuration: str = "default"
    Retry: bool = False
    RetryCount: int = 0


@app.post("/Mail/Send")
@tracer.capture_method
def send_mail(mail: Annotated[SendMail, Body()]) -> SendResponse:
    return send(mail=mail)


@app.post("/xml/Mail/Send")
@tracer.capture_method
def send_mail_xml() -> Response[str]:
    response = send(mail=parse_xml(app.current_event.decoded_body))
    members = "".join(f"<{name}>{value}</{name}>" for name, value in response)
    return Response(200, "application/xml", f"<SendResponse>{members}</SendResponse>")


def parse_xml(text: str) -> SendMail:
    fields: dict[str, Any] = {}
    for element in ElementTree.fromstring(text):
        name = element.tag.rpartition("}")[2]
        if name == "Attachments":
            fields[name] = [
                {part.tag.rpartition("}")[2]: part.text for part in attachment}
                for attachment in element
            ]
        else:
            fields[name] = element.text
    return SendMail.model_validate(fields)


@idempotent_function(
    data_keyword_argument="mail",
    config=config,
    persistence_store=persistence,
    output_serializer=PydanticSerializer(model=SendResponse),
)
@tracer.capture_method
def send(mail: SendMail) -> SendResponse:
    message_id = str(uuid4())
    message = compose(mail)
    for number, attachment in enumerate(mail.Attachments, start=1):
        key = f"messages/{message_id}/{number}"
        s3.put_object(Bucket=BUCKET_NAME, Key=key, Body=base64.b64decode(attachment.Bytes))
    item = mail.model_dump(exclude={"Attachments"})
    item |= {"pk": f"MSG#{message_id}", "sk": "RECORD", "status": "sending"}
    table.put_item(Item=item)
    reply = ses.send_email(
        FromEmailAddress=formataddr((mail.FromName, mail.From)),
        Destination={"ToAddresses": [mail.To]},
        Content={"Raw": {"Data": message.as_bytes()}},
        ConfigurationSetName=CONFIGURATION_SET,
    )
    table.put_item(Item=item | {"status": "sent", "ses_message_id": reply["MessageId"]})
    metrics.add_metric("MailSent", MetricUnit.Count, 1)
    logger.info("sent", message_id=message_id)
    return SendResponse(MessageId=message_id, Sender=mail.From, Receiver=mail.To, Status="sent")


def compose(mail: SendMail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr((mail.FromName, mail.From))
    message["To"] = formataddr((mail.ReceiverName, mail.To))
    message["Subject"] = mail.Subject
    message.set_content(mail.Text or "")
    if mail.HTML:
        message.add_alternative(mail.HTML, subtype="html")
    for attachment in mail.Attachments:
        maintype, _, subtype = attachment.ContentType.partition("/")
        content = base64.b64decode(attachment.Bytes)
        message.add_attachment(
            content, maintype=maintype, subtype=subtype, filename=attachment.Name
        )
    return message


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_REST)
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    config.register_lambda_context(context)
    if event["headers"].get("Content-Type") == "application/xml":  # Validation knows only JSON.
        event["path"] = f"/xml{event['path']}"
    return app.resolve(event, context)
