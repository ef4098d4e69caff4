"""When evidence is court-grade, and what is missing when it isn't."""

import pytest

from ledger.verifier.standing import judge_standing
from ledger.verifier.verdict import Standing


def test_a_final_anchor_and_the_quorum_make_court_grade() -> None:
    judged = judge_standing(is_anchored=True, is_development=False, cosigned=3, quorum=2)

    assert judged.standing is Standing.COURT_GRADE
    assert judged.reasons == ()


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"is_anchored": False}, "no final anchor"),
        ({"is_development": True}, "development chain"),
        ({"is_compared": False}, "wasn't compared"),
        ({"cosigned": 1}, "1 of the 2 witnesses"),
        ({"quorum": 0}, "no independent witnesses"),
    ],
)
def test_one_thing_missing_leaves_it_provisional(facts: dict[str, int], missing: str) -> None:
    judged = judge_standing(**{"is_anchored": True, "is_development": False, "cosigned": 2, "quorum": 2, **facts})  # type: ignore[arg-type]

    assert judged.standing is Standing.PROVISIONAL
    assert [missing in reason.en for reason in judged.reasons] == [True]


def test_all_that_is_missing_is_told() -> None:
    judged = judge_standing(is_anchored=False, is_development=False, cosigned=0, quorum=3)

    assert len(judged.reasons) == 2
    assert judged.to_json()["grade"] == "provisional"
    assert all(reason["zh"] and reason["en"] for reason in judged.to_json()["reasons"])
