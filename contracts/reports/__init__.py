"""Reports of a run of the checks: text, JSON, JUnit, SARIF, HTML."""
