"""The entry points of dashscope-emo-kit.

`emo_kit.command` is the command `emo`. `emo_kit.pytest_plugin` adds the options `--emo-contract-…`
to pytest. This file imports nothing: a project may have its own packages called `contracts`,
`mock_server` or `emo_client`, and Python would import those."""
