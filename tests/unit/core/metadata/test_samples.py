"""Samples are what the writers write, in lines."""

import pytest
from support.paths import CONFORMANCE

from core.contract.contract import SendMail, SendResponse
from core.formats import xml as xml_format
from core.formats.body import Body
from core.metadata.samples import TABS, indented_xml
from core.metadata.types import sample

GOLDEN = CONFORMANCE / "xml_golden"


@pytest.mark.parametrize("contract", [SendMail, SendResponse])
def test_xml_is_what_the_original_shows(contract):
    golden = (GOLDEN / f"{contract.__name__}.sample.meta.xml").read_text()

    assert TABS["xml"].show(contract) == golden


@pytest.mark.parametrize("contract", [SendMail, SendResponse])
def test_indented_xml_is_read_as_what_it_was(contract):
    assert xml_format.read(Body(TABS["xml"].show(contract)), contract) == sample(contract)


def test_empty_members_stand_on_a_line_of_their_own():
    lines = indented_xml(SendResponse()).splitlines()

    assert '  <Sender i:nil="true" />' in lines
    assert lines[-1] == "</SendResponse>"


@pytest.mark.parametrize("name", ["json", "csv"])
def test_json_is_what_the_original_shows(name):
    # Its page, https://communicationhub.carelogic-cloud.de/json/metadata?op=SendMail
    assert TABS[name].show(SendMail) == (
        '{"Domain":"String","From":"String","FromName":"String","To":"String",'
        '"ReceiverName":"String","CC":"String","BCC":"String","Subject":"String","Text":"String",'
        '"HTML":"String","Attachments":[{"Bytes":"AA==","Name":"String","ContentType":"String"}],'
        '"Reference":"String"}'
    )
    assert TABS[name].show(SendResponse) == (
        '{"MessageId":"String","Sender":"String","Receiver":"String","Status":"accepted",'
        '"ErrorMessage":"String","Configuration":"String","Retry":false,"RetryCount":0}'
    )


def test_jsv_is_what_the_original_shows():
    request = TABS["jsv"].show(SendMail)

    assert request.startswith("{\n\tDomain: String,\n\tFrom: String,\n")
    assert request.endswith(
        "\tAttachments: \n\t[\n\t\t{\n\t\t\tBytes: AA==,\n\t\t\tName: String,\n"
        "\t\t\tContentType: String\n\t\t}\n\t],\n\tReference: String\n}"
    )
    assert TABS["jsv"].show(SendResponse) == (
        "{\n\tMessageId: String,\n\tSender: String,\n\tReceiver: String,\n\tStatus: accepted,\n"
        "\tErrorMessage: String,\n\tConfiguration: String,\n\tRetry: False,\n\tRetryCount: 0\n}"
    )
