"""Papers we write ourselves: the completion report of an envelope, and the agreement that rescinds a contract."""
