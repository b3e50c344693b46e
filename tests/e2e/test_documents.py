"""The programs of the documents and of README.md, saved, built and run as they stand there."""

import json
import os
import re
import shutil
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import programs
from support.documents import DOCS, Example, examples, table, text_below, typed_in

from local.stack import Stack

Until = Callable[..., dict[str, Any]]
Sent = Callable[[], list[EmailMessage]]

README = (DOCS.parent / "README.md").read_text("utf-8")
DOCUMENTS = ("first-mail.md", "move-over.md", "api.md")
EXAMPLES = [each for name in DOCUMENTS for each in examples(DOCS / name)]
PDF = b"%PDF-1.7\n"
ADA, BOB = "ada@recipient.example", "bob@recipient.example"
EXAMPLE_ID = "01JD9ZK4M6T0V3Q8W2X5Y7B1CD"

WITHOUT_ITS_MAIL = (
    *("Sending many", "When something is wrong", "Images in the HTML"),
    *("Find a mail", "Be told", "4. Let something go wrong"),
)
"""The sections whose examples send another mail than the others, or none."""
WITH_SERVICESTACK = "C# with ServiceStack's client"
"""The section whose program needs a library that the tests do not have."""
CLIENTS = Path(__file__).parent / "clients"
BESIDE_SERVICESTACK = ("ServiceStack.cs", "ServiceStackClient.cs", "Errors.cs")


def asks_for_a_status(example: Example) -> bool:
    return "$MESSAGE_ID" in example.commands


SENDING = [
    each
    for each in EXAMPLES
    if each.section not in (*WITHOUT_ITS_MAIL, WITH_SERVICESTACK) and not asks_for_a_status(each)
]


def name_of(example: Example) -> str:
    return f"{example.section}-{next(iter(example.files), '')}-{EXAMPLES.index(example)}"


@pytest.fixture
def run(stack: Stack, tmp_path: Path) -> Callable[..., str]:
    """Do what an example says in a folder with `invoice.pdf`, and return what it prints."""
    (tmp_path / "invoice.pdf").write_bytes(PDF)
    known = {"MAIL_URL": stack.url, "MAIL_KEY": stack.api_key, "INVOICE": os.urandom(8).hex()}

    def _run(example: Example, **variables: str) -> str:
        for name, text in example.files.items():
            (tmp_path / name).write_text(text, "utf-8")
        return programs.run(example.commands, tmp_path, known | variables)

    return _run


def of(section: str) -> Example:
    return next(each for each in EXAMPLES if each.section == section)


@pytest.mark.parametrize("example", SENDING, ids=name_of)
def test_a_program_of_the_documentation_sends_its_mail(
    run: Any, arrived: Callable[[], EmailMessage], ses: httpx.Client, example: Example
) -> None:
    run(example)

    mail = arrived()
    assert mail["Subject"] == "Ihre Rechnung für März"
    assert mail["To"].addresses[0].display_name == "Ada Lovelace"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "Guten Tag, ..."
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("invoice.pdf", "application/pdf")
    assert file.get_payload(decode=True).strip() == PDF.strip()
    assert ses.get("/messages").json()[0]["Destination"]["ToAddresses"]


def test_every_language_of_the_documentation_is_among_them() -> None:
    tools = {line.split()[0] for each in SENDING for line in each.commands.splitlines()}

    assert {"curl", "python", "node", "npx", "mcs", "mono"} <= tools
    assert len(SENDING) >= 11


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.answer], ids=name_of)
def test_an_answer_in_the_documentation_is_the_services(
    run: Any, ses: httpx.Client, example: Example
) -> None:
    answer = re.sub(r"\b[0-9A-Z]{26}\b", EXAMPLE_ID, run(example))

    assert answer == example.answer


def test_the_status_that_the_documentation_asks_for_is_that_of_the_mail(
    run: Any, until: Until, ses: httpx.Client
) -> None:
    id_ = json.loads(run(of("2. Send")))["MessageId"]
    until(id_)

    asking = next(each for each in EXAMPLES if asks_for_a_status(each))
    answer = json.loads(run(asking, MESSAGE_ID=id_))

    assert (answer["MessageId"], answer["Status"]) == (id_, "delivered")


def test_a_mail_is_found_shown_read_sent_again_and_not_cancelled_as_the_documentation_says(
    run: Any, until: Until, ses: httpx.Client
) -> None:
    id_ = json.loads(run(of("2. Send")))["MessageId"]
    until(id_)
    find, show, read, resend, cancel = (each for each in EXAMPLES if each.section == "Find a mail")

    found = json.loads(run(find, MESSAGE_ID=id_))
    assert found["Mails"][0]["MessageId"] == id_
    shown = json.loads(run(show, MESSAGE_ID=id_))
    assert [step["Kind"] for step in shown["History"]] == ["accepted", "tried", "sent", "delivered"]
    said = json.loads(run(read, MESSAGE_ID=id_))
    assert (said["MessageId"], said["IsShortened"]) == (id_, False)
    assert said["Subject"]
    again = json.loads(run(resend, MESSAGE_ID=id_))
    assert (again["Receiver"], again["Status"]) == (BOB, "sent")
    with pytest.raises(AssertionError, match="TooLate"):
        run(cancel, MESSAGE_ID=id_)


def test_a_webhook_is_made_tested_looked_at_and_has_a_new_secret_as_the_documentation_says(
    run: Any, ses: httpx.Client
) -> None:
    make, test, look, replay, rotate = (each for each in EXAMPLES if each.section == "Be told")

    made = json.loads(run(make))
    assert (made["Events"], made["Enabled"]) == (["mail.bounced", "mail.failed"], True)
    told = json.loads(run(test, WEBHOOK_ID=made["Id"]))
    assert (told["Type"], told["WebhookId"]) == ("webhook.test", made["Id"])
    found = json.loads(run(look, WEBHOOK_ID=made["Id"]))
    assert [each["Id"] for each in found["Deliveries"]] == [told["Id"]]
    assert json.loads(run(replay, WEBHOOK_ID=made["Id"])) == {"Count": 0}
    rotated = json.loads(run(rotate, WEBHOOK_ID=made["Id"]))
    assert rotated["Secret"] not in ("", made["Secret"])


def test_the_mail_that_comes_back_in_the_documentation_is_undelivered(
    run: Any, until: Until, ses: httpx.Client
) -> None:
    answer = json.loads(run(of("4. Let something go wrong")))

    assert answer["Status"] == "sent"
    assert until(answer["MessageId"], "undelivered")["ErrorMessage"].startswith("Bounced: ")


def test_the_program_with_servicestacks_client_is_built(run: Any, tmp_path: Path) -> None:
    """Against declarations of what it names: the library itself is not here, so it does not run."""
    example = of(WITH_SERVICESTACK)
    beside = [CLIENTS / "csharp" / name for name in BESIDE_SERVICESTACK]
    for source in beside:
        shutil.copy(source, tmp_path)
    fetch, build = example.commands.splitlines()
    build = re.sub(r" -r:ServiceStack\S+", "", build)

    run(example._replace(commands=f"{fetch}\n{build} {' '.join(BESIDE_SERVICESTACK)}\n"))

    assert (tmp_path / "WithServiceStack.exe").exists()


def test_the_batch_of_the_documentation_sends_each_of_its_mails(
    run: Any, until: Until, sent: Sent
) -> None:
    answers = json.loads(run(of("Sending many")))

    assert [answer["Receiver"] for answer in answers] == [ADA, BOB]
    assert [answer["Status"] for answer in answers] == ["queued", "queued"]
    for answer in answers:
        until(answer["MessageId"])
    assert {str(mail["To"]) for mail in sent()} == {ADA, BOB}


def test_the_image_of_the_documentation_is_shown_in_the_html(
    run: Any, arrived: Callable[[], EmailMessage]
) -> None:
    run(of("Images in the HTML"))

    mail = arrived()
    html, image = mail.iter_parts()
    assert mail.get_content_type() == "multipart/related"
    assert "cid:logo.png" in html.get_content()
    assert (image["Content-ID"], image.get_content_disposition()) == ("<logo.png>", "inline")


def test_a_mail_with_an_idempotency_key_goes_out_once(run: Any, sent: Sent) -> None:
    first, second = (json.loads(run(of("Sending once"))) for _ in range(2))

    assert first["MessageId"] == second["MessageId"]
    assert len(sent()) == 1


@pytest.mark.parametrize("program", ["C#", "C# of .NET Framework"])
def test_a_program_in_csharp_throws_what_a_refused_mail_is_refused_for(
    run: Any, program: str
) -> None:
    example = of(program)
    wrong = {name: text.replace(ADA, "ada") for name, text in example.files.items()}

    with pytest.raises(AssertionError, match="entry 1 has no '@'"):
        run(example._replace(files=wrong))


PROGRAMS = [each for each in SENDING if each.files]


@pytest.mark.parametrize("example", PROGRAMS, ids=name_of)
def test_a_program_of_the_documentation_says_why_the_gateway_has_refused_its_mail(
    run: Any, tmp_path: Path, example: Example
) -> None:
    """API Gateway's own answers are not those that the clients are made for."""
    with pytest.raises(AssertionError, match=r"x-api-key|403"):
        run(example, MAIL_KEY="nobody-has-this-key")

    (tmp_path / "invoice.pdf").write_bytes(PDF * 700_000)
    with pytest.raises(AssertionError, match=r"413|Request Too Long"):
        run(example)


@pytest.mark.parametrize(
    "headers", [{}, {"x-api-key": "x" * 20}, {"Authorization": "Bearer {key}"}, {"key": "{key}"}]
)
@pytest.mark.parametrize("path", ["/Mail/Send", "/Nope"])
def test_without_its_key_in_its_header_a_request_is_told_where_the_key_goes(
    stack: Stack, headers: dict[str, str], path: str
) -> None:
    headers = {name: value.replace("{key}", stack.api_key) for name, value in headers.items()}
    rows = table(DOCS / "api.md", header="| you send | HTTP |")
    (told,) = (says for _, _, code, says in rows if code == "`INVALID_API_KEY`")

    reply = httpx.post(f"{stack.url}{path}", headers=headers, json={"To": ADA}, timeout=40)

    answer = reply.json()
    assert (reply.status_code, answer["ResponseStatus"]["Message"]) == (403, told)
    assert (answer["Status"], answer["ErrorMessage"], answer["Retry"]) == ("failed", told, False)


# ---- README.md


def test_the_first_requests_of_the_readme_are_answered_as_it_shows(
    stack: Stack, tmp_path: Path, until: Until, ses: httpx.Client
) -> None:
    shell = README.partition("\n```\n$ ")[2].partition("\n```\n")[0]
    send, status, find = (part.partition("\n{") for part in shell.split("\n\n$ "))

    def typed(command: str) -> str:
        here = command.replace("https://mail.example.com", stack.url)
        return here.replace("x-api-key: ...", f"x-api-key: {stack.api_key}")

    answer = programs.run(typed(send[0]).replace("curl", "curl -sS"), tmp_path, {})
    id_ = json.loads(answer)["MessageId"]
    until(id_)
    asked = typed(status[0]).replace(EXAMPLE_ID, id_).replace("curl", "curl -sS")

    assert answer.replace(id_, EXAMPLE_ID) == "{" + send[2].strip()
    assert '"Status":"delivered"' in programs.run(asked, tmp_path, {})
    assert '"Status":"delivered"' in status[2]
    asked = typed(find[0]).replace("curl", "curl -sS")
    assert programs.run(asked, tmp_path, {}).startswith("{" + find[2].partition("[")[0])


def test_the_first_mail_after_a_deployment_is_sent_as_the_readme_says(
    stack: Stack, tmp_path: Path, arrived: Callable[[], EmailMessage]
) -> None:
    step = text_below(DOCS / "run-it.md", "### 3. Send the first mail")
    (command,) = (line for line in typed_in(step) if line.startswith("curl "))
    variables = {"API_URL": f"{stack.url}/Mail/Send", "KEY": stack.api_key}

    answer = json.loads(programs.run(command, tmp_path, variables))

    assert answer["Status"] == "sent"
    assert arrived()["Subject"] == "Hello"
