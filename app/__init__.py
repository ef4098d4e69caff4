"""Everything put together: settings, composition, command line, worker and schedule, embedded services."""
