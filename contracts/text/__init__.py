"""Text for people and shells: printable lines, quoted words, names of hosts."""
