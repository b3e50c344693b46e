"""What stands around a text without being part of it: white space and invisible characters."""

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""All that Unicode calls white space (property White_Space), line breaks among them."""
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\xad"
"""Zero-width spaces and joiners, the byte order mark and the soft hyphen.

They come with what people paste from web pages, and at the start of files. Nobody sees them.
"""
_MARGIN = SPACES + INVISIBLE


def trimmed(text: str) -> str:
    r"""Return `text` without white space and invisible characters at its ends (contract.md B5 M).

    Those within it stay: families of emoji are held together by zero-width joiners.

    >>> trimmed("\ufeff  Your invoice\r\n")
    'Your invoice'
    """
    return text.strip(_MARGIN)


def unquoted(name: str) -> str:
    r"""Return a name, trimmed, without the quotes around the whole of it.

    Programs that write mails themselves put them there. Quotes within a name stay.

    >>> unquoted("'Müller, Jürgen'"), unquoted("Praxis 'Am See'")
    ('Müller, Jürgen', "Praxis 'Am See'")
    """
    name = trimmed(name)
    while len(name) > 1 and name[0] in "\"'" and name.find(name[0], 1) == len(name) - 1:
        name = trimmed(name[1:-1])
    return name
