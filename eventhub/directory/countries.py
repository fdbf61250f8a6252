"""Countries by their code of ISO 3166-1 and by their English name, and the names of time zones."""

import re
from functools import cache
from zoneinfo import available_timezones

from babel import Locale

from eventhub.directory.folding import fold

#: Codes that Babel knows and ISO 3166-1 does not give to a country.
_NO_COUNTRIES = frozenset(("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"))

#: Common English names that differ from those of the Unicode CLDR.
_OTHER_NAMES = {
    "Bolivia, Plurinational State of": "BO",
    "Brunei Darussalam": "BN",
    "Burma": "MM",
    "Cabo Verde": "CV",
    "Cape Verde": "CV",
    "Czech Republic": "CZ",
    "Democratic Republic of the Congo": "CD",
    "DR Congo": "CD",
    "DRC": "CD",
    "Holy See": "VA",
    "Hong Kong": "HK",
    "Iran, Islamic Republic of": "IR",
    "Islamic Republic of Iran": "IR",
    "Ivory Coast": "CI",
    "Macao": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Myanmar": "MM",
    "Palestine": "PS",
    "People's Republic of China": "CN",
    "Republic of Korea": "KR",
    "Republic of the Congo": "CG",
    "Russian Federation": "RU",
    "Swaziland": "SZ",
    "Syrian Arab Republic": "SY",
    "Turkey": "TR",
    "UAE": "AE",
    "UK": "GB",
    "United Republic of Tanzania": "TZ",
    "United States of America": "US",
    "US": "US",
    "USA": "US",
    "Vatican": "VA",
    "Viet Nam": "VN",
}

#: Names that say too little: a state of the United States is called like a
#: country, and there are two countries of the Congo.
_AMBIGUOUS = frozenset(("congo", "georgia"))


@cache
def country_codes() -> frozenset[str]:
    """The two-letter codes of ISO 3166-1."""
    known = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in known if code.isalpha() and len(code) == 2) - _NO_COUNTRIES


@cache
def _by_name() -> dict[str, str]:
    territories = Locale("en").territories
    names = {_bare(territories[code]): code for code in country_codes()}
    names |= {_bare(name): code for name, code in _OTHER_NAMES.items()}
    return {name: code for name, code in names.items() if name not in _AMBIGUOUS}


def _bare(name: str) -> str:
    """A folded name as all its spellings share it: “U.S.A.” is “usa”, “Saint Kitts and Nevis” is “st kitts nevis”."""
    words = ["st" if word == "saint" else word for word in fold(name).split() if word not in ("and", "the")]
    return re.sub(r"\b([a-z]) (?=[a-z]\b)", r"\1", " ".join(words))


def country_named(name: str) -> str:
    """The code of a country by its English name; empty when none, or not only one place, has that name."""
    return _by_name().get(_bare(name), "")


@cache
def time_zones() -> frozenset[str]:
    """Names of all IANA time zones; looking them up once takes 20 ms."""
    return frozenset(available_timezones())
