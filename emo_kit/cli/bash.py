"""Completion in bash, which splits words at `=` and `:`: `models=retired` is three words to it."""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem, split_arg_string

from mock_server.settings import environment

BREAKS = frozenset("=:")


class WholeWords(BashComplete):
    """Puts split words together again, and answers with what is behind the last split."""

    before = ""  # as much of the word as bash does not want to have back

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(environment()["COMP_WORDS"])
        at = int(environment()["COMP_CWORD"])
        words = (words + [""] * at)[: at + 1]  # an empty last word is lost when words are joined
        whole: list[str] = []
        self.before = ""
        is_open = False
        for word in words:
            is_break = bool(word) and set(word) <= BREAKS
            if whole and (is_break or is_open):
                self.before = whole[-1] + word if is_break else whole[-1]
                whole[-1] += word
            else:
                self.before = ""
                whole.append(word)
            is_open = is_break
        return whole[1:-1], whole[-1]

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{str(item.value).removeprefix(self.before)}"
