"""The form of the metadata pages in a real browser, and the programs that it writes, run."""

import json
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from support import programs
from support.browser import Watched, watching
from support.mails import MAIL

from core.contract.operations import OPERATIONS
from local.stack import Stack

WIDTHS = (390, 820, 1440)
SECONDS = 20_000
"""How long, in milliseconds, a change may take until it is seen."""

HOSTILE = """\
It's "quoted" 'twice' \\ \\n \\u0041 \\x41 \\\\
JSON
'JSON'
$MAIL_KEY ${HOME} $(exit 1) `exit 1` %s {0} #{x} !! \\$HOME
\"\"\" ''' */ // <!-- </script> ]]> &amp; &#65;
Grüße, 你好, 😀 👨\u200d👩\u200d👧, \u202eright to left\u202c, \u2028, \u2029, \u0085, \t
\\"""
"""What would end a text, begin a command or change what a reader sees, if it were not escaped."""
HOSTILE_NAME = "it's $HOME `id` (1) %s.txt"

COMPILE = """\
curl --fail -sS "$MAIL_URL/types/csharp.plain" -o Dtos.cs
mcs -r:System.Runtime.Serialization.dll -r:System.Net.Http.dll Send.cs Dtos.cs
mono Send.exe
"""
RUN = {
    "curl": ("send.sh", "sh send.sh"),
    "Python": ("send.py", "python send.py"),
    "TypeScript": ("send.mjs", "node send.mjs"),
    "C#": ("Send.cs", COMPILE),
}
each_language = pytest.mark.parametrize("language", RUN)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page in which nothing may go wrong, but for requests that are refused on purpose."""
    with watching(browser, SECONDS, but="the server responded with a status of 4") as opened:
        yield opened


@pytest.fixture
def show(watched: Watched, stack: Stack, ses: httpx.Client) -> Callable[..., Page]:
    """Open the page of an operation."""

    def _show(operation: str = "SendMail", fragment: str = "") -> Page:
        watched.page.goto(f"{stack.url}/json/metadata?op={operation}{fragment}")
        return watched.page

    return _show


@pytest.fixture
def run(stack: Stack, tmp_path: Path) -> Callable[[str, str], str]:
    """Save a program in its language, run it and return what it prints."""

    def _run(language: str, text: str) -> str:
        name, commands = RUN[language]
        (tmp_path / name).write_text(text, "utf-8")
        return programs.run(commands, tmp_path, {"MAIL_URL": stack.url, "MAIL_KEY": stack.api_key})

    return _run


def field(page: Page, name: str) -> Locator:
    return page.locator("form").get_by_label(name, exact=True)


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        field(page, name).fill(value)


def submit(page: Page) -> None:
    page.locator("form button:not([type])").click()


def status(page: Page, text: str) -> None:
    expect(page.locator("#status")).to_have_text(text, timeout=SECONDS)


def answer(page: Page) -> Any:
    return json.loads(page.locator("#answer code").inner_text())


def program(page: Page, language: str) -> str:
    page.locator(".choice").get_by_text(language, exact=True).click()
    return page.locator(".program code").inner_text()


# ---- sending


def test_a_mail_is_sent_with_the_key_of_this_machine_and_followed_until_it_has_arrived(
    show: Callable[..., Page], arrived: Callable[[], EmailMessage], stack: Stack
) -> None:
    page = show()
    expect(page.locator("#where")).to_have_text("Every mail stays on this machine.")
    fill(page, To="Ada <ada@recipient.example>", CC="bob@recipient.example", HTML="<p>It works.")
    submit(page)

    status(page, "Status: delivered")
    assert answer(page)["Status"] == "delivered"
    expect(page.locator("#facts")).to_contain_text("Request id")
    mail = arrived()
    assert (mail["Subject"], mail["CC"]) == ("Hello", "bob@recipient.example")
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().strip() == "<p>It works."
    mails = page.get_by_role("link", name="See it among the mails of this machine")
    assert mails.get_attribute("href") == f"{stack.ses_url}/#/{answer(page)['MessageId']}"

    page.get_by_role("link", name="Ask for its status").click()
    expect(field(page, "MessageId")).not_to_be_empty()
    submit(page)
    status(page, "Status: delivered")


def test_files_and_what_is_folded_go_with_the_mail(
    show: Callable[..., Page], arrived: Callable[[], EmailMessage]
) -> None:
    page = show()
    fill(page, To="ada@recipient.example")
    page.get_by_text("More", exact=True).click()
    fill(page, FromName="The Office", ReplyTo="office@recipient.example", Reference="r-1")
    large = bytes(range(256)) * 400
    field(page, "Attachments").set_input_files(
        [
            {"name": "Grüße.txt", "mimeType": "text/plain", "buffer": b"hello"},
            {"name": "large.bin", "mimeType": "", "buffer": large},
        ]
    )
    submit(page)

    status(page, "Status: delivered")
    mail = arrived()
    assert (mail["From"].addresses[0].display_name, mail["Reply-To"]) == (
        "The Office",
        "office@recipient.example",
    )
    files = {file.get_filename(): file.get_payload(decode=True) for file in mail.iter_attachments()}
    assert files == {"Grüße.txt": b"hello", "large.bin": large}


def test_a_request_with_the_same_key_sends_one_mail(
    show: Callable[..., Page], ses: httpx.Client
) -> None:
    page = show()
    fill(page, To="ada@recipient.example")
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Make one").click()
    assert re.fullmatch("[0-9a-f]{32}", field(page, "Idempotency-Key").input_value())
    submit(page)
    status(page, "Status: delivered")
    submit(page)

    expect(page.locator("#facts")).to_contain_text("Replayed")
    status(page, "Status: delivered")
    assert len(ses.get("/messages").json()) == 1

    fill(page, Subject="Another")
    submit(page)
    expect(field(page, "Idempotency-Key")).to_be_focused()
    expect(field(page, "Idempotency-Key")).to_have_attribute("aria-invalid", "true")


# ---- what is wrong


def test_what_is_wrong_stands_at_its_field(show: Callable[..., Page]) -> None:
    page = show()
    fill(page, To="nobody")
    page.get_by_text("More", exact=True).click()
    fill(page, From="somebody@else.example")
    page.get_by_text("More", exact=True).click()
    submit(page)

    status(page, "Refused (400)")
    expect(field(page, "To")).to_be_focused()
    for name in ("To", "From"):
        expect(field(page, name)).to_be_visible()
        expect(field(page, name)).to_have_attribute("aria-invalid", "true")
        expect(field(page, name)).to_have_accessible_description(re.compile(f"'{name}'"))
    assert field(page, "CC").get_attribute("aria-invalid") is None
    fill(page, To="ada@recipient.example")
    expect(field(page, "To")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("key", "said"),
    [("", "Put your API key here."), ("wrong", "missing there, or unknown"), ("ключ", "ASCII")],
)
def test_a_key_that_is_none_is_said_at_the_key(
    show: Callable[..., Page], key: str, said: str
) -> None:
    page = show()
    field(page, "API key").fill(key)
    fill(page, To="ada@recipient.example")
    submit(page)

    expect(page.locator("#api-key-error")).to_contain_text(said)
    expect(field(page, "API key")).to_be_focused()


def test_what_has_no_field_is_said_below(show: Callable[..., Page]) -> None:
    page = show("GetMail")
    submit(page)
    expect(page.locator("#field-MessageId-error")).to_contain_text("must not be empty")
    fill(page, MessageId="01JD9ZK4M6T0V3Q8W2X5Y7B1CD")
    submit(page)

    status(page, "Refused (404)")
    expect(page.get_by_role("alert")).not_to_be_empty()


def test_a_service_that_does_not_answer_is_said(
    show: Callable[..., Page], watched: Watched
) -> None:
    page = show()
    fill(page, To="ada@recipient.example")
    watched.page.context.set_offline(True)
    submit(page)

    status(page, "No answer")
    expect(page.get_by_role("alert")).to_contain_text("was not answered")
    watched.errors.clear()  # The browser says so as well.


# ---- the key


def test_a_key_is_kept_in_its_tab_alone(show: Callable[..., Page], browser: Browser) -> None:
    page = show()
    field(page, "API key").fill("a-key-of-mine")
    assert show("FindMails") is page

    expect(field(page, "API key")).to_have_value("a-key-of-mine")
    assert "a-key-of-mine" not in page.url
    assert page.evaluate("localStorage.length") == 0
    assert page.evaluate("document.cookie") == ""
    for language in RUN:
        assert "a-key-of-mine" not in program(page, language)


# ---- as a program


@each_language
def test_a_program_sends_what_was_filled_in(
    show: Callable[..., Page],
    run: Callable[[str, str], str],
    arrived: Callable[[], EmailMessage],
    tmp_path: Path,
    stack: Stack,
    language: str,
) -> None:
    subject = HOSTILE.splitlines()[0] + " $HOME `id` 😀"
    page = show()
    fill(page, To='"O\'Hara, Ada" <ada@recipient.example>', Subject=subject, Text=HOSTILE)
    page.get_by_text("More", exact=True).click()
    key = language + ' it\'s "$HOME" `id` \\'
    fill(page, FromName='The "$Office\\"', **{"Idempotency-Key": key})
    (tmp_path / HOSTILE_NAME).write_bytes(b"attached")
    field(page, "Attachments").set_input_files(tmp_path / HOSTILE_NAME)
    text = program(page, language)
    assert stack.api_key not in text

    printed = run(language, text)

    assert '"Status":"sent"' in printed
    mail = arrived()
    assert mail["Subject"] == subject
    assert mail["To"].addresses[0].display_name == "O'Hara, Ada"
    assert mail["From"].addresses[0].display_name == 'The "$Office\\"'
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").removesuffix("\n") == HOSTILE
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == (HOSTILE_NAME, b"attached")
    submit(page)  # The same request, with the same key: the form and its programs mean the same.
    expect(page.locator("#facts")).to_contain_text("Replayed")


@each_language
def test_a_program_without_files_sends_its_mail(
    show: Callable[..., Page],
    run: Callable[[str, str], str],
    arrived: Callable[[], EmailMessage],
    language: str,
) -> None:
    page = show()
    fill(page, To="ada@recipient.example", Text=HOSTILE)

    run(language, program(page, language))

    body = arrived().get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").removesuffix("\n") == HOSTILE


@each_language
def test_programs_ask_find_and_send_again(
    show: Callable[..., Page],
    run: Callable[[str, str], str],
    api: httpx.Client,
    until: Callable[..., Any],
    language: str,
) -> None:
    reference = f'it\'s "{language}" & 100% ü'
    id_ = api.post("/Mail/Send", json=MAIL | {"Reference": reference}).json()["MessageId"]
    until(id_)
    page = show("FindMails")
    fill(page, Reference=reference, Limit="5")
    printed = run(language, program(page, language))
    assert json.loads(printed[printed.index("{") :])["Mails"][0]["MessageId"] == id_

    page = show("ResendMail")
    fill(page, MessageId=id_, To="bob@recipient.example")
    assert '"Receiver":"bob@recipient.example"' in run(language, program(page, language))
    page = show("CancelMail", f"#MessageId={id_}")
    expect(field(page, "MessageId")).to_have_value(id_)


def test_a_program_is_copied(show: Callable[..., Page]) -> None:
    page = show()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fill(page, To="ada@recipient.example", Text=HOSTILE)
    text = program(page, "C#")
    page.get_by_role("button", name="Copy").click()

    expect(page.locator("#copied")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text


# ---- for everybody


def test_the_keyboard_is_enough(show: Callable[..., Page]) -> None:
    page = show()
    page.get_by_role("link", name="Try it").press("Enter")
    for typed in ("", "ada@recipient.example"):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    status(page, "Status: delivered")
    page.get_by_label("curl").focus()
    page.keyboard.press("ArrowRight")
    assert "HttpClient" in page.locator(".program code").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_form_is_fit_for_everybody(
    browser: Browser, stack: Stack, ses: httpx.Client, width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = Watched(context).page

    def check() -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    for operation in OPERATIONS:
        page.goto(f"{stack.url}/json/metadata?op={operation.name}")
        for folded in page.locator("summary").all():
            folded.click()
        check()
    page.goto(f"{stack.url}/metadata")
    fill(page, To="nobody")
    submit(page)
    status(page, "Refused (400)")
    check()
    fill(page, To="ada@recipient.example")
    submit(page)
    status(page, "Status: delivered")
    check()
    context.close()
