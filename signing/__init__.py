"""Electronic signing: documents, envelopes, recipients, fields, seals, certificates, PAdES, validation."""
