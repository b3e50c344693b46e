"""The formats that there are, and which of them a body is in (docs/contract.md A3.2, B5 B)."""

import pytest
from support.requests import JSON_BODY, XML_BODY

from core.formats.body import Body
from core.formats.table import of_body


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/json",
        "APPLICATION/JSON",
        " application/json ; charset=utf-8",
        "application/json;charset=iso-8859-1",
    ],
)
def test_json_is_known_by_its_content_type(content_type):
    assert of_body(Body(b"<", content_type)).name == "json"


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "Text/XML;charset=UTF-8"])
def test_xml_is_known_by_its_content_type(content_type):
    assert of_body(Body(b"{", content_type)).name == "xml"


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "x", ";"])
@pytest.mark.parametrize(
    ("body", "name"),
    [
        (JSON_BODY, "json"),
        (b" \r\n\t" + JSON_BODY, "json"),
        (b"\xef\xbb\xbf" + JSON_BODY, "json"),
        (XML_BODY, "xml"),
        (b"\xef\xbb\xbf <?xml", "xml"),
        ("\ufeff<?xml".encode("utf-16-le"), "xml"),
        ("<?xml".encode("utf-16-be"), "xml"),
    ],
)
def test_a_body_of_no_known_type_is_known_by_its_look(content_type, body, name):
    assert of_body(Body(body, content_type)).name == name
