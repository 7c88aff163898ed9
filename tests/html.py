"""Reading pages as a browser would: forms and what they would send, elements, visible words."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = dict[str, str]
VOID = {"input", "br", "hr", "img", "meta", "link", "source", "wbr", "col", "area", "base"}


@dataclass
class Form:
    """A form with what it would send if nothing were changed; a button adds its own name."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Attributes] = field(default_factory=list)

    def sent_with(self, name: str, value: str) -> dict[str, str]:
        """The fields when the button of this name and value is pressed; fails without it."""
        assert any(b.get("name") == name and b.get("value") == value for b in self.buttons)
        return {**self.fields, name: value}


class Page(HTMLParser):
    """Every element with its attributes, every form, and the text people see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, Attributes]] = []
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._textarea = ""
        self._select = ""
        self._hidden_in = ""
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def form(self, action_end: str) -> Form:
        """The form whose address ends so; fails unless there is one."""
        [found] = [form for form in self.forms if form.action.endswith(action_end)]
        return found

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag in {"script", "style"}:
            self._hidden_in = tag
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_control(tag, attributes, self._form)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden_in:
            self._hidden_in = ""
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._textarea = ""
        if tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            # A browser drops the first line break of a textarea.
            known = self._form.fields[self._textarea]
            self._form.fields[self._textarea] = known + (data if known else data.removeprefix("\n"))
        if not self._hidden_in:
            self.words.append(data)

    def _read_control(self, tag: str, attributes: Attributes, form: Form) -> None:
        name = attributes.get("name", "")
        if tag == "button" or attributes.get("type") == "submit":
            form.buttons.append(attributes)
        elif tag == "textarea" and name:
            self._textarea = name
            form.fields[name] = ""
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in attributes or self._select not in form.fields:
                form.fields[self._select] = attributes.get("value", "")
        elif tag == "input" and name:
            self._read_input(name, attributes, form)

    def _read_input(self, name: str, attributes: Attributes, form: Form) -> None:
        is_choice = attributes.get("type") in {"radio", "checkbox"}
        if attributes.get("type") == "file" or (is_choice and "checked" not in attributes):
            return
        form.fields[name] = attributes.get("value", "on" if is_choice else "")
