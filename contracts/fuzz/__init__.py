"""Random calls against a provider: from schemas by schemathesis, and any order of calls."""
