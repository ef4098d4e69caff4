"""`dingyue monitor`: exit codes, what it prints, whom it tells, and that it stops when it is told to."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli_monitor import monitor
from app.embedded import CHAIN_ID, EmbeddedChain, free_port
from ledger.anchors import evidence_anchor as abi
from ledger.contracts import evidence_anchor
from ledger.merkle import inclusion_proof, nodes_of
from ledger.package.trust import RootCertificates, WitnessPolicy, trust_bytes, trust_document
from ledger.proof import TlogProof, encode_proof
from tests.integration.notify.receiver import Receiver, receiver
from tests.support.evm import DeployedContract
from tests.support.paper_log import ORIGIN, PaperLog, ServedLog, served_log

Run = Callable[..., Result]


@pytest.fixture
def served() -> Iterator[ServedLog]:
    with served_log(PaperLog.of(300)) as served:
        yield served


@pytest.fixture
def trust(served: ServedLog, tmp_path: Path) -> Path:
    document = trust_document(
        origin=ORIGIN,
        vkeys=served.source.vkeys(),
        chains=[],
        roots=RootCertificates((), ()),
        witnesses=WitnessPolicy(),
    )
    path = tmp_path / "trust.json"
    path.write_bytes(trust_bytes(document))
    return path


@pytest.fixture
def run(served: ServedLog, trust: Path, tmp_path: Path) -> Run:
    """`dingyue monitor …` with the log, the trust file and a state folder."""

    def call(command: str, *arguments: Any, **options: str) -> Result:
        named = {"--log": served.address, "--trust": str(trust)}
        if command == "proof":
            named.pop("--log")
        if command == "run":
            named["--state"] = str(tmp_path / "state")
        named |= {f"--{name.replace('_', '-')}": value for name, value in options.items()}
        flat = [part for pair in named.items() for part in pair]
        return CliRunner().invoke(monitor, [command, *map(str, arguments), *flat])

    return call


def told(result: Result) -> dict[str, Any]:
    [line] = result.stdout.splitlines()
    value: dict[str, Any] = json.loads(line)
    return value


def test_the_exit_code_says_what_a_pass_found(run: Run, served: ServedLog, tmp_path: Path) -> None:
    honest = served.source
    first = run("run", "--once", "--json")
    assert (first.exit_code, told(first)["verdict"]) == (0, "agrees")
    silent = run("run", "--once", "--json", log=f"http://127.0.0.1:{free_port()}/log")
    assert (silent.exit_code, told(silent)["verdict"], told(silent)["alarms"]) == (2, "unknown", [])
    served.source = honest.forged(17)
    caught = run("run", "--once", "--json")
    [alarm] = told(caught)["alarms"]
    assert (caught.exit_code, alarm["code"]) == (1, "log_split_view")
    served.source = honest
    assert run("run", "--once").exit_code == 1  # What was signed stays signed.
    proof = tmp_path / "state" / alarm["proof"] / "proof.json"
    assert run("proof", proof).exit_code == 0
    assert "contradicts itself at size 300" in run("proof", proof).stdout
    (tmp_path / "other.json").write_text(proof.read_text().replace('"older_size": 300', '"older_size": 299'))
    assert run("proof", tmp_path / "other.json").exit_code == 1


def test_people_are_told_in_both_languages(run: Run, served: ServedLog) -> None:
    assert "一致 everything agrees" in run("run", "--once").stdout
    served.source = served.source.forged(17, size=500)
    text = run("run", "--once").stdout
    for part in ("警报 ALARM", "日志被改写", "The log was rewritten", "[log_rewritten]", "proofs/log_rewritten-"):
        assert part in text


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b'{"v":1}'])
def test_input_that_cant_be_used(run: Run, trust: Path, tmp_path: Path, content: bytes | None) -> None:
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_bytes(content)
    result = run("run", "--once", "--json", trust=str(bad))
    assert (result.exit_code, told(result)["verdict"]) == (3, "unusable")
    assert told(result)["zh"]


def test_a_node_of_a_chain_nobody_trusts_is_refused(run: Run) -> None:
    result = run("run", "--once", rpc=f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 3
    assert "doesn't answer" in result.stdout


def test_the_chain_of_a_node_is_found_by_its_id(run: Run, served: ServedLog, trust: Path, chain: EmbeddedChain) -> None:
    log, contract = served.source, DeployedContract(chain.url)
    log_id = abi.log_id(ORIGIN)
    note_hash = hashlib.sha256(log.note(200)).digest()
    contract.send(abi.register_call(log_id), abi.anchor_call(log_id, 200, log.root(200), note_hash, []))
    named = {
        "chain_id": CHAIN_ID,
        "name": "test",
        "development": True,
        "contract": contract.address,
        "code_hash": "0x" + evidence_anchor().code_hash.hex(),
        "log_id": "0x" + log_id.hex(),
        "writers": [contract.accounts[0]],
    }
    trust_in(trust, {**named, "chain_id": CHAIN_ID + 1}, named)
    report = told(run("run", "--once", "--json", rpc=chain.url, confirmations="0"))
    [shown] = report["chains"]
    assert (report["verdict"], shown["chain_id"], shown["confirmed_size"]) == ("agrees", CHAIN_ID, 200)
    assert (shown["unanchored"], shown["development"]) == (100, True)
    text = run("run", "--once", rpc=chain.url, confirmations="0").stdout
    assert "开发链，不是证据 development chain: not evidence" in text
    trust_in(trust, {**named, "chain_id": CHAIN_ID + 1})
    foreign = run("run", "--once", rpc=chain.url)
    assert (foreign.exit_code, f"is of chain {CHAIN_ID}" in foreign.stdout) == (3, True)


def trust_in(file: Path, *chains: dict[str, Any]) -> None:
    document = json.loads(file.read_bytes())
    file.write_bytes(trust_bytes({**document, "chains": list(chains)}))


def test_alarms_are_told_until_they_are_heard(run: Run, served: ServedLog) -> None:
    run("run", "--once")
    served.source = served.source.forged(17)
    with receiver() as listening:
        listening.replies += [503, 500]
        for _ in range(4):
            run("run", "--once", webhook=listening.url)
        assert heard(listening) == ["log_split_view"] * 3  # Refused twice, heard once, and then left alone.
        bodies = [json.loads(request.body) for request in listening.received]
        assert {(body["origin"], body["alarm"]["id"]) for body in bodies} == {(ORIGIN, "log_split_view:log/300")}
    assert run("run", "--once", webhook=f"http://127.0.0.1:{free_port()}").exit_code == 1


def heard(listening: Receiver) -> list[str]:
    return [json.loads(request.body)["alarm"]["code"] for request in listening.received]


def test_it_runs_until_it_is_told_to_stop(run: Run, served: ServedLog, trust: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "monitor", "run", "--every", "3600", "--json"]
    command += ["--log", served.address, "--trust", str(trust), "--state", str(tmp_path / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["verdict"] == "agrees"
        busy = run("run", "--once")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (busy.exit_code, "Another monitor" in busy.stdout) == (3, True)
    assert run("run", "--once").exit_code == 0


def test_an_old_receipt_is_held_against_todays_log(run: Run, served: ServedLog, tmp_path: Path) -> None:
    log: PaperLog = served.source
    checkpoint, proof = tmp_path / "checkpoint", tmp_path / "proof.tlog-proof"
    checkpoint.write_bytes(log.note(100))
    path = inclusion_proof(7, 100, nodes_of(log.leaves))
    proof.write_bytes(encode_proof(TlogProof(7, tuple(path), log.note(100))))
    for file in (checkpoint, proof):
        result = run("receipt", file)
        assert (result.exit_code, "Your receipt still holds" in result.stdout) == (0, True)
    answer = json.loads(run("receipt", proof, "--json").stdout)
    assert (answer["verdict"], answer["receipt"]["size"], answer["current"]["size"]) == ("holds", 100, 300)
    served.source = log.forged(7)
    assert run("receipt", checkpoint).exit_code == 1
    served.source = None
    assert run("receipt", checkpoint).exit_code == 2
    checkpoint.write_bytes(b"no receipt")
    assert run("receipt", checkpoint).exit_code == 3
