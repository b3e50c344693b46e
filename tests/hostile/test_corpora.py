"""Public collections of documents that have broken parsers: XML attacks, and JSONTestSuite."""

import zipfile

import pytest
from support.corpora import CORPORA
from support.mails import NAMESPACE

XML = {"Content-Type": "application/xml", "Accept": "application/json"}
JSON = {"Content-Type": "application/json"}


def test_no_xml_attack_is_more_than_a_refusal(call, ses, figures):
    for path in sorted((CORPORA / "xmlattacks/xmltestdata").iterdir()):
        body = path.read_bytes()
        for name in ("/Mail/Send", "/xml/reply/SendMail[]", "/xml/reply/GetStatus"):
            reply = call("POST", name, body, headers=XML)

            assert reply["statusCode"] == 400, path.name
            figures("hostile XML: documents refused")[path.suffix] += 1
            if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
                assert "DTDs and entities are not supported" in reply["body"], path.name
    assert ses.asked == 0


def test_no_xml_attack_reaches_a_file_or_the_network(call, ses):
    """As they would be written against us: the entity where a text should be."""
    declared = {
        "file": '<!ENTITY x SYSTEM "file:///etc/passwd">',
        "network": '<!ENTITY x SYSTEM "http://127.0.0.1:9/x">',
        "parameter": '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;',
        "laughs": '<!ENTITY y "ha"><!ENTITY x "&y;&y;&y;&y;&y;&y;&y;&y;">',
        "plain": '<!ENTITY x "ha">',
    }
    for name, entity in declared.items():
        body = (
            f"<!DOCTYPE SendMail [{entity}]>"
            f'<SendMail xmlns="{NAMESPACE}"><To>a@b.example</To><Text>&x;</Text></SendMail>'
        )
        reply = call("POST", "/Mail/Send", body.encode(), headers=XML)

        assert reply["statusCode"] == 400, name
        assert "DTDs and entities are not supported" in reply["body"], name
    assert ses.asked == 0


with zipfile.ZipFile(CORPORA / "jsontestsuite/test_parsing.zip") as archive:
    JSON_TEXTS = {name: archive.read(name) for name in sorted(archive.namelist())}
JSON_CASES = {
    "as it is": lambda text: text,
    "as a text": lambda text: b'{"To":"a@b.example","Text":' + text + b"}",
    "as an attachment": lambda text: b'{"To":"a@b.example","Attachments":' + text + b"}",
    "as bytes": lambda text: b'{"To":"a@b.example","Attachments":[{"Bytes":' + text + b"}]}",
    "as what nobody knows": lambda text: b'{"To":"a@b.example","Text":"t","X":' + text + b"}",
    "in an array": lambda text: b'[{"To":"a@b.example","Text":"t","X":' + text + b"}]",
}


READ_ALL_THE_SAME = {"n_string_unescaped_newline.json", "n_string_unescaped_tab.json"}
"""Line breaks and tabs within texts: docs/contract.md B5 Q."""


@pytest.mark.parametrize("how", JSON_CASES)
def test_json_is_refused_if_it_is_none_and_never_our_fault(call, ses, figures, how):
    counted = figures("JSONTestSuite: answers by expectation and status")
    for name, text in JSON_TEXTS.items():
        body = JSON_CASES[how](text)
        route = "/json/reply/SendMail[]" if how == "in an array" else "/Mail/Send"
        before = ses.asked

        reply = call("POST", route, body, headers=JSON)

        expected, status = name[0], reply["statusCode"]
        assert status in (200, 400), (name, status)
        if expected == "n" and name not in READ_ALL_THE_SAME and body.strip():
            assert status == 400, name
            assert "SerializationException" in reply["body"], name
        if expected == "y" and how in ("as what nobody knows", "in an array"):
            assert status == 200, name
        assert ses.asked == before or status == 200
        counted[f"{expected}_ {status}"] += 1
