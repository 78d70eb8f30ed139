"""The database: everything the tracker knows, in one place that any SQL tool can read."""
