"""Random calls against a provider: from the schemas by schemathesis, and in any order compared with
a model of the tasks."""
