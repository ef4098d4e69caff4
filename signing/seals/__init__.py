"""Organisation seals 电子印章: application, approval, authorisation, use, suspension, revocation, and who may do which.

Seals are managed here, by persons of the organisation. They are used by envelopes, through `use_seal` alone.
"""
