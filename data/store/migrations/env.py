"""Where Alembic starts: it works on the connection that the store hands over."""

from alembic import context


def run() -> None:
    context.configure(connection=context.config.attributes["connection"], version_table="leadscore_schema")
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file
    run()
