"""What evidence is worth at the moment: court-grade, or provisional and why (evidence.md, "Witnesses").

Court-grade needs a final anchor on a chain that isn't a development chain, and the cosignatures of as many independent
witnesses as the policy asks for. A policy that asks for none is met by nobody's word but ours, so it never is.
"""

from ledger.verifier.verdict import ExitCode, Grade, Standing, Statement, Status, Verdict

NAMES = {
    Standing.COURT_GRADE: Statement("庭审级", "court-grade"),
    Standing.PROVISIONAL: Statement("暂定", "provisional"),
}

_NOT_ANCHORED = Statement("尚无终局的链上锚定", "no final anchor on a chain covers it yet")
_DEVELOPMENT = Statement("只锚定在开发链上", "it is anchored on a development chain alone")
_NO_POLICY = Statement("未设独立见证人", "no independent witnesses are asked for")
_NOT_COMPARED = Statement("区块哈希尚未与链比对", "the block hash wasn't compared with the chain")


def judge_standing(
    *, is_anchored: bool, is_development: bool, cosigned: int, quorum: int, is_compared: bool = True
) -> Grade:
    """`cosigned` of `quorum` witnesses cosigned the anchored checkpoint; `is_compared`: its block is the chain's."""
    reasons = []
    if not is_anchored:
        reasons.append(_NOT_ANCHORED)
    elif is_development:
        reasons.append(_DEVELOPMENT)
    elif not is_compared:
        reasons.append(_NOT_COMPARED)
    if quorum == 0:
        reasons.append(_NO_POLICY)
    elif cosigned < quorum:
        reasons.append(
            Statement(
                f"要求的 {quorum} 个见证人中只有 {cosigned} 个副署",
                f"{cosigned} of the {quorum} witnesses asked for cosigned it",
            )
        )
    return Grade(Standing.PROVISIONAL if reasons else Standing.COURT_GRADE, tuple(reasons))


def lacks_only_witnesses(verdict: Verdict) -> bool:
    """Whether everything required holds but for check 6, which isn't contradicted: cosignatures may still come."""
    open_checks = [check for check in verdict.checks if check.is_required and check.status is not Status.PASS]
    numbers = {check.number for check in open_checks}
    return verdict.exit_code is ExitCode.UNDECIDED and numbers == {"6", "10"}
