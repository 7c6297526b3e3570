"""The verbs: read, call, write. And the command line over them."""
