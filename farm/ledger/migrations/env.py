"""Alembic's way in: it works in the transaction `farm.ledger.migrate` holds, all or nothing."""

from alembic import context

from farm.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
