"""Domains where everybody may have an address."""

from __future__ import annotations

# That two people write from there says nothing of whom they work for.
SHARED_DOMAINS = {
    *("gmail.com", "googlemail.com", "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp"),
    *("live.com", "live.jp", "msn.com", "yahoo.com", "yahoo.co.jp", "icloud.com", "me.com"),
    *("mac.com", "aol.com", "gmx.com", "gmx.de", "web.de", "mail.ru", "qq.com", "163.com"),
    *("proton.me", "protonmail.com", "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp"),
    *("i.softbank.jp", "nifty.com", "ocn.ne.jp", "so-net.ne.jp", "biglobe.ne.jp"),
}
