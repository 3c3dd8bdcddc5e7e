"""Where bytes come from: history, working tree, index, staged changes, standard input."""
