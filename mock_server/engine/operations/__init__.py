"""The operations of the spec: detection, tasks, lists, downloads."""
