"""The verbs of ``leadscore rules``: what is wrong with a file of rules, what it would change, and what history says."""
