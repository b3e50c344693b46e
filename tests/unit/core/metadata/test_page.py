"""The pages: the text is the original's, the rest is safe, short and our own."""

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

import pytest

from core.contract.operations import GET_STATUS, OPERATIONS, SEND_MAIL
from core.metadata import page
from core.metadata.assets import HEADERS
from core.metadata.samples import TABS

HOST = "communicationhub.carelogic-cloud.de"

# The original's page /xml/metadata?op=SendMail, as it reads.
SEED = """\
CommunicationHub.API

<back to all web services

SendMail

The following routes are available for this service:
POST/Mail/Send
SendMail Parameters:
NameParameterData TypeRequiredDescription
DomainbodystringNo
FrombodystringNo
FromNamebodystringNo
TobodystringNo
ReceiverNamebodystringNo
CCbodystringNo
BCCbodystringNo
SubjectbodystringNo
TextbodystringNo
HTMLbodystringNo
AttachmentsbodyList<Attachment>No
ReferencebodystringNo
Attachment Parameters:
NameParameterData TypeRequiredDescription
Bytesformbyte[]No
NameformstringNo
ContentTypeformstringNo
SendResponse Parameters:
NameParameterData TypeRequiredDescription
MessageIdformstringNo
SenderformstringNo
ReceiverformstringNo
StatusformStatusNo
ErrorMessageformstringNo
ConfigurationformstringNo
RetryformboolNo
RetryCountformintNo
Status Enum:
accepted
queued
sending
sent
failed
delivered
undelivered
receiving
received
read
pickedup
unknown

To override the Content-type in your clients, use the HTTP Accept Header, append the \
.xml suffix or ?format=xml

HTTP + XML

The following are sample HTTP requests and responses. \
The placeholders shown need to be replaced with actual values.

POST /Mail/Send HTTP/1.1
Host: communicationhub.carelogic-cloud.de
Accept: application/xml
Content-Type: application/xml
Content-Length: length

<SendMail xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel">
  <Attachments xmlns:d2p1="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel.Helper">
    <d2p1:Attachment>
      <d2p1:Bytes>AA==</d2p1:Bytes>
      <d2p1:ContentType>String</d2p1:ContentType>
      <d2p1:Name>String</d2p1:Name>
    </d2p1:Attachment>
  </Attachments>
  <BCC>String</BCC>
  <CC>String</CC>
  <Domain>String</Domain>
  <From>String</From>
  <FromName>String</FromName>
  <HTML>String</HTML>
  <ReceiverName>String</ReceiverName>
  <Reference>String</Reference>
  <Subject>String</Subject>
  <Text>String</Text>
  <To>String</To>
</SendMail>
HTTP/1.1 200 OK
Content-Type: application/xml
Content-Length: length

<SendResponse xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.datacontract.org/2004/07/CommunicationHub.APIModel.Response">
  <Configuration>String</Configuration>
  <ErrorMessage>String</ErrorMessage>
  <MessageId>String</MessageId>
  <Receiver>String</Receiver>
  <Retry>false</Retry>
  <RetryCount>0</RetryCount>
  <Sender>String</Sender>
  <Status>accepted</Status>
</SendResponse>
"""
PAGES = {
    "index": page.index(base_url=f"https://{HOST}", root=""),
    "types": page.types(root=""),
    **{
        f"{tab.name} {operation.name}": page.operation(operation, tab, host=HOST, root="../")
        for tab in TABS.values()
        for operation in OPERATIONS
    },
}
each_page = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())


def text_of(page):
    """Return the text of the page's `<main>`, without white space at the ends of lines."""
    (main,) = re.findall(r"<main[^>]*>(.*?)</main>", page, re.DOTALL)
    text = unescape(re.sub(r"<[^>]*>", "", main)).strip()
    return "\n".join(line.rstrip() for line in text.split("\n")) + "\n"


def shown(operation, name):
    return text_of(page.operation(operation, TABS[name], host=HOST, root="../"))


def test_the_xml_page_of_send_mail_reads_as_the_originals():
    assert shown(SEND_MAIL, "xml") == SEED


def test_a_line_of_text_is_a_line_of_the_source_with_the_originals_spaces():
    page = PAGES["xml SendMail"]

    assert f"POST /Mail/Send HTTP/1.1 \nHost: {HOST} \nAccept: application/xml\n" in page


def test_other_formats_differ_in_name_and_samples_alone():
    for name, tab in TABS.items():
        expected = SEED.partition("To override")[0]
        text = shown(SEND_MAIL, name)
        assert text.startswith(expected)
        assert f"append the .{name} suffix or ?format={name}\n" in text
        assert f"HTTP + {tab.title}\n" in text
        assert text.count(f"Content-Type: {tab.media_type}\n") == 2


def test_only_json_is_embedded_in_a_callback():
    sentence = "To embed the response in a jsonp callback, append ?callback=myCallback\n"

    assert [name for name in TABS if sentence in shown(SEND_MAIL, name)] == ["json"]


def test_the_page_of_get_status_shows_its_routes_and_no_body():
    text = shown(GET_STATUS, "json")

    assert "\nGET/Status\nGET/Status/{MessageId}\n" in text
    assert "\nMessageIdquerystringNo\n" in text
    assert f"\nGET /Status HTTP/1.1\nHost: {HOST}\nAccept: application/json\nHTTP/1.1" in text


class Elements(HTMLParser):
    """Collects what a page consists of; fails if tags do not match."""

    VOID = frozenset({"meta", "link", "input", "br"})

    def __init__(self, page):
        super().__init__()
        self.open, self.all, self.text = [], [], {}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.all.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.text[tag] = self.text.get(tag, "") + data

    def values(self, name):
        return [held[name] for _, held in self.all if name in held]


@each_page
def test_a_page_is_well_formed_and_complete(page):
    elements = Elements(page)

    assert "{{" not in page
    assert len(elements.values("id")) == len(set(elements.values("id")))
    assert set(elements.values("for")) == {
        held["id"] for tag, held in elements.all if tag in ("input", "select", "textarea")
    }
    assert [tag for tag, _ in elements.all].count("h1") == 1
    assert [tag for tag, _ in elements.all].count("main") == 1


@each_page
def test_a_page_needs_nothing_from_elsewhere(page):
    elements = Elements(page)
    targets = [
        target
        for name in ("href", "src", "data-root", "data-path")
        for target in elements.values(name)
    ]

    assert not [target for target in targets if re.match(r"(\w+:)?//|/", target)]
    assert not {"style", "onclick", "onsubmit"} & {
        name for _, held in elements.all for name in held
    }
    assert "url(" not in elements.text["style"]
    assert "@import" not in elements.text["style"]


@each_page
@pytest.mark.parametrize("tag", ["script", "style"])
def test_the_policy_lets_just_the_pages_own_script_and_style_run(page, tag):
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    if tag == "script" and "<form" not in page:  # There is nothing to try.
        assert "<script" not in page
        return
    digest = hashlib.sha256(Elements(page).text[tag].encode()).digest()

    assert page.count(f"<{tag}") == 1
    assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


def test_what_a_caller_sends_is_no_markup():
    html = page.operation(SEND_MAIL, TABS["xml"], host="<script>alert(1)</script>", root="../")

    assert "<script>alert" not in html


def test_members_of_our_own_are_explained_beside_the_page():
    own = {
        "SendMail": {"SendMail.ReplyTo", "Attachment.ContentId"},
        "GetStatus": {"GetStatus.Reference"},
    }

    for name, html in PAGES.items():
        aside = html.partition("</main>")[2]
        explained = {*re.findall(r"<code>(\w+\.\w+)</code>: ", aside)}
        assert explained == own.get(name.partition(" ")[2], set())
        assert ("Beyond the original" in aside) is bool(explained)


def test_links_lead_from_a_tab_to_the_index_and_to_other_tabs():
    links = Elements(PAGES["xml SendMail"]).values("href")

    assert {"../metadata", "../json/metadata?op=SendMail", "../xml/metadata?op=GetStatus"} <= set(
        links
    )
    assert "../openapi.json" in links
