"""The wire: HTTP to addresses that strangers chose."""
