"""What a request means, and all that is wrong with it, told at once (docs/contract.md B2, B4)."""

import pytest

from core.config import CONFIG
from core.contract.binary import UNDECODABLE
from core.contract.contract import Attachment, SendMail
from core.contract.errors import Invalid, NotAllowed
from core.message.address import Mailbox
from core.submission import submission
from core.submission.domains import DomainConfiguration

DOMAIN = DomainConfiguration(
    domain="mg.example.com",
    name="default",
    configuration_set="mail-events",
    default_sender="no-reply@mg.example.com",
    default_sender_name="The Service",
    reply_to=("help@example.com",),
    api_keys=frozenset({"a" * 64}),
)
OTHER = DOMAIN.model_copy(
    update={
        "domain": "other.example",
        "name": "other",
        "configuration_set": "other-events",
        "default_sender": "hello@other.example",
        "api_keys": frozenset({"key"}),
    }
)
BOTH = {each.domain: each for each in (DOMAIN, OTHER)}
MAIL = {"to": "ada@recipient.example", "subject": "s"}


def read(configurations=BOTH, caller="a" * 64, **fields):
    return submission.read(SendMail(**MAIL | fields), configurations, caller, CONFIG.limits)


def faults(configurations=BOTH, caller="a" * 64, **fields):
    with pytest.raises(Invalid) as refusal:
        read(configurations, caller, **fields)
    return [(fault.field, fault.code) for fault in refusal.value.faults]


# Recipients


def test_every_recipient_is_parsed():
    mail = read(
        to='"Lovelace, Ada" <Ada@Recipient.EXAMPLE>; b@recipient.example',
        cc="Jörg <c@münchen.example>",
        bcc="d@recipient.example",
    ).mail

    assert mail.to == (
        Mailbox("Ada@recipient.example", "Lovelace, Ada"),
        Mailbox("b@recipient.example"),
    )
    assert mail.cc == (Mailbox("c@xn--mnchen-3ya.example", "Jörg"),)
    assert mail.bcc == (Mailbox("d@recipient.example"),)


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
def test_any_recipient_will_do(field):
    fields = {"to": None, field: "ada@recipient.example"}

    assert len(read(**fields).mail.recipients) == 1


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("ada@recipient.example", ["Ada L."]),
        ("Countess <ada@recipient.example>", ["Ada L."]),
        ("ada@recipient.example, b@recipient.example", ["", ""]),
    ],
)
def test_the_receivers_name_is_that_of_a_single_to(to, expected):
    mail = read(to=to, receiver_name=" Ada L. ").mail

    assert [mailbox.name for mailbox in mail.to] == expected


def test_who_is_named_twice_gets_one_mail_where_first_named():
    mail = read(
        to="Ada <ada@recipient.example>, ADA@recipient.example",
        cc="Ada@Recipient.Example, b@recipient.example",
        bcc="b@recipient.example",
    ).mail

    assert mail.recipients == (
        Mailbox("ada@recipient.example", "Ada"),
        Mailbox("b@recipient.example"),
    )


def test_the_receiver_is_to_as_it_was_accepted():
    assert read(to=" Ada <ada@recipient.example> ").receiver == "Ada <ada@recipient.example>"


def many(count, start=0):
    return ",".join(f"r{number}@recipient.example" for number in range(start, start + count))


def test_fifty_recipients_are_accepted():
    assert len(read(to=many(20), cc=many(20, 20), bcc=many(10, 40)).mail.recipients) == 50


def test_fifty_one_are_not():
    assert faults(to=many(20), cc=many(20, 20), bcc=many(11, 40)) == [("To", "TooManyRecipients")]


@pytest.mark.parametrize(("field", "name"), [("to", "To"), ("cc", "CC"), ("bcc", "BCC")])
@pytest.mark.parametrize("separator", [",", ";", " ;, "])
def test_one_address_may_be_repeated_but_not_thousands_of_times(field, name, separator):
    most = 200 // len(separator.strip())
    repeated = separator.join(["ada@recipient.example"] * most) + separator
    assert len(read(**{field: repeated}).mail.recipients) == 1

    assert faults(**{field: repeated + ","}) == [(name, "TooManyRecipients")]


@pytest.mark.parametrize("empty", [None, "", "  ", " , ;"])
def test_without_a_recipient_there_is_no_mail(empty):
    assert faults(to=empty, cc=empty, bcc=empty) == [("To", "NotEmpty")]


@pytest.mark.parametrize(("field", "name"), [("to", "To"), ("cc", "CC"), ("bcc", "BCC")])
def test_a_bad_address_is_a_fault_of_its_field(field, name):
    assert faults(**{field: "ada@recipient.example, nobody"}) == [(name, "Email")]


# The sender and its domain


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        ({"domain": "mg.example.com"}, Mailbox("no-reply@mg.example.com", "The Service")),
        ({"from_": "Me <me@mg.example.com>"}, Mailbox("me@mg.example.com", "Me")),
        ({"from_": "Me <me@mg.example.com>", "from_name": "I"}, Mailbox("me@mg.example.com", "I")),
        ({"from_": " me@MG.example.com ", "from_name": "  "}, Mailbox("me@mg.example.com")),
    ],
)
def test_the_sender_is_from_or_the_domains(fields, sender):
    assert read(**fields).mail.sender == sender


def test_the_domains_configuration_says_how_to_send():
    submitted = read(domain="other.example", caller="key")

    assert submitted.configuration is OTHER
    assert submitted.mail.configuration_set == "other-events"
    assert submitted.mail.reply_to == (Mailbox("help@example.com"),)


# ReplyTo


def test_reply_to_of_a_mail_beats_the_domains():
    mail = read(
        reply_to=" Büro <Desk@München.example>; b@recipient.example,desk@münchen.example "
    ).mail

    assert mail.reply_to == (
        Mailbox("Desk@xn--mnchen-3ya.example", "Büro"),
        Mailbox("b@recipient.example"),
    )


@pytest.mark.parametrize("nothing", ["", " ", ";", None])
def test_an_empty_reply_to_is_the_domains(nothing):
    assert read(reply_to=nothing).mail.reply_to == (Mailbox("help@example.com"),)


@pytest.mark.parametrize(
    ("reply_to", "code"),
    [
        ("nobody", "Email"),
        ("a@b.example\r\nBcc: c@d.example", "Email"),
        ("a@b.example\0", "ControlCharacter"),
        (f"{'x' * 999} <a@b.example>", "Length"),
        (",".join(f"a{number}@b.example" for number in range(26)), "TooManyRecipients"),
    ],
)
def test_a_reply_to_that_cannot_be_is_refused(reply_to, code):
    assert faults(reply_to=reply_to) == [("ReplyTo", code)]


def test_a_reply_to_may_have_twenty_five_addresses():
    many = ",".join(f"a{number}@b.example" for number in range(25))

    assert len(read(reply_to=many).mail.reply_to) == 25


def test_a_name_in_reply_to_shows_no_other_address():
    mail = read(reply_to="ceo@bank.example <a@b.example>, c@d.example <c@d.example>").mail

    assert [box.name for box in mail.reply_to] == ["ceo at bank.example", ""]


def test_a_domain_may_refuse_such_a_name_in_reply_to():
    strict = {DOMAIN.domain: DOMAIN.model_copy(update={"at_in_names": "refuse"})}

    assert faults(strict, reply_to="ceo@bank.example <a@b.example>") == [("ReplyTo", "AtSign")]
    assert read(strict, reply_to="CEO <a@b.example>").mail.reply_to[0].name == "CEO"


# Attachments


def test_the_html_may_show_an_attached_image():
    image = Attachment(bytes_=b"x", name="ü.png")
    submitted = read(html="<img src='cid:ü.png'>", attachments=(image,))

    assert submitted.mail.html == "<img src='cid:image-1'>"
    assert submitted.mail.attachments[0].content_id == "image-1"
    assert submitted.is_complete


def test_an_image_that_is_not_attached_refuses_no_mail():
    file = Attachment(bytes_=b"x", name="a.pdf")

    assert not read(html="<img src='cid:a.png'>", attachments=(file,)).is_complete


def test_a_name_that_shows_another_address_goes_out_without_its_at_sign():
    assert read(from_name="ceo@bank.example").mail.sender.name == "ceo at bank.example"


def test_where_the_domain_refuses_such_a_name_it_is_a_fault_beside_the_others():
    strict = {DOMAIN.domain: DOMAIN.model_copy(update={"at_in_names": "refuse"})}

    assert faults(strict, from_name="ceo@bank.example", from_="me@bank.example") == [
        ("From", "SenderNotAllowed"),
        ("FromName", "AtSign"),
    ]


def test_with_a_single_domain_nothing_need_be_said():
    submitted = read({DOMAIN.domain: DOMAIN})

    assert submitted.mail.sender == Mailbox("no-reply@mg.example.com", "The Service")


@pytest.mark.parametrize(
    ("sender", "code"),
    [
        ("nobody", "Email"),
        ("a@example.com, b@example.com", "Email"),
        ("me@other.example", "SenderNotAllowed"),
    ],
)
def test_a_sender_is_one_address_that_the_domain_allows(sender, code):
    assert faults(domain="mg.example.com", from_=sender) == [("From", code)]


# The content


@pytest.mark.parametrize(
    ("fields", "text", "html"),
    [
        ({"text": "t"}, "t", None),
        ({"html": "h"}, None, "h"),
        ({"text": "t", "html": "h"}, "t", "h"),
        ({"text": "", "html": "h"}, None, "h"),
        ({"text": "t", "html": ""}, "t", None),
        ({"text": "", "html": ""}, "", None),
    ],
)
def test_empty_bodies_are_left_out(fields, text, html):
    mail = read(**fields).mail

    assert (mail.text, mail.html) == (text, html)


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "s"},
        {"text": "t"},
        {"html": "h"},
        {"attachments": (Attachment(bytes_=b""),)},
    ],
)
def test_one_thing_to_say_is_enough(fields):
    assert read(**{"subject": None} | fields)


@pytest.mark.parametrize("fields", [{}, {"subject": "", "text": "", "html": "", "attachments": ()}])
def test_a_wholly_empty_mail_is_refused(fields):
    assert faults(**{"subject": None} | fields) == [("Subject", "NotEmpty")]


def test_every_character_reaches_the_mail():
    text = "Grüße\r\n\t\x01\x85\u2028\u202e 😀\ufeff"

    mail = read(text=text, html=text, subject="Grüße 😀 日本").mail

    assert (mail.text, mail.html, mail.subject) == (text, text, "Grüße 😀 日本")


def test_a_tab_between_addresses_is_white_space():
    mail = read(to="Ada\tLovelace <ada@recipient.example>,\tb@recipient.example\t").mail

    assert mail.to == (
        Mailbox("ada@recipient.example", "Ada Lovelace"),
        Mailbox("b@recipient.example"),
    )


TEXTS = {
    "domain": "Domain",
    "from_": "From",
    "from_name": "FromName",
    "to": "To",
    "receiver_name": "ReceiverName",
    "cc": "CC",
    "bcc": "BCC",
    "subject": "Subject",
    "reference": "Reference",
}


@pytest.mark.parametrize("field", TEXTS)
@pytest.mark.parametrize(
    "character", ["\r", "\n", "\0", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u202e"]
)
def test_no_field_can_become_another_header(field, character):
    value = f"x{character}Bcc: eve@evil.example"

    found = faults({DOMAIN.domain: DOMAIN}, **{field: value})

    # A line break separates addresses: then what stands before it is refused for being none.
    separates = TEXTS[field] in SendMail.mailboxes and character in "\r\n\x0b\x85\u2028"
    assert found == [(TEXTS[field], "Email" if separates else "ControlCharacter")]


@pytest.mark.parametrize("field", [*TEXTS, "text", "html"])
def test_half_a_surrogate_pair_is_a_fault(field):
    name = TEXTS.get(field) or {"text": "Text", "html": "HTML"}[field]

    assert faults({DOMAIN.domain: DOMAIN}, **{field: "x\ud800"}) == [(name, "Surrogate")]


@pytest.mark.parametrize(
    ("field", "longest"),
    [("subject", 998), ("from_name", 998), ("receiver_name", 998), ("reference", 500)],
)
def test_a_text_has_a_longest_length(field, longest):
    single = {DOMAIN.domain: DOMAIN}
    read(single, **{field: "x" * longest})

    assert faults(single, **{field: "x" * (longest + 1)}) == [(TEXTS[field], "Length")]


# All at once, and discreetly


def test_everything_wrong_is_told_at_once_one_fault_for_each_thing():
    found = faults(
        {DOMAIN.domain: DOMAIN},
        from_="nobody",
        from_name="a\nb",
        to="nobody",
        cc="c@recipient.example\r\nX: y",
        bcc="b@recipient.example,@",
        subject="s\ns",
        reference="r" * 501,
        attachments=(
            Attachment(name="a.txt"),
            Attachment(bytes_=UNDECODABLE, name="b.exe", content_type="x\r\ny"),
            Attachment(bytes_=b"x", name="c\nd"),
        ),
    )

    assert sorted(found) == sorted(
        [
            ("From", "Email"),
            ("FromName", "ControlCharacter"),
            ("To", "Email"),
            ("CC", "Email"),
            ("BCC", "Email"),
            ("Subject", "ControlCharacter"),
            ("Reference", "Length"),
            ("Attachments[0].Bytes", "NotEmpty"),
            ("Attachments[1].Bytes", "Base64"),
            ("Attachments[1].Name", "RefusedExtension"),
            ("Attachments[1].ContentType", "ControlCharacter"),
            ("Attachments[2].Name", "ControlCharacter"),
        ]
    )


@pytest.mark.parametrize("domain", ["nowhere.example", "other.example", "not a domain"])
def test_what_is_another_callers_domain_and_what_is_none_is_not_allowed_in_the_same_words(domain):
    with pytest.raises(NotAllowed) as refusal:
        read(domain=domain, to="nobody", from_="nobody")

    told = "'Domain' must be a domain that this API key may send for: mg.example.com."
    assert refusal.value.message == told
    assert [fault.field for fault in refusal.value.faults] == ["Domain", "To", "From"]


def test_the_domains_settings_for_ses_come_with_the_mail():
    settings = {"tenant": "shop", "track_opens": True, "track_clicks": False}

    mail = read({DOMAIN.domain: DOMAIN.model_copy(update=settings)}).mail

    assert (mail.tenant, mail.track_opens, mail.track_clicks) == ("shop", True, False)


def test_an_unknown_domain_is_told_beside_other_faults():
    assert sorted(faults(domain="nowhere.example", to="nobody")) == [
        ("Domain", "UnknownDomain"),
        ("To", "Email"),
    ]


def test_no_message_ever_holds_a_value():
    secret = "geheim47"
    fields = dict.fromkeys(TEXTS, f"{secret}\n{secret}")

    for more in ({}, {"to": secret, "cc": f"{secret}@", "from_": f"x@{secret}", "domain": secret}):
        with pytest.raises(Invalid) as refusal:
            read(
                **fields | more,
                attachments=(
                    Attachment(name=f"{secret}.exe", content_type=secret, bytes_=UNDECODABLE),
                ),
            )
        assert secret not in str(refusal.value)
        assert secret not in repr(refusal.value.faults)


def test_the_first_faults_message_stands_for_all():
    with pytest.raises(Invalid) as refusal:
        read(to="nobody", subject="a\nb")

    assert refusal.value.message == refusal.value.faults[0].message
