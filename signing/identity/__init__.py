"""Real-name checks 实名核验: does an outside register know this name together with this phone (and identity number)?

Asked once the recipient's one-time code was right, before they act. Who may act stays with `signing.signature_attempt`.
"""
