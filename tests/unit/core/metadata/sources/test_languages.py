"""DTO sources are what ServiceStack's clients use: Python's are executed, TypeScript's compiled."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from servicestack import from_json, to_json
from support.programs import node_packages, run

from core.contract.contract import GetStatus, SendMail, SendResponse
from core.contract.members import members
from core.contract.operations import OPERATIONS
from core.contract.webhooks import SaveWebhook
from core.formats import json as json_format
from core.formats.body import Body
from core.message.status import Status
from core.metadata.sources.languages import LANGUAGES, metadata
from core.metadata.types import PARTS, clr_namespace, sample

URL = "https://mail.example"


def source(name):
    return LANGUAGES[name].write(URL)


@pytest.fixture
def dtos(monkeypatch):
    """Execute the Python source as the module that a user would save it as."""
    module = ModuleType("dtos")
    monkeypatch.setitem(sys.modules, "dtos", module)
    exec(source("python"), vars(module))  # noqa: S102 - that it can be executed is the point.
    return module


@pytest.mark.parametrize("name", sorted(LANGUAGES.keys() - {"csharp.plain"}))
def test_a_source_for_servicestack_begins_with_how_it_was_made(name):
    lines = source(name).splitlines()

    assert lines[0].endswith(" Options:")
    assert lines[1] == "Version: 5.9"
    assert lines[3] == f"BaseUrl: {URL}"
    assert any(line.endswith("AddServiceStackTypes: True") for line in lines) != (name == "csharp")


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_source_has_every_type_and_every_status(name):
    text = source(name)

    for contract in (*PARTS, *(operation.request for operation in OPERATIONS)):
        assert f" {contract.__name__}" in text
    for status in Status:
        assert str(status) in text


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("csharp", "public virtual List<string> ReplyTo { get; set; }"),
        ("csharp", "ReplyTo = new List<string>{};"),
        ("csharp.plain", "public List<string> ReplyTo { get; set; }"),
        ("typescript", "public ReplyTo?: string[];"),
        ("typescript.d", "    ReplyTo?: string[];"),
        ("python", "reply_to: Optional[List[str]] = None"),
    ],
)
def test_an_answer_may_have_a_list_of_texts(name, written):
    assert written in source(name)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("csharp", "public virtual bool? Enabled { get; set; }"),
        ("csharp", "public virtual int? Limit { get; set; }"),
        ("csharp", "public virtual bool Enabled { get; set; }"),  # Of the answer.
        ("csharp.plain", "public bool? IncludeRecipients { get; set; }"),
        ("typescript", "public Enabled?: boolean;"),
        ("python", "    enabled: Optional[bool] = None"),
        ("python", "    limit: Optional[int] = None"),
        ("python", "    retry: bool = False"),
    ],
)
def test_what_may_be_left_out_of_a_request_is_neither_false_nor_0_then(name, written):
    assert written in source(name)


def test_a_python_request_sends_nothing_of_what_nobody_has_set(dtos):
    bound = json_format.read(Body(to_json(dtos.SaveWebhook(id_="wh_1"))), SaveWebhook)

    assert bound == SaveWebhook(id="wh_1")


def test_metadata_tells_what_may_be_left_out():
    operations = json.loads(metadata(URL))["Operations"]
    (save,) = [one["Request"] for one in operations if one["Request"]["Name"] == "SaveWebhook"]
    (enabled,) = [member for member in save["Properties"] if member["Name"] == "Enabled"]

    assert (enabled["Type"], enabled["GenericArgs"]) == ("Nullable`1", ["Boolean"])


def test_metadata_tells_of_a_list_of_texts_what_it_holds():
    content = next(t for t in json.loads(metadata(URL))["Types"] if t["Name"] == "MailContent")
    (to,) = [member for member in content["Properties"] if member["Name"] == "To"]

    assert to["Type"] == "List`1"
    assert to["TypeNamespace"] == "System.Collections.Generic"
    assert to["GenericArgs"] == ["String"]


def test_csharp_has_routes_namespaces_and_types_of_the_original():
    text = source("csharp")

    for namespace in ("", ".Helper", ".Response"):
        assert f"namespace CommunicationHub.APIModel{namespace}\n{{\n" in text
    assert (
        '    [Route("/Mail/Send", "POST")]\n'
        "    public partial class SendMail\n"
        "        : IReturn<SendResponse>\n"
        "    {\n" in text
    )
    assert "        public virtual List<Attachment> Attachments { get; set; }\n" in text
    assert "        public virtual byte[] Bytes { get; set; }\n" in text
    assert "        public virtual Status Status { get; set; }\n" in text
    assert text.count("{") == text.count("}")


def test_members_stand_in_the_order_of_their_declaration():
    for name, form in (("csharp", " {} {{ get;"), ("typescript", "    public {}?: ")):
        text = source(name).partition("class SendMail")[2]
        places = [text.index(form.format(member.name)) for member in members(SendMail)]
        assert places == sorted(places)


@pytest.mark.parametrize(
    ("name", "comment", "forms"),
    [
        ("csharp", "//", ("string ReplyTo {", "string ContentId {", "string Reference {")),
        (
            "typescript",
            "//",
            (
                "public ReplyTo?: string;",
                "public ContentId?: string;",
                "public Reference?: string;",
            ),
        ),
        (
            "typescript.d",
            "//",
            ("    ReplyTo?: string;", "    ContentId?: string;", "    Reference?: string;"),
        ),
        (
            "python",
            "#",
            (
                "    reply_to: Optional[str]",
                "    content_id: Optional[str]",
                "    reference: Optional[str]",
            ),
        ),
    ],
)
def test_members_of_our_own_are_marked_as_such(name, comment, forms):
    lines = source(name).splitlines()
    marked = [
        at for at, line in enumerate(lines) if line.strip().startswith(f"{comment} Not in the")
    ]

    assert len(marked) == len(forms)
    for form in forms:
        assert any(form in lines[at + 1] for at in marked)


def test_a_mail_of_the_python_client_is_what_was_meant(dtos):
    mail = dtos.SendMail(
        from_="a@example.com",
        from_name="Ä",
        to="b@recipient.example",
        cc="c@recipient.example",
        html="<p>h</p>",
        attachments=[dtos.Attachment(bytes_=b"\x00\xff", name="n", content_type="text/plain")],
    )

    bound = json_format.read(Body(to_json(mail)), SendMail)

    assert (bound.from_, bound.from_name, bound.to) == ("a@example.com", "Ä", "b@recipient.example")
    assert (bound.cc, bound.html, bound.subject) == ("c@recipient.example", "<p>h</p>", None)
    (attachment,) = bound.attachments
    assert (attachment.bytes_, attachment.content_type) == (b"\x00\xff", "text/plain")


def test_every_member_of_a_python_mail_is_bound(dtos):
    names = {member.name: f"{member.name}!" for member in members(SendMail)} | {"Attachments": None}
    fields = vars(dtos.SendMail)["__dataclass_fields__"]
    mail = dtos.SendMail(*(names[name] for name in names))

    bound = json_format.read(Body(to_json(mail)), SendMail)

    assert len(fields) == len(members(SendMail))
    assert {m.name: getattr(bound, m.field) for m in members(SendMail)} == names


def test_an_answer_is_read_by_the_python_client(dtos):
    answer = SendResponse(message_id="1", status=Status.DELIVERED, retry=True, retry_count=3)
    text = json_format.write(answer, json_format.Style(camel_case=True))

    read = from_json(dtos.SendResponse, text)

    assert read.message_id == "1"
    assert read.status is dtos.Status.DELIVERED
    assert (read.retry, read.retry_count) == (True, 3)


def test_the_python_client_knows_what_an_operation_answers(dtos):
    assert dtos.SendMail.__orig_bases__[0].__args__ == (dtos.SendResponse,)
    assert dtos.GetStatus.__orig_bases__[0].__args__ == (dtos.SendResponse,)


USES = {
    "typescript": """
        const file = new Attachment({Bytes: 'QQ=='});
        const mail = new SendMail({To: 'a', Attachments: [file]});
        const isThere = (answer: SendResponse) => answer.Status === Status.delivered;
        isThere(mail.createResponse());
        new GetStatus({MessageId: '1'}).getMethod();
    """,
    "typescript.d": """
        const mail: Partial<SendMail> = {To: 'a', Attachments: [{Bytes: 'QQ=='}]};
        const isHeld = (answer: SendResponse): boolean => answer.Retry === true;
    """,
}


@pytest.mark.parametrize("name", USES)
def test_typescript_compiles(tmp_path: Path, name):
    tsc = node_packages() / "typescript" / "bin" / "tsc"
    file = tmp_path / "dtos.ts"
    file.write_text(source(name) + USES[name])
    command = ["node", tsc, "--noEmit", "--target", "es2020", file]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_csharp_without_servicestack_compiles_with_the_framework_alone(tmp_path: Path):
    (tmp_path / "Dtos.cs").write_text(source("csharp.plain"))
    command = "mcs -langversion:3 -target:library -r:System.Runtime.Serialization.dll Dtos.cs"

    assert run(command, tmp_path, {}) == ""
    assert "ServiceStack" not in source("csharp.plain").partition("\nusing ")[2].replace(
        "http://schemas.servicestack.net", ""
    )


def test_metadata_tells_operations_and_types():
    document = json.loads(metadata(URL))

    assert document["Config"]["BaseUrl"] == URL
    send, status, *_ = document["Operations"]
    assert send["Request"]["Name"] == "SendMail"
    assert send["Routes"] == [{"Path": "/Mail/Send", "Verbs": "POST"}]
    assert send["ReturnType"] == {
        "Name": "SendResponse",
        "Namespace": "CommunicationHub.APIModel.Response",
    }
    assert [route["Path"] for route in status["Routes"]] == ["/Status", "/Status/{MessageId}"]
    assert {type_["Name"] for type_ in document["Types"]} == {
        *("Attachment", "SendResponse", "Status"),
        *("FoundMails", "MailSummary", "MailDetails"),
        *("MailRecipient", "MailTry", "MailFile", "MailStep"),
        *("MailContent", "ContentFile"),
        *("Webhook", "FoundWebhooks", "WebhookDelivery", "WebhookAttempt"),
        *("FoundDeliveries", "ReplayedDeliveries"),
    }


def test_metadata_has_the_members_in_their_order():
    send, status, *_ = json.loads(metadata(URL))["Operations"]

    for operation, contract in ((send, SendMail), (status, GetStatus)):
        names = [member["Name"] for member in operation["Request"]["Properties"]]
        assert names == [member.name for member in members(contract)]
    types = {m["Name"]: m["Type"] for m in send["Response"]["Properties"]}
    assert (types["Status"], types["Retry"], types["RetryCount"]) == ("Status", "Boolean", "Int32")
    assert clr_namespace(type(sample(SendMail))) == "CommunicationHub.APIModel"
