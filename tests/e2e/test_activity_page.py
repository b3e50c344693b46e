"""The activity page in a real browser: on the stack of this machine, and as it is deployed."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from support.browser import PIXEL, Elsewhere, Watched, watching
from support.deployed import caller_of, deployed
from support.mails import MAIL
from support.operator_tool import ops

from local.stack import Stack

WIDTHS = (390, 820, 1440)
SECONDS = 20_000
"""How long, in milliseconds, a change may take until it is seen."""
FRESH = 75_000
"""How long, until a change of the domains is: the functions read them once a minute."""


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A stack of its own: a second client changes what the first one's key opens."""
    with deployed() as running:
        yield running


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page in which nothing may go wrong."""
    with watching(browser, SECONDS) as opened:
        yield opened


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    server = Elsewhere()
    yield server
    server.close()


@pytest.fixture
def local(watched: Watched, own: Stack) -> Page:
    """The page as `make run` shows it."""
    httpx.delete(f"{own.ses_url}/faults").raise_for_status()
    watched.page.goto(own.ses_url)
    expect(watched.page.locator("#panes")).to_be_visible(timeout=SECONDS)
    return watched.page


@pytest.fixture
def there(watched: Watched, own: Stack) -> Page:
    """The page as it is deployed, before anybody has typed a key."""
    open_deployed(watched.page, own)
    expect(watched.page.get_by_label("API key")).to_be_focused(timeout=SECONDS)
    return watched.page


@pytest.fixture
def send(own: Stack) -> Iterator[Callable[..., str]]:
    """Send a mail; return its id."""
    with caller_of(own) as client:

        def _send(**members: Any) -> str:
            reply = client.post("/Mail/Send", json=MAIL | members)
            assert reply.status_code == 200, reply.text
            return str(reply.json()["MessageId"])

        yield _send


def open_deployed(page: Page, stack: Stack) -> None:
    """Its files come from several processes at once, each of which has to start here at first."""
    page.goto(f"{stack.url}/activity", timeout=3 * SECONDS)


def enter(page: Page, key: str) -> None:
    page.get_by_label("API key").fill(key)
    page.get_by_role("button", name="Show mails").click()


def row(page: Page, subject: str) -> Any:
    return page.locator("#list a", has_text=subject)


def chip(page: Page, text: str) -> Any:
    """The status of the mail that is open."""
    return page.locator(".facts .chip", has_text=re.compile(f"^{text}$"))


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("searchbox").press("Enter")


def tab(page: Page, name: str) -> Any:
    page.get_by_role("tab", name=name).click()
    return page.locator("#panel")


def until(happens: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS / 1000
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# ---- a mail


def test_a_mail_of_the_form_is_found_and_its_bounce_is_caused_and_seen(
    local: Page, own: Stack
) -> None:
    form = local.context.new_page()
    form.goto(f"{own.url}/metadata")
    form.get_by_label("API key").fill(own.api_key)
    form.get_by_label("To", exact=True).fill("form@recipient.example")
    form.get_by_label("Subject").fill("From the form")
    form.get_by_role("button", name="Send").click()

    row(local, "From the form").click(timeout=SECONDS)
    expect(chip(local, "delivered")).to_be_visible(timeout=SECONDS)
    local.get_by_role("button", name="Hard bounce").click()
    expect(chip(local, "undelivered")).to_be_visible(timeout=SECONDS)
    expect(row(local, "From the form")).to_contain_text("undelivered", timeout=SECONDS)
    expect(tab(local, "Timeline")).to_contain_text("550 5.1.1 user unknown", timeout=SECONDS)


@pytest.mark.parametrize(
    ("cause", "step"),
    [("Complaint", "Marked as spam"), ("Delay", "Delayed"), ("Soft bounce", "Bounced")],
)
def test_other_events_are_caused_too(
    local: Page, send: Callable[..., str], cause: str, step: str
) -> None:
    message_id = send(To="success+a@simulator.amazonses.com")
    search(local, message_id)
    expect(chip(local, "delivered")).to_be_visible(timeout=SECONDS)
    panel = tab(local, "Timeline")

    local.get_by_role("button", name=cause).click()

    expect(panel.locator("li", has_text=step)).to_be_visible(timeout=SECONDS)


def test_html_is_shown_with_its_own_images_and_nothing_of_others_until_asked(
    local: Page, send: Callable[..., str], own: Stack, elsewhere: Elsewhere
) -> None:
    html = (
        f'<p style="color: red">Hello</p><a href="{own.url}/metadata">Read more</a>'
        '<img id="own" src="cid:logo">'
        f'<img src="{elsewhere.url}/pixel.png">'
        f'<div style="background: url({elsewhere.url}/back.png)">x</div>'
        '<a href="javascript:alert(1)">Run</a><a href="/metadata">Here</a>'
        '<base href="https://evil.example/"><script>document.body.id = "ran"</script>'
        '<form action="https://evil.example/"><button>Go</button></form>'
    )
    logo = {"Name": "logo.png", "Bytes": base64.b64encode(PIXEL).decode(), "ContentId": "logo"}
    search(local, send(HTML=html, Attachments=[logo]))
    tab(local, "HTML")
    mail = local.frame_locator("iframe")

    with local.context.expect_page() as opened:
        mail.get_by_role("link", name="Read more").click()
    expect(opened.value.get_by_role("heading", level=1).first).to_be_visible(timeout=SECONDS)
    assert opened.value.url == f"{own.url}/metadata"
    assert opened.value.evaluate("window.opener") is None
    assert opened.value.evaluate("origin") == own.url  # As free as any other tab.
    own_image = mail.locator("#own")
    until(lambda: own_image.evaluate("image => image.naturalWidth"))
    assert mail.locator("#ran").count() == 0
    for name in ("Run", "Here"):
        assert mail.get_by_text(name).get_attribute("href") is None
    assert elsewhere.asked == []
    local.get_by_role("button", name="Load them").click()
    until(lambda: local.title() and set(elsewhere.asked) == {"/back.png", "/pixel.png"})


def test_links_in_text_are_links_and_attachments_can_be_saved(
    local: Page, send: Callable[..., str], own: Stack
) -> None:
    note = {"Name": "Grüße.txt", "Bytes": base64.b64encode(b"hello").decode()}
    search(local, send(Text=f"See {own.url}/metadata.\n<b>no markup</b>", Attachments=[note]))

    text = tab(local, "Text")
    expect(text).to_contain_text("<b>no markup</b>")
    link = text.get_by_role("link")
    assert link.get_attribute("href") == f"{own.url}/metadata"
    assert link.get_attribute("rel") == "noopener noreferrer"
    files = tab(local, "Attachments (1)")
    with local.expect_download() as saved:
        files.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "Grüße.txt"
    assert saved.value.path().read_bytes() == b"hello"
    expect(tab(local, "Source")).to_contain_text("MIME-Version: 1.0")


def test_a_mail_is_sent_again_and_one_that_waits_is_cancelled(
    local: Page, send: Callable[..., str], own: Stack
) -> None:
    first = send(Subject="Once more")
    search(local, first)
    local.get_by_role("button", name="Resend…").click()
    local.get_by_role("textbox", name="Other recipients").fill("success+b@simulator.amazonses.com")
    local.get_by_role("button", name="Send again").click()
    local.get_by_role("link", name="Open the new mail").click()
    expect(local.locator(".facts")).to_contain_text(first, timeout=SECONDS)
    expect(chip(local, "delivered")).to_be_visible(timeout=SECONDS)

    local.get_by_label("Let the next mail fail").select_option("paused")
    expect(local.locator("#banner")).to_contain_text("paused", timeout=SECONDS)
    waiting = send(Subject="Never mind", Reference="n-1")
    search(local, "ref:n-1 is:waiting")
    expect(row(local, "Never mind")).to_contain_text("queued", timeout=SECONDS)
    row(local, "Never mind").click()
    local.get_by_role("button", name="Cancel…").click()
    local.get_by_role("button", name="Cancel the mail").click()
    expect(chip(local, "failed")).to_be_visible(timeout=SECONDS)
    status = httpx.get(f"{own.url}/Status/{waiting}", headers={"x-api-key": own.api_key}).json()
    assert status["ErrorMessage"] == "Cancelled."


# ---- the list


def test_the_search_box_filters_and_says_what_it_does_not_know(
    local: Page, send: Callable[..., str]
) -> None:
    send(To="bounce+x@simulator.amazonses.com", Subject="Comes back", Reference="x-1")
    send(To="success+x@simulator.amazonses.com", Subject="Arrives", Reference="x-2")

    for asked, found in {
        "to:bounce+x@simulator.amazonses.com": "Comes back",
        "success+x@simulator.amazonses.com": "Arrives",
        "ref:x-2": "Arrives",
        "ref:x-1 is:bounced since:1h domain:example.com": "Comes back",
    }.items():
        search(local, asked)
        expect(local.locator("#list a")).to_have_count(1, timeout=SECONDS)
        expect(row(local, found)).to_be_visible()
    search(local, "ref:x-1")
    local.get_by_role("button", name="Delivered").click()
    expect(local.get_by_role("searchbox")).to_have_value("ref:x-1 is:delivered")
    expect(local.locator("#list")).to_contain_text("No mail is like this", timeout=SECONDS)
    local.get_by_role("button", name="Problems").click()
    expect(row(local, "Comes back")).to_be_visible(timeout=SECONDS)
    search(local, "since:2h until:1h")
    expect(local.locator("#list")).to_contain_text("No mail is like this", timeout=SECONDS)
    for asked, said in {
        "hello": "Subjects cannot be searched",
        "is:green": "is not known",
        "colour:red": "is not known here",
        "since:soon": "is no time",
    }.items():
        search(local, asked)
        expect(local.get_by_role("alert").filter(has_text=said)).to_be_visible()


def test_older_mails_follow_and_news_comes_without_a_jump(
    local: Page, send: Callable[..., str]
) -> None:
    for number in range(43):
        send(Subject=f"Number {number}", Reference="many")
    search(local, "ref:many")
    expect(local.locator("#list a")).to_have_count(40, timeout=SECONDS)
    local.get_by_role("button", name="Show older mails").click()
    expect(local.locator("#list a")).to_have_count(43, timeout=SECONDS)
    seen = row(local, "Number 2").last
    seen.scroll_into_view_if_needed()
    before = seen.bounding_box()

    send(Subject="The newest", Reference="many")

    expect(row(local, "The newest")).to_have_count(1, timeout=SECONDS)
    assert seen.bounding_box()["y"] == pytest.approx(before["y"], abs=2)  # A row has 97.


def test_the_keyboard_is_enough(local: Page, send: Callable[..., str]) -> None:
    for number in range(2):
        send(Subject=f"Key {number}", Reference="keys")
    local.keyboard.press("/")
    expect(local.get_by_role("searchbox")).to_be_focused()
    local.keyboard.type("ref:keys")
    local.keyboard.press("Enter")
    expect(local.locator("#list a")).to_have_count(2, timeout=SECONDS)
    local.keyboard.press("Escape")
    for key in ("j", "j"):
        local.keyboard.press(key)
    expect(row(local, "Key 0")).to_be_focused()
    local.keyboard.press("Enter")
    title = local.get_by_role("heading", level=2)
    expect(title).to_have_text("Key 0", timeout=SECONDS)
    expect(title).to_be_focused()
    local.keyboard.press("k")
    expect(title).to_have_text("Key 1", timeout=SECONDS)
    local.keyboard.press("Escape")
    expect(row(local, "Key 1")).to_be_focused()
    local.keyboard.press("?")
    expect(local.get_by_role("dialog")).to_contain_text("Search and keys")
    local.keyboard.press("Escape")
    expect(local.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("before", ["#/", "#"])  # The inbox that was there before had no slash.
def test_a_url_opens_a_mail(local: Page, send: Callable[..., str], own: Stack, before: str) -> None:
    message_id = send(Subject="By its URL")

    local.goto("about:blank")
    local.goto(f"{own.ses_url}/{before}{message_id}")

    expect(local.get_by_role("heading", level=2)).to_have_text("By its URL", timeout=SECONDS)
    assert "By its URL" in local.title()


# ---- what only the simulator has


def test_mails_of_other_programs_are_outside_and_all_can_be_deleted_after_a_question(
    local: Page, own: Stack
) -> None:
    httpx.put(f"{own.ses_url}/account", json={"SendingEnabled": True}).raise_for_status()
    own.client("sesv2").send_email(
        FromEmailAddress="somebody@example.com",
        Destination={"ToAddresses": ["else@recipient.example"]},
        Content={"Simple": {"Subject": {"Data": "Not ours"}, "Body": {"Text": {"Data": "x"}}}},
    )
    local.get_by_role("button", name="Outside").click()
    row(local, "Not ours").click(timeout=SECONDS)
    expect(local.locator("#mail-pane")).to_contain_text("somebody@example.com", timeout=SECONDS)
    expect(local.locator("#mail-pane")).to_contain_text("MIME-Version")
    local.get_by_role("button", name="Delete all…").click()
    local.get_by_role("button", name="Not now").click()
    assert httpx.get(f"{own.ses_url}/messages").json() != []

    local.get_by_role("button", name="Delete all…").click()
    local.get_by_role("button", name="Delete all", exact=True).click()

    expect(local.locator("#list")).to_contain_text("No mail is like this", timeout=SECONDS)
    assert httpx.get(f"{own.ses_url}/messages").json() == []


# ---- as it is deployed


def test_a_wrong_key_is_asked_for_again(watched: Watched, there: Page, own: Stack) -> None:
    enter(there, "a key")
    expect(there.get_by_role("alert")).to_contain_text("A key has no spaces")
    enter(there, "nobodys-key-of-this-stack")
    expect(there.get_by_role("alert")).to_contain_text("not known", timeout=SECONDS)
    enter(there, own.api_key)
    expect(there.locator("#panes")).to_be_visible(timeout=SECONDS)

    assert (
        there.evaluate("[...Object.values(localStorage), ...Object.values(sessionStorage)]") == []
    )
    assert there.context.cookies() == []
    there.reload()
    expect(there.get_by_label("API key")).to_be_visible(timeout=SECONDS)
    refused = [error for error in watched.errors if "403" in error]  # Chromium notes each answer.
    assert len(refused) == 1
    watched.errors.remove(refused[0])


def test_the_deployed_page_shows_a_mail_and_nothing_of_the_simulator(
    there: Page, send: Callable[..., str], own: Stack
) -> None:
    message_id = send(To="bounce+d@simulator.amazonses.com", Subject="Deployed")
    enter(there, own.api_key)
    search(there, message_id)

    panel = there.locator("#panel")
    # It looks for news every 15 seconds there.
    expect(panel).to_contain_text("550 5.1.1 user unknown", timeout=3 * SECONDS)
    expect(tab(there, "Text")).to_contain_text(MAIL["Text"], timeout=SECONDS)
    names = ["Timeline", "HTML", "Text", "Attachments"]
    assert there.get_by_role("tab").all_inner_texts() == names
    for absent in ("Outside", "Delete all…", "Hard bounce"):
        assert there.get_by_role("button", name=absent).count() == 0
    assert "simulator" not in httpx.get(f"{own.url}/activity/host.js").text.replace(
        "simulator of SES", ""
    ).replace("export const simulator = null", "")


def test_who_cannot_reach_the_service_is_told_and_it_goes_on(
    watched: Watched, local: Page, send: Callable[..., str]
) -> None:
    local.context.set_offline(True)
    expect(local.locator("#banner")).to_contain_text("cannot be reached", timeout=SECONDS)
    local.context.set_offline(False)
    send(Subject="After the cut")

    expect(row(local, "After the cut")).to_be_visible(timeout=SECONDS)
    expect(local.locator("#banner")).to_be_hidden()
    assert all("ERR_INTERNET_DISCONNECTED" in error for error in watched.errors)
    watched.errors.clear()


# ---- for everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_keeps_anybody_from_reading_it_on_any_screen(
    browser: Browser, own: Stack, send: Callable[..., str], width: int, scheme: Any
) -> None:
    message_id = send(
        To=", ".join(f"success+{number}@simulator.amazonses.com" for number in range(3)),
        CC="bounce+w@simulator.amazonses.com",
        Subject="A subject of some length, with a word-that-is-long-" + "x" * 80,
        HTML="<table width=2000><tr><td>wide</td></tr></table>",
        Reference="r" * 60,
    )
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(SECONDS)

    def check() -> None:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    open_deployed(page, own)
    expect(page.get_by_label("API key")).to_be_visible(timeout=SECONDS)
    check()
    page.goto(own.ses_url)
    page.locator("#list a").first.wait_for()
    check()
    page.goto(f"{own.ses_url}/#/{message_id}")
    expect(chip(page, "undelivered")).to_be_visible(timeout=SECONDS)
    for name in ("HTML", "Text", "Source", "Attachments", "Timeline"):
        tab(page, name)
        page.wait_for_timeout(300)
        check()
    page.get_by_role("button", name="Resend…").click()
    check()
    context.close()


# ---- last, since it changes whose mails the first key shows


def test_another_tenants_key_shows_nothing(
    there: Page, watched: Watched, send: Callable[..., str], own: Stack
) -> None:
    message_id = send(Subject="Not for everybody")
    added = ops("domains", "add", "other.example", API_PORT=str(own.api_port))
    assert added.returncode == 0, added.stderr
    enter(there, added.stdout.splitlines()[2].strip())

    expect(there.locator("#list")).to_contain_text("No mail yet", timeout=FRESH)
    search(there, message_id)
    expect(there.locator("#mail-pane")).to_contain_text("no such message", timeout=FRESH)
    search(there, "domain:example.com")
    expect(there.locator("#list")).to_contain_text("No mail is like this", timeout=FRESH)
    assert [error for error in watched.errors if "404" not in error] == []
    watched.errors.clear()
