"""Which digests and signatures are still relied on (ETSI TS 119 312). SHA-1 and MD5 are not: they have collisions."""

from asn1crypto import algos

STRONG_DIGESTS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_DIGESTS_OF_THEIR_OWN = frozenset({"ed25519", "ed448"})
_UNTOLD = frozenset({"rsassa_pkcs1v15", "ecdsa"})


def are_strong(digest: algos.DigestAlgorithm, signature: algos.SignedDigestAlgorithm) -> bool:
    """Whether a CMS signer's digest and signature algorithm both are; a signature may leave its digest to the first."""
    name = signature["algorithm"].native
    if digest["algorithm"].native not in STRONG_DIGESTS:
        return False
    return name in _DIGESTS_OF_THEIR_OWN or name in _UNTOLD or signature.hash_algo in STRONG_DIGESTS
