"""Signs with endesive, in a process of its own: `python -m tests.support.endesive_signs IN OUT P12` (password: secret).

Its release disagrees with today's libraries in two ways that have nothing to do with signatures: its verifier, which
isn't needed, wants an OpenSSL that is no more, and it writes dictionaries with an argument that pypdf took away.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptography.hazmat.primitives.serialization import pkcs12


def main(source: str, target: str, bundle: str) -> None:
    sys.modules["certvalidator"] = ModuleType("certvalidator")
    dictionary: Any = import_module("pypdf.generic").DictionaryObject
    write = dictionary.write_to_stream
    dictionary.write_to_stream = lambda self, stream, *_: write(self, stream)
    endesive: Any = import_module("endesive.pdf.cms")
    key, certificate, chain = pkcs12.load_key_and_certificates(Path(bundle).read_bytes(), b"secret")
    facts = {
        "aligned": 16384,
        "sigflags": 3,
        "sigpage": 0,
        "reason": "agreed",
        "contact": "",
        "location": "",
        "signingdate": "20260601080000+00'00'",
    }
    data = Path(source).read_bytes()
    Path(target).write_bytes(data + endesive.sign(data, facts, key, certificate, chain, "sha256"))


if __name__ == "__main__":
    main(*sys.argv[1:])
