"""Completion for bash, which splits words at `=` and `:`, so `models=retired` arrives as three."""

from __future__ import annotations

from click.shell_completion import BashComplete, CompletionItem, split_arg_string

from mock_server.settings import environment

BREAKS = frozenset("=:")


class WholeWords(BashComplete):
    """Joins the parts of a split word, and completes the part after the last split."""

    before = ""  # the beginning of the word, which bash must not get back

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(environment()["COMP_WORDS"])
        at = int(environment()["COMP_CWORD"])
        words = (words + [""] * at)[: at + 1]  # bash drops an empty last word
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
