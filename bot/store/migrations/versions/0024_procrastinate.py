"""The tables of Procrastinate, which carries doorbells between processes: on PostgreSQL alone.

Its whole schema, as the installed version has it; `key` says which that was, for the steps of later ones.
https://procrastinate.readthedocs.io/en/stable/howto/production/migrations.html
"""

from importlib.metadata import version
from importlib.resources import files

from alembic import op
from sqlalchemy import text

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    schema = (files("procrastinate") / "sql" / "schema.sql").read_text("utf-8")
    cursor = connection.connection.cursor()  # it is many statements, and % in them are no parameters
    cursor.execute(schema)
    cursor.close()
    values = {"version": version("procrastinate")}
    connection.execute(text("INSERT INTO key (name, value) VALUES ('procrastinate', :version)"), values)
