"""What in a PDF can act by itself or carries something else, taken out wherever it is referred to.

Every dictionary of the file is looked at, not only the places where a well-made file has its
actions: what refers to an action loses that reference, and the action itself is emptied besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream, String

from documents.checking.verdict import Unacceptable

# By the /S of an action; the code of each is what people are told.
ACTIONS = {
    "/JavaScript": "javascript",
    "/Launch": "actions",
    "/GoToR": "actions",  # another file, on the reader's machine or beyond
    "/GoToE": "actions",
    "/SubmitForm": "actions",
    "/ImportData": "actions",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/GoTo3DView": "media",
    "/RichMediaExecute": "media",
}
# By the /Subtype of an annotation.
ANNOTATIONS = {
    "/FileAttachment": "attachments",
    "/RichMedia": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
    "/3D": "media",
}
# Where a tap on a link may lead.
WEB = ("http://", "https://", "mailto:", "tel:")
# Of the catalogue and of /Names. Signatures are no longer true of a file that is written anew.
CATALOGUE = {
    "/URI": "links",
    "/SpiderInfo": "metadata",
    "/Perms": "signature",
    "/DSS": "signature",
    "/Requirements": "actions",
}
NAMES = {
    "/AlternatePresentations": "actions",
    "/JavaScript": "javascript",
    "/EmbeddedFiles": "attachments",
    "/Renditions": "media",
    "/URLS": "links",
}
# Anywhere; what belongs to the page's resources may have any name, and is told by its value.
ANYWHERE = {
    "/AA": "actions",
    "/AF": "attachments",
    "/EF": "attachments",
    "/RF": "attachments",
    "/JS": "javascript",  # whatever the action calls itself, if it does at all
    "/XFA": "xfa",
    "/PieceInfo": "metadata",
    "/Metadata": "metadata",
    "/PA": "links",
}
# Of a stream: that its bytes, or the page it draws, lie in another file.
ELSEWHERE = ("/F", "/FFilter", "/FDecodeParms", "/Ref", "/OPI")


def strip(pdf: Pdf) -> set[str]:
    """Take everything that acts out of the file. Returns the codes of what there was.

    Raises:
        Unacceptable: nothing that could be read would be left ("xfa", "portfolio").
    """
    removed = _catalogue(pdf.Root)
    for each in pdf.objects:
        removed |= _walk(each)
    removed |= _walk(pdf.trailer)
    return removed


def _catalogue(root: Object) -> set[str]:
    removed = set[str]()
    if "/Collection" in root:
        raise Unacceptable("portfolio")
    form = root.get("/AcroForm")
    if isinstance(form, Dictionary):
        removed |= _form(root, form)
    opens = root.get("/OpenAction")
    # To open a file at a certain page does no harm.
    if isinstance(opens, Dictionary) and opens.get("/S") != Name.GoTo:
        removed.add(ACTIONS.get(_text(opens.get("/S")), "actions"))
        del root["/OpenAction"]
    removed |= _take(root, CATALOGUE)
    names = root.get("/Names")
    if isinstance(names, Dictionary):
        removed |= _take(names, NAMES)
    return removed


def _form(root: Object, form: Object) -> set[str]:
    removed = set[str]()
    if "/XFA" in form:
        # The pages of such a file are made by a program in it; what is in the file says "please
        # wait".
        if root.get("/NeedsRendering"):
            raise Unacceptable("xfa")
        del form["/XFA"]
        removed.add("xfa")
    if form.get("/SigFlags"):
        del form["/SigFlags"]
        removed.add("signature")
    return removed


def _take(holder: Object, codes: dict[str, str]) -> set[str]:
    there = [key for key in codes if key in holder]
    for key in there:
        del holder[key]
    return {codes[key] for key in there}


def _walk(top: Object) -> set[str]:
    """One object of the file and what is written inside it; what it refers to has its own turn."""
    removed = set[str]()
    waiting: list[Any] = [top]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Array):
            removed |= _array(each, waiting.append)
        elif isinstance(each, (Dictionary, Stream)):
            removed |= _dictionary(each, waiting.append)
    return removed


def _array(array: Object, later: Callable[[Any], None]) -> set[str]:
    codes = [_code(value) for value in array]
    if any(codes):
        for at in range(len(codes) - 1, -1, -1):
            if codes[at]:
                _empty(array[at])
                del array[at]
    for value in array:
        if _is_inside(value):
            later(value)
    return set(filter(None, codes))


def _dictionary(holder: Object, later: Callable[[Any], None]) -> set[str]:
    removed = set[str]()
    for key, value in list(holder.items()):
        codes = _codes(key, value)
        if codes:
            removed |= codes
            _empty(value)
            del holder[key]
        elif _is_inside(value):
            later(value)
    if isinstance(holder, Stream):
        for key in ELSEWHERE:
            if key in holder:
                del holder[key]
                removed.add("links")
    return removed


def _codes(key: str, value: Any) -> set[str]:
    """Why an entry of a dictionary is taken out; empty: it stays."""
    if code := _code(value):
        return {code}
    if key not in ANYWHERE or _is_a_resource(value):
        return set()
    inside = value.values() if key == "/AA" and isinstance(value, Dictionary) else ()
    return {code for each in inside if (code := _code(each))} or {ANYWHERE[key]}


def _code(value: Any) -> str:
    """Why a value is taken out of what refers to it; empty: it stays."""
    if isinstance(value, Stream):
        if value.get("/Subtype") == Name.PS:  # a program, for printers
            return "actions"
        return "attachments" if value.get("/Type") == Name.EmbeddedFile else ""
    if not isinstance(value, Dictionary):
        return ""
    kind = _text(value.get("/S"))
    if kind in ACTIONS:
        return ACTIONS[kind]
    if kind == "/Thread" and "/F" in value:  # an article in another file
        return "actions"
    if "/ByteRange" in value:
        return "signature"
    if kind == "/URI" and not _leads_to_the_web(value.get("/URI")):
        return "links"
    return ANNOTATIONS.get(_text(value.get("/Subtype")), "")


def _leads_to_the_web(address: Any) -> bool:
    return isinstance(address, String) and str(address).strip().lower().startswith(WEB)


def _is_inside(value: Any) -> bool:
    return isinstance(value, (Array, Dictionary)) and not value.is_indirect


def _is_a_resource(value: Any) -> bool:
    """A font or a drawing that somebody called as we call an action."""
    if isinstance(value, Stream):
        return _text(value.get("/Subtype")) in ("/Image", "/Form")
    return isinstance(value, Dictionary) and _text(value.get("/Type")) == "/Font"


def _empty(value: Any) -> None:
    """Whoever else refers to it finds nothing."""
    if isinstance(value, Dictionary):
        for key in list(value.keys()):
            del value[key]
    elif isinstance(value, Stream):
        value.write(b"")


def _text(name: Any) -> str:
    """Readers that are not strict take a string for a name."""
    if isinstance(name, String):
        return f"/{name}"
    return str(name) if isinstance(name, Name) else ""
