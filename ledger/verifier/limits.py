"""What a package does not prove, in plain language: said with every verdict, also the best one."""

from collections.abc import Mapping, Sequence

from ledger.verifier.trust import Trust
from ledger.verifier.verdict import Check, Statement, Status

ALWAYS = (
    Statement(
        "入链前的真实性：记录的内容是否属实、来源与生成过程是否可靠，须另行审查（在线诉讼规则第十八条）。",
        "What happened before it was logged: whether the recorded facts are true and soundly made is a separate "
        "question (Online Litigation Rules, art. 18).",
    ),
    Statement(
        "签名人身份：只证明由证书对应的私钥签署，身份核验以证书机构与记录所载方式为限。",
        "Who held the key: a signature proves the use of a certificate's key; the person is as certain as the "
        "certificate authority and the recorded identification make it.",
    ),
    Statement(
        "完整性止于包内：锚定之后可能另有记录，或有未列入本包的事项。",
        "Completeness: later records, or other matters, may exist that are not in this package.",
    ),
    Statement(
        "PDF 签名采用 PAdES（RSA/ECDSA），并非 GB/T 38540 电子签章。",
        "The PDF signatures are PAdES (RSA/ECDSA), not GB/T 38540 e-seals.",
    ),
    Statement(
        "包内 VERIFY.md、verify.html 与 trust/ 仅供参考：来路不明的证据包里的核验页面不能作为依据，请用自己的核验程序"
        "。",
        "VERIFY.md, verify.html and trust/ are there to help: a page of verification that comes with a package proves "
        "nothing if you don't know where the package comes from. Use a verifier of your own.",
    ),
    Statement(
        "时间戳机构证书的吊销状态未联网查询。",
        "The revocation status of the time-stamp authority was not asked for online.",
    ),
)
_NOT_COMPARED = Statement(
    "区块哈希未与链比对：请自行在独立节点或浏览器上查询（见 8b）。",
    "The block hash was not compared with the chain: look it up at a node or explorer you rely on (see 8b).",
)
_DEVELOPMENT = Statement(
    "锚定在开发链上：开发链可由任何人重写，不构成证据。",
    "It is anchored on a development chain, which anybody can rewrite: that is not evidence.",
)
_NO_WITNESSES = Statement(
    "没有独立见证人副署：日志运营者可能向他人展示另一份日志，唯链上锚定可以排除。",
    "No independent witness cosigned: only the anchor keeps the operator from showing others another log.",
)
_TRIAL = Statement(
    "信任的根证书为平台自建（试用），不是依法设立的电子认证或时间戳机构。",
    "A trusted root is the platform's own (trial), not a licensed certification or time-stamp authority.",
)
_NEVER_SEEN = Statement(
    "有的记录只存证了摘要，平台从未见过文件：请用您持有的文件计算摘要比对。",
    "Some records notarise only a digest; the platform never saw the file: compare it with the file you hold.",
)
_NOT_KEPT = Statement(
    "有的记录所述文件由平台当时读取并计算摘要，但未留存、不在包内：请用您持有的文件计算摘要比对。",
    "Some records are of files that the platform read and hashed but didn't keep: compare them with those you hold.",
)
_TRIAL_WORDS = ("trial", "试用", "built-in", "内置")


def not_proven(checks: Sequence[Check], trust: Trust) -> list[Statement]:
    """The limits of this verification, given its checks."""
    by_number = {check.number: check for check in checks}
    limits = list(ALWAYS)
    if by_number["8b"].status is not Status.PASS:
        limits.append(_NOT_COMPARED)
    if by_number["8a"].facts.get("development"):
        limits.append(_DEVELOPMENT)
    if not by_number["6"].facts.get("witnesses") and trust.witness_quorum == 0:
        limits.append(_NO_WITNESSES)
    if _names_trial_root(by_number["3"].facts) or _names_trial_root(by_number["7"].facts):
        limits.append(_TRIAL)
    limits.extend(_unsigned(by_number["3"].facts))
    if by_number["2"].facts.get("never_seen"):
        limits.append(_NEVER_SEEN)
    if by_number["2"].facts.get("not_kept"):
        limits.append(_NOT_KEPT)
    limits.extend(_as_found(by_number["3"].facts))
    absent = by_number["4"].facts.get("predecessors_not_in_package")
    if absent:
        limits.append(
            Statement(f"{len(absent)} 条更早的记录未列入本包。", f"{len(absent)} earlier records are not here.")
        )
    return limits


def _names_trial_root(facts: object) -> bool:
    """Whether any text in the facts says that an authority is the platform's own."""
    if isinstance(facts, Mapping):
        return any(_names_trial_root(value) for value in facts.values())
    if isinstance(facts, list | tuple):
        return any(_names_trial_root(value) for value in facts)
    return isinstance(facts, str) and any(word in facts.lower() for word in _TRIAL_WORDS)


def _unsigned(facts: Mapping[str, object]) -> list[Statement]:
    names = facts.get("unsigned")
    if not isinstance(names, list) or not names:
        return []
    listed = "、".join(names)
    return [Statement(f"以下文件没有电子签名：{listed}。", f"These files carry no signature: {', '.join(names)}.")]


def _as_found(facts: Mapping[str, object]) -> list[Statement]:
    found = facts.get("as_found")
    if not isinstance(found, Mapping) or not found:
        return []
    listed = ", ".join(f"{name} ({outcome})" for name, outcome in found.items())
    return [
        Statement(
            f"以下文件系按原样存证，其自带签名的核验结果不计入本结论：{listed}。",
            "These files were notarised as they were found; what their own signatures are worth is not part of this "
            f"verdict: {listed}.",
        )
    ]
