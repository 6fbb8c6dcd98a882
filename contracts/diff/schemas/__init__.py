"""Changes of a schema, keyword by keyword."""
