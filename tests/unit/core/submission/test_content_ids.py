"""Images within the HTML: `cid:` finds its attachment, in every way in which it is written."""

import time

import pytest

from core.message.mail import AttachmentHead
from core.submission import content_ids


def head(name, kind="image/png", content_id=None):
    return AttachmentHead(name=name, content_type=kind, content_id=content_id)


def placed(html, *heads):
    inline = content_ids.place(heads, [each.name for each in heads], html)
    return [each.content_id for each in inline.heads], inline.html, inline.is_complete


@pytest.mark.parametrize(
    "html",
    [
        '<img src="cid:logo.png">',
        "<img src='cid:logo.png'>",
        "<img src=cid:logo.png>",
        '<img src = " cid:logo.png ">',
        "<IMG SRC=CID:logo.png ALT=x>",
        '<td background="cid:logo.png">',
        "<style>td { background: url(cid:logo.png) }</style>",
        """<td style="background:url('cid:logo.png')">""",
        "<td style='background:url(cid:logo.png)'>",
        '<td style="background:url(&quot;cid:logo.png&quot;)">',
        '<td style="background:url(&#39;cid:logo.png&#39;)">',
        '<img srcset="cid:logo.png">',
        '<img srcset="https://x.example/a.png 1x, cid:logo.png 2x">',
        "<source srcset = ' CID:logo.png 640w ,https://x.example/a.png 1280w'>",
        '<img data-srcset="cid:logo.png 1.5x">',
        '<img src="cid&#58;logo.png">',
        "<img src=cid&colon;logo.png>",
        "<img src='cid&#x3A;logo.png'>",
    ],
)
def test_a_reference_is_found_in_any_quoting(html):
    assert placed(html, head("logo.png")) == (["logo.png"], html, True)


def test_each_image_of_a_srcset_is_found():
    html = '<img src="cid:a.png" srcset="cid:a.png, cid:b.png 2x,cid:c%20d.png 3x">'

    assert placed(html, head("c d.png"), head("b.png"), head("a.png")) == (
        ["c%20d.png", "b.png", "a.png"],
        html,
        True,
    )


def test_names_with_spaces_in_a_srcset_are_replaced_and_the_rest_of_it_stays():
    html = '<img srcset="cid:a b.png 1x, cid:Büro 2x.png 2x, x.png 3x" alt="cid:a b.png 1x">'

    ids, rewritten, is_complete = placed(html, head("a b.png"), head("Büro 2x.png"))

    assert ids == ["image-1", "image-2"]
    assert 'srcset="cid:image-1 1x, cid:image-2 2x, x.png 3x"' in rewritten
    assert not is_complete  # The text beside it names no image.


@pytest.mark.parametrize(
    ("name", "quote"), [("a b.png", "&quot;"), ("a'b c.png", "&#34;"), ("a (1).png", "&#x27;")]
)
def test_a_name_with_spaces_in_escaped_quotes_of_css_is_found(name, quote):
    html = f'<td style="background:url({quote}cid:{name}{quote}) no-repeat">'

    ids, rewritten, is_complete = placed(html, head(name))

    assert is_complete
    assert ids == ["image-1"]
    assert rewritten == html.replace(name, "image-1")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("logo.png", "Logo.PNG"),
        ("LOGO.PNG", "logo.png"),
        ("image001.png", "image001.png@01D9A1B2.C3D4E5F0"),
        ("Image001.PNG", "image001.png@01D9A1B2.C3D4E5F0"),
        ("Logo A.png", "logo+a.png"),
        ("B\u00fcro.png", "B%FCro.png"),
        ("Bu\u0308ro.png", "B%C3%BCro.png"),
        ("B\u00dcRO.png", "b%C3%BCro.png"),
    ],
)
def test_an_image_is_meant_by_nearly_its_name_too(name, reference):
    html = f'<img src="cid:{reference}">'

    assert placed(html, head(name)) == ([reference], html, True)


def test_a_name_as_a_mac_writes_it_is_the_same_name():
    ids, html, is_complete = placed('<img src="cid:B\u00fcro.png">', head("Bu\u0308ro.png"))

    assert (ids, html, is_complete) == (["image-1"], '<img src="cid:image-1">', True)


def test_a_slash_that_closes_an_element_is_part_of_what_stands_there():
    html = "<img src=cid:a.png/>"

    assert placed(html, head("a.png")) == (["a.png/"], html, True)


def test_an_image_named_in_two_cases_is_one():
    ids, html, is_complete = placed("<img src='cid:A.PNG'><img src='cid:a.png'>", head("a.png"))

    assert (ids, is_complete) == (["A.PNG"], True)
    assert html == "<img src='cid:A.PNG'><img src='cid:A.PNG'>"


def test_a_given_content_id_in_another_case_is_written_as_it_was_given():
    html = "<img src='cid:LOGO@x'>"

    assert placed(html, head("a.bin", "application/pdf", content_id="logo@x")) == (
        ["logo@x"],
        "<img src='cid:logo@x'>",
        True,
    )


@pytest.mark.parametrize("kind", ["application/octet-stream", "binary/octet-stream"])
def test_a_type_that_says_nothing_leaves_it_to_the_name_what_an_image_is(kind):
    html = "<img src='cid:a.png'><img src='cid:b.pdf'>"

    assert placed(html, head("a.png", kind), head("b.pdf", kind))[0] == ["a.png", None]


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("Logo Praxis.png", "Logo%20Praxis.png"),
        ("Logo Grün.png", "Logo%20Gr%C3%BCn.png"),
        ("a&b.png", "a&amp;b.png"),
        ("Logo (1).png", "Logo%20(1).png"),
        ("logo+1.png", "logo+1.png"),
    ],
)
def test_the_content_id_is_what_stands_in_the_html(name, reference):
    html = f'<img src="cid:{reference}">'

    assert placed(html, head(name)) == ([reference.replace("&amp;", "&")], html, True)


@pytest.mark.parametrize("name", ["Logo Praxis.png", "Grün.png", "x" * 75 + ".png", "Ü%20.png"])
def test_what_can_be_no_content_id_is_replaced_in_the_html(name):
    html = f'<b>cid:{name}</b><img src="cid:{name}"><td style="background:url(\'cid:{name}\')">'

    ids, rewritten, is_complete = placed(html, head("a.pdf", "application/pdf"), head(name))

    assert ids == [None, "image-2"]
    assert rewritten == html.replace(f'"cid:{name}', '"cid:image-2').replace(
        f"'cid:{name}", "'cid:image-2"
    )
    assert is_complete


def test_a_name_of_78_characters_stays():
    name = "x" * 74 + ".png"

    assert placed(f"<img src='cid:{name}'>", head(name))[0] == [name]


def test_a_made_up_content_id_is_no_one_elses():
    html = "<img src='cid:ä.png'><img src='cid:image-1'>"

    ids, rewritten, _ = placed(html, head("ä.png"), head("b.png", content_id="image-1"))

    assert ids == ["image-1-", "image-1"]
    assert rewritten == "<img src='cid:image-1-'><img src='cid:image-1'>"


def test_a_made_up_content_id_is_no_other_images_name():
    html = "<img src='cid:ä.png'><img src='cid:image-1'>"

    assert placed(html, head("ä.png"), head("image-1"))[0] == ["image-1-", "image-1"]


def test_names_that_differ_in_case_are_two():
    html = "<img src='cid:A.png'><img src='cid:a.png'>"

    assert placed(html, head("a.png"), head("A.png")) == (["a.png", "A.png"], html, True)


def test_one_image_may_be_named_in_two_spellings():
    html = '<img src="cid:a%20b.png"><img src="cid:a b.png">'

    ids, rewritten, _ = placed(html, head("a b.png"))

    assert ids == ["a%20b.png"]
    assert rewritten == '<img src="cid:a%20b.png"><img src="cid:a%20b.png">'


def test_two_images_are_two_and_of_one_name_the_first_is_meant():
    html = "<img src='cid:a.png'><img src='cid:b.png'>"

    assert placed(html, head("b.png"), head("a.png"), head("b.png"))[0] == ["b.png", "a.png", None]


@pytest.mark.parametrize(
    "html",
    [
        "cid:logo.png",
        "<p>cid:logo.png</p>",
        "<img src='acid:logo.png'>",
        "<img src='cid:my-logo.png'>",
        "<img src='cid:logo.png.png'>",
        "<img src='cid:logo'>",
        "<img src='logo.png'>",
        "",
    ],
)
def test_what_does_not_name_the_whole_name_leaves_a_file_a_file(html):
    assert placed(html, head("logo.png"))[0] == [None]


def test_only_images_are_inline_by_themselves():
    html = "<a href='cid:a.pdf'>a</a><img src='cid:b.svg'>"

    ids, _, is_complete = placed(
        html, head("a.pdf", "application/pdf"), head("b.svg", "Image/SVG+xml")
    )

    assert ids == [None, "b.svg"]
    assert not is_complete


def test_a_content_id_that_was_given_beats_a_name():
    html = "<img src='cid:logo.png'>"

    assert placed(html, head("logo.png"), head("b.png", content_id="logo.png"))[0] == [
        None,
        "logo.png",
    ]


def test_a_content_id_that_was_given_is_meant_with_the_escapes_of_a_url_too():
    html = "<img src='cid:a%2Bb'>"

    assert placed(html, head("a+b"), head("b.png", content_id="a+b")) == ([None, "a+b"], html, True)


def test_a_reference_that_nothing_carries_is_told():
    assert not placed("<img src='cid:a.png'><img src='cid:b.png'>", head("a.png"))[2]
    assert placed("<img src='cid:a%2Bb'>", head("a.png", content_id="a+b"))[2]


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "cid:",
            '"cid:',
            "'cid:a",
            "=cid:",
            "(cid:",
            "&quot;cid:",
            "=cid:&amp;%20",
            "\"cid:'cid:(cid:",
        ),
        *('srcset="cid:', "srcset='cid:a 1x,", "srcset=", "&#0000000034;cid:a ", "&quot;cid:a &"),
        *('"' + " " * 9, "cid:x" * 200 + '"', "<img src='cid:%20'>", "<img src='cid:&amp;'>"),
    ],
)
def test_megabytes_of_references_are_read_in_their_time(unit):
    html = '<img src="cid:a.png">' + unit * (5_000_000 // len(unit))
    start = time.process_time()

    ids, _, _ = placed(html, head("a.png"))

    assert ids == ["a.png"]
    assert time.process_time() - start < 4


def test_references_beyond_ten_thousand_are_passed_over():
    html = "<img src='cid:x'>" * 10_000 + "<img src='cid:a.png'>"

    assert placed(html, head("a.png"))[0] == [None]
