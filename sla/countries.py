"""Countries and regions whose public holidays we know, by the names people look for."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches

import holidays
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sla.notation import NotationError

OFTEN_CHOSEN = ("JP", "US", "GB", "DE", "FR", "AU", "CA", "CN", "KR", "SG", "TW")
Choices = list[tuple[str, str]]

COUNTRIES: dict[str, str | Promise] = {
    "AD": _("Andorra"),
    "AE": _("United Arab Emirates"),
    "AF": _("Afghanistan"),
    "AG": _("Antigua and Barbuda"),
    "AI": _("Anguilla"),
    "AL": _("Albania"),
    "AM": _("Armenia"),
    "AO": _("Angola"),
    "AQ": _("Antarctica"),
    "AR": _("Argentina"),
    "AS": _("American Samoa"),
    "AT": _("Austria"),
    "AU": _("Australia"),
    "AW": _("Aruba"),
    "AX": _("Åland Islands"),
    "AZ": _("Azerbaijan"),
    "BA": _("Bosnia and Herzegovina"),
    "BB": _("Barbados"),
    "BD": _("Bangladesh"),
    "BE": _("Belgium"),
    "BF": _("Burkina Faso"),
    "BG": _("Bulgaria"),
    "BH": _("Bahrain"),
    "BI": _("Burundi"),
    "BJ": _("Benin"),
    "BL": _("Saint Barthélemy"),
    "BM": _("Bermuda"),
    "BN": _("Brunei"),
    "BO": _("Bolivia"),
    "BQ": _("Caribbean Netherlands"),
    "BR": _("Brazil"),
    "BS": _("Bahamas"),
    "BT": _("Bhutan"),
    "BV": _("Bouvet Island"),
    "BW": _("Botswana"),
    "BY": _("Belarus"),
    "BZ": _("Belize"),
    "CA": _("Canada"),
    "CC": _("Cocos (Keeling) Islands"),
    "CD": _("Congo (Democratic Republic)"),
    "CF": _("Central African Republic"),
    "CG": _("Congo (Republic)"),
    "CH": _("Switzerland"),
    "CI": _("Côte d’Ivoire"),
    "CK": _("Cook Islands"),
    "CL": _("Chile"),
    "CM": _("Cameroon"),
    "CN": _("China"),
    "CO": _("Colombia"),
    "CR": _("Costa Rica"),
    "CU": _("Cuba"),
    "CV": _("Cabo Verde"),
    "CW": _("Curaçao"),
    "CX": _("Christmas Island"),
    "CY": _("Cyprus"),
    "CZ": _("Czechia"),
    "DE": _("Germany"),
    "DJ": _("Djibouti"),
    "DK": _("Denmark"),
    "DM": _("Dominica"),
    "DO": _("Dominican Republic"),
    "DZ": _("Algeria"),
    "EC": _("Ecuador"),
    "EE": _("Estonia"),
    "EG": _("Egypt"),
    "EH": _("Western Sahara"),
    "ER": _("Eritrea"),
    "ES": _("Spain"),
    "ET": _("Ethiopia"),
    "FI": _("Finland"),
    "FJ": _("Fiji"),
    "FK": _("Falkland Islands"),
    "FM": _("Micronesia"),
    "FO": _("Faroe Islands"),
    "FR": _("France"),
    "GA": _("Gabon"),
    "GB": _("United Kingdom"),
    "GD": _("Grenada"),
    "GE": _("Georgia"),
    "GF": _("French Guiana"),
    "GG": _("Guernsey"),
    "GH": _("Ghana"),
    "GI": _("Gibraltar"),
    "GL": _("Greenland"),
    "GM": _("Gambia"),
    "GN": _("Guinea"),
    "GP": _("Guadeloupe"),
    "GQ": _("Equatorial Guinea"),
    "GR": _("Greece"),
    "GS": _("South Georgia and the South Sandwich Islands"),
    "GT": _("Guatemala"),
    "GU": _("Guam"),
    "GW": _("Guinea-Bissau"),
    "GY": _("Guyana"),
    "HK": _("Hong Kong"),
    "HM": _("Heard and McDonald Islands"),
    "HN": _("Honduras"),
    "HR": _("Croatia"),
    "HT": _("Haiti"),
    "HU": _("Hungary"),
    "ID": _("Indonesia"),
    "IE": _("Ireland"),
    "IL": _("Israel"),
    "IM": _("Isle of Man"),
    "IN": _("India"),
    "IO": _("British Indian Ocean Territory"),
    "IQ": _("Iraq"),
    "IR": _("Iran"),
    "IS": _("Iceland"),
    "IT": _("Italy"),
    "JE": _("Jersey"),
    "JM": _("Jamaica"),
    "JO": _("Jordan"),
    "JP": _("Japan"),
    "KE": _("Kenya"),
    "KG": _("Kyrgyzstan"),
    "KH": _("Cambodia"),
    "KI": _("Kiribati"),
    "KM": _("Comoros"),
    "KN": _("Saint Kitts and Nevis"),
    "KP": _("North Korea"),
    "KR": _("South Korea"),
    "KW": _("Kuwait"),
    "KY": _("Cayman Islands"),
    "KZ": _("Kazakhstan"),
    "LA": _("Laos"),
    "LB": _("Lebanon"),
    "LC": _("Saint Lucia"),
    "LI": _("Liechtenstein"),
    "LK": _("Sri Lanka"),
    "LR": _("Liberia"),
    "LS": _("Lesotho"),
    "LT": _("Lithuania"),
    "LU": _("Luxembourg"),
    "LV": _("Latvia"),
    "LY": _("Libya"),
    "MA": _("Morocco"),
    "MC": _("Monaco"),
    "MD": _("Moldova"),
    "ME": _("Montenegro"),
    "MF": _("Saint Martin"),
    "MG": _("Madagascar"),
    "MH": _("Marshall Islands"),
    "MK": _("North Macedonia"),
    "ML": _("Mali"),
    "MM": _("Myanmar"),
    "MN": _("Mongolia"),
    "MO": _("Macao"),
    "MP": _("Northern Mariana Islands"),
    "MQ": _("Martinique"),
    "MR": _("Mauritania"),
    "MS": _("Montserrat"),
    "MT": _("Malta"),
    "MU": _("Mauritius"),
    "MV": _("Maldives"),
    "MW": _("Malawi"),
    "MX": _("Mexico"),
    "MY": _("Malaysia"),
    "MZ": _("Mozambique"),
    "NA": _("Namibia"),
    "NC": _("New Caledonia"),
    "NE": _("Niger"),
    "NF": _("Norfolk Island"),
    "NG": _("Nigeria"),
    "NI": _("Nicaragua"),
    "NL": _("Netherlands"),
    "NO": _("Norway"),
    "NP": _("Nepal"),
    "NR": _("Nauru"),
    "NU": _("Niue"),
    "NZ": _("New Zealand"),
    "OM": _("Oman"),
    "PA": _("Panama"),
    "PE": _("Peru"),
    "PF": _("French Polynesia"),
    "PG": _("Papua New Guinea"),
    "PH": _("Philippines"),
    "PK": _("Pakistan"),
    "PL": _("Poland"),
    "PM": _("Saint Pierre and Miquelon"),
    "PN": _("Pitcairn Islands"),
    "PR": _("Puerto Rico"),
    "PS": _("Palestine"),
    "PT": _("Portugal"),
    "PW": _("Palau"),
    "PY": _("Paraguay"),
    "QA": _("Qatar"),
    "RE": _("Réunion"),
    "RO": _("Romania"),
    "RS": _("Serbia"),
    "RU": _("Russia"),
    "RW": _("Rwanda"),
    "SA": _("Saudi Arabia"),
    "SB": _("Solomon Islands"),
    "SC": _("Seychelles"),
    "SD": _("Sudan"),
    "SE": _("Sweden"),
    "SG": _("Singapore"),
    "SH": _("Saint Helena, Ascension and Tristan da Cunha"),
    "SI": _("Slovenia"),
    "SJ": _("Svalbard and Jan Mayen"),
    "SK": _("Slovakia"),
    "SL": _("Sierra Leone"),
    "SM": _("San Marino"),
    "SN": _("Senegal"),
    "SO": _("Somalia"),
    "SR": _("Suriname"),
    "SS": _("South Sudan"),
    "ST": _("São Tomé and Príncipe"),
    "SV": _("El Salvador"),
    "SX": _("Sint Maarten"),
    "SY": _("Syria"),
    "SZ": _("Eswatini"),
    "TC": _("Turks and Caicos Islands"),
    "TD": _("Chad"),
    "TF": _("French Southern Territories"),
    "TG": _("Togo"),
    "TH": _("Thailand"),
    "TJ": _("Tajikistan"),
    "TK": _("Tokelau"),
    "TL": _("Timor-Leste"),
    "TM": _("Turkmenistan"),
    "TN": _("Tunisia"),
    "TO": _("Tonga"),
    "TR": _("Türkiye"),
    "TT": _("Trinidad and Tobago"),
    "TV": _("Tuvalu"),
    "TW": _("Taiwan"),
    "TZ": _("Tanzania"),
    "UA": _("Ukraine"),
    "UG": _("Uganda"),
    "UM": _("US Outlying Islands"),
    "US": _("United States"),
    "UY": _("Uruguay"),
    "UZ": _("Uzbekistan"),
    "VA": _("Vatican City"),
    "VC": _("Saint Vincent and the Grenadines"),
    "VE": _("Venezuela"),
    "VG": _("British Virgin Islands"),
    "VI": _("US Virgin Islands"),
    "VN": _("Vietnam"),
    "VU": _("Vanuatu"),
    "WF": _("Wallis and Futuna"),
    "WS": _("Samoa"),
    "XK": _("Kosovo"),
    "YE": _("Yemen"),
    "YT": _("Mayotte"),
    "ZA": _("South Africa"),
    "ZM": _("Zambia"),
    "ZW": _("Zimbabwe"),
}


def country_choices() -> list[tuple[str | Promise, Choices]]:
    """The countries by name in the reader's language, the ones often chosen first."""
    others = set(COUNTRIES) - set(OFTEN_CHOSEN)
    return [
        (_("Often chosen"), [(code, country_name(code)) for code in OFTEN_CHOSEN]),
        (
            _("All other countries"),
            sorted(
                ((code, country_name(code)) for code in others), key=lambda each: _plain(each[1])
            ),
        ),
    ]


def country_name(code: str) -> str:
    return str(COUNTRIES.get(code, code))


def country_code(stored: str) -> str:
    """The two letters of our list, also for a calendar that stores three (JPN)."""
    if not stored or stored in COUNTRIES:
        return stored
    return str(holidays.country_holidays(stored).country)


def place_name(country: str, region: str | None) -> str:
    """Japan, or Germany (Bayern)."""
    name = country_name(country_code(country))
    if not region:
        return name
    return gettext("%(country)s (%(region)s)") % {
        "country": name,
        "region": region_name(country, region),
    }


def region_name(country: str, code: str) -> str:
    """What the people there call the region; its code when we know no more."""
    return next((name for name, known in _aliases(country).items() if known == code), code)


def read_region(country: str, text: str) -> str | None:
    """The code of a region from its name or code; None for the whole country.

    Raises NotationError for a region we know no holidays of.
    """
    wanted = _plain(text)
    if not wanted:
        return None
    aliases = _aliases(country)
    known = {_plain(name): code for name, code in aliases.items()}
    for code in holidays.country_holidays(country).subdivisions:
        known |= {_plain(code): code, _plain(f"{country}-{code}"): code}
    if wanted not in known:
        raise NotationError(_not_known(country, text, names=list(aliases) or list(known)))
    return known[wanted]


def _not_known(country: str, text: str, *, names: list[str]) -> str:
    if not names:
        return gettext(
            "%(country)s has no regions with holidays of their own. Leave this empty."
        ) % {"country": country_name(country)}
    examples = get_close_matches(text, names, n=4, cutoff=0.4) or names[:4]
    return gettext(
        "“%(text)s” is no region we know (%(country)s). Write its name or code, such as"
        " %(examples)s."
    ) % {"text": text, "country": country_name(country), "examples": ", ".join(examples)}


def _aliases(country: str) -> dict[str, str]:
    """Codes of regions by the names they go by."""
    aliases: dict[str, str] = holidays.country_holidays(country).subdivisions_aliases
    return aliases


def _plain(name: str) -> str:
    """Without accents, width and case: what people may leave out, and what sorting ignores."""
    letters = unicodedata.normalize("NFKD", name.strip())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
