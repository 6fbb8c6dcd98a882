"""Redacts secrets in texts, URLs and bodies, in every encoding that clients use."""
