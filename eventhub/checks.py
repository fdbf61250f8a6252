"""What `eventhub check` finds wrong, in whole sentences."""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from eventhub.database import close_pool, is_sqlite, sql, start_pool, utc_now
from eventhub.mail.addresses import plus_addresses_fit
from eventhub.mail.dkim_signing import signer_from_settings
from eventhub.mail.smtp import Connection, RelayUnavailable, relay_from_url
from eventhub.migrations import pending
from eventhub.privacy.rules import ERASED_KEY
from eventhub.settings import LOOPBACK_HOSTS, WrongSetting, current_settings

#: How long the relay may take for one answer.
_MAIL_SECONDS = 5.0

#: What a registration is told by; each change of it has one of these.
_LETTERS = (
    "('registration_confirmed', 'registration_waitlisted', 'registration_promoted', 'registration_cancelled', "
    "'registration_pending', 'registration_offered', 'registration_lapsed', 'registration_replaced')"
)
_STANDS = "('pending', 'confirmed', 'offered', 'waitlisted')"
#: Whoever was forgotten has no letters any more.
_KNOWN = f"r.person NOT IN (SELECT id FROM person WHERE outside_key LIKE '{ERASED_KEY}%')"
#: Nobody is called late, overtaken or left waiting for less than this: clocks of several machines differ.
_GRACE = timedelta(minutes=10)

#: Each query gives a number; anything above zero is a fault. Those with a place for a value get an instant a while ago.
INTEGRITY = (
    (
        "SELECT COUNT(*) AS n FROM seat_pool p WHERE taken <> "
        "(SELECT COUNT(*) FROM registration r WHERE r.pool = p.id AND r.status IN ('confirmed', 'offered'))",
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
        "SELECT COUNT(*) AS n FROM seat_pool p JOIN event e ON e.id = p.event WHERE e.status = 'published' "
        "AND p.waiting > 0 AND (p.capacity IS NULL OR p.taken < p.capacity) "
        "AND COALESCE(e.ends_at, e.starts_at) > {}",
        "{n} events have people waiting beside free seats.",
    ),
    (
        "SELECT COUNT(*) AS n FROM event e WHERE e.capacity IS NOT NULL AND EXISTS (SELECT 1 FROM seat_pool p "
        "WHERE p.event = e.id AND p.position = 0 AND (p.capacity IS NULL OR p.capacity <> e.capacity))",
        "{n} events state another capacity than their seats have.",
    ),
    (
        "SELECT COUNT(*) AS n FROM event e WHERE NOT EXISTS "
        "(SELECT 1 FROM seat_pool p WHERE p.event = e.id AND p.position = 0)",
        "{n} events have no seats of their own.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool p JOIN event e ON e.id = p.event "
        "WHERE p.is_open AND (e.status <> 'published' OR e.registration_mode <> 'open')",
        "{n} kinds of seats are open to newcomers although their event is not.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool p WHERE (p.region IS NOT NULL OR p.member IS NOT NULL) AND p.waiting > 0",
        "{n} reserved kinds of seats have a queue.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool WHERE (region IS NOT NULL OR member IS NOT NULL) AND capacity IS NULL",
        "{n} reserved kinds of seats have no limit.",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool WHERE returned_at IS NULL AND returns_at < {}",
        "{n} kinds of reserved seats were not given back in time; is `eventhub postman` running?",
    ),
    (
        "SELECT COUNT(*) AS n FROM seat_pool WHERE returned_at IS NOT NULL AND taken < capacity",
        "{n} kinds of seats were given back and have free seats all the same.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN seat_pool p ON p.id = r.pool WHERE p.event <> r.event",
        "{n} registrations have a seat of another event.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN seat_pool p ON p.id = r.pool "
        "WHERE r.status IN ('confirmed', 'offered', 'waitlisted') AND p.attends IS NOT NULL AND p.attends <> r.attends",
        "{n} people attend in another way than their seats are for.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN seat_pool p ON p.id = r.pool "
        "WHERE r.status IN ('confirmed', 'offered') AND p.member IS NOT NULL "
        "AND (r.member IS NULL OR r.member <> p.member)",
        "{n} people have seats that are kept for a member that they are not of.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN seat_pool p ON p.id = r.pool "
        "WHERE r.status = 'waitlisted' AND r.queue_place > p.queue_end",
        "{n} people wait behind the end of their queue.",
    ),
    (
        "SELECT COUNT(*) AS n FROM (SELECT event, person FROM registration "
        f"WHERE status IN {_STANDS} GROUP BY event, person HAVING COUNT(*) > 1) twice",
        "{n} people are registered twice for an event.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN event e ON e.id = r.event "
        f"WHERE e.status = 'draft' AND r.status IN {_STANDS}",
        "{n} people are registered for a draft.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN event e ON e.id = r.event "
        "WHERE r.offer_until < {} AND e.status = 'published'",
        "{n} offers of a seat have lapsed and are still held; is `eventhub postman` running?",
    ),
    (
        f"SELECT COUNT(*) AS n FROM registration r WHERE r.status = 'offered' AND {_KNOWN} AND NOT EXISTS (SELECT 1 FROM letter l "
        "WHERE l.person = r.person AND l.event = r.event AND l.kind = 'registration_offered')",
        "{n} people were offered a seat without a letter.",
    ),
    (
        f"SELECT COUNT(*) AS n FROM registration r WHERE r.status IN {_STANDS} AND {_KNOWN} AND NOT EXISTS "
        "(SELECT 1 FROM letter l WHERE l.person = r.person AND l.event = r.event)",
        "{n} registrations have no letter.",
    ),
    (
        "SELECT COUNT(*) AS n FROM event e WHERE e.status = 'published' AND "
        f"(SELECT COALESCE(SUM(r.version), 0) FROM registration r WHERE r.event = e.id AND {_KNOWN}) <> "
        f"(SELECT COUNT(*) FROM letter l WHERE l.event = e.id AND l.kind IN {_LETTERS} AND l.dedupe_key NOT LIKE 'copy:%')",
        "{n} events have another number of letters than of changes to registrations.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration r JOIN registration o ON o.id = r.replaces "
        f"WHERE o.event <> r.event OR o.status IN {_STANDS}",
        "{n} replacements took the place of somebody who is still registered, or of another event.",
    ),
    (
        "SELECT COUNT(*) AS n FROM registration_invitation i JOIN registration r ON r.id = i.registration "
        "WHERE r.event <> i.event",
        "{n} invitations were used for another event.",
    ),
    (
        "SELECT COUNT(*) AS n FROM audit_entry WHERE action = 'put_first' AND detail = ''",
        "{n} people were put before others without a reason.",
    ),
    (
        "SELECT COUNT(*) AS n FROM programme_item i WHERE i.taken <> "
        "(SELECT COUNT(*) FROM item_sign_up s WHERE s.programme_item = i.id)",
        "{n} programme items count other people than have signed up.",
    ),
    (
        "SELECT COUNT(*) AS n FROM item_sign_up s JOIN registration r ON r.id = s.registration "
        "WHERE r.status <> 'confirmed'",
        "{n} people have signed up for a programme item without a seat at the event.",
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
        found.extend(await _about_mailbox())
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


async def integrity(now: datetime | None = None) -> list[str]:
    """
    Promises about seats and people that the data breaks.

    Args:
        now: The instant to look from; None: this one.

    """
    before = (now or utc_now()) - _GRACE
    found = []
    for query, sentence in INTEGRITY:
        n = int((await sql(query, *[before] * query.count("{}")))[0]["n"])
        if n:
            found.append(sentence.format(n=n))
    if n := await _overtaken():
        found.append(f"{n} people wait although somebody who came later was let in before them.")
    return found


async def _overtaken() -> int:
    """
    People who still wait although somebody of their queue who began to wait later has got a seat since.

    Staff may decide so; then the audit trail says it, and replacements take the place that they are given.
    """
    waiting = await sql("SELECT pool, status_at FROM registration WHERE status = 'waitlisted'")
    if not waiting:
        return 0
    promoted = await sql(
        "SELECT r.pool AS pool, w.created_at AS began, s.created_at AS ended FROM registration r "
        "JOIN letter w ON w.person = r.person AND w.event = r.event AND w.kind = 'registration_waitlisted' "
        "JOIN letter s ON s.person = r.person AND s.event = r.event "
        "AND s.kind IN ('registration_promoted', 'registration_offered') AND s.created_at >= w.created_at "
        "WHERE r.status IN ('confirmed', 'offered') AND r.replaces IS NULL "
        "AND r.pool IN (SELECT id FROM seat_pool WHERE waiting > 0) AND NOT EXISTS (SELECT 1 FROM audit_entry a "
        "WHERE a.object_id = CAST(r.id AS VARCHAR(40)) AND a.action IN ('put_first', 'confirm_registration'))"
    )
    latest: dict[UUID, datetime] = {}
    for row in promoted:
        latest[row["pool"]] = max(row["began"], latest.get(row["pool"], row["began"]))
    return sum(1 for row in waiting if row["pool"] in latest and row["status_at"] + _GRACE < latest[row["pool"]])


def _about_settings() -> list[str]:
    settings = current_settings()
    found = []
    if settings.smtp_url and settings.sender[1].endswith("@localhost"):
        found.append("EVENTHUB_MAIL_FROM names localhost, so replies and bounces go nowhere.")
    host = urlsplit(settings.base_url).hostname
    if not settings.is_https and host not in LOOPBACK_HOSTS:
        found.append("EVENTHUB_BASE_URL is not https, so sign-in links and cookies travel in the clear.")
    if settings.plus_addresses == "on" and not plus_addresses_fit():
        found.append(
            "EVENTHUB_MAIL_FROM is too long for plus addresses, so bounces and answers of calendars cannot be told apart."
        )
    try:
        signer_from_settings()
    except WrongSetting as error:
        found.append(str(error))
    if settings.development and host not in LOOPBACK_HOSTS:
        found.append("EVENTHUB_DEVELOPMENT is on although people reach EventHub from elsewhere.")
    return found


async def _about_mailbox() -> list[str]:
    """What the last look at the mailbox met; nothing is fetched."""
    if not current_settings().imap_url:
        return []
    rows = await sql("SELECT trouble FROM mailbox WHERE trouble <> ''")
    return [f"The mailbox of EVENTHUB_IMAP_URL cannot be read: {rows[0]['trouble']}"] if rows else []


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
