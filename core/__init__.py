"""What every package stands on and nothing of the domain: ids, time, money, errors, storage, units of work."""
