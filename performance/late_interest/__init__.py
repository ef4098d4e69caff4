"""Interest on what is paid late: pure arithmetic over versioned tables of rates."""
