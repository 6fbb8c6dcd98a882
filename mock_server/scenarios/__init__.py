"""What is to happen to matching calls: names, rules, faults, variants."""
