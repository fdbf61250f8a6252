"""Members as JSON."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath, FromQuery

from eventhub.access import Policy, open_to
from eventhub.directory.queries import (
    MemberFilter,
    MemberRow,
    all_other_names,
    member_by_key,
    members,
    other_names_of,
    regions,
)
from eventhub.directory.rules import MemberKind
from eventhub.listing import USUAL_ITEMS, Listing, listing, window
from eventhub.problems import check_words


class MemberOut(msgspec.Struct):
    """One member; `region` is a code, `country` ISO 3166-1, `time_zone` an IANA name."""

    key: str
    name: str
    other_names: list[str]
    kind: str
    region: str
    country: str
    time_zone: str
    language: str
    joined_year: int | None
    left_on: date | None
    outside_key: str | None


class MembersApi(Controller):
    """The directory of members."""

    path = "/api/v1/members"
    opt = open_to(Policy.STAFF)
    tags: Sequence[str] = ["members"]

    @get("/", summary="Find members by any of their names")
    async def index(
        self,
        q: FromQuery[str] = "",
        region: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        limit: FromQuery[int] = USUAL_ITEMS,
        cursor: FromQuery[str | None] = None,
    ) -> Listing[MemberOut]:
        """Members whose names have every word of `q`, by folded name; `region` and `kind` are codes."""
        limit, offset = window(limit, cursor)
        codes = [str(row["code"]) for row in await regions()] if region else []
        check_words(region=(region, codes), kind=(kind, MemberKind))
        wanted = MemberFilter(q=q, region=region, kind=kind)
        found, total = await members(wanted, limit=limit, offset=offset)
        names = await all_other_names()
        return listing(
            [_out(member, names.get(member.id, [])) for member in found], total=total, limit=limit, offset=offset
        )

    @get("/{key:str}", summary="One member")
    async def show(self, key: FromPath[str]) -> MemberOut:
        """One member by its key."""
        member = await member_by_key(key)
        return _out(member, await other_names_of(member.id))


def _out(member: MemberRow, names: list[str]) -> MemberOut:
    return MemberOut(
        key=member.key,
        name=member.name,
        other_names=names,
        kind=member.kind,
        region=member.region_code,
        country=member.country,
        time_zone=member.time_zone,
        language=member.language,
        joined_year=member.joined_year,
        left_on=member.left_on,
        outside_key=member.outside_key,
    )


DIRECTORY_API: list[Any] = [MembersApi]
