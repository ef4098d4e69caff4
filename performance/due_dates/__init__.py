"""When something is due: the calendar, periods counted from an event, and what recurs every month."""
