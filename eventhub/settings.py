"""Every setting, one sentence each, read once from the environment or `.env`."""

import contextlib
import re
import secrets
from email.headerregistry import Address
from email.utils import parseaddr
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from eventhub.events.rules import is_zone
from eventhub.speakers.rules import SpeakerRole

KNOWN_LANGUAGES = ("en", "es", "fr")
#: Nothing that a Content-Security-Policy would read as its own: no wildcard, no space, no semicolon.
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


class WrongSetting(Exception):
    """A setting that stops the start; the text names it in one sentence."""


class Settings(BaseSettings):
    """What an operator may set; names in the environment bear the prefix EVENTHUB_."""

    model_config = SettingsConfigDict(env_prefix="EVENTHUB_", env_file=".env", extra="ignore")

    database_url: str = Field(
        default="sqlite:///var/eventhub.sqlite",
        description="Where the data is kept: sqlite:///path or postgresql://user:pass@host:port/name.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The address that links in letters use.",
    )
    secret_key: str = Field(
        default="",
        description="Signs sessions and links; made once and kept under var/ with the embedded "
        "database, required otherwise, 32 characters or more.",
    )
    smtp_url: str = Field(
        default="",
        description="The mail relay: smtp://user:pass@host:port, smtps://…, ?starttls=required; "
        "empty keeps letters in the outbox, where staff can read them.",
    )
    mail_from: str = Field(
        default="EventHub <eventhub@localhost>",
        description="The sender of letters and the organiser in calendars.",
    )
    imap_url: str = Field(
        default="",
        description="The mailbox that collects calendar replies and bounces: imaps://user:password@host/folder; "
        "empty: replies are not read.",
    )
    plus_addresses: Literal["on", "off"] = Field(
        default="on",
        description="Whether the mail system of the sender takes events+anything@… as events@…; off: answers of "
        "calendars are told apart by their sender alone.",
    )
    reply_to: str = Field(
        default="",
        description="Where the words of people go who answer a letter, such as a help desk; empty: to the sender.",
    )
    authserv_id: str = Field(
        default="",
        description="The name under which the mail server of the mailbox writes Authentication-Results (RFC 8601); "
        "empty: what they say is not looked at.",
    )
    decline_grace_minutes: int = Field(
        default=30,
        ge=0,
        le=10080,
        description="Minutes until a seat is given back that somebody's calendar declined; they may undo it till then.",
    )
    dkim_key_file: str = Field(
        default="",
        description="A private key (PEM, RSA) with which letters are signed (DKIM, RFC 6376); empty: the relay does it.",
    )
    dkim_selector: str = Field(
        default="eventhub",
        description="The selector under which the public key stands in the DNS of the sender's domain.",
    )
    call_grace_minutes: int = Field(
        default=10,
        ge=0,
        le=1440,
        description="Minutes after the closing time of a call in which what was begun may still be sent.",
    )
    letters_per_minute_and_domain: int = Field(
        default=1200,
        ge=0,
        description="The most letters that go to addresses of one domain in a minute; 0: no limit.",
    )
    parity_minimum_share: Fraction = Field(
        default=Fraction(2, 5),
        description="The smallest share of a panel that women and men must each hold, 0 to 0.5.",
    )
    parity_roles: str = Field(
        default="speaker,panellist,keynote",
        description="The roles that the parity check counts: some of speaker, panellist, keynote and moderator, "
        "parted by commas.",
    )
    allied_partners: str = Field(
        default="",
        description="Keys of the partner federation and the joint taskforce, parted by commas; their events of others "
        "are counted apart in the annual figures.",
    )
    languages: str = Field(
        default="en,es,fr",
        description="Languages of pages and letters, the first being the fallback.",
    )
    rate_limits: Literal["on", "off"] = Field(
        default="on",
        description="off is for load tests on loopback only; any other base address refuses it.",
    )
    time_zone: str = Field(
        default="Europe/Madrid",
        description="The zone of the head office: the first choice for a new event.",
    )
    embed_origins: str = Field(
        default="",
        description="Web sites that may frame /embed/calendar: origins such as https://www.example.org, "
        "parted by commas; empty: none.",
    )
    development: bool = Field(
        default=False,
        description="Shows /styleguide, where every component of the pages can be seen.",
    )

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgres://")) or value in (
            "sqlite:///",
            "sqlite:////",
        ):
            raise ValueError("must look like sqlite:///path or postgresql://user:pass@host:port/name")
        return value

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = _address(value, "http", "https")
        if parts is None or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
            raise ValueError("must be a web address without a path, such as https://events.example.org")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_relay(cls, value: str) -> str:
        if value and _address(value, "smtp", "smtps") is None:
            raise ValueError("must look like smtp://host:port or smtps://user:password@host")
        asked = parse_qs(urlsplit(value).query, keep_blank_values=True)
        if value and asked not in ({}, {"starttls": ["required"]}, {"starttls": ["never"]}):
            raise ValueError("may end in ?starttls=required or ?starttls=never, and in nothing else")
        return value

    @field_validator("imap_url")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        if value and _address(value, "imap", "imaps") is None:
            raise ValueError("must look like imaps://user:password@host")
        return value

    @field_validator("reply_to")
    @classmethod
    def _help_desk(cls, value: str) -> str:
        return cls._sender(value) if value else value

    @field_validator("dkim_key_file")
    @classmethod
    def _key_file(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError("must name a file with a private key")
        return value

    @field_validator("dkim_selector")
    @classmethod
    def _selector(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", value):
            raise ValueError("must be a name as the DNS takes it, such as eventhub")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        name, address = parseaddr(value)
        try:
            Address(display_name=name, addr_spec=address)
        except Exception as error:
            raise ValueError("must be an address such as “EventHub <events@example.org>”") from error
        if "@" not in address:
            raise ValueError("must be an address such as “EventHub <events@example.org>”")
        return value

    @field_validator("parity_minimum_share", mode="before")
    @classmethod
    def _share(cls, value: object) -> Fraction:
        try:
            share = Fraction(str(value))
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError("must be a number between 0 and 0.5, such as 0.4") from error
        if not 0 <= share <= Fraction(1, 2):
            raise ValueError("must be a number between 0 and 0.5, such as 0.4")
        return share

    @field_validator("parity_roles")
    @classmethod
    def _roles(cls, value: str) -> str:
        roles = [role.strip() for role in value.split(",") if role.strip()]
        if not roles or len(set(roles)) != len(roles) or not set(roles) <= set(SpeakerRole):
            raise ValueError(f"must name some of {', '.join(SpeakerRole)}, parted by commas")
        return ",".join(roles)

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: str) -> str:
        codes = [code.strip() for code in value.split(",") if code.strip()]
        unknown = [code for code in codes if code not in KNOWN_LANGUAGES]
        if not codes or unknown or len(set(codes)) != len(codes):
            raise ValueError(f"must name some of {', '.join(KNOWN_LANGUAGES)}, parted by commas")
        return ",".join(codes)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if not is_zone(value):
            raise ValueError("must be an IANA time zone, such as Europe/Madrid")
        return value

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        origins = [part.strip().lower() for part in value.split(",") if part.strip()]
        if len(set(origins)) != len(origins) or any(
            not _ORIGIN.fullmatch(origin) or _address(origin, "https") is None for origin in origins
        ):
            raise ValueError("must name origins such as https://www.example.org, parted by commas")
        return ",".join(origins)

    @model_validator(mode="after")
    def _together(self) -> "Settings":
        host = urlsplit(self.base_url).hostname
        if self.rate_limits == "off" and host not in LOOPBACK_HOSTS:
            raise ValueError("EVENTHUB_RATE_LIMITS may be off only when EVENTHUB_BASE_URL is a loopback address")
        if self.secret_key and len(self.secret_key) < 32:
            raise ValueError("EVENTHUB_SECRET_KEY must have 32 characters or more")
        if not self.secret_key:
            if not self.database_url.startswith("sqlite:///"):
                raise ValueError("EVENTHUB_SECRET_KEY is required when the database is not the embedded one")
            try:
                self.secret_key = _kept_secret(self.sqlite_path.parent)
            except OSError as error:
                raise ValueError(
                    f"EVENTHUB_DATABASE_URL names a folder that cannot be used ({error.strerror}): {self.sqlite_path.parent}"
                ) from error
            if len(self.secret_key) < 32:
                raise ValueError(f"EVENTHUB_SECRET_KEY is damaged in {self.sqlite_path.parent / 'secret-key'}")
        return self

    @property
    def sqlite_path(self) -> Path:
        """The file of the embedded database."""
        return Path(self.database_url.removeprefix("sqlite:///"))

    @property
    def language_codes(self) -> tuple[str, ...]:
        """Codes of the languages in use, the fallback first."""
        return tuple(self.languages.split(","))

    @property
    def counted_roles(self) -> frozenset[SpeakerRole]:
        """The roles that the parity check counts."""
        return frozenset(SpeakerRole(role) for role in self.parity_roles.split(","))

    @property
    def allied_partner_keys(self) -> tuple[str, ...]:
        """Keys of the partner federation and the joint taskforce."""
        return tuple(filter(None, (key.strip() for key in self.allied_partners.split(","))))

    @property
    def embedding_sites(self) -> tuple[str, ...]:
        """Origins of the web sites that may frame the calendar."""
        return tuple(filter(None, self.embed_origins.split(",")))

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS; cookies are then bound to it."""
        return self.base_url.startswith("https://")

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address of the sender of letters."""
        return parseaddr(self.mail_from)


def _address(value: str, *schemes: str) -> SplitResult | None:
    """The parts of an address with one of these schemes, a host and, perhaps, a port; else None."""
    try:
        parts = urlsplit(value)
        known = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if known and all(ord(c) > 32 for c in value) else None


def _kept_secret(folder: Path) -> str:
    """The key of an embedded installation: made once, readable by its owner only."""
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(new)
        new.unlink()
    return path.read_text().strip()


@cache
def current_settings() -> Settings:
    """
    The settings of this process.

    Raises:
        WrongSetting: one of them cannot be used; the text names it.

    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"EVENTHUB_{str(first['loc'][0]).upper()} " if first["loc"] else ""
        said = str(first["msg"]).removeprefix("Value error, ")
        raise WrongSetting(f"{name}{said[:1].lower() if name else said[:1]}{said[1:]}.") from error
