"""A stand-alone witness of logs (C2SP tlog-witness): for a notary office, a law firm, a court; never for us.

It remembers, for every log it watches, the last checkpoint it signed for, and signs for another only if that one
extends it. So a log that shows different people different histories finds no witness for the second one. It knows
nothing of our database and our settings: a folder, a key, and the logs' public keys are all it has.

    request.py   the request, as bytes and back
    memory.py    the last checkpoint of each log, on the disk, one change at a time
    witness.py   what is signed and what is refused
"""
