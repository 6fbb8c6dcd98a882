uvx --from . emo serve
