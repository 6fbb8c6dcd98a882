"""The face of the distribution: what users start without importing a package of ours by name.

`emo_kit.pytest_plugin` gives pytest the options `--emo-contract-…`; `emo_kit.command` is `emo`.
Defines and imports nothing."""
