"""A wrong setting stops the start with one sentence that names it."""

import stat
from fractions import Fraction
from pathlib import Path

import pytest

from eventhub import settings as module
from eventhub.settings import Settings, WrongSetting, current_settings

KEY = "k" * 40


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An empty folder and no settings but a key."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("EVENTHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("EVENTHUB_SECRET_KEY", KEY)
    return monkeypatch


def fresh() -> Settings:
    """Read the settings again, leaving those of the tests as they are."""
    return module.current_settings.__wrapped__()


WEB = "must be a web address without a path, such as https://events.example.org."
SMTP = "must look like smtp://host:port or smtps://user:password@host."
IMAP = "must look like imaps://user:password@host."
SENDER = "must be an address such as “EventHub <events@example.org>”."
SHARE = "must be a number between 0 and 0.5, such as 0.4."
DATABASE = "must look like sqlite:///path or postgresql://user:pass@host:port/name."
LANGUAGES = "must name some of en, es, fr, parted by commas."
ORIGINS = "must name origins such as https://www.example.org, parted by commas."
ROLES = "must name some of speaker, panellist, keynote, moderator, parted by commas."
ZONE = "must be an IANA time zone, such as Europe/Madrid."


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        *(("BASE_URL", value, WEB) for value in (
            "", "events.example.org", "ftp://x.org", "https://", "https://x.org/path", "https://x.org?x=1", "https://x.org#x",
            "https://user:pass@x.org", "https://[", "https://x.org:port", "https://x.org:99999", "https://x .org",
        )),
        *(("SMTP_URL", value, SMTP) for value in ("mail.example.org", "http://x", "smtp://", "smtp://x:y", "smtp://x:99999", "smtp://[")),
        *(("IMAP_URL", value, IMAP) for value in ("mail.example.org", "smtp://x", "imaps://", "imap://x:99999")),
        *(("MAIL_FROM", value, SENDER) for value in ("", "nobody", "a b c", "EventHub <>", "x@", "@x")),
        *(("PARITY_MINIMUM_SHARE", value, SHARE) for value in ("", "0.51", "1", "-0.1", "many", "1/0", "nan", "inf")),
        *(("PARITY_ROLES", value, ROLES) for value in ("", ",", "chair", "speaker,chair", "speaker,speaker", "speaker;keynote")),
        *(("DATABASE_URL", value, DATABASE) for value in ("", "mysql://x/y", "eventhub.sqlite", "sqlite:///", "sqlite://x")),
        *(("LANGUAGES", value, LANGUAGES) for value in ("", ",", "de", "en,de", "en,en", "en;es")),
        *(("EMBED_ORIGINS", value, ORIGINS) for value in (
            "www.example.org", "http://x.org", "https://", "https://x.org/", "https://x.org/path", "https://*.x.org", "*",
            "https://x.org:99999", "https://x.org:0", "https://x.org; script-src *", "https://x.org https://y.org", "https://ñ.org",
            "https://a:b@x.org", "https://x.org,https://x.org", "'self'", "https://x.org,https://y.org?z",
        )),
        *(("TIME_ZONE", value, ZONE) for value in ("", "Mars/Olympus", "CEST", "../etc")),
        *(("REPLY_TO", value, SENDER) for value in ("nobody", "x@", "a b c")),
        *(("DKIM_KEY_FILE", value, "must name a file with a private key.") for value in ("/nothing/here.pem", "/tmp")),
        *(("DKIM_SELECTOR", value, "must be a name as the DNS takes it, such as eventhub.") for value in ("", "a b", ".x", "x" * 70)),
        ("DECLINE_GRACE_MINUTES", "-1", "input should be greater than or equal to 0."),
        ("PLUS_ADDRESSES", "maybe", "input should be 'on' or 'off'."),
        ("RATE_LIMITS", "maybe", "input should be 'on' or 'off'."),
        ("DEVELOPMENT", "perhaps", "input should be a valid boolean, unable to interpret input."),
        ("SECRET_KEY", "short", "must have 32 characters or more."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence(surroundings: pytest.MonkeyPatch, name: str, value: str, sentence: str) -> None:
    surroundings.setenv(f"EVENTHUB_{name}", value)
    with pytest.raises(WrongSetting) as wrong:
        fresh()
    assert str(wrong.value) == f"EVENTHUB_{name} {sentence}"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"RATE_LIMITS": "off", "BASE_URL": "https://events.example.org"},
            "EVENTHUB_RATE_LIMITS may be off only when EVENTHUB_BASE_URL is a loopback address.",
        ),
        (
            {"SECRET_KEY": "", "DATABASE_URL": "postgresql://u:p@h/n"},
            "EVENTHUB_SECRET_KEY is required when the database is not the embedded one.",
        ),
        (
            {"SECRET_KEY": "", "DATABASE_URL": "sqlite:////proc/nothing/x.sqlite"},
            "EVENTHUB_DATABASE_URL names a folder that cannot be used (No such file or directory): /proc/nothing.",
        ),
    ],
)
def test_values_that_do_not_go_together(
    surroundings: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    for name, value in values.items():
        surroundings.setenv(f"EVENTHUB_{name}", value)
    with pytest.raises(WrongSetting) as wrong:
        fresh()
    assert str(wrong.value) == sentence


def test_a_key_that_is_damaged_is_not_used(surroundings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    surroundings.delenv("EVENTHUB_SECRET_KEY")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret-key").write_text("short")
    with pytest.raises(WrongSetting) as wrong:
        fresh()
    assert str(wrong.value) == "EVENTHUB_SECRET_KEY is damaged in var/secret-key."


def test_without_settings_everything_has_a_default(surroundings: pytest.MonkeyPatch) -> None:
    found = fresh()
    assert (found.base_url, found.sqlite_path) == ("http://127.0.0.1:8000", Path("var/eventhub.sqlite"))
    assert (found.parity_minimum_share, found.language_codes) == (Fraction(2, 5), ("en", "es", "fr"))
    assert found.counted_roles == {"speaker", "panellist", "keynote"}
    assert (found.sender, found.is_https) == (("EventHub", "eventhub@localhost"), False)


def test_values_that_are_right_are_taken(surroundings: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("BASE_URL", "https://events.example.org:8443/"), ("SMTP_URL", "smtps://u:p%40@[::1]:465?starttls=required"),
        ("IMAP_URL", "imaps://u:p@mail.example.org"), ("PARITY_MINIMUM_SHARE", "1/3"), ("PARITY_ROLES", "keynote, moderator"), ("LANGUAGES", "fr, en"),
        ("DATABASE_URL", "postgresql://u:p@h:5432/n"), ("TIME_ZONE", "America/Mexico_City"), ("DEVELOPMENT", "true"),
        ("MAIL_FROM", "Métropoles <a@example.org>"),
    ):  # fmt: skip
        surroundings.setenv(f"EVENTHUB_{name}", value)
    found = fresh()
    assert (found.base_url, found.is_https) == ("https://events.example.org:8443", True)
    assert (found.parity_minimum_share, found.language_codes) == (Fraction(1, 3), ("fr", "en"))
    assert found.counted_roles == {"keynote", "moderator"}


def test_the_environment_goes_before_the_file(surroundings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EVENTHUB_TIME_ZONE=Asia/Tokyo\nEVENTHUB_LANGUAGES=fr\nOTHER=x\n")
    surroundings.setenv("EVENTHUB_LANGUAGES", "es")
    assert (fresh().time_zone, fresh().languages) == ("Asia/Tokyo", "es")


def test_a_key_is_made_once_and_only_its_owner_reads_it(surroundings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    surroundings.delenv("EVENTHUB_SECRET_KEY")
    first, second = fresh(), fresh()
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 64
    kept = tmp_path / "var" / "secret-key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret-key"]


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_the_settings_of_a_process_are_read_once() -> None:
    assert current_settings() is current_settings()


def test_web_sites_that_may_frame_the_calendar_are_read_one_by_one(surroundings: pytest.MonkeyPatch) -> None:
    assert fresh().embedding_sites == ()
    surroundings.setenv("EVENTHUB_EMBED_ORIGINS", " https://www.Example.org , https://x.org:8443,")
    assert fresh().embedding_sites == ("https://www.example.org", "https://x.org:8443")
