"""
A member's kind and region on a day, as parts of statements.

The row of a member says what it is now; `former_membership` says what it was
until a day. Figures go by the day of the event (domain brief, section 1).
The member has to be `m` in the statement; `day` is a column or a value of it.
"""


def at(column: str, day: str) -> str:
    """
    `kind` or `region` of a member on a day.

    Most members have never been anything else, which is asked once for all rows
    instead of once for each of them.
    """
    return (
        f"CASE WHEN m.id NOT IN (SELECT f.member FROM former_membership f) THEN m.{column} ELSE "
        f"COALESCE((SELECT f.{column} FROM former_membership f WHERE f.member = m.id AND f.ends_on >= {day} "
        f"ORDER BY f.ends_on LIMIT 1), m.{column}) END"
    )


def belonged(day: str) -> str:
    """Whether a member belonged to the association on a day; unknown years of joining do not exclude it."""
    year = f"CAST(SUBSTR(CAST({day} AS TEXT), 1, 4) AS INTEGER)"
    return f"((m.joined_year IS NULL OR m.joined_year <= {year}) AND (m.left_on IS NULL OR m.left_on >= {day}))"
