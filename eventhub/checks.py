"""What `eventhub check` finds wrong, in whole sentences."""

from dataclasses import replace
from urllib.parse import urlsplit

from eventhub.database import close_pool, is_sqlite, sql, start_pool
from eventhub.mail.smtp import Connection, RelayUnavailable, relay_from_url
from eventhub.migrations import pending
from eventhub.settings import LOOPBACK_HOSTS, current_settings

#: How long the relay may take for one answer.
_MAIL_SECONDS = 5.0

#: Each query gives a number; anything above zero is a fault.
INTEGRITY = (
    (
        "SELECT COUNT(*) AS n FROM seat_pool p WHERE taken <> "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status = 'confirmed')",
        "{n} events count other seats as taken than people hold.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool p WHERE waiting <> "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status = 'waitlisted')",
        "{n} events count other people as waiting than wait.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool WHERE capacity IS NOT NULL AND taken > capacity",
        "{n} events have more people than seats.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool WHERE is_open AND waiting > 0 AND capacity IS NOT NULL AND taken < capacity",
        "{n} events have people waiting beside free seats.",
    ),
    (
        "SELECT COUNT(*) AS n FROM event e WHERE e.capacity IS NOT NULL AND EXISTS "
        "(SELECT 1 FROM seat_pool p WHERE p.event = e.id AND (p.capacity IS NULL OR p.capacity <> e.capacity))",
        "{n} events state another capacity than their seats have.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r WHERE r.status IN ('confirmed', 'waitlisted') AND NOT EXISTS "
        "(SELECT 1 FROM letter l WHERE l.person = r.person AND l.event = r.event)",
        "{n} registrations have no letter.",
    ),
    (
        "SELECT COUNT(*) AS n FROM attendance a JOIN registration r ON r.id = a.registration WHERE r.status <> 'confirmed'",
        "{n} people are marked as present without a seat.",
    ),
    (
        "SELECT COUNT(*) AS n FROM head_count h WHERE EXISTS (SELECT 1 FROM attendance a JOIN registration r "
        "ON r.id = a.registration WHERE r.event = h.event)",
        "{n} events have both a head count and an attendance list.",
    ),
)


async def findings() -> list[str]:
    """Everything that is wrong, or nothing."""
    found = [*_about_settings(), *await _about_mail()]
    try:
        await start_pool()
    except Exception as error:
        return [*found, f"The database cannot be reached: {error}."]
    try:
        missing = await pending()
        if missing:
            found.append(f"{len(missing)} migrations are missing; run `eventhub migrate`.")
            return found
        found.extend(await integrity())
        failed = await sql("SELECT COUNT(*) AS n FROM letter WHERE status = 'failed'")
        if failed[0]["n"]:
            found.append(f"{failed[0]['n']} letters could not be delivered; see the outbox.")
        if is_sqlite():
            damage = (await sql("SELECT integrity_check AS said FROM pragma_integrity_check(1)"))[0]["said"]
            if damage != "ok":
                found.append(f"The database file is damaged: {damage}.")
    except Exception as error:
        found.append(f"The database cannot be read: {error}.")
    finally:
        await close_pool()
    return found


async def integrity() -> list[str]:
    """Promises about seats and people that the data breaks."""
    found = []
    for query, sentence in INTEGRITY:
        n = int((await sql(query))[0]["n"])
        if n:
            found.append(sentence.format(n=n))
    return found


def _about_settings() -> list[str]:
    settings = current_settings()
    found = []
    if settings.smtp_url and settings.sender[1].endswith("@localhost"):
        found.append("EVENTHUB_MAIL_FROM names localhost, so replies and bounces go nowhere.")
    host = urlsplit(settings.base_url).hostname
    if not settings.is_https and host not in LOOPBACK_HOSTS:
        found.append("EVENTHUB_BASE_URL is not https, so sign-in links and cookies travel in the clear.")
    if settings.development and host not in LOOPBACK_HOSTS:
        found.append("EVENTHUB_DEVELOPMENT is on although people reach EventHub from elsewhere.")
    return found


async def _about_mail() -> list[str]:
    """Whether the relay can be reached and lets us in; nothing is sent."""
    url = current_settings().smtp_url
    if not url:
        return []
    connection = Connection(replace(relay_from_url(url), timeout=_MAIL_SECONDS))
    try:
        await connection.open()
    except RelayUnavailable as error:
        return [f"The mail relay of EVENTHUB_SMTP_URL cannot be used: {error}."]
    await connection.close()
    return []
