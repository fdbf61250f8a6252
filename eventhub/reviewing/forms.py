"""Forms of reviews, conflicts of interest, and decisions about one application."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from eventhub import languages
from eventhub.calls.rules import Criterion
from eventhub.database import Row
from eventhub.forms import Form
from eventhub.labs.rules import HIGHEST_SCORE, LONGEST_REMARK, LOWEST_SCORE
from eventhub.reviewing.queries import ReviewRow
from eventhub.reviewing.rules import MOST_REVIEWS_EACH, POINT, Mark, overall

_PRIVATE = "Only staff read it."
_SCORES = [(str(score), str(score)) for score in range(LOWEST_SCORE, HIGHEST_SCORE + 1)]


class ReviewForm(Form):
    """What a reviewer thinks of an application as a whole."""

    score = wtforms.RadioField("Score", [InputRequired()], description="1 is the lowest, 5 the highest.")
    comment = wtforms.TextAreaField("Comment", [Optional(), Length(max=LONGEST_REMARK)], description=_PRIVATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.score.choices = _SCORES


class MarksForm(Form):
    """What a reviewer thinks of an application by the criteria of its call; made by `marks_form`."""

    comment = wtforms.TextAreaField("Comment on the whole", [Optional(), Length(max=LONGEST_REMARK)], description="Only staff read it.")  # fmt: skip
    codes: tuple[str, ...] = ()

    def marks(self) -> dict[str, Mark]:
        """The marks as typed; WTForms has seen to it that scores are among the choices."""
        found = {}
        for code in self.codes:
            score, comment = self[f"score_{code}"].data, self[f"comment_{code}"].data or ""
            if score or comment:
                found[code] = Mark(int(score) if score else None, comment)
        return found


def marks_form(posted: Any, criteria: Sequence[Criterion], review: ReviewRow | None = None) -> MarksForm:
    """The form for the criteria of a call, with what was kept."""
    language = languages.current()
    fields: dict[str, Any] = {"codes": tuple(one.code for one in criteria)}
    values: dict[str, Any] = {"comment": review.comment if review else ""}
    for one in criteria:
        fields[f"score_{one.code}"] = wtforms.RadioField(
            one.name_in(language), [Optional()], description=one.hint_in(language)
        )
        fields[f"comment_{one.code}"] = wtforms.TextAreaField("Comment", [Optional(), Length(max=LONGEST_REMARK)])
        mark = review.marks.get(one.code, Mark()) if review else Mark()
        values |= {f"score_{one.code}": str(mark.score or ""), f"comment_{one.code}": mark.comment}
    form: MarksForm = type("MarksOfCall", (MarksForm,), fields)(posted, data=values)
    for one in criteria:
        form[f"score_{one.code}"].choices = _SCORES
    return form


def values_of_review(review: ReviewRow | None) -> dict[str, str]:
    """What the form of an overall score shows."""
    if review is None or review.total is None or not review.is_sent:
        return {}
    return {"score": str(overall(review.total)), "comment": review.comment}


class DecisionForm(Form):
    """Why an application is accepted, waits or is declined."""

    reason = wtforms.TextAreaField(
        "Reason",
        [Optional(), Length(max=LONGEST_REMARK)],
        description="The applicant reads it on the page of the application.",
    )


def _one(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


class AssignForm(Form):
    """Somebody who is asked for a review."""

    reviewer = wtforms.SelectField("Reviewer", [InputRequired()])

    def __init__(self, *args: Any, reviewers: Sequence[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reviewer.choices = [(str(row["id"]), row["name"]) for row in reviewers]

    def account(self) -> UUID | None:
        """The account that was chosen."""
        return _one(self.reviewer.data or "")


class SpreadForm(Form):
    """Who reviews the applications of a lab, and how many reviews each gets."""

    reviewers = wtforms.SelectMultipleField("Reviewers", [InputRequired()])
    each = wtforms.IntegerField(
        "Reviews for each application", [InputRequired(), NumberRange(1, MOST_REVIEWS_EACH)], default=2
    )

    def __init__(self, *args: Any, people: Sequence[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reviewers.choices = [(str(row["id"]), row["name"]) for row in people]

    def accounts(self) -> list[UUID]:
        """The accounts that were chosen."""
        return [found for given in self.reviewers.data or () if (found := _one(given))]


class ConflictForm(AssignForm):
    """A conflict of interest, with an application or with the member that sent it."""

    # One page holds this form and those of which it repeats the names.
    reviewer = wtforms.SelectField("Reviewer", [InputRequired()], id="conflict-reviewer")
    whole_member = wtforms.BooleanField("With every application of this member")
    reason = wtforms.TextAreaField(
        "What the conflict is",
        [InputRequired(), Length(max=LONGEST_REMARK)],
        id="conflict-reason",
        description="Only staff read it. A review that was written is set aside.",
    )


def points(thousandths: int | None) -> float | None:
    """Thousandths as points with three digits, as files have them."""
    return None if thousandths is None else thousandths / POINT
