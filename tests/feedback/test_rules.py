from datetime import timedelta

from eventhub.feedback.rules import Quote, Results, Scores, answer_problems, is_open, together
from tests.make import NOW


def scores(*numbers: int, asked: int = 10) -> Scores:
    counts = tuple(numbers.count(n) for n in range(1, 6))
    return Scores(asked, len(numbers), counts, counts)


def test_below_five_answers_there_is_nothing_but_the_response_rate():
    four = scores(5, 5, 5, 1)
    assert (four.rate_pct, four.is_shown) == (40, False)
    assert (four.mean_usefulness, four.mean_overall, four.distribution) == (None, None, ())
    assert [row for row in Results(four).rows() if row[0] not in ("asked", "answered", "response_rate_pct")] == [
        ("mean", "usefulness", None),
        ("mean", "overall", None),
    ]


def test_from_five_answers_on_means_have_one_decimal_rounded_half_up():
    assert scores(5, 5, 5, 1, 1).mean_overall == 3.4
    assert scores(*[4] * 19, 5).mean_overall == 4.1  # 4.05
    assert scores(1, 2, 3, 4, 5).distribution == tuple((n, 1, 1) for n in range(1, 6))


def test_nobody_asked_gives_no_rate():
    assert Scores().rate_pct is None


def test_no_small_group_can_be_worked_out_from_a_total():
    large, small = scores(5, 5, 5, 5, 5), scores(1, 1, 1, 1)
    total = together([large, small])
    assert (total.asked, total.answered) == (20, 9)
    assert total.mean_overall == large.mean_overall
    assert total.overall == large.overall
    assert together([large, small, scores(2)]).overall == (4, 1, 0, 0, 5)
    assert together([small]).mean_overall is None
    assert together([]).answered == 0


def test_every_fault_of_an_answer_is_said_at_once():
    assert set(answer_problems(None, 6, "x" * 4001, "perhaps")) == {"usefulness", "overall", "comment", "consent"}
    assert set(answer_problems(0, 5, "", "none")) == {"usefulness"}
    assert answer_problems(1, 5, "x" * 4000, "named") == {}


def test_it_is_open_for_sixty_days():
    assert is_open(NOW, NOW + timedelta(days=60, seconds=-1))
    assert not is_open(NOW, NOW + timedelta(days=60))


def test_the_file_names_only_who_agreed():
    rows = Results(scores(5, 5, 5, 5, 5), ("b",), (Quote("b"), Quote("c", "Ada", "Lima"))).rows()
    assert rows[-3:] == [("text", "", "b"), ("quote", "", "b"), ("quote", "Ada, Lima", "c")]
