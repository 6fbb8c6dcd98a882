"""Why a call was answered as it was, beside the wire: what broke which rule of the spec, what was
meant, and the same call so that it works. Pure; changes no answer."""

from mock_server.explain.explanation import Explanation, as_text
from mock_server.explain.why import explain

__all__ = ["Explanation", "as_text", "explain"]
