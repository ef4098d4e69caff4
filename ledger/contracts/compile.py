"""Compiles `EvidenceAnchor.vy` into the committed artifact, or checks that the artifact is what the source gives.

    python -m ledger.contracts.compile [--check]

The compiler is a development dependency: nothing that runs in production imports this module.
"""

import argparse
import json
import sys
from pathlib import Path

import vyper
from eth_utils.crypto import keccak

from ledger.contracts import ARTIFACT

SOURCE = Path(__file__).with_name("EvidenceAnchor.vy")


def compile_artifact() -> str:
    """The artifact as JSON text, the same for the same source and compiler."""
    compiled = vyper.compile_code(
        SOURCE.read_text(),
        contract_path=SOURCE.name,
        output_formats=["abi", "bytecode", "bytecode_runtime"],
    )
    runtime = bytes.fromhex(compiled["bytecode_runtime"].removeprefix("0x"))
    artifact = {
        "contract": "EvidenceAnchor",
        "compiler": f"vyper {vyper.__version__}",
        "abi": compiled["abi"],
        "bytecode": compiled["bytecode"],
        "deployed_bytecode": compiled["bytecode_runtime"],
        "code_hash": "0x" + keccak(runtime).hex(),
    }
    return json.dumps(artifact, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument(
        "--check", action="store_true", help="compare with the committed artifact; exit 1 on a difference"
    )
    arguments = parser.parse_args()
    artifact = compile_artifact()
    if not arguments.check:
        ARTIFACT.write_text(artifact)
        return 0
    if not ARTIFACT.exists() or ARTIFACT.read_text() != artifact:
        sys.stderr.write(
            f"{ARTIFACT.name} is not what {SOURCE.name} compiles to; run python -m ledger.contracts.compile\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
