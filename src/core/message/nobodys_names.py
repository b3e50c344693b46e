"""Parts of addresses before the '@' that name nobody: offices, and words of everyday mail.

Where such a word stands alone in what a host says, it is most probably the host's own. Without it
`mailbox full` would say nothing about `mailbox@...`, and to hide it protects nobody.
"""

_ROLES = """
abuse accounting accounts admin administrator billing booking careers contact customer desk
director events feedback finance ftp help helpdesk hostmaster hr info information invoice
invoices jobs kontakt legal list list-request listserv mailer mailer-daemon marketing media
moderator news newsletter no-reply nobody noc noreply office order orders postmaster press
privacy purchasing reception registration reply reservations root sales secretary security
service services shop spam staff subscribe support team tech test unsubscribe usenet uucp verify
web webmaster www
"""
"""Role mailboxes (RFC 2142), and others that belong to an office and not to a person."""
_HOSTS_WORDS = """
access account action address alias available bad block blocked bounce bounces box canonical
check client closed code command company connection content data database delivery denied
detected disabled disk does domain down email error exceeded exist exists expired external
failed failure filter for found from full gateway group here host hosting house http https id
inactive inbox index internal invalid ip known learn line local log login mail mailbox mailboxes
mails main manager member message messages more name network new none not number of on out over
page permanent please policy post problem protection public queue quota read recipient
recipients refused reject rejected relay remote report reputation request reset response return
route router rule rules said see send sender server session site smtp source space state status
stop store suspended system table temporary that the this time timeout to try unavailable
unknown update url user username users valid virtual visit was welcome with your
adresse benutzer boite compte correo cuenta empfaenger empresa postfach usuario utilisateur
"""
"""Words with which hosts say what is wrong, in English and a few in other languages."""
_NAMES = frozenset(f"{_ROLES} {_HOSTS_WORDS}".split())

_MOST_LETTERS = 2
"""So short a name is a word of many languages."""
_MOST_DIGITS = 5
"""Numbers of up to so many digits are reply codes, ports, years and the like. Longer ones may be
somebody's telephone."""


def names_nobody(local_part: str) -> bool:
    """Tell whether a local part is no personal data where it stands without its domain."""
    is_number = local_part.isdigit() and len(local_part) <= _MOST_DIGITS
    return is_number or len(local_part) <= _MOST_LETTERS or local_part.lower() in _NAMES
