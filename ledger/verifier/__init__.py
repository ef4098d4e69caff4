"""The offline verifier: says whether an evidence package holds, trusting nothing but the user's own trust file.

Read it in this order; the numbers are those of evidence.md.

    verdict.py       what a check may say, and the exit codes
    trust.py         what the user trusts (trust.json)
    container.py     (1) the ZIP, byte for byte
    layout.py        (1) which members a package has, and in what order
    manifest.py      (1) the digest of every member
    package.py           the members, taken apart
    files.py         (2) file digests
    pades.py, signatures.py  (3) signatures in the PDFs
    reports.py       (3) what ties the reports to the package
    records.py       (4) record → salt → commitment → entry
    log.py           (5) inclusion (6) log signature and witnesses
    timestamp.py     (7) RFC 3161 tokens
    receipts.py, chain.py    (8) receipt → block header → block hash
    times.py         (9) the order of times
    limits.py        what even the best verdict doesn't prove
    verify.py        all of it, (10) the verdict

Nothing here opens a file, a socket or a database, asks for the time, or imports anything of ours but the ledger's
pure modules.
"""
