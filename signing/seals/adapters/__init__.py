"""What stands behind the ports of seals here."""
