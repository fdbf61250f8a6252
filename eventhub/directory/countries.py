"""Countries by their code of ISO 3166-1 and by their English name, and the names of time zones."""

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
    "Cape Verde": "CV",
    "Congo": "CG",
    "Czech Republic": "CZ",
    "Democratic Republic of the Congo": "CD",
    "DR Congo": "CD",
    "Hong Kong": "HK",
    "Iran, Islamic Republic of": "IR",
    "Islamic Republic of Iran": "IR",
    "Ivory Coast": "CI",
    "Macao": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Palestine": "PS",
    "People's Republic of China": "CN",
    "Republic of Korea": "KR",
    "Russian Federation": "RU",
    "Swaziland": "SZ",
    "Syrian Arab Republic": "SY",
    "The Gambia": "GM",
    "The Netherlands": "NL",
    "The Philippines": "PH",
    "Turkey": "TR",
    "UAE": "AE",
    "UK": "GB",
    "United Republic of Tanzania": "TZ",
    "United States of America": "US",
    "USA": "US",
    "Viet Nam": "VN",
}


@cache
def country_codes() -> frozenset[str]:
    """The two-letter codes of ISO 3166-1."""
    known = [str(code) for code in Locale("en").territories]
    return frozenset(code for code in known if code.isalpha() and len(code) == 2) - _NO_COUNTRIES


@cache
def _by_name() -> dict[str, str]:
    territories = Locale("en").territories
    names = {fold(territories[code]): code for code in country_codes()}
    return names | {fold(name): code for name, code in _OTHER_NAMES.items()}


def country_named(name: str) -> str:
    """The code of a country by its English name; empty when no country has that name."""
    return _by_name().get(fold(name), "")


@cache
def time_zones() -> frozenset[str]:
    """Names of all IANA time zones; looking them up once takes 20 ms."""
    return frozenset(available_timezones())
