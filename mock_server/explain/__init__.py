"""Explains an answer: the violation and its place in the spec, the likely intention, and the same
call corrected. Pure. It changes no answer."""

from mock_server.explain.explanation import Explanation, as_text
from mock_server.explain.why import explain

__all__ = ["Explanation", "as_text", "explain"]
