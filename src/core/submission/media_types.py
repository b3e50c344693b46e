"""Which media type a file name's extension stands for, and which extension a media type has.

The table is ours: it has what offices, hospitals and their programs attach. Names are IANA's where
there is one (https://www.iana.org/assignments/media-types), else those that mail programs know.
Python's own table (`mimetypes`, without the machine's files) answers for the others.
"""

import mimetypes
from collections.abc import Mapping
from functools import cache

UNKNOWN = "application/octet-stream"
"""The media type of bytes of which nothing is known (RFC 2046 §4.5.1)."""

_TABLE = """
application/dicom dcm dicom
application/EDI-X12 x12
application/EDIFACT edi edifact
application/epub+zip epub
application/fhir+json fhir
application/geo+json geojson
application/gpx+xml gpx
application/gzip gz tgz
application/hl7-v2 hl7
application/java-archive jar
application/json json
application/mbox mbox
application/ms-tnef tnef
application/msword doc dot
application/oxps oxps
application/pdf pdf
application/pgp-encrypted pgp gpg
application/pgp-signature asc sig
application/pkcs10 p10 csr
application/pkcs12 p12 pfx
application/pkcs7-mime p7m p7c
application/pkcs7-signature p7s
application/postscript ps eps ai
application/rtf rtf
application/sql sql
application/timestamp-query tsq
application/timestamp-reply tsr
application/timestamped-data tsd
application/vnd.android.package-archive apk
application/vnd.apache.parquet parquet
application/vnd.apple.numbers numbers
application/vnd.apple.pages pages
application/vnd.apple.pkpass pkpass
application/vnd.apple.pkpasses pkpasses
application/vnd.etsi.asic-e+zip asice sce
application/vnd.etsi.asic-s+zip asics scs
application/vnd.google-earth.kml+xml kml
application/vnd.google-earth.kmz kmz
application/vnd.ms-excel xls xlt
application/vnd.ms-excel.addin.macroEnabled.12 xlam
application/vnd.ms-excel.sheet.binary.macroEnabled.12 xlsb
application/vnd.ms-excel.sheet.macroEnabled.12 xlsm
application/vnd.ms-excel.template.macroEnabled.12 xltm
application/vnd.ms-outlook msg oft
application/vnd.ms-powerpoint ppt pps pot
application/vnd.ms-powerpoint.presentation.macroEnabled.12 pptm
application/vnd.ms-powerpoint.slideshow.macroEnabled.12 ppsm
application/vnd.ms-powerpoint.template.macroEnabled.12 potm
application/vnd.ms-project mpp
application/vnd.ms-visio.drawing vsdx
application/vnd.ms-word.document.macroEnabled.12 docm
application/vnd.ms-word.template.macroEnabled.12 dotm
application/vnd.ms-xpsdocument xps
application/vnd.oasis.opendocument.base odb
application/vnd.oasis.opendocument.chart odc
application/vnd.oasis.opendocument.formula odf
application/vnd.oasis.opendocument.graphics odg
application/vnd.oasis.opendocument.graphics-template otg
application/vnd.oasis.opendocument.image odi
application/vnd.oasis.opendocument.presentation odp
application/vnd.oasis.opendocument.presentation-template otp
application/vnd.oasis.opendocument.spreadsheet ods
application/vnd.oasis.opendocument.spreadsheet-template ots
application/vnd.oasis.opendocument.text odt
application/vnd.oasis.opendocument.text-master odm
application/vnd.oasis.opendocument.text-template ott
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/vnd.openxmlformats-officedocument.presentationml.slideshow ppsx
application/vnd.openxmlformats-officedocument.presentationml.template potx
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.openxmlformats-officedocument.spreadsheetml.template xltx
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.openxmlformats-officedocument.wordprocessingml.template dotx
application/vnd.rar rar
application/vnd.sqlite3 sqlite sqlite3
application/vnd.visio vsd
application/x-7z-compressed 7z
application/x-apple-diskimage dmg
application/x-bzip2 bz2 tbz2
application/x-compress z
application/x-iso9660-image iso
application/x-mspublisher pub
application/x-pem-file pem
application/x-pkcs7-certificates p7b spc
application/x-subrip srt
application/x-tar tar
application/x-xz xz txz
application/xhtml+xml xhtml
application/xml xml xsd rng cda xrechnung
application/xslt+xml xslt xsl
application/yaml yaml yml
application/zip zip
application/zstd zst
audio/aac aac
audio/aiff aiff aif
audio/AMR amr
audio/flac flac
audio/midi mid midi
audio/mp4 m4a m4b
audio/mpeg mp3
audio/ogg ogg oga opus
audio/wav wav
audio/x-ms-wma wma
font/otf otf
font/ttf ttf
font/woff woff
font/woff2 woff2
image/apng apng
image/avif avif
image/bmp bmp dib
image/emf emf
image/gif gif
image/heic heic heics
image/heif heif heifs
image/jp2 jp2
image/jpeg jpg jpeg jpe jfif pjpeg pjp
image/jxl jxl
image/png png
image/svg+xml svg
image/tiff tif tiff
image/vnd.adobe.photoshop psd
image/vnd.djvu djvu djv
image/vnd.dwg dwg
image/vnd.dxf dxf
image/vnd.microsoft.icon ico
image/webp webp
image/wmf wmf
message/rfc822 eml nws
model/3mf 3mf
model/iges igs iges
model/step step stp
model/stl stl
multipart/related mht mhtml
text/calendar ics ical ifb icalendar
text/css css
text/csv csv
text/html html htm
text/markdown md markdown
text/plain txt text log ini cfg conf xdt ldt bdt gdt
text/tab-separated-values tsv tab
text/vcard vcf vcard
text/vtt vtt
text/x-vcalendar vcs
video/3gpp 3gp
video/matroska mkv
video/mp4 mp4 m4v
video/mpeg mpg mpeg
video/quicktime mov qt
video/webm webm
video/x-ms-wmv wmv
video/x-msvideo avi
"""
"""A media type, its usual extension, and others that files of the type have, too.

The formats of German doctors' software (xDT) are lines of text, and have no type of their own.
"""

_OTHER_NAMES = """
3gp video/3gp audio/3gpp
7z application/7z application/x-7z application/x-7zip-compressed
aac audio/x-aac audio/aacp
aif audio/x-aiff
asc application/pgp application/pgp-keys application/x-pgp-signature
avi video/avi video/msvideo
bmp image/x-bmp image/x-ms-bmp image/x-windows-bmp
bz2 application/bzip2 application/x-bzip
csv application/csv application/x-csv text/x-csv text/comma-separated-values
csv text/x-comma-separated-values
dcm image/dicom application/x-dicom
doc application/doc application/word application/x-msword application/winword application/vnd.msword
docx application/docx application/vnd.ms-word
dwg application/acad application/dwg application/x-acad application/x-autocad application/x-dwg
dwg image/x-dwg drawing/dwg application/autocad_dwg
dxf application/dxf application/x-dxf image/x-dxf drawing/x-dxf
edi application/edi application/x-edi application/edi-consent
eml message/global application/eml application/x-eml
gz application/x-gzip application/gzip-compressed application/x-tgz
hl7 application/hl7 application/hl7v2 application/edi-hl7 x-application/hl7-v2+er7
html text/htm
ico image/ico image/icon image/x-ico image/x-icon
ics text/ics text/x-ical text/x-icalendar text/x-calendar application/ics application/ical
ics application/x-ical application/calendar
jp2 image/jpx image/jpeg2000
jpg image/jpg image/pjpeg image/jpe image/jfif image/x-jpeg image/x-jpg
json text/json text/x-json application/x-json
key application/vnd.apple.keynote application/x-iwork-keynote-sffkey
m4a audio/m4a audio/x-m4a audio/x-mp4
m4v video/x-m4v
md text/x-markdown
mht application/x-mimearchive message/rfc2557
mid audio/x-midi audio/mid
mkv video/x-matroska
mp3 audio/mp3 audio/x-mp3 audio/mpeg3 audio/x-mpeg-3 audio/x-mpeg audio/mpg
mp4 application/mp4
msg application/msg application/x-msg application/msoutlook application/outlook
msg application/vnd.outlook
ogg application/ogg audio/opus audio/vorbis
p12 application/x-pkcs12
p7b application/pkcs7-certificates
p7m application/x-pkcs7-mime
p7s application/x-pkcs7-signature
pdf application/x-pdf application/acrobat application/vnd.pdf application/x-bzpdf application/pdfa
pdf text/pdf text/x-pdf
pem application/pem-certificate-chain application/pem
png image/x-png image/vnd.mozilla.apng
ppt application/mspowerpoint application/powerpoint application/x-mspowerpoint
pptx application/pptx
rar application/rar application/x-rar application/x-rar-compressed
rtf text/rtf application/x-rtf text/richtext
svg image/svg image/svg-xml
tar application/tar application/x-gtar
tif image/tif image/x-tif image/x-tiff
tsv text/tsv
txt application/txt application/text text/text text/ascii text/x-log
vcf text/x-vcard text/directory application/vcard text/vcf
wav audio/x-wav audio/wave audio/vnd.wave audio/x-pn-wav
xls application/excel application/msexcel application/xls application/x-excel application/x-msexcel
xls application/x-ms-excel application/x-xls application/x-dos_ms_excel
xlsx application/xlsx
xml text/xml application/x-xml
yaml text/yaml text/x-yaml application/x-yaml text/vnd.yaml
zip application/x-zip application/x-zip-compressed application/zip-compressed multipart/x-zip
"""
"""An extension, and other names that programs have for the media type of its files.

Of Keynote there is this way only: a file `.key` is more often a key.
"""

_SUFFIXES = {"xml": "xml", "json": "json", "zip": "zip", "gzip": "gz", "yaml": "yaml"}
"""What a type ends with after a `+` says what it is written in (RFC 6839, RFC 9512)."""


@cache
def _types_by_extension() -> Mapping[str, str]:
    lines = (line.split() for line in _TABLE.strip().split("\n"))
    return {extension: kind for kind, *extensions in lines for extension in extensions}


@cache
def _extensions_by_type() -> Mapping[str, str]:
    usual = (line.split()[:2] for line in _TABLE.strip().split("\n"))
    others = (line.split() for line in _OTHER_NAMES.strip().split("\n"))
    names = [(kind, extension) for extension, *kinds in others for kind in kinds]
    return dict(names) | {kind.lower(): extension for kind, extension in usual}


@cache
def _pythons() -> mimetypes.MimeTypes:
    # Python's own tables, not those of the machine: every machine guesses the same.
    return mimetypes.MimeTypes()


def type_of(extension: str) -> str:
    """Return the media type of files with this extension (`pdf`, in any case); else `UNKNOWN`."""
    extension = extension.lower()
    if kind := _types_by_extension().get(extension):
        return kind
    registered, others = (_pythons().types_map[is_strict] for is_strict in (True, False))
    return registered.get(f".{extension}") or others.get(f".{extension}") or UNKNOWN


def extension_of(kind: str) -> str:
    """Return the usual extension of a media type (lower case, without parameters); "" for none.

    Of a type that nobody knows its first or its last word may still tell: `text/x-protocol` can be
    read as text, and `application/vnd.example+xml` is XML.
    """
    if extension := _extensions_by_type().get(kind):
        return extension
    if extension := _pythons().guess_extension(kind, strict=False):
        return extension[1:]
    if extension := _SUFFIXES.get(kind.rpartition("+")[2]):
        return extension
    return "txt" if kind.startswith("text/") else ""
