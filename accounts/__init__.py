"""Who is who: organisations, people, memberships with roles, sessions and API tokens."""
