"""The journal of exchanges (without secrets), metrics, the log, and exports."""
