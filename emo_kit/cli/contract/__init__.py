"""The commands of `emo contract`: verify, fuzz, record, drift, diff."""
