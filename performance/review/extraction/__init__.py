"""What a contract's text says: amounts, dates, periods, parties, schedules. Pure."""
