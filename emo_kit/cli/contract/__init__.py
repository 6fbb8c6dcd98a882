"""`emo contract`: verify, fuzz, record, drift, diff."""
