"""The entry points of dashscope-emo-kit.

`emo_kit.command` is the command `emo`. `emo_kit.pytest_plugin` adds the options `--emo-contract-…`
to pytest. This file defines and imports nothing, so that a project with packages called
`contracts`, `mock_server` or `emo_client` can have both."""
