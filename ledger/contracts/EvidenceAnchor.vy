# pragma version 0.4.3
# pragma evm-version london
# SPDX-License-Identifier: Apache-2.0
"""
@title EvidenceAnchor
@notice Roots of append-only Merkle logs (RFC 6962, SHA-256), anchored so that nobody can rewrite a log unnoticed.
@dev Rules:
     1. The first caller of `register` for a log becomes its writer; only the writer anchors.
     2. An anchored size only grows, and every anchor after the first proves on chain that its tree extends the
        last anchored one (RFC 9162, section 2.1.4.2). Not even the writer can anchor a rewritten history.
     3. A writer hands over by announcement; the successor takes office after ROTATION_DELAY, so that whoever
        watches the log sees a stolen key being used before it can anchor.
     There is no owner, proxy, pause or deletion: what was anchored stays.
     `evm-version london` keeps the code within what consortium chains run (no PUSH0, no MCOPY).
"""

event Registered:
    log_id: indexed(bytes32)
    writer: indexed(address)

event Anchored:
    log_id: indexed(bytes32)
    size: indexed(uint64)
    root: bytes32
    note_hash: bytes32
    previous_size: uint64

event WriterRotationAnnounced:
    log_id: indexed(bytes32)
    writer: indexed(address)
    successor: indexed(address)
    effective_at: uint256

struct Succession:
    successor: address
    effective_at: uint256

MAX_PROOF: constant(uint256) = 64
ROTATION_DELAY: public(constant(uint256)) = 2 * 24 * 60 * 60  # seconds

# log_id is keccak256 of the log's origin.
size_of: public(HashMap[bytes32, uint64])
root_at: public(HashMap[bytes32, HashMap[uint64, bytes32]])
_writer: HashMap[bytes32, address]
_succession: HashMap[bytes32, Succession]


@external
def register(log_id: bytes32):
    """
    @notice Makes the caller the writer of a log that has none.
    """
    assert self._writer[log_id] == empty(address), "log is registered"
    self._writer[log_id] = msg.sender
    log Registered(log_id=log_id, writer=msg.sender)


@external
def anchor(log_id: bytes32, size: uint64, root: bytes32, note_hash: bytes32, proof: DynArray[bytes32, MAX_PROOF]):
    """
    @notice Anchors the root of the log's first `size` entries.
    @param note_hash SHA-256 of the signed checkpoint that says so.
    @param proof RFC 6962 consistency proof from the last anchored size to `size`; empty for the first anchor.
    """
    assert msg.sender == self._writer_of(log_id), "caller is not the writer"
    previous_size: uint64 = self.size_of[log_id]
    assert size > previous_size, "size must grow"
    if previous_size == 0:
        assert len(proof) == 0, "first anchor takes no proof"
    else:
        self._check_consistency(previous_size, self.root_at[log_id][previous_size], size, root, proof)
    self.size_of[log_id] = size
    self.root_at[log_id][size] = root
    log Anchored(log_id=log_id, size=size, root=root, note_hash=note_hash, previous_size=previous_size)


@external
def rotate_writer(log_id: bytes32, successor: address):
    """
    @notice Announces that `successor` becomes the writer after ROTATION_DELAY. The writer stays in office until
            then and may take the announcement back by naming itself.
    """
    writer: address = self._writer_of(log_id)
    assert msg.sender == writer, "caller is not the writer"
    assert successor != empty(address), "a log needs a writer"
    self._writer[log_id] = writer
    effective_at: uint256 = block.timestamp + ROTATION_DELAY
    self._succession[log_id] = Succession(successor=successor, effective_at=effective_at)
    log WriterRotationAnnounced(log_id=log_id, writer=writer, successor=successor, effective_at=effective_at)


@view
@external
def writer_of(log_id: bytes32) -> address:
    """
    @return Who may anchor now; the zero address if the log is not registered.
    """
    return self._writer_of(log_id)


@view
@external
def succession_of(log_id: bytes32) -> Succession:
    """
    @return The last announced hand-over, in effect or not.
    """
    return self._succession[log_id]


@view
@external
def latest(log_id: bytes32) -> (uint64, bytes32):
    """
    @return The last anchored size and root; zeros if there is none.
    """
    size: uint64 = self.size_of[log_id]
    return size, self.root_at[log_id][size]


@view
@internal
def _writer_of(log_id: bytes32) -> address:
    successor: address = self._succession[log_id].successor
    if successor != empty(address) and block.timestamp >= self._succession[log_id].effective_at:
        return successor
    return self._writer[log_id]


@pure
@internal
def _check_consistency(
    size1: uint64, root1: bytes32, size2: uint64, root2: bytes32, proof: DynArray[bytes32, MAX_PROOF]
):
    """
    @dev RFC 9162, section 2.1.4.2, for 0 < size1 < size2. `node` and `last` are the section's fn and sn.
    """
    assert len(proof) > 0, "proof is too short"
    node: uint256 = convert(size1, uint256) - 1
    last: uint256 = convert(size2, uint256) - 1
    for _: uint256 in range(64):
        if node & 1 == 0:
            break
        node = node >> 1
        last = last >> 1
    # Nothing is left of `node` exactly if size1 is a power of two: the old root is then itself a node of the new
    # tree, and the proof leaves it out.
    first: bytes32 = root1
    second: bytes32 = root1
    known: bool = node == 0
    for sibling: bytes32 in proof:
        if not known:
            first = sibling
            second = sibling
            known = True
            continue
        assert last != 0, "proof is too long"
        if node & 1 == 1 or node == last:
            first = self._node_hash(sibling, first)
            second = self._node_hash(sibling, second)
            for _: uint256 in range(64):
                if node & 1 == 1 or node == 0:
                    break
                node = node >> 1
                last = last >> 1
        else:
            second = self._node_hash(second, sibling)
        node = node >> 1
        last = last >> 1
    assert last == 0, "proof is too short"
    assert first == root1, "proof leads to another old root"
    assert second == root2, "proof leads to another new root"


@pure
@internal
def _node_hash(left: bytes32, right: bytes32) -> bytes32:
    return sha256(concat(b"\x01", left, right))
