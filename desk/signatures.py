"""Signatures as forms ask for them."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.signatures import MOST, objection


class SignatureField(forms.CharField):
    """A few lines of plain text. What stands in {{ }} must mean something."""

    def __init__(self, **more: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 5})
        super().__init__(required=False, max_length=MOST, widget=widget, **more)

    def clean(self, value: Any) -> str:
        """Raises ValidationError."""
        text = str(super().clean(value))
        if wrong := objection(text):
            raise forms.ValidationError(wrong)
        return text
