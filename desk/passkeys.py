"""Where passkeys work: browsers keep them for names of machines, over HTTPS or on this machine."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest


def can_be_kept(request: HttpRequest) -> bool:
    """Whether a browser keeps passkeys for the address by which it calls us."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost"
    return False
