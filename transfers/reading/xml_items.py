"""Structures out of large XML files, one in memory at a time; no entity of a stranger is followed."""

from __future__ import annotations

from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from transfers.reading.lines import Rows
from transfers.records import Fault

DEEPEST = 50


def xml_items(file: IO[bytes], name: str) -> Rows:
    """What stands right below the first element, with the names as JSON would have them."""
    depth = number = 0
    root: Element | None = None
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                root = element if root is None else root
                depth += 1
                if depth > DEEPEST:
                    break
                continue
            depth -= 1
            if depth == 1 and root is not None:
                number += 1
                found = _structure(element)
                yield f"{name}#{number}", found if isinstance(found, dict) else {}
                root.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError, OSError):
        depth = DEEPEST
    if depth:
        place = f"{name}#{number + 1}"
        yield place, Fault(place=place, message=_("This is no XML that can be read."))


def _structure(element: Element) -> Any:
    """A list where it says so, or where one name comes again; text where nothing is inside."""
    if not len(element):
        return [] if element.get("type") == "array" else (element.text or "")
    names = [_name(each) for each in element]
    if element.get("type") == "array" or len(set(names)) < len(names):
        return [_structure(each) for each in element]
    return {_name(each): _structure(each) for each in element}


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].replace("-", "_").lower()
