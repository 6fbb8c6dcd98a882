"""The judge: the spec and the checks that hold anything against it. Imports nothing of ours."""
