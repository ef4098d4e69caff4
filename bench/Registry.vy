# pragma version ~=0.4.3
"""
@title One attestation for each record
@notice What anchoring a log is measured against: a call for every record, which stores when it was first seen. Nothing
        of the platform uses this.
"""

event Attested:
    digest: indexed(bytes32)
    attester: indexed(address)

seen_at: public(HashMap[bytes32, uint256])


@external
def attest(digest: bytes32):
    assert self.seen_at[digest] == 0, "seen before"
    self.seen_at[digest] = block.timestamp
    log Attested(digest=digest, attester=msg.sender)
