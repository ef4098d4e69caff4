"""Exchange with other platforms: OCDS, connectors, bulletins. Its rooms are built with the issue on exchange."""
