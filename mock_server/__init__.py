"""A stateful fake of DashScope's EMO API. Import what you need from its modules."""
