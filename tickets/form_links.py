"""Links to the form that are filled in already: made on the desk, and signed by us.

They save somebody typing and prove nothing: whoever has one may be anybody, may change what stands in
the form, and gets nothing to see that a stranger would not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext as _

from tickets.exceptions import LinkTooLong

SALT = "tickets.form_links"
HOLDS = timedelta(days=90)
LONGEST = 4000


def form_link(values: Mapping[str, str]) -> str:
    """The whole address of the form with these fields filled in, by their names there. Raises
    LinkTooLong for more than an address holds."""
    filled = {name: value for name, value in values.items() if value}
    signed = signing.dumps(filled, salt=SALT, compress=True)
    if len(signed) > LONGEST:
        raise LinkTooLong(_("This is more than a link can hold. Fill in less."))
    return f"{settings.BASE_URL}{reverse('portal:inquiry_new')}?{urlencode({'prefill': signed})}"


def read_form_link(signed: str) -> dict[str, str] | None:
    """What such a link fills in; None: it is not ours, or too old."""
    try:
        filled = signing.loads(signed[:LONGEST], salt=SALT, max_age=HOLDS)
    except (signing.BadSignature, ValueError):
        return None
    return {str(name): str(value) for name, value in filled.items()}
