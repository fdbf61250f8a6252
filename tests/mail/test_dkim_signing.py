import subprocess

import dkim
import pytest

from eventhub import checks
from eventhub.mail import postman
from eventhub.mail.dkim_signing import SIGNED_HEADERS, Signer, read_signer
from eventhub.mail.postman import Postman
from eventhub.settings import WrongSetting
from tests.mail.test_postman import a_letter, relay  # noqa: F401
from tests.make import NOW


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """A private key in a file, and what the DNS says of it."""
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "1024"], check=True, capture_output=True)
    public = subprocess.run(
        ["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    import base64

    return path, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


async def test_a_signed_letter_is_verified_as_it_arrives_and_not_when_a_header_was_changed(database, relay, keys):  # noqa: F811
    path, record = keys
    signer = read_signer(str(path), selector="eventhub", domain="example.org")
    await a_letter()

    assert await Postman(relay.relay(), signer=signer).drain(NOW) == 1

    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record

    octets = relay.got[0][1]
    assert dkim.verify(octets, dnsfunc=dns)
    assert asked == [b"eventhub._domainkey.example.org."]
    signature = octets.partition(b"\r\nFrom:")[0].lower()
    assert all(name.lower().encode() in signature for name in SIGNED_HEADERS)
    assert not dkim.verify(octets.replace(b"Subject: ", b"Subject: x"), dnsfunc=dns)
    assert not dkim.verify(octets.replace(b"\r\n\r\n", b"\r\nList-Unsubscribe: <https://evil>\r\n\r\n", 1), dnsfunc=dns)


def test_a_key_that_cannot_sign_is_told_of(tmp_path, keys):
    for name, content in (("none", None), ("empty", b""), ("text", b"no key"), ("cut", keys[0].read_bytes()[:200])):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(WrongSetting, match="EVENTHUB_DKIM_KEY_FILE"):
            read_signer(str(path), selector="eventhub", domain="example.org")


def test_both_forms_of_pem_are_read(tmp_path, keys):
    modern = tmp_path / "modern.pem"
    subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", keys[0], "-out", modern], check=True)

    assert isinstance(read_signer(str(modern), selector="eventhub", domain="example.org"), Signer)


def test_the_check_says_which_key_or_sender_does_not_do(monkeypatch):
    def broken() -> None:
        raise WrongSetting("EVENTHUB_DKIM_KEY_FILE holds no private RSA key in PEM form.")

    monkeypatch.setattr(checks, "signer_from_settings", broken)
    monkeypatch.setattr(checks, "plus_addresses_fit", lambda: False)

    assert checks._about_settings() == [
        "EVENTHUB_MAIL_FROM is too long for plus addresses, so bounces and answers of calendars cannot be told apart.",
        "EVENTHUB_DKIM_KEY_FILE holds no private RSA key in PEM form.",
    ]


async def test_a_postman_whose_key_is_broken_leaves_letters_where_they_are(monkeypatch, caplog):
    def broken() -> None:
        raise WrongSetting("EVENTHUB_DKIM_KEY_FILE holds no private RSA key in PEM form.")

    monkeypatch.setattr(postman, "postman_from_settings", broken)
    await postman.background()

    assert "letters stay in the outbox: EVENTHUB_DKIM_KEY_FILE" in caplog.text
