"""``python -m pipelines.cli``: the command line without the pages, as `MLproject` calls it."""

from pipelines.cli import main

main()
