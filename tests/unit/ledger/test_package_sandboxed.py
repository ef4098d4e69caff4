"""Packages are read in the sandbox: the verdict is the same, and what a package does to its reader decides nothing."""

import hashlib
from collections.abc import Iterator

import pytest

from core.sandbox import Sandbox, SandboxLimits
from ledger.package import sandboxed
from ledger.package.sandboxed import SandboxedPackageVerifier
from ledger.verifier.verdict import ExitCode
from ledger.verifier.verify import verify_package
from tests.support import sandbox_tasks
from tests.support.evidence import contract_package


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(SandboxLimits(workers=1, modules=(sandboxed.__name__,)))
    yield sandbox
    sandbox.close()


def test_the_verdict_is_the_same(sandbox: Sandbox) -> None:
    factory = contract_package()
    package, verify = factory.build(), SandboxedPackageVerifier(sandbox)
    inside = verify(package, factory.trust(), block_hash="0x" + "5a" * 32)
    assert inside.to_json() == verify_package(package, factory.trust(), block_hash="0x" + "5a" * 32).to_json()
    assert verify(package, factory.trust()).exit_code is ExitCode.HOLDS
    assert verify(b"junk", factory.trust()).exit_code is ExitCode.UNUSABLE
    assert verify(package, {}).exit_code is ExitCode.UNUSABLE


def test_what_takes_too_long_is_undecided(sandbox: Sandbox) -> None:
    factory = contract_package()
    package = factory.build()
    verdict = SandboxedPackageVerifier(sandbox, seconds=0.001)(package, factory.trust())
    assert verdict.exit_code is ExitCode.UNDECIDED
    assert verdict.package_sha256 == hashlib.sha256(package).hexdigest()
    assert "offline verifier" in verdict.summary.en


def test_what_breaks_its_reader_is_unusable(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandboxed, "verify_package", sandbox_tasks.break_down)
    verdict = SandboxedPackageVerifier(sandbox)(b"package", {})
    assert verdict.exit_code is ExitCode.UNUSABLE
    monkeypatch.undo()
    assert SandboxedPackageVerifier(sandbox)(b"junk", contract_package().trust()).exit_code is ExitCode.UNUSABLE
