"""Webhooks on the activity page, in a real browser, with a receiver that fails at first."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from support.browser import Watched, watching
from support.deployed import caller_of, deployed
from support.http_servers import serving
from support.mails import MAIL

from local.stack import Stack

WIDTHS = (390, 820, 1280, 1440)
SECONDS = 20_000
"""How long, in milliseconds, a change may take until it is seen."""
PAGE = 25
SAID = "<b>The database</b> is away"


@dataclass
class Receiver:
    """A receiver of webhooks, and what it was told."""

    url: str = ""
    status: int = 500
    events: list[str] = field(default_factory=list)
    """The ids of the events that it has taken."""


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    with deployed() as running:
        yield running


@pytest.fixture(scope="module")
def api(own: Stack) -> Iterator[httpx.Client]:
    with caller_of(own) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def _patience() -> Iterator[None]:
    expect.set_options(timeout=SECONDS)
    yield
    expect.set_options(timeout=5000)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page in which nothing may go wrong."""
    with watching(browser, SECONDS) as opened:
        yield opened


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if made.status < 300:
                made.events.append(self.headers["webhook-id"])
            self.send_response(made.status)
            self.end_headers()
            self.wfile.write(SAID.encode() if made.status >= 300 else b"")

    with serving(Handler) as url:
        made.url = f"{url}/told"
        yield made


@pytest.fixture(scope="module")
def hook(api: httpx.Client, receiver: Receiver) -> str:
    """Return the id of a webhook of its own. It is there before the first mail is."""
    return str(called(api, "/Webhook", Name="Orders", Url=receiver.url)["Id"])


@pytest.fixture(scope="module")
def told(api: httpx.Client, hook: str) -> str:
    """Return the id of a mail all of whose events were tried once, in vain."""
    message_id = sent(api)
    until(lambda: len(deliveries(api, hook, message_id, attempts=1)) == 3)
    return message_id


def called(api: httpx.Client, path: str, **members: Any) -> dict[str, Any]:
    reply = api.post(path, json=members)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def sent(api: httpx.Client) -> str:
    mail = MAIL | {"To": "success+w@simulator.amazonses.com", "Subject": "To be told"}
    return str(called(api, "/Mail/Send", **mail)["MessageId"])


def deliveries(
    api: httpx.Client, hook: str, message_id: str, attempts: int = 0
) -> list[dict[str, Any]]:
    """Return the deliveries of a mail that have had so many attempts, at least."""
    reply = api.get(f"/Webhook/{hook}/Deliveries", params={"MessageId": message_id})
    found = reply.json()["Deliveries"]
    return [each for each in found if len(each.get("Attempts", [])) >= attempts]


def until(happens: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS / 1000
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def opened(watched: Watched, own: Stack, hash_: str) -> Page:
    watched.page.goto(f"{own.ses_url}/{hash_}")
    expect(watched.page.locator("#panes")).to_be_visible(timeout=SECONDS)
    return watched.page


def row(page: Page, name: str = "Orders") -> Locator:
    return page.locator("#list a", has_text=name)


def delivery(page: Page, text: str) -> Locator:
    return page.locator(".deliveries > li", has_text=text)


def chip(page: Page, text: str) -> Locator:
    return page.locator(".facts .chip", has_text=re.compile(f"^{text}"))


# ---- in this order: what one has done the next one finds


def test_who_has_no_webhook_is_told_how_to_make_one(watched: Watched, own: Stack) -> None:
    page = opened(watched, own, "#/")
    place = page.get_by_role("navigation", name="Places")
    expect(place.get_by_role("link", name="Mails")).to_have_attribute("aria-current", "page")

    place.get_by_role("link", name="Webhooks").click()

    expect(page.locator("#list")).to_contain_text("No webhook yet")
    expect(place.get_by_role("link", name="Webhooks")).to_have_attribute("aria-current", "page")
    form = page.locator("#list").get_by_role("link", name="SaveWebhook").get_attribute("href")
    assert httpx.get(str(form)).status_code == 200
    assert "SaveWebhook" in httpx.get(str(form)).text
    page.go_back()
    expect(page.locator("#list")).to_contain_text("No mail yet")


def test_a_webhook_that_fails_shows_each_try_and_what_was_answered_as_text(
    watched: Watched, own: Stack, told: str
) -> None:
    page = opened(watched, own, "#/webhooks")
    expect(row(page)).to_contain_text("failing since")
    expect(row(page)).to_contain_text("example.com · all events")
    expect(row(page)).to_contain_text("127.0.0.1")

    row(page).click()

    expect(chip(page, "failing since")).to_be_visible()
    arrived = delivery(page, "mail.delivered")
    expect(arrived).to_contain_text("recipient 1")
    expect(arrived).to_contain_text("next try")
    arrived.locator("summary").click()
    attempt = arrived.locator(".timeline li").first
    expect(attempt).to_contain_text("Answered with HTTP 500")
    expect(attempt).to_contain_text(re.compile(r"after \d+ ms"))
    expect(attempt.locator("blockquote")).to_have_text(SAID)
    page.get_by_role("button", name="delivered", exact=True).click()
    expect(page.locator(".deliveries")).to_contain_text("No delivery is delivered")
    page.get_by_role("button", name="pending", exact=True).click()
    expect(delivery(page, "mail.accepted")).to_be_visible()


def test_the_mail_shows_what_its_webhooks_were_told(
    watched: Watched, own: Stack, told: str
) -> None:
    page = opened(watched, own, "#/webhooks")
    row(page).click()
    delivery(page, "mail.sent").get_by_role("link", name=told).click()
    expect(page.get_by_role("heading", level=2)).to_have_text("To be told")

    page.get_by_role("tab", name="Webhooks").click()

    expect(page.locator("#panel .deliveries > li")).to_have_count(3)
    expect(delivery(page, "mail.delivered")).to_contain_text("pending")
    page.get_by_role("link", name="Orders").click()
    expect(chip(page, "failing since")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=2)).to_have_text("To be told")


def test_one_delivery_is_replayed_and_stays_open_meanwhile(
    watched: Watched, own: Stack, hook: str, told: str, receiver: Receiver, api: httpx.Client
) -> None:
    receiver.status = 204
    page = opened(watched, own, f"#/webhooks/{hook}")
    wanted = delivery(page, "mail.sent")
    wanted.locator("summary").click()

    wanted.get_by_role("button", name="Replay").click()

    expect(wanted.locator(".chip")).to_have_text("delivered")
    expect(wanted.locator(".timeline li").last).to_contain_text("Answered with HTTP 204")
    expect(chip(page, "working")).to_be_visible()
    (event,) = (each for each in deliveries(api, hook, told) if each["Type"] == "mail.sent")
    assert event["Id"] in receiver.events


def test_a_test_arrives(watched: Watched, own: Stack, hook: str, receiver: Receiver) -> None:
    page = opened(watched, own, f"#/webhooks/{hook}")
    before = len(receiver.events)

    page.get_by_role("button", name="Test", exact=True).click()

    expect(delivery(page, "webhook.test").first.locator(".chip")).to_have_text("delivered")
    expect(delivery(page, "webhook.test").first).to_contain_text("a test, of no mail")
    assert len(receiver.events) > before


def test_one_that_is_disabled_is_enabled_and_what_was_held_is_replayed(
    watched: Watched, own: Stack, hook: str, told: str, receiver: Receiver, api: httpx.Client
) -> None:
    called(api, "/Webhook", Id=hook, Enabled=False)
    message_id = sent(api)
    page = opened(watched, own, f"#/webhooks/{hook}")
    expect(chip(page, "disabled")).to_be_visible()
    expect(page.locator(".callout")).to_have_text("Disabled by SaveWebhook.")
    assert page.get_by_role("button", name="Test", exact=True).count() == 0
    page.get_by_role("button", name="held", exact=True).click()
    held = page.locator(".deliveries > li").filter(has_text=message_id)
    expect(held).to_have_count(3)
    held.first.locator("summary").click()
    held.first.get_by_role("button", name="Replay").click()
    expect(page.locator("#toast")).to_contain_text("This webhook is disabled")
    assert len(watched.errors) == 1  # Chromium notes the 409.
    watched.errors.clear()

    page.get_by_role("button", name="Enable").click()
    expect(chip(page, "working")).to_be_visible()
    page.get_by_role("button", name="Replay all undelivered…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Replay all undelivered?")
    dialog.get_by_role("button", name="Replay all").click()
    expect(dialog).to_contain_text(re.compile(r"\d+ deliveries are on the way again"))
    dialog.get_by_role("button", name="Close").click()

    expect(page.locator(".deliveries")).to_contain_text("No delivery is held")
    known = {each["Id"] for each in deliveries(api, hook, message_id)}
    until(lambda: known <= {*receiver.events})


def test_a_dialog_counts_over_all_pages_and_goes_on_after_a_refusal(
    watched: Watched, own: Stack, hook: str, told: str
) -> None:
    """The service takes 100 at once: answers in its place say that there are more."""
    page = opened(watched, own, f"#/webhooks/{hook}")
    answers = [
        (200, {"Count": 100, "Cursor": "c1"}),
        (429, {"ResponseStatus": {"ErrorCode": "TooMany", "Message": "Slowly."}}),
        (200, {"Count": 7}),
    ]
    asked: list[Any] = []

    def answer(route: Any) -> None:
        asked.append(route.request.post_data_json)
        status, body = answers[len(asked) - 1]
        route.fulfill(status=status, json=body)

    page.route("**/Replay", answer)
    page.get_by_role("button", name="Replay all undelivered…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Replay all").click()
    expect(dialog).to_contain_text("100 deliveries are on the way so far.")
    expect(dialog.get_by_role("alert")).to_contain_text("Too many requests at once")
    dialog.get_by_role("button", name="Replay all").click()

    expect(dialog).to_contain_text("107 deliveries are on the way again.")
    assert asked == [{}, {"Cursor": "c1"}, {"Cursor": "c1"}]
    assert len(watched.errors) == 1  # Chromium notes the 429.
    watched.errors.clear()


def test_older_ones_follow_and_news_comes_without_a_jump(
    watched: Watched, own: Stack, hook: str, told: str, api: httpx.Client
) -> None:
    for _ in range(PAGE):
        called(api, f"/Webhook/{hook}/Test")
    page = opened(watched, own, f"#/webhooks/{hook}")
    rows = page.locator(".deliveries > li")
    expect(rows).to_have_count(PAGE)
    page.get_by_role("button", name="Show older deliveries").click()
    expect(delivery(page, told)).to_have_count(3)
    count = rows.count()
    seen = delivery(page, told).first
    seen.locator("summary").click()
    seen.scroll_into_view_if_needed()
    before = seen.bounding_box()

    called(api, f"/Webhook/{hook}/Test")

    expect(rows).to_have_count(count + 1)
    after = seen.bounding_box()
    assert before
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=2)  # A delivery has more than 100.
    expect(seen.locator("details")).to_have_attribute("open", "")


def test_the_keyboard_and_the_url_are_enough(
    watched: Watched, own: Stack, hook: str, told: str
) -> None:
    page = opened(watched, own, "#/webhooks")
    expect(row(page)).to_be_visible()
    page.keyboard.press("j")
    expect(row(page)).to_be_focused()
    page.keyboard.press("Enter")
    title = page.get_by_role("heading", level=2)
    expect(title).to_have_text("Orders")
    expect(title).to_be_focused()
    assert page.url.endswith(f"#/webhooks/{hook}")
    assert re.fullmatch("Orders . Webhooks . Mail activity", page.title())
    page.keyboard.press("Escape")
    expect(row(page)).to_be_focused()
    assert page.url.endswith("#/webhooks")
    page.keyboard.press("/")
    page.keyboard.type("is:delivered")
    page.keyboard.press("Enter")
    expect(page.locator("#list a", has_text="To be told").first).to_be_visible()


def test_the_deployed_page_shows_them_to_who_has_the_key(
    watched: Watched, own: Stack, hook: str, told: str
) -> None:
    page = watched.page
    page.goto(f"{own.url}/activity#/webhooks/{hook}", timeout=3 * SECONDS)
    page.get_by_label("API key").fill(own.api_key)
    page.get_by_role("button", name="Show mails").click()

    expect(page.get_by_role("heading", level=2)).to_have_text("Orders")
    expect(page.locator(".deliveries > li").first).to_be_visible()
    expect(row(page)).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it_on_any_screen(
    browser: Browser, own: Stack, hook: str, told: str, api: httpx.Client, scheme: Any
) -> None:
    long = called(
        api,
        "/Webhook",
        Name="n" * 100,
        Url="https://hooks.example.com/" + "u" * 500,
        Events="mail.bounced, mail.failed, mail.complained, mail.suppressed",
        Enabled=False,
    )
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(SECONDS)

    def check() -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for width in (WIDTHS[0], WIDTHS[-1]):
            page.set_viewport_size({"width": width, "height": 844})
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()

    page.goto(f"{own.ses_url}/#/webhooks")
    expect(row(page)).to_be_visible()
    check()
    page.goto(f"{own.ses_url}/#/webhooks/{long['Id']}")
    expect(chip(page, "disabled")).to_be_visible()
    check()
    page.goto(f"{own.ses_url}/#/webhooks/{hook}")
    page.locator(".deliveries summary").first.click()
    check()
    page.goto(f"{own.ses_url}/#/{told}")
    page.get_by_role("tab", name="Webhooks").click()
    delivery(page, "mail.sent").locator("summary").click()
    check()
    context.close()
    called(api, f"/Webhook/{long['Id']}/Delete")


def test_one_that_is_deleted_is_said_to_be_none(
    watched: Watched, own: Stack, hook: str, told: str, api: httpx.Client
) -> None:
    page = opened(watched, own, f"#/webhooks/{hook}")
    expect(chip(page, "working")).to_be_visible()

    called(api, f"/Webhook/{hook}/Delete")

    expect(page.locator("#list")).to_contain_text("No webhook yet")
    expect(page.locator("#banner")).to_contain_text("There is no such webhook")
