"""Questions on the engagement of members: 13, 14, 15 and 21."""

from eventhub.answers.asking import Asked, answers, section
from eventhub.answers.queries import campaigns_asked
from eventhub.engagement.queries import activation_of, members_that_sent_nobody
from eventhub.engagement.rules import QUARTERS
from eventhub.engagement.sections import absent_section, activation_section, engagement_sections
from eventhub.sections import Column, DataTable, Section
from eventhub.statistics.campaigns import campaign_members
from eventhub.words import Sentence


@answers(13)
async def sent_nobody(asked: Asked) -> Section:
    """Members that sent nobody."""
    found = absent_section(asked.year, await members_that_sent_nobody(asked.year))
    return section(13, *found.sentences, tables=found.tables)


@answers(14)
async def activated(asked: Asked) -> Section:
    """Activated members at the end of each quarter, with the rate."""
    quarters = tuple([await activation_of(asked.year, quarter) for quarter in QUARTERS])
    found = activation_section(quarters)
    names = tuple(
        DataTable(
            f"quarter-{one.quarter}",
            Sentence("Activated at the end of quarter %(quarter)s", quarter=one.quarter),
            (Column("member", Sentence("Member")), Column("confirmed", Sentence("Confirmed by staff"))),
            tuple(
                (row.name, Sentence("yes") if row.confirmed is not None else Sentence("suggested"))
                for row in one.rows
                if row.active
            ),
        )
        for one in quarters
        if any(row.active for row in one.rows)
    )
    return section(14, *found.sentences, tables=(*found.tables, *names))


@answers(15)
async def matrix(asked: Asked) -> Section:
    """The engagement matrix with its two closing rows."""
    found = (await engagement_sections(asked.year))[0]
    return section(15, *found.sentences, charts=found.charts, tables=found.tables)


@answers(21)
async def members_of_a_campaign(asked: Asked) -> Section:
    """Members that organised or spoke at a campaign, and those that took part."""
    parts = []
    for one in await campaigns_asked(asked.year, asked.campaign):
        members = await campaign_members(asked.year, one.slug)
        table = DataTable(
            f"campaign-{one.slug}",
            Sentence("Members in “%(campaign)s”", campaign=one.title),
            (
                Column("member", Sentence("Member")),
                Column("organiser_or_speaker", Sentence("Organised or spoke, times"), True),
                Column("participant", Sentence("Events joined"), True),
            ),
            tuple((row.name, row.roles or None, row.joined or None) for row in members),
            totals=((Sentence("Total"), sum(row.roles for row in members), sum(row.joined for row in members)),),
            links=tuple(f"/staff/members/{row.key}" for row in members),
        )
        parts.append(
            Section(
                f"campaign-{one.slug}",
                one.title,
                (
                    Sentence(
                        "%(organisers)s organised or spoke; members that took part in at least one event: %(participants)s.",
                        organisers=Sentence.counted(
                            "%(num)s member", "%(num)s members", sum(row.roles > 0 for row in members)
                        ),
                        participants=sum(row.joined > 0 for row in members),
                    ),
                ),
                tables=(table,) if members else (),
            )
        )
    nothing = () if parts else (Sentence("There was no campaign in %(year)s.", year=asked.year),)
    return section(21, *nothing, parts=tuple(parts))
